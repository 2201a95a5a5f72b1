//! The owner side's view over all channels of an account: unread counts, and walking messages from new to old.
//!
//! Row ids and sequences of a channel grow together, so a channel is a sorted list and the inbox is a merge of lists:
//! every step is one look-up in an index, and nothing is ever counted or sorted as a whole.

use rusqlite::{OptionalExtension, Params, Row};

use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::ReaderId;
use crate::domain::time::Timestamp;
use crate::store::columns::{author_value, count_value, open_optional_text};
use crate::store::error::StoreError;
use crate::store::read_states::Viewpoint;
use crate::store::tx::ReadTx;

/// One channel as lists need it, without its names.
#[derive(Debug, Clone)]
pub struct Glance {
    pub channel: ChannelRow,
    pub viewpoint: Viewpoint,
    /// Up to where the owner side has read everything, exceptions aside.
    pub cursor: Sequence,
    /// Exact up to a thousand; nobody reads an exact number above it.
    pub unread: u64,
    pub newest: Option<Envelope>,
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
    Unread,
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
}

/// The newest message of a channel below a sequence.
const NEWEST_BELOW: &str = "select message_id, sequence, author, received_at
                              from envelope
                             where channel_id = ?1 and sequence < ?2
                             order by sequence desc
                             limit 1";

