//! Rows of push registrations: which device hears of messages for which token.

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::store::columns::{counted, open_text, seal_text, value};
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// Registers a device for a token, which is told of all that comes from now on, also when it was gone. A second time only starts
/// anew what failed.
pub fn register(tx: &WriteTx<'_>, token: TokenId, device: &str) -> Result<(), StoreError> {
    const HEAD: &str = "select head from token join channel on channel.id = channel_id where token.id = ?1";
    let head = tx.first(HEAD, [token], value)?;
    insert(tx, token, device, head.unwrap_or(Sequence::NONE))
}

fn insert(tx: &WriteTx<'_>, token: TokenId, device: &str, told: Sequence) -> Result<(), StoreError> {
    const SQL: &str = "insert into push_registration (token_id, device_blind, device, created_at, told)
                       values (?1, ?2, ?3, ?4, ?5)
                       on conflict (device_blind, token_id) do update
                          set told = iif(state = ?6, max(told, ?5), told),
                              state = 0, tries = 0, next_at = null, failing_since = null";
    let sealed = seal_device(tx, token, device);
    let (blind, now) = (device_blind(tx, device), tx.now());
    tx.change(SQL, (token, blind, sealed, now, told, GONE))?;
    Ok(())
}

/// Has no device told of what is there already, after messages were taken in from elsewhere.
pub(super) fn pass_over(tx: &WriteTx<'_>, channel: ChannelRow) -> Result<(), StoreError> {
    const SQL: &str = "update push_registration
                          set told = (select head from channel where id = ?1)
                        where token_id in (select id from token where channel_id = ?1)";
    tx.change(SQL, [channel])?;
    Ok(())
}

/// The state of a device that its push service knows no more. It is kept so that its end is seen, until it registers again.
pub(super) const GONE: i64 = 2;

/// Remembers that a device is gone.
pub(super) fn note_gone(tx: &WriteTx<'_>, device: &str, status: Option<u16>) -> Result<(), StoreError> {
    const SQL: &str =
        "update push_registration set state = ?2, next_at = null, status = ?3 where device_blind = ?1";
    tx.change(SQL, (device_blind(tx, device), GONE, status))?;
    Ok(())
}

/// Forgets the token's devices that are gone or gave up, to make room.
pub fn forget_ended(tx: &WriteTx<'_>, token: TokenId) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_registration where token_id = ?1 and state <> 0";
    tx.change(SQL, [token])?;
    Ok(())
}

/// How many devices the token has.
pub fn count(tx: &ReadTx<'_>, token: TokenId) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from push_registration where token_id = ?1";
    tx.one(SQL, [token], counted)
}

/// Whether an unrevoked token has this device, and it is not gone.
pub fn is_known(tx: &ReadTx<'_>, device: &str) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1
                                        from push_registration
                                        join token on token.id = token_id and token.secret is not null
                                       where device_blind = ?1 and state <> ?2)";
    tx.one(SQL, (device_blind(tx, device), GONE), value)
}

/// The channels of the tokens that a device is registered with.
pub fn channels(tx: &ReadTx<'_>, device: &str) -> Result<Vec<ChannelRow>, StoreError> {
    const SQL: &str = "select channel_id
                         from push_registration
                         join token on token.id = token_id
                        where device_blind = ?1";
    tx.all(SQL, [device_blind(tx, device)], value)
}

/// Moves every registration of a device to its new name, with how far it was told; where the new one is registered already
/// they become one.
pub fn move_device(tx: &WriteTx<'_>, old: &str, new: &str) -> Result<(), StoreError> {
    const TOKENS: &str = "select token_id, device, told from push_registration where device_blind = ?1";
    let blind = device_blind(tx, old);
    let registered: Vec<(i64, Vec<u8>, i64)> =
        tx.all(TOKENS, [blind], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // The look-up hash could have been moved from another row: then the device does not open, and moves nowhere.
    let mut tokens = Vec::new();
    for (token, sealed, told) in registered {
        let opened = open_text(tx.keyring().root(), place(TokenId(token), &blind), &sealed);
        tokens.extend(readable(opened)?.filter(|device| device == old).map(|_| (token, told)));
    }
    if old != new {
        remove(tx, old)?;
    }
    for (token, told) in tokens {
        insert(tx, TokenId(token), new, Sequence(told))?;
    }
    Ok(())
}

/// Removes every registration of a device.
pub fn remove(tx: &WriteTx<'_>, device: &str) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_registration where device_blind = ?1";
    tx.change(SQL, [device_blind(tx, device)])?;
    Ok(())
}

/// Removes a device's registrations for the tokens of one channel.
pub fn remove_from_channel(tx: &WriteTx<'_>, device: &str, channel: ChannelRow) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_registration
                        where device_blind = ?1
                          and token_id in (select id from token where channel_id = ?2)";
    tx.change(SQL, (device_blind(tx, device), channel))?;
    Ok(())
}

/// Removes every registration of a token.
pub fn forget_token(tx: &WriteTx<'_>, token: TokenId) -> Result<(), StoreError> {
    const SQL: &str = "delete from push_registration where token_id = ?1";
    tx.change(SQL, [token])?;
    Ok(())
}

pub(super) fn device_blind(tx: &ReadTx<'_>, device: &str) -> Blind {
    tx.keyring().blind().of(BlindColumn::PushDevice, device.as_bytes())
}

fn seal_device(tx: &ReadTx<'_>, token: TokenId, device: &str) -> Vec<u8> {
    // The look-up hash is part of the place, so that two devices of one token cannot be exchanged.
    let place = place(token, &device_blind(tx, device));
    seal_text(tx.keyring().root(), place, device)
}

/// Where a device is sealed.
pub(super) fn place(token: TokenId, blind: &Blind) -> Place {
    let (first, _) = blind.split_at(8);
    let item = first.iter().fold(0_i64, |item, byte| (item << 8) | i64::from(*byte));
    Place { field: Field::PushDevice, owner: token.0, item }
}
