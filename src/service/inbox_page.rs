//! Pages of messages over all channels, newest first: lists, and what a search finds.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::auth::access::Owner;
use crate::domain::folded::folded;
use crate::domain::id::TokenId;
use crate::domain::message::Message;
use crate::domain::time::Timestamp;
use crate::service::Reading;
use crate::service::authors::{AuthorName, Authors, KnownNames};
use crate::service::error::{Error, opened};
use crate::service::gists::{Around, Gist, Gists};
use crate::service::inbox::{ChannelName, Inbox, name};
use crate::service::merge::Merge;
use crate::service::search::{Criteria, Noted, Sought};
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::inbox::{self, Envelope, Glance};
use crate::store::tx::ReadTx;
use crate::store::{channels, messages, noted, unread};

pub use crate::store::inbox::Walk;

/// Messages on one page.
pub const PAGE: usize = 50;

/// What one page of a search may cost, in bytes of plain letters that could be looked through meanwhile: about 50 ms of a
/// processor. Then it says how far back it has looked; the last message may cost more.
const EFFORT: usize = 32 * 1024 * 1024;

/// A search whose page is full counts on for so much.
const COUNTING: usize = 2 * 1024 * 1024;

/// What it costs to come by a message.
const PASSED: usize = 128;

/// What it costs to ask what is remembered of one.
const ASKED: usize = 64;

/// What it costs to open one, whatever its length.
const OPENED: usize = 512;

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

impl Inbox {
    /// A page of messages over the account's channels.
    pub fn page(&self, owner: &Owner, wanted: Wanted) -> Reading<Page> {
        let (account, known) = (owner.account(), self.clone());
        self.store.reading(move |tx| {
            let criteria = &wanted.criteria;
            let mut glances = chosen(tx, known.glances.of(tx, account)?, criteria)?;
            if matches!(wanted.walk, Walk::Inbox | Walk::Unread) && !criteria.names_a_channel() {
                glances.retain(|glance| !glance.muted);
            }
            let authors = match &criteria.author {
                Some(part) => Some(named(tx, &known.names, &mut glances, part)?),
                None => None,
            };
            let sought = Sought::new(criteria, authors);
            let search =
                Search { tx, glances: &glances, wanted: &wanted, sought, gists: &known.gists, effort: 0 };
            let mut page = search.page()?;
            if let Some(id) = &criteria.channel {
                page.channel = channels::find(tx, account, id)?.map(|channel| channel.label);
            }
            Ok(page)
        })
    }
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

/// Tokens, also revoked ones, with that part in their names, whatever its case. Channels without one are left out.
fn named(
    tx: &ReadTx<'_>,
    names: &KnownNames,
    glances: &mut Vec<Glance>,
    part: &str,
) -> Result<HashSet<TokenId>, Error> {
    let mut found = HashSet::new();
    let mut with_one = Vec::new();
    for glance in glances.drain(..) {
        let before = found.len();
        for (token, name) in names.of(tx, &glance)?.iter() {
            if name.contains(part) {
                found.insert(*token);
            }
        }
        if found.len() > before {
            with_one.push(glance);
        }
    }
    *glances = with_one;
    Ok(found)
}

/// A page being made.
struct Search<'a> {
    tx: &'a ReadTx<'a>,
    glances: &'a [Glance],
    wanted: &'a Wanted,
    sought: Sought<'a>,
    gists: &'a Gists,
    /// What it has cost.
    effort: usize,
}

/// A channel that has been come to, and what is remembered of the messages there.
struct Visited<'a> {
    access: ChannelAccess,
    name: Arc<ChannelName>,
    around: Around<'a>,
}

impl<'a> Search<'a> {
    fn page(mut self) -> Result<Page, Error> {
        let (tx, Wanted { criteria, before, walk }) = (self.tx, self.wanted);
        let early = |envelope: &Envelope| {
            before.is_none_or(|before| envelope.id < before)
                && criteria.until.is_none_or(|until| envelope.received < until)
        };
        let mut merge = Merge::start(tx, self.glances, *walk, early)?;
        let mut visited: HashMap<usize, Visited<'a>> = HashMap::new();
        let mut writers = Authors::default();
        let mut page = Page::default();
        while let Some((index, envelope)) = merge.next(tx)? {
            let glance = &self.glances[index];
            self.effort += PASSED;
            if criteria.from.is_some_and(|from| envelope.received < from) {
                // What is left of this channel is older still. Another may have been taken in from elsewhere later.
                merge.leave(index);
            }
            if self.fits_outside(glance, &envelope)? {
                let visited = match visited.entry(index) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(free) => {
                        // One that was damaged since it was looked at is left out.
                        let Some((access, name)) = opened(name(tx, glance))? else {
                            merge.leave(index);
                            continue;
                        };
                        let around = self.gists.around(glance.channel, envelope.sequence);
                        free.insert(Visited { access, name: Arc::new(name), around })
                    }
                };
                if self.fits_inside(visited, &envelope)? {
                    page.found += 1;
                    if page.rows.len() < PAGE
                        && let Some(message) = messages::of_envelope(tx, &visited.access, &envelope)?
                    {
                        let row = glance.channel;
                        page.rows.push(Line {
                            channel: Arc::clone(&visited.name),
                            author: writers.name(tx, &visited.access, envelope.author)?,
                            unread: unread::is_unread(tx, glance, &envelope)?,
                            starred: noted::is_starred(tx, row, envelope.sequence)?,
                            archived: unread::is_archived(tx, glance, &envelope)?,
                            snoozed: noted::snoozed_until(tx, row, envelope.sequence)?,
                            message,
                        });
                    }
                }
            }
            let more = merge.peek().is_some();
            if page.rows.len() == PAGE && page.next.is_none() {
                page.next = more.then_some(envelope.id);
                if !criteria.any() {
                    return Ok(page);
                }
                self.effort = EFFORT - COUNTING;
            }
            if self.effort >= EFFORT {
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

    /// Whether a message can be one of those, as far as can be told without opening it.
    fn fits_outside(&self, glance: &Glance, envelope: &Envelope) -> Result<bool, Error> {
        if !self.sought.fits_envelope(envelope) {
            return Ok(false);
        }
        let (tx, criteria) = (self.tx, &self.wanted.criteria);
        if let Some(state) = criteria.unread
            && state != unread::is_unread(tx, glance, envelope)?
        {
            return Ok(false);
        }
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

    /// Whether it is one of those by what is in it.
    fn fits_inside(&mut self, visited: &mut Visited<'a>, envelope: &Envelope) -> Result<bool, Error> {
        if !self.sought.looks_inside() {
            return Ok(true);
        }
        let sequence = envelope.sequence;
        if !visited.around.has(sequence) {
            visited.around = self.gists.around(visited.access.row, sequence);
        }
        if let Some(fits) = visited.around.ask(sequence, |gist| self.sought.fits(gist)) {
            self.effort += ASKED;
            return Ok(fits);
        }
        let opened = messages::of_envelope(self.tx, &visited.access, envelope)?;
        let Some(message) = opened else { return Ok(false) };
        let (gist, cost) = Gist::of(&message, self.sought.reads());
        self.effort += OPENED + cost;
        let fits = self.sought.fits(&gist);
        if self.sought.reads() {
            visited.around.add(sequence, gist);
        }
        Ok(fits)
    }
}
