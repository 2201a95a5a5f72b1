//! Channels, as their account holder manages them.

use std::sync::Arc;

use crate::auth::access::Owner;
use crate::config::LimitsConfig;
use crate::domain::channel::{
    Amendment, Arrangement, Channel, NewChannel, Rearrangement, Retention, Settings,
};
use crate::domain::id::{AccountId, ArrivalId, ChannelId, ChannelRow};
use crate::domain::message::Sequence;
use crate::domain::token::{ApiToken, Description, History, NewToken, Permissions};
use crate::events::Event;
use crate::service::Reading;
use crate::service::channel_lists::{ChannelList, ChannelLists};
use crate::service::channel_with_tokens::with_tokens;
use crate::service::error::Error;
use crate::service::remembered::Remembered;
use crate::store::channel_access::ChannelAccess;
use crate::store::right::Right;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{Store, channel_access, channels, counters, retention, tokens};

pub use crate::service::channel_with_tokens::ChannelWithTokens;

/// A channel as lists of channels show it: with how many unrevoked tokens it has, but none of their secrets opened.
#[derive(Debug)]
pub struct ChannelSummary {
    pub channel: Channel,
    pub tokens: u64,
}

/// So many tokens are opened sooner than another thread wakes to do it.
const OPENED_AT_ONCE: u32 = 20;

/// Channels that are remembered as they were shown.
const SHOWN: usize = 1000;

/// Making, showing and changing channels.
#[derive(Clone)]
pub struct Channels {
    store: Store,
    /// 0 is unlimited.
    most: u32,
    /// Channels whose tokens were opened at once.
    shown: Arc<Remembered<ChannelId, Arc<ChannelWithTokens>>>,
    lists: ChannelLists,
}

impl Channels {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self {
            store,
            most: limits.channels_per_account,
            shown: Arc::new(Remembered::new(SHOWN)),
            lists: ChannelLists::default(),
        }
    }

    /// Makes a channel with one token that may read and write, described as `Owner`.
    pub async fn create(&self, owner: &Owner, new: NewChannel) -> Result<ChannelWithTokens, Error> {
        let (account, most) = (owner.account(), self.most);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let (access, token) = make(tx, account, &new, most)?;
                let channel = owned(tx, account, &access.id)?;
                Ok(ChannelWithTokens { channel, tokens: vec![token] })
            })
            .await
    }

    /// The account's channels, oldest first, as they were when they last changed: with heads, but not with the numbers of
    /// messages and bytes, and not with names that were changed since.
    pub async fn list(&self, owner: &Owner) -> Result<Arc<ChannelList>, Error> {
        self.lists.of(&self.store, owner.account()).await
    }

    /// Refuses an owner whose right has ended, for those who wait.
    pub fn require_valid(&self, owner: &Owner) -> Result<(), Error> {
        Ok(self.store.read_now(|tx| owner.require(tx))?)
    }

    /// Where a socket of the account begins, and whether a message came behind the one that its client names.
    pub fn messages_behind(
        &self,
        owner: &Owner,
        after: Option<ArrivalId>,
    ) -> Result<(ArrivalId, bool), Error> {
        let account = owner.account();
        let (last, now) =
            self.store.read_now(|tx| Ok::<_, Error>((counters::of_account(tx, account)?.last, tx.now())))?;
        // Nobody was told of what is still to come.
        let is_known = |after: &ArrivalId| *after <= last.max(ArrivalId(now.as_millis()));
        Ok((last, after.filter(is_known).is_none_or(|after| after < last)))
    }

    /// The account's channels as they are, without tokens, for whoever shows names and numbers only.
    pub fn summaries(&self, owner: &Owner) -> Reading<Vec<ChannelSummary>> {
        let account = owner.account();
        self.store.reading(move |tx| {
            let counts = tokens::counts(tx, account)?;
            let summary = |channel: Channel| {
                let tokens = counts.get(&channel.row).copied().unwrap_or(0);
                ChannelSummary { channel, tokens }
            };
            Ok(channels::list(tx, account)?.into_iter().map(summary).collect())
        })
    }

    /// The channel itself, without its tokens.
    pub fn find(&self, owner: &Owner, id: &ChannelId) -> Reading<Channel> {
        let (account, id) = (owner.account(), id.clone());
        self.store.reading(move |tx| owned(tx, account, &id))
    }

    /// Refuses unless the channel is the account's own; unlike `get`, at the same cost whatever its number of tokens.
    pub fn require(&self, owner: &Owner, id: &ChannelId) -> Result<(), Error> {
        self.store.read_now(|tx| owned_access(tx, owner.account(), id).map(drop))
    }

    /// The channel with its tokens, opened anew.
    pub fn opened(&self, owner: &Owner, id: &ChannelId) -> Reading<ChannelWithTokens> {
        let (account, id) = (owner.account(), id.clone());
        self.store.reading(move |tx| with_tokens(tx, owned(tx, account, &id)?))
    }

    /// The channel with its tokens, remembered while nobody has committed anything.
    pub async fn get(&self, owner: &Owner, id: &ChannelId) -> Result<Arc<ChannelWithTokens>, Error> {
        let account = owner.account();
        let mark = self.store.change_mark();
        if let Some(shown) = self.shown.get(id, mark)
            && shown.channel.account == account
        {
            return Ok(shown);
        }
        let at_once = self.store.read_now(|tx| {
            let channel = owned(tx, account, id)?;
            if tokens::are_more_than(tx, channel.row, OPENED_AT_ONCE)? {
                return Ok(None);
            }
            with_tokens(tx, channel).map(Some)
        })?;
        if let Some(channel) = at_once.map(Arc::new) {
            self.shown.keep(id, mark, Arc::clone(&channel));
            return Ok(channel);
        }
        self.opened(owner, id).await.map(Arc::new)
    }

    /// Writes public flags and lock together, as the API's amend call does.
    pub async fn amend(&self, owner: &Owner, id: &ChannelId, amendment: Amendment) -> Result<(), Error> {
        let (account, id) = (owner.account(), id.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                channels::amend(tx, owned(tx, account, &id)?.row, amendment)?;
                tx.emit(Event::ChannelChanged { account });
                Ok(())
            })
            .await
    }

    /// Takes the rights away that need no token; nothing else changes.
    pub async fn close_to_strangers(&self, owner: &Owner, id: &ChannelId) -> Result<(), Error> {
        let (account, id) = (owner.account(), id.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                channels::close_to_strangers(tx, owned(tx, account, &id)?.row)?;
                tx.emit(Event::ChannelChanged { account });
                Ok(())
            })
            .await
    }

    /// How many messages are deleted at once when the channel keeps them no longer than that; none where it keeps them as
    /// short a time already.
    pub fn lost_by(&self, owner: &Owner, id: &ChannelId, retention: Retention) -> Reading<u64> {
        let (account, id) = (owner.account(), id.clone());
        self.store.reading(move |tx| {
            let channel = owned(tx, account, &id)?;
            match retention.pruned_after_days() {
                Some(days) if retention.is_shorter_than(&channel.retention) => {
                    Ok(retention::count_older(tx, channel.row, days)?)
                }
                _ => Ok(0),
            }
        })
    }

    /// Saves name, access and retention together, unless they are not what the holder saw any more. False when somebody
    /// else changed them meanwhile, and then nothing is saved.
    pub async fn save_settings(
        &self,
        owner: &Owner,
        id: &ChannelId,
        expected: Settings,
        new: Settings,
    ) -> Result<bool, Error> {
        let (account, id) = (owner.account(), id.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let channel = owned(tx, account, &id)?;
                if channel.settings() != expected {
                    return Ok(false);
                }
                channels::amend(tx, channel.row, new.amendment)?;
                channels::set_retention(tx, channel.row, new.retention)?;
                channels::set_direction(tx, channel.row, new.direction)?;
                // A name that does not open was shown as damaged; left like that, it is nobody's words.
                if new.label.as_str() != channel.label {
                    channels::set_label(tx, channel.row, &new.label)?;
                }
                tx.emit(Event::ChannelChanged { account });
                Ok(true)
            })
            .await
    }

    /// Gives the channel another place in the inbox.
    pub async fn rearrange(&self, owner: &Owner, id: &ChannelId, new: Rearrangement) -> Result<(), Error> {
        let (account, id) = (owner.account(), id.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let channel = owned(tx, account, &id)?;
                let before = channel.arrangement;
                let arrangement = Arrangement {
                    pinned: new.pinned.unwrap_or(before.pinned),
                    muted: new.muted.unwrap_or(before.muted),
                    group: new.group.unwrap_or(before.group),
                };
                channels::arrange(tx, channel.row, &arrangement)?;
                tx.emit(Event::ChannelChanged { account });
                Ok(())
            })
            .await
    }

    /// The names of groups that the account's channels are in.
    pub fn groups(&self, owner: &Owner) -> Reading<Vec<String>> {
        let account = owner.account();
        self.store.reading(move |tx| Ok(channels::groups(tx, account)?))
    }

    /// Deletes the channel and its key, so that nobody reads it again; a job removes its tokens and messages.
    pub async fn delete(&self, owner: &Owner, id: &ChannelId) -> Result<(), Error> {
        let (account, id) = (owner.account(), id.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let channel = channels::find_row(tx, account, &id)?.ok_or(Error::ChannelNotFound)?;
                delete_channel(tx, account, channel)
            })
            .await?;
        self.store.note_leftovers();
        Ok(())
    }
}

