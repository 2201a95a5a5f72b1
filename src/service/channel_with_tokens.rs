//! A channel with all that its holder gives away: its tokens, secrets included.

use crate::domain::channel::Channel;
use crate::domain::token::ApiToken;
use crate::service::error::Error;
use crate::store::tx::ReadTx;
use crate::store::{channel_access, tokens};

/// A channel with its unrevoked tokens, oldest first.
#[derive(Debug)]
pub struct ChannelWithTokens {
    pub channel: Channel,
    pub tokens: Vec<ApiToken>,
}

pub(super) fn with_tokens(tx: &ReadTx<'_>, channel: Channel) -> Result<ChannelWithTokens, Error> {
    let key = channel_access::key(tx, channel.account, channel.row)?.ok_or(Error::ChannelNotFound)?;
    let tokens = tokens::list(tx, channel.row, &key)?;
    Ok(ChannelWithTokens { channel, tokens })
}
