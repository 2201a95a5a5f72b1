//! A channel as the API tells of it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::tokens::TokenJson;
use crate::domain::channel::{ChannelState, Sequencing};
use crate::service::channels::ChannelWithTokens;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Channel")]
#[expect(clippy::struct_excessive_bools, reason = "the wire shape has them")]
pub(super) struct ChannelJson<'a> {
    id: &'a str,
    href: String,
    public_read: bool,
    public_write: bool,
    sequenced: bool,
    locked: bool,
    head: i64,
    retention: RetentionJson,
    access_tokens: Vec<TokenJson<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Retention")]
struct RetentionJson {
    min_age_days: Option<i32>,
    max_age_days: Option<i32>,
    auto_prune: bool,
}

impl<'a> ChannelJson<'a> {
    pub(super) fn new(found: &'a ChannelWithTokens, base: &str) -> Self {
        let channel = &found.channel;
        let id = channel.id.as_str();
        Self {
            id,
            href: format!("{base}/api/v1/channel/{id}"),
            public_read: channel.public.read,
            public_write: channel.public.write,
            sequenced: channel.sequencing == Sequencing::Sequenced,
            locked: channel.state == ChannelState::Locked,
            head: channel.head.0,
            retention: RetentionJson {
                min_age_days: channel.retention.min_age_days(),
                max_age_days: channel.retention.max_age_days(),
                auto_prune: channel.retention.auto_prune(),
            },
            access_tokens: found.tokens.iter().map(TokenJson::from).collect(),
        }
    }
}
