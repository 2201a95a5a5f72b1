//! Taking an account along: its export, its import, and moving in from the reference server.

use std::path::PathBuf;

use clap::Args;

use crate::cli::arguments::values;

/// What stands in an export, for whoever reads it with another program.
const LINES: &str = "\
Each line is a JSON object with one member, which says what it is:
  export   the first: the version of the format, the account
  key      a key that others seal messages with
  channel  a channel and its settings, numbered from 1
  token    a token of the channel above, numbered from 1 in each
  message  one of a channel, in the order in which all came;
           the payload is base64, read_by are numbers of tokens
  end      the last: how many of each there are

Not in it: users and passwords, sessions, the profile, saved searches,
devices for push, remembered Idempotency-Keys.

What is damaged is named on standard error and left out. All else is written,
and the command ends with exit code 6.";

#[derive(Debug, Args)]
#[command(after_long_help = LINES)]
pub(in crate::cli) struct ExportRequest {
    /// Where to, readable only by you; nothing is overwritten; `-` is standard output [default: -]
    #[arg(value_parser = values::new_file())]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Account by id (digits) or by name
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) account: String,
    /// Only the channel of this id
    // One in 64 begins with a hyphen.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(in crate::cli) channel: Option<String>,
    /// Also write the values of tokens, the secrets of webhooks, and what the holder's browser sealed for itself
    #[arg(long)]
    pub(in crate::cli) with_secrets: bool,
}

/// What a later file does.
const AGAIN: &str = "\
Channels that are here already stay as they are. Where the file has messages
that are not here, such a channel is named, and the exit code is 7.";

#[derive(Debug, Args)]
#[command(after_long_help = AGAIN)]
pub(in crate::cli) struct ImportFile {
    /// What `export` wrote; `-` is standard input
    pub(in crate::cli) file: PathBuf,
    /// Account by id (digits) or by name [default: the one that has the name that it had there]
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) account: Option<String>,
}

/// What a second dump does.
const LATER: &str = "\
It can be done again with a later dump of the same server. Channels that are
here already get what is new there: messages, tokens, devices, what was read,
revoked or deleted. What was read here stays read; users, passwords and
settings stay as they are here.

Where something was written or deleted here meanwhile, or a token was issued
under an id that another has there, the channel stays as it is. If the dump has
more of it, the channel is named, and the exit code is 7.";

#[derive(Debug, Args)]
#[command(after_long_help = LATER)]
pub(in crate::cli) struct ImportReference {
    /// What `pg_dump` wrote in its plain form
    pub(in crate::cli) dump: PathBuf,
    /// Only try: print what would be imported and change nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}
