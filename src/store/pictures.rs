//! The pictures that channels show to whoever comes.

use crate::crypto::field::{Field, Place};
use crate::domain::id::ChannelRow;
use crate::domain::reception::Picture;
use crate::store::channel_access::ChannelAccess;
use crate::store::columns::value;
use crate::store::counters;
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// The channel's picture. One that does not open is none.
pub fn find(tx: &ReadTx<'_>, channel: &ChannelAccess) -> Result<Option<Picture>, StoreError> {
    const SQL: &str = "select image from channel_picture where channel_id = ?1";
    let sealed: Option<Vec<u8>> = tx.first(SQL, [channel.row], value)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = channel.key.open(place(channel.row), &sealed).map_err(StoreError::from);
    Ok(readable(opened)?.and_then(|bytes| Picture::new(bytes).ok()))
}

/// Whether the channel has one.
pub fn exists(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from channel_picture where channel_id = ?1)";
    tx.one(SQL, [channel], value)
}

/// Puts a picture in the place of another, or takes it away.
pub fn set(tx: &WriteTx<'_>, channel: &ChannelAccess, picture: Option<&Picture>) -> Result<(), StoreError> {
    const BEFORE: &str = "select coalesce(sum(length(image)), 0) from channel_picture where channel_id = ?1";
    const DELETE: &str = "delete from channel_picture where channel_id = ?1";
    const INSERT: &str = "insert into channel_picture (channel_id, image) values (?1, ?2)";
    let before: i64 = tx.one(BEFORE, [channel.row], value)?;
    counters::charge(tx, channel.row, -before, 1)?;
    tx.change(DELETE, [channel.row])?;
    if let Some(picture) = picture {
        let sealed = channel.key.seal(place(channel.row), &[picture.bytes()]);
        counters::charge(tx, channel.row, 1, sealed.len())?;
        tx.change(INSERT, (channel.row, sealed))?;
    }
    Ok(())
}

fn place(channel: ChannelRow) -> Place {
    Place::row(Field::ChannelPicture, channel.0)
}
