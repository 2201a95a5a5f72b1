//! The counterparties of a channel: each has a token, under the name that the holder gave it.

use std::collections::HashMap;

use crate::auth::access::Owner;
use crate::auth::token_uses::TokenUses;
use crate::config::LimitsConfig;
use crate::domain::channel::Channel;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::message::Sequence;
use crate::domain::phone::Phone;
use crate::domain::read_state::UnreadCount;
use crate::domain::time::Timestamp;
use crate::domain::token::{ApiToken, Description, NewEnd, Note, Permissions};
use crate::events::Event;
use crate::service::Reading;
use crate::service::channels::{owned, owned_access};
use crate::service::error::Error;
use crate::service::quota;
use crate::service::tokens::live;
use crate::store::channel_access::ChannelAccess;
use crate::store::tx::ReadTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{Store, contacts, phones, read_states, tokens};

/// Tokens whose use is written down in one change.
const WRITTEN_AT_ONCE: usize = 500;

/// A token with all that its holder sees of it.
#[derive(Debug)]
pub struct Counterparty {
    pub token: ApiToken,
    pub note: String,
    pub hue: Option<u8>,
    /// To the hour.
    pub used: Option<Timestamp>,
    /// How many messages it has not read; `None` where it may not read.
    pub behind: Option<UnreadCount>,
    /// The token made with the channel, which acts as its holder.
    pub is_own: bool,
}

/// What a holder changes about a counterparty.
#[derive(Debug, Clone)]
pub struct Changed {
    pub name: Description,
    pub note: Note,
    pub hue: Option<u8>,
    /// The rights that it keeps of those that it has.
    pub kept: Permissions,
    pub end: NewEnd,
}

/// Showing and changing counterparties.
#[derive(Clone)]
pub struct Contacts {
    store: Store,
    uses: TokenUses,
    quota: i64,
}

impl Contacts {
    pub fn new(store: Store, uses: TokenUses, limits: &LimitsConfig) -> Self {
        Self { store, uses, quota: quota::of_config(limits) }
    }

    /// The channel with its unrevoked tokens, oldest first.
    pub fn list(&self, owner: &Owner, channel: &ChannelId) -> Reading<(Channel, Vec<Counterparty>)> {
        let (account, id, uses) = (owner.account(), channel.clone(), self.uses.all());
        self.store.reading(move |tx| {
            let (channel, access) = (owned(tx, account, &id)?, owned_access(tx, account, &id)?);
            let listed = tokens::list(tx, access.row, &access.key)?.into_iter();
            let listed = listed.map(|token| counterparty(tx, &access, token, &uses));
            Ok((channel, listed.collect::<Result<_, _>>()?))
        })
    }

    /// The phones that are registered with them.
    pub fn phones(&self, owner: &Owner, channel: &ChannelId) -> Reading<Vec<Phone>> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| Ok(phones::of_channel(tx, owned_access(tx, account, &channel)?.row)?))
    }

    /// One of them.
    pub fn get(&self, owner: &Owner, channel: &ChannelId, id: TokenId) -> Reading<(Channel, Counterparty)> {
        let (account, channel, uses) = (owner.account(), channel.clone(), self.uses.all());
        self.store.reading(move |tx| {
            let access = owned_access(tx, account, &channel)?;
            let token = live(tx, &access, id)?;
            Ok((owned(tx, account, &channel)?, counterparty(tx, &access, token, &uses)?))
        })
    }

    /// Saves name, note, colour and end, and takes rights away. One that has ended opens again with a later end. Programs
    /// look for the holder's own token by its name, so that keeps it, and its rights, and never ends.
    pub async fn save(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: TokenId,
        changed: Changed,
    ) -> Result<(), Error> {
        let (account, channel, quota) = (owner.account(), channel.clone(), self.quota);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let access = owned_access(tx, account, &channel)?;
                let token = live(tx, &access, id)?;
                quota::within(tx, account, quota, || {
                    if access.owner_token != Some(id) {
                        if changed.name.as_str() != token.description {
                            contacts::rename(tx, &access, id, &changed.name)?;
                        }
                        // Only a change moves the access epoch, by which open sockets and remembered rights end.
                        if token.permissions.exceed(changed.kept) {
                            contacts::narrow(tx, id, changed.kept)?;
                        }
                        match changed.end {
                            NewEnd::AsBefore => {}
                            NewEnd::Never => contacts::set_end(tx, id, None)?,
                            NewEnd::At(end) => contacts::set_end(tx, id, Some(end))?,
                        }
                    }
                    contacts::set_note(tx, &access, id, &changed.note)?;
                    contacts::set_hue(tx, id, changed.hue)?;
                    Ok(())
                })?;
                tx.emit(Event::ChannelChanged { account });
                Ok(())
            })
            .await
    }

    /// Writes down when tokens were last used.
    pub async fn write_uses(&self) -> Result<(), Error> {
        loop {
            let some = self.uses.some(WRITTEN_AT_ONCE);
            if some.is_empty() {
                return Ok(());
            }
            let noted = some.clone();
            let write = self.store.write_without_right(move |tx| {
                for (token, hour) in &noted {
                    contacts::set_used(tx, *token, *hour)?;
                }
                Ok::<_, Error>(())
            });
            write.await?;
            self.uses.written(&some);
        }
    }
}

fn counterparty(
    tx: &ReadTx<'_>,
    access: &ChannelAccess,
    token: ApiToken,
    uses: &HashMap<TokenId, Timestamp>,
) -> Result<Counterparty, Error> {
    let facts = contacts::facts(tx, access, token.id)?.ok_or(Error::TokenNotFound)?;
    let viewpoint = Viewpoint::of_token(access.row, token.id, facts.since);
    let behind = if token.permissions.read {
        Some(read_states::count_unread(tx, &viewpoint, Sequence(i64::MAX))?)
    } else {
        None
    };
    Ok(Counterparty {
        used: uses.get(&token.id).copied().or(facts.used),
        note: facts.note,
        hue: facts.hue,
        behind,
        is_own: access.owner_token == Some(token.id),
        token,
    })
}
