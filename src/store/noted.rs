//! What the account holder noted of single messages: read, archived, starred, snoozed. Nobody else sees any of it.

use crate::domain::id::{AccountId, ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::read_state::ReadState;
use crate::domain::time::Timestamp;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::undo::Aspect;
use crate::store::viewpoint::Viewpoint;
use crate::store::{counters, envelopes, read_states};

/// What a star or a snooze counts in the account's storage.
pub(super) const NOTE_BYTES: i64 = 16;

/// Messages that are woken in one change; others wait no longer than this takes.
const WOKEN: u32 = 250;

/// The account holder in a channel.
#[derive(Debug, Clone, Copy)]
pub struct NotedSide {
    pub reading: Viewpoint,
    pub archive: Viewpoint,
}

impl NotedSide {
    /// In that channel, whose `Owner` token is the holder's own.
    pub fn of(channel: ChannelRow, owner_token: Option<TokenId>) -> Self {
        Self {
            reading: Viewpoint::of_owner_side(channel, owner_token),
            archive: Viewpoint::of_archive(channel, owner_token),
        }
    }
}

/// Makes something hold of a message; answers what held before where that was something else. A message that is gone
/// stays as it is.
pub fn put(
    tx: &WriteTx<'_>,
    side: &NotedSide,
    sequence: Sequence,
    aspect: Aspect,
) -> Result<Option<Aspect>, StoreError> {
    let channel = side.reading.channel;
    let Some((_, author)) = envelopes::find(tx, channel, sequence)? else { return Ok(None) };
    let own = side.reading.wrote(author);
    let mark = |viewpoint: &Viewpoint, state| {
        let before = read_states::state_of(tx, viewpoint, sequence, own)?;
        read_states::mark_one(tx, viewpoint, sequence, own, state)?;
        Ok::<_, StoreError>(before)
    };
    let before = match aspect {
        Aspect::Marked(state) => Aspect::Marked(mark(&side.reading, state)?),
        Aspect::Archived(is) => {
            let state = if is { ReadState::Read } else { ReadState::Unread };
            Aspect::Archived(mark(&side.archive, state)? == ReadState::Read)
        }
        Aspect::Starred(is) => Aspect::Starred(set_star(tx, channel, sequence, is)? != is),
        Aspect::Snoozed(until) => {
            let before = snoozed_until(tx, channel, sequence)?;
            set_snooze(tx, channel, sequence, until)?;
            Aspect::Snoozed(before)
        }
        Aspect::Undeleted => aspect,
    };
    Ok((before != aspect).then_some(before))
}

/// Answers whether that changed anything.
pub(super) fn set_star(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
    starred: bool,
) -> Result<bool, StoreError> {
    const ADD: &str = "insert or ignore into star (channel_id, sequence) values (?1, ?2)";
    const REMOVE: &str = "delete from star where channel_id = ?1 and sequence = ?2";
    let changed = tx.change(if starred { ADD } else { REMOVE }, (channel, sequence))?;
    counters::charge(tx, channel, if starred { NOTE_BYTES } else { -NOTE_BYTES }, changed)?;
    Ok(changed > 0)
}

pub(super) fn set_snooze(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    const REMOVE: &str = "delete from snooze where channel_id = ?1 and sequence = ?2";
    const ADD: &str = "insert into snooze (channel_id, sequence, until) values (?1, ?2, ?3)";
    let removed = tx.change(REMOVE, (channel, sequence))?;
    counters::charge(tx, channel, -NOTE_BYTES, removed)?;
    if let Some(until) = until {
        let added = tx.change(ADD, (channel, sequence, until))?;
        counters::charge(tx, channel, NOTE_BYTES, added)?;
    }
    Ok(())
}

/// Whether the holder starred a message.
pub fn is_starred(tx: &ReadTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from star where channel_id = ?1 and sequence = ?2)";
    tx.one(SQL, (channel, sequence), value)
}

/// Until when a message is snoozed.
pub fn snoozed_until(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    sequence: Sequence,
) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select until from snooze where channel_id = ?1 and sequence = ?2";
    tx.first(SQL, (channel, sequence), value)
}

