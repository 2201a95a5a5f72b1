//! What can be typed: commands, flags and their help, from which completions and the manual page are made too.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::cli::exit;
use crate::config::{self, Flags};

/// A Peer Channels server in a box: one executable, one encrypted file, a web inbox inside.
#[derive(Debug, Parser)]
#[command(name = "peerbox", version, arg_required_else_help = true, after_help = exit::CODES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Configuration file [default: /etc/peerbox/config.toml, else ~/.config/peerbox/config.toml]
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of peerbox.db [default: ~/.local/share/peerbox]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// File of the master key [default: ~/.config/peerbox/master.key]
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<String>,
    /// Shape of the log: text or json
    #[arg(long, global = true, value_name = "FORMAT")]
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
pub(super) enum Command {
    /// Run the server
    Serve(Serve),
    /// Manage accounts, which own channels
    #[command(subcommand)]
    Account(AccountCommand),
    /// Manage users, who sign in to accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Look at channels
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Manage the message API tokens of channels
    #[command(subcommand)]
    Token(TokenCommand),
    /// Check the file: integrity, nothing missing, and that every sealed value opens
    Check(Listing),
    /// Print a sample for systemd or for a proxy, to begin with
    Init(Sample),
    /// Bring the file up to date, after a backup; `serve` and all other commands do it too
    Migrate(Migrate),
    /// Write the file anew without anything free in it, while no server has it
    Compact,
    /// Copy the file while it is in use, and look after the copies
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Put a backup where the data is; what was there is kept beside it
    Restore(Restore),
    /// Manage the master key
    #[command(subcommand)]
    Key(KeyCommand),
    /// Look at the configuration
    #[command(subcommand, after_long_help = format!("Settings:\n{}", config::explained()))]
    Config(ConfigCommand),
    /// Print the versions of program, schema and SQLite
    Version {
        /// Print the SHA-256 of each script of the pages instead, as `sha256sum` does
        #[arg(long)]
        assets: bool,
        #[command(flatten)]
        form: Listing,
    },
    /// Print the completion script for a shell
    Completions { shell: Shell },
    /// Print the manual page, or write all of them into a folder
    Man {
        /// Write one page for each command into this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to accept connections: ADDRESS:PORT or `unix:/PATH`; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Vec<String>,
    /// Full public address, when a proxy or a container stands in between
    #[arg(long, value_name = "URL")]
    pub(super) base_url: Option<String>,
}

/// The choice of form that every listing has.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Listing {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Where a new password comes from. Only the reference's own command takes it as an argument, which other users of the
/// machine can read.
#[derive(Debug, Args)]
pub(super) struct PasswordFlags {
    /// Read the password from standard input
    #[arg(long)]
    pub(super) password_stdin: bool,
    /// Take a password that is shorter than `accounts.password_min`
    #[arg(long)]
    pub(super) allow_weak_password: bool,
}

impl PasswordFlags {
    /// The least number of characters; not even a weak password is empty.
    pub(super) fn least(&self, configured: usize) -> usize {
        if self.allow_weak_password { 1 } else { configured }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Make an account and its first user
    Create {
        /// Underscores stand for spaces
        name: String,
        /// Name of the first user
        #[arg(long, value_name = "USER")]
        user: String,
        #[command(flatten)]
        password: PasswordFlags,
        /// Give the user no say over the server, although nobody manages it yet
        #[arg(long)]
        no_admin: bool,
        /// Succeed without any change when the account exists
        #[arg(long)]
        if_not_exists: bool,
    },
    /// List all accounts
    List(Listing),
    /// Show one account with its users
    Show {
        #[command(flatten)]
        account: AccountArgument,
        #[command(flatten)]
        listing: Listing,
    },
    /// Refuse every sign-in and token of an account; nothing is deleted
    Disable(AccountArgument),
    /// Undo disable
    Enable(AccountArgument),
    /// Delete an account with its users, channels, tokens and messages
    Delete {
        #[command(flatten)]
        account: AccountArgument,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Debug, Args)]
pub(super) struct AccountArgument {
    /// Account by id (digits) or by name
    pub(super) account: String,
}

/// An account that is named at its place or with a flag.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct AccountChoice {
    /// Account by id (digits) or by name
    #[arg(value_name = "ACCOUNT")]
    place: Option<String>,
    /// The same
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

impl AccountChoice {
    pub(super) fn named(self) -> Option<String> {
        self.place.or(self.account)
    }
}

/// What stands between a command and something that cannot be undone.
#[derive(Debug, Args)]
pub(super) struct Consent {
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user to an account
    Add {
        name: String,
        #[command(flatten)]
        account: AccountChoice,
        #[command(flatten)]
        password: PasswordFlags,
        /// The user may also manage the other accounts of this server
        #[arg(long)]
        admin: bool,
    },
    /// List users, of all accounts or of one
    List {
        #[command(flatten)]
        account: AccountChoice,
        #[command(flatten)]
        listing: Listing,
    },
    /// Give a user another password, which ends every sign-in of theirs
    Passwd {
        name: String,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Delete a user; the account stays
    Delete {
        name: String,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ChannelCommand {
    /// List channels, of all accounts or of one
    List {
        #[command(flatten)]
        account: AccountChoice,
        #[command(flatten)]
        listing: Listing,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// List the tokens of a channel; secrets are masked
    List {
        /// The channel's id
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        channel: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Revoke a token, which closes its sockets
    Revoke {
        /// The channel's id
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        channel: String,
        /// The token's id, not its secret
        token: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum BackupCommand {
    /// Make a backup, beside a running server or without one
    Create(NewBackup),
    /// List the backups in `backup.dir`, newest first
    List(Listing),
    /// Check a backup: opens every sealed value with the master key and says what is in it
    Verify {
        /// The backup
        file: PathBuf,
        #[command(flatten)]
        listing: Listing,
    },
    /// Remove the backups in `backup.dir` that `backup.keep` does not name; prints which
    Prune {
        /// Only print which
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Sample {
    /// A unit that is shut in as far as it goes, and its socket
    #[arg(long)]
    pub(super) systemd: bool,
    /// A Caddyfile
    #[arg(long)]
    pub(super) caddy: bool,
    /// A server block of nginx
    #[arg(long)]
    pub(super) nginx: bool,
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Only print the versions of the file and of this program, and the steps between them
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) status: bool,
    /// Only try: print the steps and the room that they need, and fail where there is too little
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) listing: Listing,
}

#[derive(Debug, Args)]
pub(super) struct NewBackup {
    /// Where to; nothing is overwritten [default: a name with the time, in `backup.dir`]
    pub(super) path: Option<PathBuf>,
    /// Let the backup open with a passphrase of its own, which is asked for, instead of with the master key
    #[arg(long)]
    pub(super) with_key: bool,
    /// Read that passphrase from a file
    #[arg(long, value_name = "FILE", requires = "with_key")]
    pub(super) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    pub(super) file: PathBuf,
    /// Only check the backup and say what is in it
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) consent: Consent,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a master key file
    New {
        /// Where; nothing is ever overwritten [default: where `key where` says]
        file: Option<PathBuf>,
    },
    /// Put another master key in place of the present one; the data is not rewritten, a running server goes on
    Rotate {
        /// The next key file, made when it does not exist [default: a new key in place of the present file]
        #[arg(long, value_name = "FILE", conflicts_with = "to_passphrase")]
        to: Option<PathBuf>,
        /// Derive the next key from a passphrase, which is asked for
        #[arg(long)]
        to_passphrase: bool,
        /// Read that passphrase from a file
        #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "to_passphrase"])]
        to_passphrase_file: Option<PathBuf>,
    },
    /// Tell where the master key comes from
    Where(Listing),
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigCommand {
    /// Tell whether the configuration can be used
    Check,
    /// Show every setting, its value, and where that came from
    Show(Listing),
    /// Explain every setting
    Keys,
}
