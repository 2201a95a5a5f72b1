//! What leads a person into a channel: a token made for a link, and the link's secret, which the holder's browser makes.

use crate::auth::access::Owner;
use crate::config::LimitsConfig;
use crate::domain::channel::{ChannelLabel, Direction, NewChannel, PublicAccess, Retention, Sequencing};
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::reception::Greeting;
use crate::domain::time::Timestamp;
use crate::domain::token::{Description, History, NewToken, Permissions, WrappedLink};
use crate::service::channels::{self as own_channels, owned_access};
use crate::service::error::Error;
use crate::service::quota;
use crate::service::tokens::{issue, live};
use crate::store::{Store, channels, contacts};

/// Inviting people, and keeping the secrets of their links.
#[derive(Clone)]
pub struct Invitations {
    store: Store,
    most_channels: u32,
    most_tokens: u32,
    quota: i64,
}

/// Whom a holder invites, and to what.
#[derive(Debug)]
pub struct Invitation {
    pub name: Description,
    /// What the invited person may do, as seen from the holder's side.
    pub direction: Direction,
    pub ends: Option<Timestamp>,
    pub greeting: Greeting,
    pub place: InvitedTo,
}

/// Where somebody is invited to.
#[derive(Debug)]
pub enum InvitedTo {
    /// A channel for nobody else, which is called so.
    OfOwn(ChannelLabel),
    /// One that is there: others may be in it.
    In(ChannelId),
}

impl Invitations {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        let (most_channels, most_tokens) = (limits.channels_per_account, limits.tokens_per_channel);
        Self { store, most_channels, most_tokens, quota: quota::of_config(limits) }
    }

    /// Makes all that a link needs: a channel, unless there is one, and a token that deletes nothing of others.
    pub async fn invite(&self, owner: &Owner, new: Invitation) -> Result<(ChannelId, TokenId), Error> {
        let account = owner.account();
        let (most_channels, most_tokens, quota) = (self.most_channels, self.most_tokens, self.quota);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                quota::within(tx, account, quota, || {
                    let access = match new.place {
                        InvitedTo::In(id) => owned_access(tx, account, &id)?,
                        InvitedTo::OfOwn(label) => {
                            let channel = NewChannel {
                                label,
                                direction: new.direction,
                                public: PublicAccess::default(),
                                sequencing: Sequencing::Free,
                                retention: Retention::default(),
                            };
                            own_channels::make(tx, account, &channel, most_channels)?.0
                        }
                    };
                    channels::set_greeting(tx, access.row, &new.greeting)?;
                    let token = NewToken {
                        description: new.name,
                        permissions: Permissions { delete: false, ..new.direction.permissions() },
                        history: History::Hidden,
                        expires: new.ends,
                    };
                    let token = issue(tx, &access, &token, most_tokens)?;
                    Ok((access.id, token.id))
                })
            })
            .await
    }

    /// Keeps the secret of a token's link and answers with the one that is kept: one that is there stays unless it is to
    /// be replaced, so that two pages that make one at the same time show the same. The token made with the channel is for
    /// no link.
    pub async fn keep_link(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        token: TokenId,
        link: WrappedLink,
        replaces: bool,
    ) -> Result<WrappedLink, Error> {
        let (account, channel, quota) = (owner.account(), channel.clone(), self.quota);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let access = owned_access(tx, account, &channel)?;
                live(tx, &access, token)?;
                if access.owner_token == Some(token) {
                    return Err(Error::TokenNotFound);
                }
                if let Some(kept) = contacts::link(tx, &access, token)?.filter(|_| !replaces) {
                    return Ok(kept);
                }
                quota::within(tx, account, quota, || Ok(contacts::set_link(tx, &access, token, &link)?))?;
                Ok(link)
            })
            .await
    }
}
