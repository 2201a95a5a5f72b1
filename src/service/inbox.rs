//! The read model of the inbox: what is unread, in all channels and in each.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::auth::access::Owner;
use crate::domain::folded::folded;
use crate::domain::id::{AccountId, ChannelId, ChannelRow};
use crate::domain::read_state::UnreadCount;
use crate::domain::time::Timestamp;
use crate::service::Reading;
use crate::service::authors::KnownNames;
use crate::service::error::{Error, opened};
use crate::service::gists::Gists;
use crate::store::Store;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::error::readable;
use crate::store::inbox::{self, Glance, Outline};
use crate::store::saved_searches::{self, SavedSearch};
use crate::store::tx::ReadTx;

/// A channel as it is shown beside a message.
#[derive(Debug)]
pub struct ChannelName {
    pub row: i64,
    pub id: ChannelId,
    /// Empty when the holder gave none.
    pub label: String,
}

/// What every page shows of the inbox.
#[derive(Debug)]
pub struct Overview {
    /// In channels that are not muted.
    pub unread: UnreadCount,
    pub channels: usize,
    pub newest: Option<Timestamp>,
    /// The channels that the holder pinned, in the order of their names.
    pub pinned: Vec<Listed>,
    /// The others that were used last.
    pub recent: Vec<Listed>,
    pub searches: Vec<SavedSearch>,
}

/// A channel in the navigation.
#[derive(Debug)]
pub struct Listed {
    pub channel: ChannelName,
    pub unread: UnreadCount,
    pub muted: bool,
}

/// The owner side's view over an account.
#[derive(Clone)]
pub struct Inbox {
    pub(super) store: Store,
    pub(super) glances: Arc<Glances>,
    pub(super) gists: Arc<Gists>,
    pub(super) names: Arc<KnownNames>,
}

/// What channels looked like, and under which outline.
pub(super) struct Glances(Cache<ChannelRow, (Outline, Glance)>);

/// Pinned channels that the navigation names; the list has the others.
const PINNED: usize = 20;

/// Channels whose counts are remembered.
const REMEMBERED: usize = 20_000;

impl Inbox {
    pub fn new(store: Store) -> Self {
        let glances = Arc::new(Glances(Cache::new(REMEMBERED)));
        Self { store, glances, gists: Arc::new(Gists::new()), names: Arc::new(KnownNames::new()) }
    }

    /// Counts what is unread; names the `recent` channels that were used last.
    pub fn overview(&self, owner: &Owner, recent: usize) -> Reading<Overview> {
        let (account, known) = (owner.account(), Arc::clone(&self.glances));
        self.store.reading(move |tx| {
            let mut glances = known.of(tx, account)?;
            glances.sort_unstable_by_key(|glance| std::cmp::Reverse(last_use(glance)));
            // One that was damaged since it was looked at is left out.
            let listed = |glance: &Glance| {
                let found = opened(name(tx, glance)).transpose();
                let listed = |(_, channel)| Listed { channel, unread: glance.unread, muted: glance.muted };
                found.map(|found| found.map(listed))
            };
            let pinned = glances.iter().filter(|glance| glance.pinned).take(PINNED).filter_map(listed);
            let mut pinned = pinned.collect::<Result<Vec<_>, _>>()?;
            pinned.sort_by_cached_key(|one| folded(&one.channel.label));
            let used = glances.iter().filter(|glance| !glance.pinned).take(recent);
            Ok(Overview {
                unread: told(&glances),
                channels: glances.len(),
                newest: glances.first().and_then(|glance| glance.newest).map(|newest| newest.received),
                pinned,
                recent: used.filter_map(listed).collect::<Result<_, _>>()?,
                searches: saved_searches::list(tx, account)?,
            })
        })
    }

    /// How many messages are unread, in all channels that are not muted and in each.
    pub async fn counts(&self, owner: &Owner) -> Result<Counts, Error> {
        let (account, known) = (owner.account(), Arc::clone(&self.glances));
        self.store
            .read(move |tx| {
                let glances = known.of(tx, account)?;
                let each = glances.iter().map(|glance| {
                    (glance.channel, (glance.unread, glance.newest.map_or(0, |newest| newest.id)))
                });
                let muted = glances.iter().filter(|glance| glance.muted).map(|glance| glance.channel);
                Ok(Counts { unread: told(&glances), each: each.collect(), muted: muted.collect() })
            })
            .await
    }

    /// The ids of channels, which may be gone.
    pub async fn ids(&self, owner: &Owner, rows: Vec<ChannelRow>) -> Result<Vec<Option<ChannelId>>, Error> {
        let account = owner.account();
        let id = move |tx: &ReadTx<'_>, row| {
            let access = channel_access::load(tx, row)?.filter(|access| access.account == account);
            Ok(access.map(|access| access.id))
        };
        self.store.read(move |tx| rows.into_iter().map(|row| id(tx, row)).collect()).await
    }
}

impl Glances {
    /// The account's channels. Only what changed since it was last looked at is counted again. One whose id or key does not
    /// open is left out, as in lists: every page would fail with it.
    pub(super) fn of(&self, tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Glance>, Error> {
        let mut glances = Vec::new();
        for outline in inbox::outlines(tx, account)? {
            if let Some((known, glance)) = self.0.get(&outline.channel)
                && known == outline
                && !outline.excepted
            {
                glances.push(glance);
            } else if readable(channel_access::load(tx, outline.channel))?.flatten().is_some()
                && let Some(glance) = inbox::glance(tx, outline.channel)?
            {
                self.0.insert(outline.channel, (outline, glance.clone()));
                glances.push(glance);
            }
        }
        Ok(glances)
    }
}

/// What is unread, with what tells whether a channel looks as it did.
#[derive(Debug)]
pub struct Counts {
    pub unread: UnreadCount,
    /// Of each channel: what is unread, and which message is the newest.
    pub each: HashMap<ChannelRow, (UnreadCount, i64)>,
    pub muted: HashSet<ChannelRow>,
}

/// What is unread in channels that are not muted.
fn told(glances: &[Glance]) -> UnreadCount {
    glances.iter().filter(|glance| !glance.muted).map(|glance| glance.unread).sum()
}

/// Channels without messages come by age, after all others.
pub(super) fn last_use(glance: &Glance) -> (i64, i64) {
    (glance.newest.map_or(0, |newest| newest.id), glance.channel.0)
}

pub(super) fn name(tx: &ReadTx<'_>, glance: &Glance) -> Result<(ChannelAccess, ChannelName), Error> {
    let access = channel_access::load(tx, glance.channel)?.ok_or(Error::ChannelNotFound)?;
    let label = inbox::label(tx, glance.channel)?;
    let name = ChannelName { row: glance.channel.0, id: access.id.clone(), label };
    Ok((access, name))
}