/// Every channel of the account, in no order. Counts nothing, so it costs a few look-ups for each.
pub fn outlines(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Outline>, StoreError> {
    const SQL: &str = "select c.id, coalesce(r.cursor, 0), c.head, c.messages,
                              exists (select 1 from read_exception e where e.channel_id = c.id and e.reader = 0)
                         from channel c
                         left join read_cursor r on r.channel_id = c.id and r.reader = 0
                        where c.account_id = ?1";
    let mut statement = tx.prepare(SQL)?;
    let rows = statement.query_map([account.0], |row| {
        Ok(Outline {
            channel: ChannelRow(row.get(0)?),
            cursor: row.get(1)?,
            head: row.get(2)?,
            messages: row.get(3)?,
            excepted: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One channel, counted.
pub fn glance(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<Option<Glance>, StoreError> {
    const SQL: &str = "select c.id, c.owner_token, coalesce(r.cursor, 0),
                              (select count(*)
                                 from (select 1
                                         from envelope u
                                        where u.channel_id = c.id and u.sequence > coalesce(r.cursor, 0)
                                          and u.author not in (0, coalesce(c.owner_token, 0))
                                          and not exists (select 1
                                                            from read_exception e
                                                           where e.channel_id = c.id and e.reader = 0
                                                             and e.sequence = u.sequence)
                                        limit 1000)),
                              (select count(*)
                                 from read_exception e
                                where e.channel_id = c.id and e.reader = 0 and e.read = 0)
                         from channel c
                         left join read_cursor r on r.channel_id = c.id and r.reader = 0
                        where c.id = ?1";
    let mut statement = tx.prepare(SQL)?;
    let newest = envelope_of(tx, NEWEST_BELOW, (channel.0, i64::MAX))?;
    statement.query_row([channel.0], |row| Ok(glance_value(row, newest))).optional()?.transpose()
}

/// The newest message of the walk with a sequence below that one.
pub fn newest_below(
    tx: &ReadTx<'_>,
    glance: &Glance,
    walk: Walk,
    below: Sequence,
) -> Result<Option<Envelope>, StoreError> {
    // The filed ones are asked only when none of the new ones will do: there may be many of others.
    const OWN: &str = "select message_id, sequence, author, received_at
                         from envelope
                        where channel_id = ?1
                          and sequence = coalesce((select sequence
                                                     from new_envelope
                                                    where channel_id = ?1 and sequence < ?2 and author in (?3, ?4)
                                                    order by sequence desc
                                                    limit 1),
                                                  (select sequence
                                                     from filed_envelope
                                                    where channel_id = ?1 and sequence < ?2 and author in (?3, ?4)
                                                    order by sequence desc
                                                    limit 1))";
    let channel = glance.channel.0;
    let (own, other_own) = glance.viewpoint.own_authors();
    match walk {
        Walk::Everything => envelope_of(tx, NEWEST_BELOW, (channel, below.0)),
        Walk::Own => envelope_of(tx, OWN, (channel, below.0, own, other_own)),
        Walk::Unread => newest_unread_below(tx, glance, below),
    }
}

fn newest_unread_below(
    tx: &ReadTx<'_>,
    glance: &Glance,
    below: Sequence,
) -> Result<Option<Envelope>, StoreError> {
    const AFTER_CURSOR: &str = "select message_id, sequence, author, received_at
                                  from envelope e
                                 where channel_id = ?1 and sequence < ?2 and sequence > ?3
                                   and author not in (0, ?4)
                                   and not exists (select 1
                                                     from read_exception x
                                                    where x.channel_id = ?1 and x.reader = 0
                                                      and x.sequence = e.sequence)
                                 order by sequence desc
                                 limit 1";
    const EXCEPTED: &str = "select message_id, sequence, author, received_at
                              from envelope
                             where channel_id = ?1
                               and sequence = (select max(sequence)
                                                 from read_exception
                                                where channel_id = ?1 and reader = 0 and sequence < ?2 and read = 0)";
    if glance.unread == 0 {
        return Ok(None);
    }
    let channel = glance.channel.0;
    let (_, owner_token) = glance.viewpoint.own_authors();
    let after = envelope_of(tx, AFTER_CURSOR, (channel, below.0, glance.cursor.0, owner_token))?;
    let excepted = envelope_of(tx, EXCEPTED, (channel, below.0))?;
    Ok(after.into_iter().chain(excepted).max_by_key(|envelope| envelope.sequence))
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

/// Whether a message is unread for the owner side.
pub fn is_unread(tx: &ReadTx<'_>, glance: &Glance, envelope: &Envelope) -> Result<bool, StoreError> {
    const SQL: &str =
        "select read from read_exception where channel_id = ?1 and reader = 0 and sequence = ?2";
    let excepted: Option<bool> =
        tx.prepare(SQL)?.query_row((glance.channel.0, envelope.sequence.0), |row| row.get(0)).optional()?;
    Ok(match excepted {
        Some(read) => !read,
        None => !glance.wrote(envelope.author) && envelope.sequence > glance.cursor,
    })
}

/// The holder's private name of a channel; empty when there is none.
pub fn label(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<String, StoreError> {
    const SQL: &str = "select label from channel where id = ?1";
    let sealed: Option<Vec<u8>> = tx.prepare(SQL)?.query_row([channel.0], |row| row.get(0))?;
    let place = Place::row(Field::ChannelLabel, channel.0);
    Ok(open_optional_text(tx.keyring().root(), place, sealed)?.unwrap_or_default())
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

fn envelope_of(
    tx: &ReadTx<'_>,
    sql: &'static str,
    parameters: impl Params,
) -> Result<Option<Envelope>, StoreError> {
    Ok(tx.prepare(sql)?.query_row(parameters, envelope).optional()?)
}

fn envelope(row: &Row<'_>) -> rusqlite::Result<Envelope> {
    Ok(Envelope {
        id: row.get(0)?,
        sequence: Sequence(row.get(1)?),
        author: author_value(row.get(2)?),
        received: Timestamp::from_millis(row.get(3)?),
    })
}

fn glance_value(row: &Row<'_>, newest: Option<Envelope>) -> Result<Glance, StoreError> {
    let channel = ChannelRow(row.get(0)?);
    let owner_token: Option<i64> = row.get(1)?;
    let (after_cursor, excepted) = (count_value(row.get(3)?)?, count_value(row.get(4)?)?);
    Ok(Glance {
        channel,
        viewpoint: Viewpoint::of_owner_side(channel, owner_token.map(TokenId)),
        cursor: Sequence(row.get(2)?),
        unread: after_cursor + excepted,
        newest,
    })
}
