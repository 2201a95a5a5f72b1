//! Contacts: whom one writes to, from a terminal, at any server.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::arguments::keys::ContactKeyCommand;
use crate::cli::arguments::shared::{Consent, Listing};
use crate::cli::arguments::values;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ContactCommand {
    /// Remember a channel of any Peer Channels server, with what opens it, or an account with its user and password
    ///
    /// Takes an invitation link, the text of a QR code or a whole sheet as it is, from standard input or a file. No secret is
    /// taken among the arguments, where everybody on this machine can read it. The server is asked whether it is right.
    #[command(after_help = "\
Examples:
  wl-paste | peerbox contact add anna
  peerbox contact add shop \"$ADDRESS\" --token-file token.txt
  peerbox contact add box https://box.example.org --user anna
  peerbox contact add anna --replace --token-file new-token.txt")]
    Add(NewContact),
    /// List all
    #[command(after_help = "\
Examples:
  peerbox contact list
  peerbox contact list --json | jq -r '.[].address'")]
    List {
        /// Print the names alone
        #[arg(long, conflicts_with_all = ["json", "accounts"])]
        names: bool,
        /// Print the names of accounts alone
        #[arg(long, conflicts_with = "json")]
        accounts: bool,
        #[command(flatten)]
        form: Listing,
    },
    /// Show one, without its secrets
    #[command(after_help = "\
Examples:
  peerbox contact show anna
  peerbox contact show anna --json")]
    Show {
        /// The contact
        name: String,
        #[command(flatten)]
        form: Listing,
    },
    /// Manage the keys that answers of a contact are sealed for
    #[command(subcommand)]
    Key(ContactKeyCommand),
    /// Forget some, with their keys: what was sealed for them cannot be opened any more
    ///
    /// To change one, and keep its keys, use `contact add --replace`.
    #[command(after_help = "\
Examples:
  peerbox contact remove anna
  peerbox contact remove old-shop --yes")]
    Remove {
        /// The contacts
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags, each a wish of its own")]
pub(in crate::cli) struct NewContact {
    /// What to call it: letters, digits and `. _ @ -`, the first a letter or digit
    pub(in crate::cli) name: String,
    /// Address of the channel, without a secret [default: an invitation from standard input]; of the server with --user
    pub(in crate::cli) address: Option<String>,
    /// Take the invitation from this file
    #[arg(long, value_name = "FILE", conflicts_with = "address")]
    pub(in crate::cli) link_file: Option<PathBuf>,
    /// Take the token from this file
    #[arg(long, value_name = "FILE", conflicts_with = "link_file")]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// Take the token from standard input
    #[arg(long, conflicts_with_all = ["token_file", "link_file"])]
    pub(in crate::cli) token_stdin: bool,
    /// Seal for this key, as programs do: `libsodium sealed_box` and the base64 of the key
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) seal_to: Option<String>,
    /// Remember an account of the server, which this user signs in to
    #[arg(long, value_name = "NAME", requires = "address", conflicts_with_all = ["token_file", "token_stdin", "seal_to"])]
    pub(in crate::cli) user: Option<String>,
    /// The account's id [default: 1, or that of the address]
    #[arg(long, value_name = "ID", requires = "user", value_parser = values::whole(1..=u64::MAX))]
    pub(in crate::cli) account: Option<u64>,
    /// Take the password from this file [default: a prompt, `PEERBOX_PASSWORD_FILE` or `PEERBOX_PASSWORD`]
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Take the password from standard input
    #[arg(long, requires = "user", conflicts_with = "password_file")]
    pub(in crate::cli) password_stdin: bool,
    /// Do not ask the server
    #[arg(long)]
    pub(in crate::cli) no_check: bool,
    /// Change the contact of that name: what is not named, and its keys, stay
    #[arg(long)]
    pub(in crate::cli) replace: bool,
    #[command(flatten)]
    pub(in crate::cli) form: Listing,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
}

/// How a server is reached.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reach {
    /// Trust the certificates in this file too, in PEM; `contact add` remembers them
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::cli) cacert: Option<PathBuf>,
    /// Take plain http beyond this machine, where everybody on the way can read along
    #[arg(long, global = true)]
    pub(in crate::cli) insecure_http: bool,
    /// How long to try again while the server cannot be reached or asks to wait; `listen`, once it has begun, does for ever
    #[arg(long, global = true, value_name = "DURATION", default_value = "60s", value_parser = values::duration)]
    pub(in crate::cli) retry_for: Duration,
}
