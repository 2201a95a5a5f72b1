//! What an export holds: an account's channels with all that belongs to them, on their way to another server.
//!
//! Rows have other ids there, so an export counts: its channels from 1, and the tokens of each channel from 1.

use bytes::Bytes;

use crate::domain::channel::{Arrangement, Sequencing, Settings};
use crate::domain::id::ChannelId;
use crate::domain::key::PublicKey;
use crate::domain::letter::WrappedReply;
use crate::domain::message::{Message, Sequence};
use crate::domain::reception::{Greeting, Picture};
use crate::domain::secret::{BearerToken, WebhookSecret};
use crate::domain::time::Timestamp;
use crate::domain::token::{Description, Note, Permissions, WrappedLink};
use crate::domain::webhook::{WebhookSettings, WebhookState};

/// What is damaged and so is not in an export, each in words that name it.
#[derive(Debug, Default)]
pub struct LeftOut(Vec<String>);

impl LeftOut {
    /// Remembers one more.
    pub fn push(&mut self, what: String) {
        self.0.push(what);
    }

    /// What was left out since this was asked last.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0)
    }
}

/// A key that others seal with.
#[derive(Debug, Clone)]
pub struct ExportedKey {
    pub public: PublicKey,
    /// The secret half as the holder's browser wrapped it.
    pub copy: Option<String>,
    pub created: Timestamp,
    pub retired: Option<Timestamp>,
}

/// A channel without its tokens and messages.
#[derive(Debug, Clone)]
pub struct ExportedChannel {
    pub id: ChannelId,
    pub created: Timestamp,
    pub settings: Settings,
    pub sequencing: Sequencing,
    /// The highest sequence ever given. No message of the export is above it.
    pub head: Sequence,
    pub arrangement: Arrangement,
    pub greeting: Greeting,
    pub picture: Option<Picture>,
    pub reply: Option<WrappedReply>,
    /// The last number of what the holder's pages sealed.
    pub letters: i64,
    /// Up to where the holder has read, where messages do not say otherwise.
    pub read_upto: Sequence,
    /// The same of the holder's archive.
    pub archived_upto: Sequence,
    pub webhooks: Vec<ExportedWebhook>,
}

/// A webhook of a channel.
#[derive(Debug, Clone)]
pub struct ExportedWebhook {
    pub settings: WebhookSettings,
    /// Absent where it was not to be in the export.
    pub secret: Option<WebhookSecret>,
    pub state: WebhookState,
    /// Told of all up to this one.
    pub told: Sequence,
}

/// What an export says of a token's secret.
#[derive(Debug, Clone)]
pub enum ExportedSecret {
    Known(BearerToken),
    /// It was not to be in the export.
    Withheld,
    /// There is none any more, since then.
    Revoked(Timestamp),
}

/// A token of a channel. One that is revoked is the author of its messages still.
#[derive(Debug, Clone)]
pub struct ExportedToken {
    pub secret: ExportedSecret,
    /// Whether it was made with the channel.
    pub is_owner: bool,
    pub description: Description,
    pub permissions: Permissions,
    /// It sees only sequences above this one.
    pub since: Sequence,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    pub note: Option<Note>,
    pub hue: Option<u8>,
    /// The secret of its link, as the holder's browser wrapped it.
    pub link: Option<WrappedLink>,
    /// The hour in which it was last used.
    pub used: Option<Timestamp>,
    /// Up to where its bearer has read, where messages do not say otherwise.
    pub read_upto: Sequence,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportedAuthor {
    Anonymous,
    Holder,
    /// The token of that number in the channel.
    Token(u32),
}

/// A message with what its readers think of it.
#[derive(Debug, Clone)]
pub struct ExportedMessage {
    pub message: Message,
    pub author: ExportedAuthor,
    /// The same sealed for the holder, where the holder's pages sealed it for somebody else.
    pub copy: Option<Bytes>,
    /// What the holder made of it.
    pub read: bool,
    pub archived: bool,
    pub starred: bool,
    pub snoozed: Option<Timestamp>,
    /// The numbers of the tokens for which it counts as read, ascending.
    pub read_by: Vec<u32>,
}
