//! `listen`: what contacts write, as it comes, printed or handed to a command.

use std::cell::Cell;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::future::select_all;

use crate::cli::arguments::Listen;
use crate::cli::letters::{Form, Printer, file_name_of};
use crate::cli::{output, reach};
use crate::client::channel::Channel;
use crate::client::contact::Contact;
use crate::client::letter::{self, Letter};
use crate::client::listener::Listener;
use crate::client::wire::Pauses;
use crate::config::{Environment, OF_A_MESSAGE};

pub(super) async fn run(listen: Listen, environment: &Environment) -> Result<()> {
    let contacts = reach::contacts(environment)?;
    let printer = Printer::new(if listen.json { Form::Json } else { Form::Text }, None, environment)?;
    let mut ears = Vec::new();
    for name in &listen.names {
        let contact = contacts.find(name)?;
        let channel = reach::channel(&contact, &listen.reach)?;
        ears.push((contact, channel));
    }
    let left = Cell::new(listen.count.unwrap_or(u64::MAX));
    let all = ears.iter().map(|(contact, channel)| one(&listen, contact, channel, &printer, &left));
    // The first one that ends has had enough messages, or was refused.
    let (outcome, ..) = select_all(all.map(Box::pin)).await;
    outcome
}

async fn one(
    listen: &Listen,
    contact: &Contact,
    channel: &Channel,
    printer: &Printer,
    left: &Cell<u64>,
) -> Result<()> {
    let what = || format!("listening to {}", contact.name);
    let after = match (listen.mark, listen.since) {
        (true, _) => 0,
        (false, Some(since)) => since,
        (false, None) => channel.last().await.with_context(what)?,
    };
    output::say(&format!("{} has begun", what()));
    // Other servers do not say who wrote a message; what we wrote ourselves is never unread.
    let mut listener = Listener::new(channel, after, listen.mark || !contact.is_ours);
    while left.get() > 0 {
        let letter = letter::opened(listener.next_message().await.with_context(what)?, contact);
        if letter.state.is_failure() {
            output::say(&format!(
                "message {} of {} does not open and stays unread",
                letter.sequence, contact.name
            ));
            continue;
        }
        let sequence = letter.sequence;
        match &listen.exec {
            Some(command) => until_done(command, contact, letter).await?,
            None => printer.print(contact, &letter)?,
        }
        if listen.mark {
            channel.mark_however_long(sequence).await.with_context(what)?;
        }
        left.set(left.get().saturating_sub(1));
    }
    Ok(())
}

/// Runs the command for a message until it ends with 0.
async fn until_done(command: &str, contact: &Contact, letter: Letter) -> Result<()> {
    let (letter, mut pauses) = (Arc::new(letter), Pauses::default());
    loop {
        let (command, name, letter) = (command.to_owned(), contact.name.to_string(), Arc::clone(&letter));
        let sequence = letter.sequence;
        let ended = tokio::task::spawn_blocking(move || run_once(&command, &name, &letter)).await?;
        match ended.context("the command cannot be run")? {
            status if status.success() => return Ok(()),
            status => output::say(&format!(
                "the command for message {sequence} of {} ended with {status}; it is run again",
                contact.name
            )),
        }
        tokio::time::sleep(pauses.next_pause()).await;
    }
}

fn run_once(command: &str, name: &str, letter: &Letter) -> std::io::Result<std::process::ExitStatus> {
    let sequence = letter.sequence.to_string();
    let file = file_name_of(letter);
    let said = [
        ("CONTACT", name),
        ("SEQUENCE", &sequence),
        ("RECEIVED", &letter.received),
        ("TYPE", &letter.content_type),
        ("STATE", letter.state.as_str()),
        ("AUTHOR", letter.author.as_deref().unwrap_or_default()),
        ("FILE", &file),
    ];
    let said = said.map(|(name, value)| (format!("{OF_A_MESSAGE}{name}"), value.replace('\0', "")));
    let mut child = Command::new("sh").args(["-c", command]).envs(said).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        match input.write_all(&letter.body) {
            // It need not read it.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait()
}
