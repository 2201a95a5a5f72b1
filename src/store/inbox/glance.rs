//! Channels at a glance: how much is unread in each.

use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, ChannelRow, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::read_state::UnreadCount;
use crate::store::columns::{shown_optional_text, value};
use crate::store::error::StoreError;
use crate::store::inbox::envelope::{Envelope, newest_of_all};
use crate::store::tx::ReadTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{read_cursor, read_states};

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
    pub(in crate::store) cursor: Sequence,
    pub(in crate::store) excepted: bool,
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
    tx.all(SQL, [account], |row| {
        Ok(Outline {
            channel: row.get(0)?,
            cursor: row.get(1)?,
            head: row.get(2)?,
            messages: row.get(3)?,
            excepted: row.get(4)?,
            pinned: row.get(5)?,
            muted: row.get(6)?,
            archive: Archive { cursor: row.get(7)?, excepted: row.get(8)? },
            version: row.get(9)?,
        })
    })
}

/// One channel, counted.
pub fn glance(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<Option<Glance>, StoreError> {
    const SQL: &str = "select owner_token, pinned, muted, version from channel where id = ?1";
    let found = tx.first(SQL, [channel], |row| {
        Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let Some((owner_token, pinned, muted, version)) = found else { return Ok(None) };
    let viewpoint = Viewpoint::of_owner_side(channel, owner_token.map(TokenId));
    let archive = Viewpoint::of_archive(channel, owner_token.map(TokenId));
    Ok(Some(Glance {
        channel,
        viewpoint,
        cursor: read_cursor::cursor(tx, &viewpoint)?,
        unread: read_states::count_unread(tx, &viewpoint, Sequence(i64::MAX))?,
        excepted: read_states::has_exceptions(tx, &viewpoint)?,
        archive: Archive {
            cursor: read_cursor::cursor(tx, &archive)?,
            excepted: read_states::has_exceptions(tx, &archive)?,
        },
        newest: newest_of_all(tx, channel, Sequence(i64::MAX), 1)?.pop(),
        pinned,
        muted,
        version,
    }))
}

/// How much is unread in all channels that are not muted.
pub fn unread_of_account(tx: &ReadTx<'_>, account: AccountId) -> Result<UnreadCount, StoreError> {
    let outlines = outlines(tx, account)?;
    let told = outlines.iter().filter(|one| !one.muted && (one.head > one.cursor || one.excepted));
    let counts = told.map(|one| Ok(glance(tx, one.channel)?.map_or_else(Default::default, |one| one.unread)));
    counts.sum()
}

/// The holder's private name of a channel; empty when there is none.
pub fn label(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<String, StoreError> {
    const SQL: &str = "select label from channel where id = ?1";
    let sealed: Option<Vec<u8>> = tx.one(SQL, [channel], value)?;
    let place = Place::row(Field::ChannelLabel, channel.0);
    Ok(shown_optional_text(tx.keyring().root(), place, sealed))
}

impl Glance {
    /// Whether the holder wrote a message.
    pub fn wrote(&self, author: Author) -> bool {
        self.viewpoint.wrote(author)
    }
}
