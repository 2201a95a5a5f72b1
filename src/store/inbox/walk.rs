//! Walking messages from new to old.

use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::store::columns::{ARCHIVE, OWNER_SIDE, value};
use crate::store::error::StoreError;
use crate::store::inbox::envelope::{Envelope, ONE, envelopes, limit, newest_of_all, select_envelopes};
use crate::store::inbox::glance::{Archive, Glance};
use crate::store::tx::ReadTx;

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
    let mut rows = statement.query((channel, below))?;
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
    tx.first(SQL, (channel, above), value)
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
