//! What leads a person into a channel: a link, whose secret the holder's browser makes.

use crate::auth::access::Owner;
use crate::config::LimitsConfig;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::token::WrappedLink;
use crate::service::Reading;
use crate::service::channels::owned_access;
use crate::service::error::Error;
use crate::service::quota;
use crate::service::tokens::live;
use crate::store::{Store, contacts, counters};

/// Links of tokens.
#[derive(Clone)]
pub struct Invitations {
    store: Store,
    quota: i64,
}

impl Invitations {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self { store, quota: quota::of_config(limits) }
    }

    /// Keeps the secret of a token's link, in the place of another. The token made with the channel is for no link.
    pub async fn set_link(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        token: TokenId,
        link: WrappedLink,
    ) -> Result<(), Error> {
        let (account, channel, quota) = (owner.account(), channel.clone(), self.quota);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let access = owned_access(tx, account, &channel)?;
                live(tx, &access, token)?;
                if access.owner_token == Some(token) {
                    return Err(Error::TokenNotFound);
                }
                let before = counters::of_account(tx, account)?;
                contacts::set_link(tx, &access, token, &link)?;
                quota::require_space(tx, account, before, quota)
            })
            .await
    }

    /// The wrapped secrets of the channel's links, of revoked tokens too, for the holder's browser to open.
    pub fn links(&self, owner: &Owner, channel: &ChannelId) -> Reading<Vec<(TokenId, WrappedLink)>> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| Ok(contacts::links(tx, &owned_access(tx, account, &channel)?)?))
    }
}
