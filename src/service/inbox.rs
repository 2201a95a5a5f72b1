//! The read model of the inbox: what is unread, and pages of messages over all channels, newest first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::auth::access::Owner;
use crate::domain::folded::folded;
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::message::Message;
use crate::domain::read_state::UnreadCount;
use crate::domain::time::Timestamp;
use crate::service::Reading;
use crate::service::authors::{AuthorName, Authors};
use crate::service::error::Error;
use crate::service::merge::Merge;
use crate::service::search::{Criteria, Noted};
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::inbox::{self, Envelope, Glance, Outline};
use crate::store::saved_searches::{self, SavedSearch};
use crate::store::tx::ReadTx;
use crate::store::{Store, channels, messages, noted, tokens, unread};

pub use crate::store::inbox::Walk;

/// Messages on one page.
pub const PAGE: usize = 50;

/// A page of a search looks at no more messages, and then says how far back it has looked. So many of 1 KiB take about
/// 0.2 seconds of a processor.
const LOOKED_AT: usize = 50_000;

/// The same in bytes of plain letters, for channels of large messages; the last message may be longer.
const LOOKED_AT_BYTES: usize = 64 * 1024 * 1024;

/// A search whose page is full counts on in so many messages and bytes, which takes a few milliseconds.
const COUNTED: usize = 2_000;
const COUNTED_BYTES: usize = 2 * 1024 * 1024;

/// Which messages a page is about.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub walk: Walk,
    pub criteria: Criteria,
    /// Only messages older than the one with this id, where the page before ended.
    pub before: Option<i64>,
}

/// A page of the inbox.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<Line>,
    /// Where the next page goes on; `None` when everything was seen.
    pub next: Option<i64>,
    /// How far back a search has looked when it stopped early.
    pub looked_back_to: Option<Timestamp>,
    /// How many messages a search found, with those of later pages that it has looked at.
    pub found: usize,
    /// How far back it has counted, when there is more behind that.
    pub counted_back_to: Option<Timestamp>,
    /// The name of the one channel that was asked for, if it is one of the account's.
    pub channel: Option<String>,
}

/// A channel as it is shown beside a message.
#[derive(Debug)]
pub struct ChannelName {
    pub row: i64,
    pub id: ChannelId,
    /// Empty when the holder gave none.
    pub label: String,
}

/// A message in a list.
#[derive(Debug)]
pub struct Line {
    pub channel: Arc<ChannelName>,
    pub message: Message,
    pub author: AuthorName,
    pub unread: bool,
    pub starred: bool,
    pub archived: bool,
    pub snoozed: Option<Timestamp>,
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
}

/// What channels looked like, and under which outline.
pub(super) struct Glances(Cache<ChannelRow, (Outline, Glance)>);

/// Pinned channels that the navigation names; the list has the others.
const PINNED: usize = 20;

/// Channels whose counts are remembered.
const REMEMBERED: usize = 20_000;

impl Inbox {
    pub fn new(store: Store) -> Self {
        Self { store, glances: Arc::new(Glances(Cache::new(REMEMBERED))) }
    }

