//! Rows of channels.

use std::collections::BTreeSet;

use rusqlite::Row;

use crate::crypto::field::{Field, Place};
use crate::crypto::random;
use crate::crypto::seal::{Key, NotAuthentic};
use crate::domain::channel::{
    Amendment, Arrangement, Channel, ChannelLabel, ChannelState, Direction, NewChannel, PublicAccess,
    Retention, Sequencing,
};
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::reception::Greeting;
use crate::store::channel_access::{ChannelAccess, asked_for, id_blind, public_id_value, sequencing_value};
use crate::store::columns::{count_value, counted, seal_text, shown_optional_text, shown_text, value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// What tells whether a channel and its tokens look as they did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub row: ChannelRow,
    pub version: i64,
    pub head: Sequence,
}

/// Adds a channel with a fresh id and key.
pub fn insert(tx: &WriteTx<'_>, account: AccountId, new: &NewChannel) -> Result<ChannelAccess, StoreError> {
    const SQL: &str =
        "insert into channel (id, account_id, id_blind, public_id, key, public_read, public_write,
                                            sequenced, min_age_days, max_age_days, auto_prune, created_at,
                                            direction)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let row = tx.next_id("channel")?;
    let id = ChannelId::from_random(&random::bytes());
    let key = Key::random();
    tx.change(
        SQL,
        (
            row,
            account,
            id_blind(tx, &id),
            seal_text(tx.keyring().root(), Place::row(Field::ChannelId, row), id.as_str()),
            tx.keyring().seal_channel_key(row, account.0, &key),
            new.public.read,
            new.public.write,
            new.sequencing == Sequencing::Sequenced,
            new.retention.min_age_days(),
            new.retention.max_age_days(),
            new.retention.auto_prune(),
            tx.now(),
            direction_column(new.direction),
        ),
    )?;
    set_label(tx, ChannelRow(row), &new.label)?;
    Ok(ChannelAccess {
        row: ChannelRow(row),
        account,
        id,
        key,
        public: new.public,
        sequencing: new.sequencing,
        owner_token: None,
    })
}

/// Remembers which token was made with the channel.
pub fn set_owner_token(tx: &WriteTx<'_>, row: ChannelRow, token: TokenId) -> Result<(), StoreError> {
    const SQL: &str = "update channel set owner_token = ?2 where id = ?1";
    tx.change(SQL, (row, token))?;
    Ok(())
}

/// The row of a channel, as [`channel`] reads it.
macro_rules! select_channel {
    ($which:literal) => {
        concat!(
            "select id, account_id, public_id, label, public_read, public_write, sequenced, locked, min_age_days,
                    max_age_days, auto_prune, head, created_at, messages, bytes, owner_token, direction, key, pinned, muted,
                    group_name
               from channel
              where ",
            $which
        )
    };
}

/// The account's channel of that id; a foreign one is not found.
pub fn find(tx: &ReadTx<'_>, account: AccountId, id: &ChannelId) -> Result<Option<Channel>, StoreError> {
    const SQL: &str = select_channel!("id_blind = ?1 and account_id = ?2");
    let parameters = (id_blind(tx, id), account.0);
    let found = tx.first(SQL, parameters, |row| channel(tx, row))?;
    asked_for(found, id, |channel| &channel.id)
}

