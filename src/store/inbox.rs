//! The owner side's view over all channels of an account: unread counts, and walking messages from new to old.
//!
//! Row ids and sequences of a channel grow together, so a channel is a sorted list and the inbox is a merge of lists:
//! every step goes on in an index, and nothing is ever counted or sorted as a whole.

use rusqlite::{OptionalExtension, Params, Row};

use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::{ReaderId, UnreadCount};
use crate::domain::time::Timestamp;
use crate::store::columns::{ARCHIVE, OWNER_SIDE, author_value, shown_optional_text};
use crate::store::error::StoreError;
use crate::store::read_states;
use crate::store::tx::ReadTx;
use crate::store::viewpoint::Viewpoint;

/// One channel as lists need it, without its names.
#[derive(Debug, Clone)]
pub struct Glance {
    pub channel: ChannelRow,
    pub viewpoint: Viewpoint,
    /// Up to where the owner side has read everything, exceptions aside.
    pub cursor: Sequence,
    pub unread: UnreadCount,
    /// Whether any message's state differs from what the cursor says.
    pub excepted: bool,
    /// The same of what was put out of the inbox.
    pub archive: Archive,
    pub newest: Option<Envelope>,
    pub pinned: bool,
    pub muted: bool,
    /// Grows when the channel or its tokens look different.
    pub version: i64,
}

/// Which messages are archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Archive {
    pub(super) cursor: Sequence,
    pub(super) excepted: bool,
}

/// A message from outside.
#[derive(Debug, Clone, Copy)]
pub struct Envelope {
    /// Orders messages of all channels by when they were written.
    pub id: i64,
    pub sequence: Sequence,
    pub author: Author,
    pub received: Timestamp,
}

/// Which messages of a channel a walk visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    Everything,
    /// Not archived, and from others.
    Inbox,
    Unread,
    Starred,
    Snoozed,
    /// Written by the holder, in the inbox or with the channel's `Owner` token.
    Own,
}

/// What tells whether a channel looks as it did before: while none of it changes, neither do its unread messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    pub channel: ChannelRow,
    cursor: i64,
    head: i64,
    messages: i64,
    /// With exceptions the count must be made anew: they change without a trace in the rest.
    pub excepted: bool,
    pinned: bool,
    muted: bool,
    archive: Archive,
    /// Grows when a deleted message comes back.
    version: i64,
}

/// Envelopes, as [`envelope`] reads them.
macro_rules! select_envelopes {
    ($of:literal) => {
        concat!("select message_id, sequence, author, received_at from ", $of)
    };
}

