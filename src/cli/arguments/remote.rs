//! An account at another server, as its users see it.

use clap::{Args, Subcommand};

use crate::cli::arguments::contacts::Reach;
use crate::cli::arguments::shared::{Consent, Listing};
use crate::cli::arguments::values;

/// An account and who signs in to it.
#[derive(Debug, Args)]
pub(in crate::cli) struct RemoteAccount {
    /// Address of the server, with the path that it lies below
    #[arg(long, value_name = "URL", global = true)]
    pub(in crate::cli) server: Option<String>,
    /// The user; the password comes from a prompt, `PEERBOX_PASSWORD_FILE` or `PEERBOX_PASSWORD`
    #[arg(long, value_name = "NAME", global = true)]
    pub(in crate::cli) user: Option<String>,
    /// The account's id [default: 1, or that of the address]; or the name under which `contact add` remembers it, with server, user and password
    #[arg(long, value_name = "ID_OR_NAME", global = true)]
    pub(in crate::cli) account: Option<String>,
    /// Read the password from standard input
    #[arg(long, global = true)]
    pub(in crate::cli) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Remote {
    #[command(flatten)]
    pub(in crate::cli) account: RemoteAccount,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
    #[command(subcommand)]
    pub(in crate::cli) what: RemoteCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RemoteCommand {
    /// Manage its channels
    #[command(subcommand)]
    Channel(RemoteChannelCommand),
    /// Manage the tokens of its channels
    #[command(subcommand)]
    Token(RemoteTokenCommand),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RemoteChannelCommand {
    /// Make a channel, and print its address with the owner's token, as `contact add` takes it
    #[command(after_help = "\
Examples:
  peerbox remote channel create --account box | peerbox contact add mine
  peerbox remote channel create --account box --days 30 --json")]
    Create {
        /// Refuse a message of whoever has not read those of others
        #[arg(long)]
        sequenced: bool,
        /// Delete messages after so many days
        #[arg(long, value_name = "DAYS", value_parser = values::whole(1..=u32::MAX))]
        days: Option<u32>,
        #[command(flatten)]
        form: Listing,
    },
    /// List channels
    #[command(after_help = "\
Examples:
  peerbox remote channel list --server https://box.example.org --user anna
  peerbox remote channel list --account box --json")]
    List(Listing),
    /// Delete a channel with all that is in it
    #[command(after_help = "\
Examples:
  peerbox remote channel delete CHANNEL --account box
  peerbox remote channel delete CHANNEL --account box --yes")]
    Delete {
        /// The channel's id
        #[arg(allow_hyphen_values = true)]
        channel: String,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        form: Listing,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RemoteTokenCommand {
    /// Make a token, and print the channel's address with it, as `contact add` takes it
    #[command(after_help = "\
Examples:
  peerbox remote token issue CHANNEL 'the shop' --account box
  peerbox remote token issue CHANNEL 'a sensor' --only write --account box")]
    Issue {
        /// The channel's id
        #[arg(allow_hyphen_values = true)]
        channel: String,
        /// What it is for
        description: String,
        /// Let it only `read` or only `write`
        #[arg(long, value_name = "RIGHT", value_parser = ["read", "write"])]
        only: Option<String>,
        #[command(flatten)]
        form: Listing,
    },
    /// List the tokens of a channel, their secrets only as JSON
    #[command(after_help = "\
Examples:
  peerbox remote token list CHANNEL --account box
  peerbox remote token list CHANNEL --account box --json")]
    List {
        /// The channel's id
        #[arg(allow_hyphen_values = true)]
        channel: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Revoke a token
    #[command(after_help = "\
Examples:
  peerbox remote token revoke CHANNEL 12 --account box
  peerbox remote token revoke CHANNEL 12 --server https://b.example --user anna")]
    Revoke {
        /// The channel's id
        #[arg(allow_hyphen_values = true)]
        channel: String,
        /// The token's id, not its secret
        token: String,
        #[command(flatten)]
        form: Listing,
    },
}
