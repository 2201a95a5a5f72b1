//! What the holder knows of those who have tokens: names, notes and colours, and when each token was last used.

use crate::crypto::field::{Field, Place};
use crate::domain::id::TokenId;
use crate::domain::message::Sequence;
use crate::domain::time::Timestamp;
use crate::domain::token::{Contact, Description, Note, Permissions, WrappedLink};
use crate::store::channel_access::ChannelAccess;
use crate::store::columns::{open_text, seal_text, shown_optional_text, shown_text, value};
use crate::store::counters;
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// What is known of a token beside its name and rights.
#[derive(Debug, Clone)]
pub struct TokenFacts {
    pub note: String,
    pub hue: Option<u8>,
    /// The token sees only sequences above this one.
    pub since: Sequence,
    /// To the hour.
    pub used: Option<Timestamp>,
}

/// Whom a token stands for, also after it was revoked: whoever wrote with it.
pub fn find(tx: &ReadTx<'_>, channel: &ChannelAccess, id: TokenId) -> Result<Option<Contact>, StoreError> {
    const SQL: &str = "select description, hue from token where id = ?1 and channel_id = ?2";
    let found: Option<(Vec<u8>, Option<u8>)> =
        tx.first(SQL, (id, channel.row), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.map(|(sealed, hue)| Contact {
        token: id,
        name: shown_text(&channel.key, Place::row(Field::TokenDescription, id.0), &sealed),
        hue,
    }))
}

/// What is known of a token beside its name; `None` when the channel never had it.
pub fn facts(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    id: TokenId,
) -> Result<Option<TokenFacts>, StoreError> {
    const SQL: &str = "select note, hue, since from token where id = ?1 and channel_id = ?2";
    let found = tx.first(SQL, (id, channel.row), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let Some((note, hue, since)) = found else { return Ok(None) };
    Ok(Some(TokenFacts {
        note: shown_optional_text(&channel.key, Place::row(Field::TokenNote, id.0), note),
        hue,
        since: Sequence(since),
        used: used(tx, id)?,
    }))
}

/// Gives a token another name.
pub fn rename(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    id: TokenId,
    name: &Description,
) -> Result<(), StoreError> {
    const BEFORE: &str = "select length(description) from token where id = ?1";
    const SQL: &str = "update token set description = ?2 where id = ?1";
    replace(tx, channel, Place::row(Field::TokenDescription, id.0), (BEFORE, SQL), Some(name.as_str()))
}

/// Writes what the holder noted; an empty note for none.
pub fn set_note(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    id: TokenId,
    note: &Note,
) -> Result<(), StoreError> {
    const BEFORE: &str = "select coalesce(length(note), 0) from token where id = ?1";
    const SQL: &str = "update token set note = ?2 where id = ?1";
    let note = Some(note.as_str()).filter(|note| !note.is_empty());
    replace(tx, channel, Place::row(Field::TokenNote, id.0), (BEFORE, SQL), note)
}

/// Gives a token a colour, or leaves it to its id.
pub fn set_hue(tx: &WriteTx<'_>, id: TokenId, hue: Option<u8>) -> Result<(), StoreError> {
    const SQL: &str = "update token set hue = ?2 where id = ?1";
    tx.change(SQL, (id, hue))?;
    Ok(())
}

/// Has a token end by itself at that time, or never.
pub fn set_end(tx: &WriteTx<'_>, id: TokenId, end: Option<Timestamp>) -> Result<(), StoreError> {
    const SQL: &str = "update token set expires_at = ?2 where id = ?1";
    tx.change(SQL, (id, end))?;
    Ok(())
}

/// Keeps the secret of a token's link, in the place of another.
pub fn set_link(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    id: TokenId,
    link: &WrappedLink,
) -> Result<(), StoreError> {
    const BEFORE: &str = "select coalesce(length(link), 0) from token where id = ?1";
    const SQL: &str = "update token set link = ?2 where id = ?1";
    replace(tx, channel, Place::row(Field::TokenLink, id.0), (BEFORE, SQL), Some(link.as_str()))
}

/// The wrapped secret of a token's link, also of a revoked one; `None` where no browser made it.
pub fn link(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    id: TokenId,
) -> Result<Option<WrappedLink>, StoreError> {
    const SQL: &str = "select link from token where id = ?1 and channel_id = ?2 and link is not null";
    let sealed: Option<Vec<u8>> = tx.first(SQL, (id, channel.row), value)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = readable(open_text(&channel.key, Place::row(Field::TokenLink, id.0), &sealed))?;
    Ok(opened.and_then(|text| WrappedLink::new(&text)))
}

/// Whether a link that opens the channel was given a secret: whoever has it seals.
pub fn has_links(tx: &ReadTx<'_>, channel: &ChannelAccess) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from token
                                       where channel_id = ?1 and link is not null and secret is not null)";
    tx.one(SQL, [channel.row], value)
}

/// Takes rights from a token, which keeps its secret. None is ever added.
pub fn narrow(tx: &WriteTx<'_>, id: TokenId, kept: Permissions) -> Result<(), StoreError> {
    const SQL: &str = "update token
                          set can_read   = can_read and ?2,
                              can_write  = can_write and ?3,
                              can_delete = can_delete and ?4
                        where id = ?1";
    tx.change(SQL, (id, kept.read, kept.write, kept.delete))?;
    Ok(())
}

/// Writes down in which hour a token was last used. One that is gone is passed over.
pub fn set_used(tx: &WriteTx<'_>, id: TokenId, hour: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "insert or replace into token_use (token_id, hour)
                       select id, ?2 from token where id = ?1 and secret is not null";
    let sealed =
        seal_text(tx.keyring().root(), Place::row(Field::TokenUse, id.0), &hour.as_millis().to_string());
    tx.change(SQL, (id, sealed))?;
    Ok(())
}

pub(super) fn used(tx: &ReadTx<'_>, id: TokenId) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select hour from token_use where token_id = ?1";
    let sealed: Option<Vec<u8>> = tx.first(SQL, [id], value)?;
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = readable(open_text(tx.keyring().root(), Place::row(Field::TokenUse, id.0), &sealed))?;
    Ok(opened.and_then(|millis| millis.parse().ok()).map(Timestamp::from_millis))
}

/// Seals a text of a token in the place of another, and counts both.
fn replace(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    place: Place,
    (length_before, update): (&'static str, &'static str),
    text: Option<&str>,
) -> Result<(), StoreError> {
    let before: i64 = tx.one(length_before, [place.owner], value)?;
    let sealed = text.map(|text| seal_text(&channel.key, place, text));
    counters::charge(tx, channel.row, 1, sealed.as_ref().map_or(0, Vec::len))?;
    counters::charge(tx, channel.row, -before, 1)?;
    tx.change(update, (place.owner, sealed))?;
    Ok(())
}