/// Every channel of the account, in no order. Counts nothing, so it costs a few look-ups for each.
pub fn outlines(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Outline>, StoreError> {
    const SQL: &str = "select c.id, coalesce(r.cursor, 0), c.head, c.messages,
                              exists (select 1 from read_exception e where e.channel_id = c.id and e.reader = 0),
                              c.pinned, c.muted,
                              coalesce(a.cursor, 0),
                              exists (select 1 from read_exception e where e.channel_id = c.id and e.reader = -2),
                              c.version
                         from channel c
                         left join read_cursor r on r.channel_id = c.id and r.reader = 0
                         left join read_cursor a on a.channel_id = c.id and a.reader = -2
                        where c.account_id = ?1";
    let mut statement = tx.prepare(SQL)?;
    let rows = statement.query_map([account.0], |row| {
        Ok(Outline {
            channel: ChannelRow(row.get(0)?),
            cursor: row.get(1)?,
            head: row.get(2)?,
            messages: row.get(3)?,
            excepted: row.get(4)?,
            pinned: row.get(5)?,
            muted: row.get(6)?,
            archive: Archive { cursor: Sequence(row.get(7)?), excepted: row.get(8)? },
            version: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One channel, counted.
pub fn glance(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<Option<Glance>, StoreError> {
    const SQL: &str = "select owner_token, pinned, muted, version from channel where id = ?1";
    let found = tx
        .prepare(SQL)?
        .query_row([channel.0], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((owner_token, pinned, muted, version)) = found else { return Ok(None) };
    let viewpoint = Viewpoint::of_owner_side(channel, owner_token.map(TokenId));
    let archive = Viewpoint::of_archive(channel, owner_token.map(TokenId));
    Ok(Some(Glance {
        channel,
        viewpoint,
        cursor: read_states::cursor(tx, &viewpoint)?,
        unread: read_states::count_unread(tx, &viewpoint, Sequence(i64::MAX))?,
        excepted: read_states::has_exceptions(tx, &viewpoint)?,
        archive: Archive {
            cursor: read_states::cursor(tx, &archive)?,
            excepted: read_states::has_exceptions(tx, &archive)?,
        },
        newest: newest_of_all(tx, channel, Sequence(i64::MAX), 1)?.pop(),
        pinned,
        muted,
        version,
    }))
}

/// The newest message of the walk with a sequence below that one.
pub fn newest_below(
    tx: &ReadTx<'_>,
    glance: &Glance,
    walk: Walk,
    below: Sequence,
) -> Result<Option<Envelope>, StoreError> {
    Ok(next_below(tx, glance, walk, below, 1)?.pop())
}

/// The next messages of the walk with sequences below that one, newest first; fewer than `most` are the last ones.
pub fn next_below(
    tx: &ReadTx<'_>,
    glance: &Glance,
    walk: Walk,
    below: Sequence,
    most: usize,
) -> Result<Vec<Envelope>, StoreError> {
    match walk {
        Walk::Everything => newest_of_all(tx, glance.channel, below, most),
        Walk::Own => newest_own(tx, glance, below, most),
        Walk::Unread if glance.unread.number == 0 => Ok(Vec::new()),
        Walk::Unread => newest_unread(tx, glance, OWNER_SIDE, (glance.cursor, glance.excepted), below, most),
        Walk::Inbox => {
            let Archive { cursor, excepted } = glance.archive;
            newest_unread(tx, glance, ARCHIVE, (cursor, excepted), below, most)
        }
        Walk::Starred => newest_noted(tx, STARRED, glance.channel, below, most),
        Walk::Snoozed => newest_noted(tx, SNOOZED, glance.channel, below, most),
    }
}

fn newest_of_all(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    below: Sequence,
    most: usize,
) -> Result<Vec<Envelope>, StoreError> {
    const SQL: &str = select_envelopes!(
        "envelope
          where channel_id = ?1 and sequence < ?2
          order by sequence desc
          limit ?3"
    );
    envelopes(tx, SQL, (channel.0, below.0, limit(most)))
}

fn newest_own(
    tx: &ReadTx<'_>,
    glance: &Glance,
    below: Sequence,
    most: usize,
) -> Result<Vec<Envelope>, StoreError> {
    const NEW: &str = select_envelopes!(
        "new_envelope
          where channel_id = ?1 and sequence < ?2 and author in (?3, ?4)
          order by sequence desc
          limit ?5"
    );
    const FILED: &str = select_envelopes!(
        "filed_envelope
          where channel_id = ?1 and sequence < ?2 and author in (?3, ?4)
            and sequence <= (select max(last)
                               from filed_author
                              where channel_id = ?1 and author in (?3, ?4))
          order by sequence desc
          limit ?5"
    );
    let (own, other_own) = glance.viewpoint.own_authors();
    let parameters = |most| (glance.channel.0, below.0, own, other_own, limit(most));
    let mut found = envelopes(tx, NEW, parameters(most))?;
    // The filed ones are asked only when the new ones are not enough, and not above the last own one: there may be many
    // of others.
    if found.len() < most {
        found.extend(envelopes(tx, FILED, parameters(most - found.len()))?);
    }
    Ok(found)
}

/// Messages that are unread for a reader of the holder's, whose cursor is known and whether there are exceptions.
fn newest_unread(
    tx: &ReadTx<'_>,
    glance: &Glance,
    reader: i64,
    (cursor, excepted): (Sequence, bool),
    below: Sequence,
    most: usize,
) -> Result<Vec<Envelope>, StoreError> {
    const AFTER_CURSOR: &str = select_envelopes!(
        "envelope e
          where channel_id = ?1 and sequence < ?2 and sequence > ?3
            and author not in (0, ?4)
            and not exists (select 1
                              from read_exception x
                             where x.channel_id = ?1 and x.reader = ?6
                               and x.sequence = e.sequence)
          order by sequence desc
          limit ?5"
    );
    const EXCEPTED: &str = "select sequence
                              from read_exception
                             where channel_id = ?1 and reader = ?4 and sequence < ?2 and read = 0
                             order by sequence desc
                             limit ?3";
    let channel = glance.channel.0;
    let (_, owner_token) = glance.viewpoint.own_authors();
    let parameters = (channel, below.0, cursor.0, owner_token, limit(most), reader);
    let mut found = envelopes(tx, AFTER_CURSOR, parameters)?;
    if excepted {
        let mut statement = tx.prepare(EXCEPTED)?;
        let parameters = (channel, below.0, limit(most), reader);
        let sequences = statement.query_map(parameters, |row| row.get::<_, i64>(0))?;
        for sequence in sequences.collect::<Result<Vec<_>, _>>()? {
            found.extend(envelopes(tx, ONE, (channel, sequence))?);
        }
        found.sort_unstable_by_key(|envelope| std::cmp::Reverse(envelope.sequence));
        found.truncate(most);
    }
    Ok(found)
}

const ONE: &str = select_envelopes!("envelope where channel_id = ?1 and sequence = ?2");

const STARRED: &str = "select sequence
                         from star
                        where channel_id = ?1 and sequence < ?2
                        order by sequence desc";
const SNOOZED: &str = "select sequence
                         from snooze
                        where channel_id = ?1 and sequence < ?2
                        order by sequence desc";

/// Messages that the holder noted. A deleted one that may come back is passed over.
fn newest_noted(
    tx: &ReadTx<'_>,
    sql: &'static str,
    channel: ChannelRow,
    below: Sequence,
    most: usize,
) -> Result<Vec<Envelope>, StoreError> {
    let mut statement = tx.prepare(sql)?;
    let mut rows = statement.query((channel.0, below.0))?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(row) = rows.next()?
    {
        found.extend(envelopes(tx, ONE, (channel.0, row.get::<_, i64>(0)?))?);
    }
    Ok(found)
}

/// The oldest message above a sequence, for turning to the next one.
pub fn oldest_above(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    above: Sequence,
) -> Result<Option<Sequence>, StoreError> {
    const SQL: &str = "select sequence
                         from envelope
                        where channel_id = ?1 and sequence > ?2
                        order by sequence
                        limit 1";
    Ok(tx.prepare(SQL)?.query_row((channel.0, above.0), |row| row.get(0).map(Sequence)).optional()?)
}

/// The lowest sequence from which on no message of the channel is `early` any more; messages turn from early to late
/// once. Halves the channel until it is found.
pub fn boundary(
    tx: &ReadTx<'_>,
    glance: &Glance,
    early: impl Fn(&Envelope) -> bool,
) -> Result<Sequence, StoreError> {
    let Some(newest) = glance.newest else { return Ok(Sequence(1)) };
    let (mut low, mut high) = (0, newest.sequence.0 + 1);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match newest_below(tx, glance, Walk::Everything, Sequence(middle + 1))? {
            Some(envelope) if !early(&envelope) => high = envelope.sequence.0,
            _ => low = middle,
        }
    }
    Ok(Sequence(high))
}

/// The holder's private name of a channel; empty when there is none.
pub fn label(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<String, StoreError> {
    const SQL: &str = "select label from channel where id = ?1";
    let sealed: Option<Vec<u8>> = tx.prepare(SQL)?.query_row([channel.0], |row| row.get(0))?;
    let place = Place::row(Field::ChannelLabel, channel.0);
    Ok(shown_optional_text(tx.keyring().root(), place, sealed))
}

impl Glance {
    /// Whether the holder wrote a message.
    pub fn wrote(&self, author: Author) -> bool {
        match author {
            Author::OwnerSide => true,
            Author::Token(token) => self.viewpoint.also_own == Some(ReaderId::Token(token)),
            Author::Anonymous => false,
        }
    }
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

fn envelopes(
    tx: &ReadTx<'_>,
    sql: &'static str,
    parameters: impl Params,
) -> Result<Vec<Envelope>, StoreError> {
    let mut statement = tx.prepare(sql)?;
    let rows = statement.query_map(parameters, envelope)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn envelope(row: &Row<'_>) -> rusqlite::Result<Envelope> {
    Ok(Envelope {
        id: row.get(0)?,
        sequence: Sequence(row.get(1)?),
        author: author_value(row.get(2)?),
        received: Timestamp::from_millis(row.get(3)?),
    })
}
