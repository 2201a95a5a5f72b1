//! What can be typed: commands, flags and their help, from which completions and the manual page are made too.

mod accounts;
mod bench;
mod channels;
mod contacts;
mod file;
mod keys;
mod messages;
mod remote;
mod server;
mod shared;
mod transfer;
mod values;

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

pub(super) use self::accounts::{AccountCommand, UserCommand};
pub(super) use self::bench::Bench;
pub(super) use self::channels::{ChannelCommand, TokenCommand, TokenRequest};
pub(super) use self::contacts::{ContactCommand, NewContact, Reach};
pub(super) use self::file::{BackupCommand, BackupFile, Migrate, NewBackup, Restore};
pub(super) use self::keys::{ContactKeyCommand, Seal, Unseal};
pub(super) use self::messages::{Listen, Read, Send};
pub(super) use self::remote::{
    Remote, RemoteAccount, RemoteChannelCommand, RemoteCommand, RemoteTokenCommand,
};
pub(super) use self::server::{ConfigCommand, HealthQuestion, KeyCommand, RunningServer, Sample, Serve};
pub(super) use self::shared::{AccountArgument, Consent, Listing, PasswordFlags};
pub(super) use self::transfer::{ExportRequest, ImportFile, ImportReference};
use crate::cli::exit;
use crate::config::{self, Flags};

/// What stands over the flags of commands that work on a server's data.
const SERVER_OPTIONS: &str = "Server options";

/// The commands of a client, which have no use for them.
const OF_CLIENTS: [&str; 8] = ["contact", "send", "read", "listen", "seal", "unseal", "bench", "remote"];

/// A Peer Channels server in a box: one executable, one encrypted file, a web inbox inside.
#[derive(Debug, Parser)]
#[command(name = "peerbox", version, arg_required_else_help = true, after_help = exit::CODES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) what: Subcommands,
}

impl Arguments {
    /// All that can be typed. What does nothing in a client's command is not shown there.
    pub(super) fn command() -> Command {
        Self::shaped(<Self as CommandFactory>::command())
    }

    /// The same without `help COMMAND`, for which there is no page.
    pub(super) fn command_of_pages() -> Command {
        Self::shaped(<Self as CommandFactory>::command().disable_help_subcommand(true))
    }

    fn shaped(mut command: Command) -> Command {
        // Flags of all commands are handed down only now.
        command.build();
        OF_CLIENTS.iter().fold(command, |command, name| command.mut_subcommand(name, without_server_options))
    }
}

fn without_server_options(command: Command) -> Command {
    let command = command.mut_args(|flag| {
        let is_of_server = flag.get_help_heading() == Some(SERVER_OPTIONS);
        flag.hide(is_of_server)
    });
    let below: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    below.iter().fold(command, |command, name| command.mut_subcommand(name, without_server_options))
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Configuration file [default: /etc/peerbox/config.toml, else ~/.config/peerbox/config.toml]
    #[arg(short, long, global = true, help_heading = SERVER_OPTIONS, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of peerbox.db [default: ~/.local/share/peerbox]
    #[arg(long, global = true, help_heading = SERVER_OPTIONS, value_name = "DIR")]
    data_dir: Option<String>,
    /// File of the master key [default: ~/.config/peerbox/master.key]
    #[arg(long, global = true, help_heading = SERVER_OPTIONS, value_name = "FILE")]
    key_file: Option<String>,
    /// Shape of the log: text or json
    #[arg(long, global = true, help_heading = SERVER_OPTIONS, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl Global {
    pub(super) fn flags(&self) -> Flags {
        Flags::reading(self.config.clone())
            .with("--data-dir", "data.dir", self.data_dir.clone())
            .with("--key-file", "data.key_file", self.key_file.clone())
            .with("--log-format", "log.format", self.log_format.clone())
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
    /// Run the server
    ///
    /// SIGTERM or SIGINT stops it, a second one ends it at once. SIGHUP reads the files of the certificate again. SIGUSR2
    /// starts the server again, as the program that then lies in its place, and nobody is refused meanwhile.
    ///
    /// Beside peerbox.db lie its log (peerbox.db-wal, never copy one without the other), peerbox.lock (who serves, and where),
    /// peerbox.made (no new database is made where one was lost), peerbox.looked-through (what the last look through a backup
    /// found damaged) and peerbox.reserve (16 MiB with which a full disk is emptied).
    Serve(Serve),
    /// Manage accounts, which own channels
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage users, who sign in to accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Make channels for programs, and list all
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Manage the message API tokens of channels
    #[command(subcommand)]
    Token(TokenCommand),
    /// Check the file: integrity, nothing missing, and that every sealed value opens
    Check(Listing),
    /// Tell whether the running server is ready, for containers: 0 when it is, else 9 and why not
    Health(HealthQuestion),
    /// Look for what may be wrong with the installation, and say how to mend it; 9 when something is
    Doctor {
        #[command(flatten)]
        server: RunningServer,
        #[command(flatten)]
        form: Listing,
    },
    /// Print a sample for systemd, for a proxy or for containers, to begin with
    Init(Sample),
    /// Bring the file up to date, after a backup; `serve` and all other commands do it too
    Migrate(Migrate),
    /// Write the file anew without anything free in it, while no server has it
    Compact,
    /// Copy the file while it is in use, and look after the copies
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Put a backup where the data is; what was there is kept beside it
    #[command(after_help = file::WHERE_DAMAGED)]
    Restore(Restore),
    /// Write an account's channels with their messages as lines of JSON, beside a running server or without one
    Export(ExportRequest),
    /// Take in what `export` wrote, all of it or nothing, while no server has the file
    ///
    /// A channel that is there already stays as it is. Accounts, users and passwords are made there.
    Import(ImportFile),
    /// Move in from the reference server: all that is in its database and not here yet, while no server has the file
    ///
    /// Users, passwords, addresses, tokens, sequences and read states stay, so programs only need the new server at the old
    /// address.
    ImportReference(ImportReference),
    /// Manage the master key
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look at the configuration
    #[command(subcommand, after_long_help = format!("Settings:\n{}", config::explained()))]
    Config(ConfigCommand),
    /// Keep contacts: channels of any server, with what opens them
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Send a message to a contact, sealed where there is a key for it, and print its number
    Send(Send),
    /// Read a contact's channel, and open what is sealed
    Read(Read),
    /// Wait for messages of contacts, and print them or run a command for each
    Listen(Listen),
    /// Seal standard input for the holder of a key
    Seal(Seal),
    /// Open what was sealed for a key
    Unseal(Unseal),
    /// Measure how fast a server writes and reads, in a channel of your own
    Bench(Bench),
    /// Manage an account's channels and tokens at another server
    Remote(Remote),
    /// Print the versions of program, schema and SQLite
    Version {
        /// Print the SHA-256 of each script of the pages instead, as `sha256sum` does
        #[arg(long)]
        assets: bool,
        #[command(flatten)]
        form: Listing,
    },
    /// Print the completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write all of them into a folder
    Man {
        /// Write one page for each command into this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}
