//! The lines of an export. Each is a JSON object with one member, whose name says what it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The version of the format.
pub(super) const VERSION: u32 = 1;

/// The longest line, in bytes: a message of 16 MiB with its copy, in base64.
pub(super) const LONGEST: usize = 48 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExportLine<'a> {
    /// The first.
    Export(HeadLine),
    Key(KeyLine),
    #[serde(borrow)]
    Channel(Box<ChannelLine<'a>>),
    #[serde(borrow)]
    Token(Box<TokenLine<'a>>),
    #[serde(borrow)]
    Message(MessageLine<'a>),
    /// The last.
    End(EndLine),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadLine {
    pub(super) version: u32,
    /// The name of the account.
    pub(super) account: String,
    /// Whether secrets are in the file.
    pub(super) secrets: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyLine {
    pub(super) public: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy: Option<String>,
    pub(super) created: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    #[default]
    Both,
    Incoming,
    Outgoing,
    Callbacks,
}

#[expect(clippy::struct_excessive_bools, reason = "the flags of a channel, as the API names them")]
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelLine<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) id: Cow<'a, str>,
    pub(super) created: Cow<'a, str>,
    pub(super) head: i64,
    pub(super) public_read: bool,
    pub(super) public_write: bool,
    pub(super) sequenced: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) locked: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) min_age_days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_age_days: Option<i32>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) auto_prune: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) label: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) direction: Way,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) pinned: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) muted: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) group: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) greeting: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) picture: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) letters: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) read_upto: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) archived_upto: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) webhooks: Vec<WebhookLine<'a>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HookForm {
    Standard,
    Ntfy,
    Gotify,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HookState {
    #[default]
    AtWork,
    Paused,
    GaveUp,
    NotWanted,
}

/// A part of the line of its channel.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookLine<'a> {
    pub(super) address: Cow<'a, str>,
    pub(super) form: HookForm,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) with_message: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) state: HookState,
    pub(super) told: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<Cow<'a, str>>,
}

#[expect(clippy::struct_excessive_bools, reason = "the rights of a token, as the API names them")]
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenLine<'a> {
    pub(super) channel: usize,
    /// In its channel, from 1.
    pub(super) number: u32,
    pub(super) description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revoked: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) owner: bool,
    pub(super) can_read: bool,
    pub(super) can_write: bool,
    pub(super) can_delete: bool,
    pub(super) created: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) since: i64,
    pub(super) read_upto: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) note: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hue: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<Cow<'a, str>>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    Anyone,
    Holder,
    /// The token of that number.
    Token(u32),
}

#[expect(clippy::struct_excessive_bools, reason = "what can hold of a message")]
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MessageLine<'a> {
    pub(super) channel: usize,
    pub(super) sequence: i64,
    pub(super) received: Cow<'a, str>,
    pub(super) from: From,
    pub(super) content_type: Cow<'a, str>,
    pub(super) payload: Cow<'a, str>,
    /// The bytes are lost.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) damaged: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) read: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) archived: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) starred: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) snoozed_until: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) read_by: Vec<u32>,
}

/// How much there is, so that a file that lacks something is noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) keys: u64,
    pub(super) channels: u64,
    pub(super) tokens: u64,
    pub(super) messages: u64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