/// Forgets what was noted of a message that is gone for good.
pub fn forget(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<(), StoreError> {
    set_star(tx, channel, sequence, false)?;
    set_snooze(tx, channel, sequence, None)
}

/// Removes from a table what was noted of messages that are gone up to a sequence, of which none may come back.
macro_rules! forget_gone_of {
    ($table:literal) => {
        concat!(
            "delete from ",
            $table,
            " as noted
              where channel_id = ?1 and sequence <= ?2
                and not exists (select 1
                                  from envelope e
                                 where e.channel_id = noted.channel_id and e.sequence = noted.sequence)
                and not exists (select 1
                                  from deleted_message d
                                 where d.channel_id = noted.channel_id and d.sequence = noted.sequence)"
        )
    };
}

/// The same for all that are gone up to a sequence. Those that may come back keep it.
pub(super) fn forget_gone(tx: &WriteTx<'_>, channel: ChannelRow, upto: Sequence) -> Result<(), StoreError> {
    for sql in [forget_gone_of!("star"), forget_gone_of!("snooze")] {
        let forgotten = tx.change(sql, (channel, upto))?;
        counters::charge(tx, channel, -NOTE_BYTES, forgotten)?;
    }
    Ok(())
}

/// Removes the first rows of a channel from a table.
macro_rules! forget_some_of {
    ($table:literal) => {
        concat!(
            "delete from ",
            $table,
            "
              where channel_id = ?1
                and sequence <= (select max(sequence)
                                   from (select sequence
                                           from ",
            $table,
            "
                                          where channel_id = ?1
                                          order by sequence
                                          limit ?2))"
        )
    };
}

/// Forgets some of what was noted in a channel that is gone; answers how many rows that were.
pub(super) fn forget_some(tx: &WriteTx<'_>, channel: ChannelRow, most: u32) -> Result<usize, StoreError> {
    let stars = tx.change(forget_some_of!("star"), (channel, most))?;
    Ok(stars + tx.change(forget_some_of!("snooze"), (channel, most))?)
}

/// Has some of the snoozed messages whose time has come come back unread; answers the accounts that they are of, and none
/// when there are no more.
pub fn wake_some(tx: &WriteTx<'_>) -> Result<Vec<AccountId>, StoreError> {
    const DUE: &str = "select s.channel_id, s.sequence, c.account_id, c.owner_token
                         from snooze s
                         join channel c on c.id = s.channel_id
                        where s.until <= ?1
                        order by s.until
                        limit ?2";
    let mut statement = tx.prepare(DUE)?;
    let rows = statement.query_map((tx.now(), WOKEN), |row| {
        let owner_token = row.get(3)?;
        let side = NotedSide::of(row.get(0)?, owner_token);
        Ok((side, row.get(1)?, row.get(2)?))
    })?;
    let mut accounts = Vec::new();
    for (side, sequence, account) in rows.collect::<Result<Vec<_>, _>>()? {
        for aspect in [Aspect::Snoozed(None), Aspect::Archived(false), Aspect::Marked(ReadState::Unread)] {
            put(tx, &side, sequence, aspect)?;
        }
        // One that was deleted meanwhile comes back unread, if it does.
        set_snooze(tx, side.reading.channel, sequence, None)?;
        wake_deleted(tx, side.reading.channel, sequence)?;
        accounts.push(account);
    }
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

fn wake_deleted(tx: &WriteTx<'_>, channel: ChannelRow, sequence: Sequence) -> Result<(), StoreError> {
    const SQL: &str = "insert or replace into deleted_state (channel_id, sequence, reader, read)
                       select d.channel_id, d.sequence, reader.id, 0
                         from deleted_message d, (select 0 as id union all select -2) reader
                        where d.channel_id = ?1 and d.sequence = ?2";
    tx.change(SQL, (channel, sequence))?;
    Ok(())
}

/// When the next snoozed message comes back.
pub fn next_waking(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select until
                         from snooze s
                         join channel c on c.id = s.channel_id
                        where s.until > 0
                        order by s.until
                        limit 1";
    tx.first(SQL, [], value)
}
