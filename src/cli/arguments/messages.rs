//! Messages: sending, reading and listening as a client of any server.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::arguments::contacts::Reach;
use crate::cli::arguments::remote::RemoteAccount;
use crate::cli::arguments::values;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  peerbox send anna 'The goods have left.' --file delivery-note.pdf
  journalctl -u backup | peerbox send ops --type text/plain")]
pub(in crate::cli) struct Send {
    /// The contact
    pub(in crate::cli) name: String,
    /// A text, which others on this machine can see among the arguments; `-` is standard input [default: standard input]
    pub(in crate::cli) text: Option<String>,
    /// A file, which becomes a message of its own; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Vec<PathBuf>,
    /// The content type [default: text, or as a file's name ends]
    #[arg(long = "type", value_name = "TYPE")]
    pub(in crate::cli) content_type: Option<String>,
    /// Do not seal, though there is a key to seal with
    #[arg(long)]
    pub(in crate::cli) plain: bool,
    /// Wait so long for a message of the other side, and print it
    ///
    /// Peer Channels tell a writer nothing of who has read a message, so an answer is the only sign of it.
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub(in crate::cli) wait_answer: Option<Duration>,
    /// Print JSON, a line for each message
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags, each a wish of its own")]
#[command(after_help = "\
A command finds the bytes of the message on its standard input, and in its environment:
  PEERBOX_MESSAGE_CONTACT   the contact's name
  PEERBOX_MESSAGE_SEQUENCE  its number in the channel
  PEERBOX_MESSAGE_RECEIVED  when the server took it
  PEERBOX_MESSAGE_TYPE      its content type
  PEERBOX_MESSAGE_AUTHOR    holder or other, or nothing from other servers
  PEERBOX_MESSAGE_FILE      a name under which the body may be saved
  PEERBOX_MESSAGE_STATE     open: not sealed; proven: by a holder of the link;
                            wrong: by somebody else; unproven: by nobody knows whom
  PEERBOX_MESSAGE_PROVEN    yes: by a holder of the link; no: nothing proves it;
                            none: the contact has no link that proves
It is run again until it ends with 0, and the next message waits for it.

It is not run for a message that does not prove to come from a holder of the contact's link, nor \
for a letter that the server shows again or out of its order. These stay unread, and are named on \
standard error. What is damaged at its server is named, too, and no command is run for it; it is \
marked as read, as nobody can read it any more.

With --all-channels each channel is read with its Owner token, so that your own messages are known \
as such. A channel whose Owner token was revoked is named and left out.

Examples:
  peerbox listen anna shop --json
  peerbox listen --all-channels --account box
  peerbox listen shop --mark --exec 'jq .txid >> transactions.txt'")]
pub(in crate::cli) struct Listen {
    /// The contacts
    #[arg(required_unless_present = "all_channels", value_name = "NAME")]
    pub(in crate::cli) names: Vec<String>,
    /// Listen to all channels of an account instead, over one socket, also to those that are made meanwhile
    #[arg(long, conflicts_with = "names")]
    pub(in crate::cli) all_channels: bool,
    #[command(flatten)]
    pub(in crate::cli) account: RemoteAccount,
    /// Run a command for each message, by the shell
    #[arg(long, value_name = "COMMAND", value_parser = values::not_blank)]
    pub(in crate::cli) exec: Option<String>,
    /// Run the command also for messages that do not prove to come from a holder of the link
    #[arg(long, requires = "exec")]
    pub(in crate::cli) unproven: bool,
    /// Begin after this number [default: with what comes from now on, or with --mark with what is unread]
    ///
    /// Not with --all-channels: each channel counts its messages for itself, and a number of one says nothing of another.
    #[arg(long, value_name = "NUMBER", conflicts_with = "mark", value_parser = values::whole(0..=u64::MAX))]
    pub(in crate::cli) since: Option<u64>,
    /// Begin with what is unread, and mark each message as read once it is printed or its command has ended with 0
    #[arg(long)]
    pub(in crate::cli) mark: bool,
    /// End after so many messages
    #[arg(long, value_name = "COUNT", value_parser = values::whole(1..=u64::MAX))]
    pub(in crate::cli) count: Option<u64>,
    /// Print JSON, a line for each message
    #[arg(long, conflicts_with = "exec")]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A message that is sealed for a key that is not here stays unread. One that is damaged at its server is named as such and marked \
as read, as nobody can read it any more; the exit code is 6 then.

Examples:
  peerbox read anna --unread --mark
  peerbox read shop --after 12 --json | jq -r .text")]
#[expect(clippy::struct_excessive_bools, reason = "flags, each a wish of its own")]
pub(in crate::cli) struct Read {
    /// The contact
    pub(in crate::cli) name: String,
    /// Only what is unread
    #[arg(long)]
    pub(in crate::cli) unread: bool,
    /// Only messages with higher numbers
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = values::whole(0..=u64::MAX))]
    pub(in crate::cli) after: u64,
    /// At most so many, the lowest numbers
    #[arg(long, value_name = "COUNT", value_parser = values::whole(1..=usize::MAX))]
    pub(in crate::cli) limit: Option<usize>,
    /// Mark as read what was printed
    #[arg(long)]
    pub(in crate::cli) mark: bool,
    /// Write each message into a file of its own in this folder, and print its path
    #[arg(long, value_name = "DIR", conflicts_with = "raw")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Print the bytes of the messages and nothing else
    #[arg(long, conflicts_with = "json")]
    pub(in crate::cli) raw: bool,
    /// Print JSON, a line for each message
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[command(flatten)]
    pub(in crate::cli) reach: Reach,
}