    /// Counts what is unread; names the `recent` channels that were used last.
    pub fn overview(&self, owner: &Owner, recent: usize) -> Reading<Overview> {
        let (account, known) = (owner.account(), Arc::clone(&self.glances));
        self.store.reading(move |tx| {
            let mut glances = known.of(tx, account)?;
            glances.sort_unstable_by_key(|glance| std::cmp::Reverse(last_use(glance)));
            let listed = |glance: &Glance| {
                let channel = name(tx, glance)?.1;
                Ok::<_, Error>(Listed { channel, unread: glance.unread, muted: glance.muted })
            };
            let pinned = glances.iter().filter(|glance| glance.pinned).take(PINNED).map(listed);
            let mut pinned = pinned.collect::<Result<Vec<_>, _>>()?;
            pinned.sort_by_cached_key(|one| folded(&one.channel.label));
            let used = glances.iter().filter(|glance| !glance.pinned).take(recent);
            Ok(Overview {
                unread: told(&glances),
                channels: glances.len(),
                newest: glances.first().and_then(|glance| glance.newest).map(|newest| newest.received),
                pinned,
                recent: used.map(listed).collect::<Result<_, _>>()?,
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
                Ok(Counts { unread: told(&glances), each: each.collect() })
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

    /// A page of messages over the account's channels.
    pub fn page(&self, owner: &Owner, wanted: Wanted) -> Reading<Page> {
        let (account, known) = (owner.account(), Arc::clone(&self.glances));
        self.store.reading(move |tx| {
            let criteria = &wanted.criteria;
            let mut glances = chosen(tx, known.of(tx, account)?, criteria)?;
            if matches!(wanted.walk, Walk::Inbox | Walk::Unread) && !criteria.names_a_channel() {
                glances.retain(|glance| !glance.muted);
            }
            let authors = criteria.author.as_deref().map(|part| described(tx, account, part)).transpose()?;
            let mut page = page(tx, &glances, &wanted, authors.as_ref())?;
            if let Some(id) = &criteria.channel {
                page.channel = channels::find(tx, account, id)?.map(|channel| channel.label);
            }
            Ok(page)
        })
    }
}

impl Glances {
    /// The account's channels. Only what changed since it was last looked at is counted again.
    pub(super) fn of(&self, tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Glance>, Error> {
        let mut glances = Vec::new();
        for outline in inbox::outlines(tx, account)? {
            if let Some((known, glance)) = self.0.get(&outline.channel)
                && known == outline
                && !outline.excepted
            {
                glances.push(glance);
            } else if let Some(glance) = inbox::glance(tx, outline.channel)? {
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
}

/// What is unread in channels that are not muted.
fn told(glances: &[Glance]) -> UnreadCount {
    glances.iter().filter(|glance| !glance.muted).map(|glance| glance.unread).sum()
}

/// Channels without messages come by age, after all others.
pub(super) fn last_use(glance: &Glance) -> (i64, i64) {
    (glance.newest.map_or(0, |newest| newest.id), glance.channel.0)
}

fn chosen(tx: &ReadTx<'_>, glances: Vec<Glance>, criteria: &Criteria) -> Result<Vec<Glance>, Error> {
    if !criteria.names_a_channel() {
        return Ok(glances);
    }
    let wanted = match &criteria.channel {
        Some(id) => channel_access::find(tx, id)?.map(|access| access.row),
        None => None,
    };
    let mut chosen = Vec::new();
    for glance in glances {
        let fits = match &criteria.label {
            Some(part) => folded(&inbox::label(tx, glance.channel)?).contains(part.as_str()),
            None => true,
        };
        if fits && (criteria.channel.is_none() || wanted == Some(glance.channel)) {
            chosen.push(glance);
        }
    }
    Ok(chosen)
}

fn page(
    tx: &ReadTx<'_>,
    glances: &[Glance],
    wanted: &Wanted,
    authors: Option<&HashSet<TokenId>>,
) -> Result<Page, Error> {
    let criteria = &wanted.criteria;
    let early = |envelope: &Envelope| {
        wanted.before.is_none_or(|before| envelope.id < before)
            && criteria.until.is_none_or(|until| envelope.received < until)
    };
    let mut merge = Merge::start(tx, glances, wanted.walk, early)?;
    let mut names: HashMap<usize, (Arc<ChannelAccess>, Arc<ChannelName>)> = HashMap::new();
    let mut page = Page::default();
    let (mut looked_at, mut bytes) = (0, 0);
    let mut writers = Authors::default();
    while let Some((index, envelope)) = merge.next(tx)? {
        let glance = &glances[index];
        if criteria.from.is_some_and(|from| envelope.received < from) {
            // Ids follow the clock, so everything after this is older still.
            return Ok(page);
        }
        looked_at += 1;
        let is_unread = unread::is_unread(tx, glance, &envelope)?;
        if criteria.fits_envelope(&envelope, authors)
            && criteria.unread.is_none_or(|state| state == is_unread)
            && is_noted(tx, glance, criteria, &envelope)?
        {
            let (access, name) = match names.entry(index) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(free) => {
                    let (access, name) = name(tx, glance)?;
                    free.insert((Arc::new(access), Arc::new(name)))
                }
            };
            if let Some(message) = messages::of_envelope(tx, access, &envelope)? {
                bytes += criteria.cost(&message);
                if criteria.fits_content(&message) {
                    page.found += 1;
                    if page.rows.len() < PAGE {
                        let row = glance.channel;
                        page.rows.push(Line {
                            channel: Arc::clone(name),
                            author: writers.name(tx, access, envelope.author)?,
                            unread: is_unread,
                            starred: noted::is_starred(tx, row, envelope.sequence)?,
                            archived: unread::is_archived(tx, glance, &envelope)?,
                            snoozed: noted::snoozed_until(tx, row, envelope.sequence)?,
                            message,
                        });
                    }
                }
            }
        }
        let more = merge.peek().is_some();
        if page.rows.len() == PAGE && page.next.is_none() {
            page.next = more.then_some(envelope.id);
            if !criteria.any() {
                return Ok(page);
            }
            (looked_at, bytes) = (LOOKED_AT - COUNTED, LOOKED_AT_BYTES - COUNTED_BYTES);
        }
        if looked_at >= LOOKED_AT || bytes >= LOOKED_AT_BYTES {
            if page.rows.len() == PAGE {
                page.counted_back_to = more.then_some(envelope.received);
            } else {
                page.next = more.then_some(envelope.id);
                page.looked_back_to = more.then_some(envelope.received);
            }
            return Ok(page);
        }
    }
    Ok(page)
}

/// Whether all that is asked for was done with a message.
fn is_noted(
    tx: &ReadTx<'_>,
    glance: &Glance,
    criteria: &Criteria,
    envelope: &Envelope,
) -> Result<bool, Error> {
    for noted in &criteria.noted {
        let is = match noted {
            Noted::Starred => noted::is_starred(tx, glance.channel, envelope.sequence)?,
            Noted::Archived => unread::is_archived(tx, glance, envelope)?,
            Noted::Snoozed => noted::snoozed_until(tx, glance.channel, envelope.sequence)?.is_some(),
        };
        if !is {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Tokens of all channels, also revoked ones, with that part in their description, whatever its case.
fn described(tx: &ReadTx<'_>, account: AccountId, part: &str) -> Result<HashSet<TokenId>, Error> {
    let mut found = HashSet::new();
    for channel in channels::rows(tx, account, usize::MAX)? {
        let Some(access) = channel_access::load(tx, channel)? else { continue };
        let named = tokens::descriptions(tx, &access)?.into_iter();
        found.extend(named.filter(|(_, name)| folded(name).contains(part)).map(|(id, _)| id));
    }
    Ok(found)
}

pub(super) fn name(tx: &ReadTx<'_>, glance: &Glance) -> Result<(ChannelAccess, ChannelName), Error> {
    let access = channel_access::load(tx, glance.channel)?.ok_or(Error::ChannelNotFound)?;
    let label = inbox::label(tx, glance.channel)?;
    let name = ChannelName { row: glance.channel.0, id: access.id.clone(), label };
    Ok((access, name))
}