/// Makes a channel with its first token, unless the account has so many; 0 is no bound.
pub(super) fn make(
    tx: &WriteTx<'_>,
    account: AccountId,
    new: &NewChannel,
    most: u32,
) -> Result<(ChannelAccess, ApiToken), Error> {
    if most != 0 && channels::count(tx, account)? >= u64::from(most) {
        return Err(Error::TooManyChannels { most });
    }
    let access = channels::insert(tx, account, new)?;
    let token = NewToken {
        description: Description::owner(),
        permissions: Permissions { read: true, write: true, delete: true },
        history: History::Hidden,
        expires: None,
    };
    let token = tokens::insert(tx, &access, &token, Sequence::NONE)?;
    channels::set_owner_token(tx, access.row, token.id)?;
    tx.emit(Event::ChannelChanged { account });
    Ok((access, token))
}

/// Deletes a channel, whose account no longer counts what it held.
pub(super) fn delete_channel(tx: &WriteTx<'_>, account: AccountId, channel: ChannelRow) -> Result<(), Error> {
    let (messages, bytes) = counters::of_channel(tx, channel)?;
    counters::shrink_account(tx, account, messages, bytes)?;
    channels::delete(tx, channel)?;
    tx.emit(Event::ChannelDeleted { account, channel });
    Ok(())
}

/// The account's channel; a foreign one and a missing one are the same refusal.
pub(super) fn owned(tx: &ReadTx<'_>, account: AccountId, id: &ChannelId) -> Result<Channel, Error> {
    channels::find(tx, account, id)?.ok_or(Error::ChannelNotFound)
}

/// The same with the key that its tokens are sealed with.
pub(super) fn owned_access(
    tx: &ReadTx<'_>,
    account: AccountId,
    id: &ChannelId,
) -> Result<ChannelAccess, Error> {
    channel_access::find(tx, id)?.filter(|access| access.account == account).ok_or(Error::ChannelNotFound)
}