/// The account's channels, oldest first.
pub fn list(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Channel>, StoreError> {
    const SQL: &str = select_channel!("account_id = ?1 order by id");
    tx.all_readable(SQL, [account], |row| channel(tx, row))
}

/// The stamps of the account's channels, oldest first.
pub fn stamps(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Stamp>, StoreError> {
    const SQL: &str = "select id, version, head from channel where account_id = ?1 order by id";
    tx.all(SQL, [account], |row| Ok(Stamp { row: row.get(0)?, version: row.get(1)?, head: row.get(2)? }))
}

/// A channel by its row.
pub fn load(tx: &ReadTx<'_>, row: ChannelRow) -> Result<Option<Channel>, StoreError> {
    const SQL: &str = select_channel!("id = ?1");
    tx.first(SQL, [row], |row| channel(tx, row))
}

/// The rows of some of the account's channels, whatever became of their contents.
pub fn rows(tx: &ReadTx<'_>, account: AccountId, most: usize) -> Result<Vec<ChannelRow>, StoreError> {
    const SQL: &str = "select id from channel where account_id = ?1 order by id limit ?2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.all(SQL, (account, most), value)
}

/// The row of the account's channel of that id, whatever became of its contents.
pub fn find_row(
    tx: &ReadTx<'_>,
    account: AccountId,
    id: &ChannelId,
) -> Result<Option<ChannelRow>, StoreError> {
    const SQL: &str = "select id, public_id from channel where id_blind = ?1 and account_id = ?2";
    let parameters = (id_blind(tx, id), account.0);
    let found: Option<(i64, Vec<u8>)> = tx.first(SQL, parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((row, public_id)) = found else { return Ok(None) };
    match public_id_value(tx.keyring().root(), row, &public_id) {
        Ok(other) if other != *id => Err(NotAuthentic.into()),
        _ => Ok(Some(ChannelRow(row))),
    }
}

/// Whether a channel of any account has that id.
pub fn is_taken(tx: &ReadTx<'_>, id: &ChannelId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from channel where id_blind = ?1)";
    tx.one(SQL, [id_blind(tx, id)], value)
}

/// How many channels the account has.
pub fn count(tx: &ReadTx<'_>, account: AccountId) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from channel where account_id = ?1";
    tx.one(SQL, [account], counted)
}

/// How many channels may be used without a token, by whoever knows their address.
pub fn count_public(tx: &ReadTx<'_>) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*)
                         from channel
                         join account on account.id = channel.account_id and account.disabled = 0
                        where public_read or public_write";
    tx.one(SQL, [], counted)
}

/// Changes who may use a channel without a token, and whether it is locked.
pub fn amend(tx: &WriteTx<'_>, row: ChannelRow, amendment: Amendment) -> Result<(), StoreError> {
    const SQL: &str = "update channel set public_read = ?2, public_write = ?3, locked = ?4 where id = ?1";
    let locked = amendment.state == ChannelState::Locked;
    tx.change(SQL, (row, amendment.public.read, amendment.public.write, locked))?;
    Ok(())
}

/// Takes the rights away that need no token.
pub fn close_to_strangers(tx: &WriteTx<'_>, row: ChannelRow) -> Result<(), StoreError> {
    const SQL: &str = "update channel set public_read = 0, public_write = 0 where id = ?1";
    tx.change(SQL, [row])?;
    Ok(())
}

/// Changes how long messages stay.
pub fn set_retention(tx: &WriteTx<'_>, row: ChannelRow, retention: Retention) -> Result<(), StoreError> {
    const SQL: &str =
        "update channel set min_age_days = ?2, max_age_days = ?3, auto_prune = ?4 where id = ?1";
    let (least, most) = (retention.min_age_days(), retention.max_age_days());
    tx.change(SQL, (row, least, most, retention.auto_prune()))?;
    Ok(())
}

/// Changes which way messages are meant to go.
pub fn set_direction(tx: &WriteTx<'_>, row: ChannelRow, direction: Direction) -> Result<(), StoreError> {
    const SQL: &str = "update channel set direction = ?2 where id = ?1";
    tx.change(SQL, (row, direction_column(direction)))?;
    Ok(())
}

/// Gives the holder's private name; empty for none.
pub fn set_label(tx: &WriteTx<'_>, row: ChannelRow, label: &ChannelLabel) -> Result<(), StoreError> {
    const SQL: &str = "update channel set label = ?2 where id = ?1";
    let place = Place::row(Field::ChannelLabel, row.0);
    let sealed = (!label.as_str().is_empty()).then(|| seal_text(tx.keyring().root(), place, label.as_str()));
    tx.change(SQL, (row, sealed))?;
    Ok(())
}

/// The names of the groups of the account's channels, each once, in order.
pub fn groups(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "select id, group_name from channel where account_id = ?1 and group_name is not null";
    let groups: BTreeSet<String> = tx.all(SQL, [account], |row| {
        let place = Place::row(Field::ChannelGroup, row.get(0)?);
        Ok(shown_text(tx.keyring().root(), place, &row.get::<_, Vec<u8>>(1)?))
    })?;
    Ok(groups.into_iter().collect())
}

/// Gives the channel another place in its holder's inbox.
pub fn arrange(tx: &WriteTx<'_>, row: ChannelRow, arrangement: &Arrangement) -> Result<(), StoreError> {
    const SQL: &str = "update channel set pinned = ?2, muted = ?3, group_name = ?4 where id = ?1";
    let (place, group) = (Place::row(Field::ChannelGroup, row.0), arrangement.group.as_str());
    let sealed = (!group.is_empty()).then(|| seal_text(tx.keyring().root(), place, group));
    tx.change(SQL, (row, arrangement.pinned, arrangement.muted, sealed))?;
    Ok(())
}

/// What the holder says to whoever comes, and whether messages are taken; `None` when the channel is gone.
pub fn greeting(tx: &ReadTx<'_>, row: ChannelRow) -> Result<Option<(String, ChannelState)>, StoreError> {
    const SQL: &str = "select greeting, locked from channel where id = ?1";
    let place = Place::row(Field::ChannelGreeting, row.0);
    let found = tx.first(SQL, [row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.map(|(sealed, locked)| {
        (shown_optional_text(tx.keyring().root(), place, sealed), state_value(locked))
    }))
}

/// Says something else to whoever comes; empty for nothing.
pub fn set_greeting(tx: &WriteTx<'_>, row: ChannelRow, greeting: &Greeting) -> Result<(), StoreError> {
    const SQL: &str = "update channel set greeting = ?2 where id = ?1";
    let (place, text) = (Place::row(Field::ChannelGreeting, row.0), greeting.as_str());
    let sealed = (!text.is_empty()).then(|| seal_text(tx.keyring().root(), place, text));
    tx.change(SQL, (row, sealed))?;
    Ok(())
}

/// Deletes the channel with its key. What it held is left behind; see [`crate::store::leftovers`].
pub fn delete(tx: &WriteTx<'_>, row: ChannelRow) -> Result<(), StoreError> {
    const SQL: &str = "delete from channel where id = ?1";
    tx.change(SQL, [row])?;
    Ok(())
}

/// The highest sequence ever given; `None` when the channel is gone.
pub fn head(tx: &ReadTx<'_>, row: ChannelRow) -> Result<Option<Sequence>, StoreError> {
    const SQL: &str = "select head from channel where id = ?1";
    tx.first(SQL, [row], value)
}

/// How long the channel's messages stay; `None` when the channel is gone.
pub fn retention(tx: &ReadTx<'_>, row: ChannelRow) -> Result<Option<Retention>, StoreError> {
    const SQL: &str = "select min_age_days, max_age_days, auto_prune from channel where id = ?1";
    tx.first(SQL, [row], |row| retention_value(row.get(0)?, row.get(1)?, row.get(2)?))
}

fn channel(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<Channel, StoreError> {
    let id: i64 = row.get(0)?;
    let public_id: Vec<u8> = row.get(2)?;
    let account: i64 = row.get(1)?;
    let root = tx.keyring().root();
    // Only its key says whose a channel is: one that was given to another account in the file shows nothing there.
    tx.keyring().open_channel_key(id, account, &row.get::<_, Vec<u8>>(17)?)?;
    Ok(Channel {
        row: ChannelRow(id),
        account: AccountId(account),
        id: public_id_value(root, id, &public_id)?,
        label: shown_optional_text(root, Place::row(Field::ChannelLabel, id), row.get(3)?),
        public: PublicAccess { read: row.get(4)?, write: row.get(5)? },
        sequencing: sequencing_value(row.get(6)?),
        state: state_value(row.get(7)?),
        retention: retention_value(row.get(8)?, row.get(9)?, row.get(10)?)?,
        head: row.get(11)?,
        created: row.get(12)?,
        messages: count_value(row.get(13)?)?,
        bytes: count_value(row.get(14)?)?,
        owner_token: row.get(15)?,
        direction: direction_value(row.get(16)?),
        arrangement: Arrangement {
            pinned: row.get(18)?,
            muted: row.get(19)?,
            // What does not open is shown as damaged, and that is a label too.
            group: ChannelLabel::new(&shown_optional_text(
                root,
                Place::row(Field::ChannelGroup, id),
                row.get(20)?,
            ))
            .unwrap_or_default(),
        },
    })
}

pub(super) fn state_value(locked: bool) -> ChannelState {
    if locked { ChannelState::Locked } else { ChannelState::Open }
}

fn direction_column(direction: Direction) -> i64 {
    match direction {
        Direction::TwoWay => 0,
        Direction::Incoming => 1,
        Direction::Outgoing => 2,
        Direction::Callbacks => 3,
    }
}

fn direction_value(direction: i64) -> Direction {
    match direction {
        1 => Direction::Incoming,
        2 => Direction::Outgoing,
        3 => Direction::Callbacks,
        _ => Direction::TwoWay,
    }
}

fn retention_value(min: Option<i32>, max: Option<i32>, auto_prune: bool) -> Result<Retention, StoreError> {
    Retention::new(min, max, auto_prune).map_err(|_| StoreError::Malformed("the days of a channel"))
}
