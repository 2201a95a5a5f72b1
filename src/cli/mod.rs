//! The command line: reads what was typed, calls the services, prints; the only place that decides exit codes.

mod accounts;
mod announce;
mod arguments;
mod backups;
mod bench;
mod channels;
mod check;
mod completions;
mod configuration;
mod consent;
mod contact_keys;
mod contacts;
mod doctor;
mod ear;
mod exit;
mod health;
mod interrupted;
mod invocation;
mod keys;
mod letters;
mod listen;
mod manual;
mod migrate;
mod move_in;
mod new_contact;
mod open;
mod output;
mod password;
mod people;
mod progress;
mod reach;
mod read;
mod reference;
mod remote;
mod samples;
mod seal;
mod send;
mod serve;
mod successor;
mod supervisor;
mod tokens;
mod transfer;
mod users;

use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Command, CommandFactory, FromArgMatches};

use crate::cli::arguments::{Arguments, Subcommands};
use crate::cli::exit::{Exit, sentence};
use crate::cli::invocation::Invocation;
use crate::cli::output::OutputClosed;
use crate::cli::reference::{CreateAccount, ReferenceCommand, Startup};
use crate::config::{Environment, Flags};

/// Runs the command that the process was started with, prints what goes wrong, and tells how it ended.
pub fn run() -> ExitCode {
    let mut typed: Vec<OsString> = std::env::args_os().collect();
    let environment = Environment::of_process();
    let outcome = match ReferenceCommand::take(&mut typed) {
        Some(ReferenceCommand::Startup) => {
            let Startup { global, serve } = parsed(Startup::command(), typed);
            serve::run(serve, global.flags(), &environment)
        }
        Some(ReferenceCommand::CreateAccount) => {
            let CreateAccount { global, new } = parsed(CreateAccount::command(), typed);
            with_invocation(&global.flags(), &environment, |it| reference::create_account(it, new))
        }
        None => run_command(parsed(Arguments::command(), typed), &environment),
    };
    match outcome {
        Ok(()) => Exit::Ok,
        Err(error) if error.is::<OutputClosed>() => Exit::Ok,
        Err(error) => {
            output::say(&format!("peerbox: {}", sentence(&error)));
            Exit::of(&error)
        }
    }
    .into()
}

/// What was typed. A wrong command line ends here, with clap's explanation and exit code 2.
fn parsed<T: FromArgMatches>(mut command: Command, typed: impl IntoIterator<Item = OsString>) -> T {
    let found = command.try_get_matches_from_mut(typed);
    let read =
        found.and_then(|found| T::from_arg_matches(&found).map_err(|error| error.format(&mut command)));
    read.unwrap_or_else(|error| {
        if error.use_stderr() && !stderr().is_terminal() {
            output::say(error.render().to_string().trim_end());
            std::process::exit(error.exit_code());
        }
        error.exit()
    })
}

fn run_command(arguments: Arguments, environment: &Environment) -> Result<()> {
    let flags = arguments.global.flags();
    match arguments.what {
        Subcommands::Config(command) => configuration::run(command, &flags, environment),
        Subcommands::Version { assets: true, form } => manual::assets(form),
        Subcommands::Version { assets: false, form } => manual::version(form),
        Subcommands::Completions { shell } => completions::print(shell),
        Subcommands::Man { dir } => manual::pages(dir.as_deref()),
        Subcommands::Serve(serve) => serve::run(serve, flags, environment),
        Subcommands::Account(command) => {
            with_invocation(&flags, environment, |it| accounts::run(it, command))
        }
        Subcommands::User(command) => with_invocation(&flags, environment, |it| users::run(it, command)),
        Subcommands::Channel(command) => {
            with_invocation(&flags, environment, |it| channels::run(it, command))
        }
        Subcommands::Token(command) => with_invocation(&flags, environment, |it| tokens::run(it, command)),
        Subcommands::Check(form) => check::run(&Invocation::new(&flags, environment)?, form),
        Subcommands::Health(health) => health::run(health, flags, environment),
        Subcommands::Doctor { server, form } => doctor::run(server, form, flags, environment),
        Subcommands::Init(sample) => samples::print(&sample),
        Subcommands::Migrate(what) => with_invocation(&flags, environment, |it| migrate::run(it, what)),
        Subcommands::Compact => backups::compact(&Invocation::new(&flags, environment)?),
        Subcommands::Backup(command) => backups::run(Invocation::new(&flags, environment)?, command),
        Subcommands::Restore(restore) => backups::restore(Invocation::new(&flags, environment)?, &restore),
        Subcommands::Export(what) => with_invocation(&flags, environment, |it| transfer::export(it, what)),
        Subcommands::Import(what) => with_invocation(&flags, environment, |it| transfer::import(it, what)),
        Subcommands::ImportReference(what) => move_in::run(Invocation::new(&flags, environment)?, &what),
        Subcommands::Contact(command) => within(contacts::run(command, environment)),
        Subcommands::Send(what) => within(send::run(what, environment)),
        Subcommands::Read(what) => within(read::run(what, environment)),
        Subcommands::Listen(what) => within(listen::run(what, environment)),
        Subcommands::Bench(what) => within(bench::run(what, environment)),
        Subcommands::Remote(what) => within(remote::run(what, environment)),
        Subcommands::Seal(what) => seal::seal(&what),
        Subcommands::Unseal(what) => seal::unseal(&what),
        Subcommands::Key(command) => keys::run(Invocation::new(&flags, environment)?, command),
    }
}

/// Runs a command on the data, inside the runtime that the services need.
fn with_invocation<F>(
    flags: &Flags,
    environment: &Environment,
    command: impl FnOnce(Invocation) -> F,
) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    within(command(Invocation::new(flags, environment)?))
}

/// Runs a command to its end.
fn within(command: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::server::ServerError;

    #[test]
    fn a_cause_that_an_error_tells_itself_is_not_said_twice() {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let (cause, listen) = (source.to_string(), "https://[::]:443".to_owned());
        let told = sentence(&ServerError::Bind { listen, source }.into());
        assert_eq!(told.matches(&cause).count(), 1, "{told}");
        let told = sentence(&anyhow::Error::msg("no room").context("not written"));
        assert_eq!(told, "not written: no room");
    }
}
