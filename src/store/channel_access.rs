//! What using a channel needs, read from its row.

use rusqlite::Row;

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::crypto::seal::{Key, NotAuthentic};
use crate::domain::channel::{PublicAccess, Sequencing};
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::message::{Author, Side};
use crate::store::columns::{open_text, value};
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// What using a channel needs, as opposed to looking at it: worth remembering between requests.
#[derive(Debug)]
pub struct ChannelAccess {
    pub row: ChannelRow,
    pub account: AccountId,
    pub id: ChannelId,
    /// Seals the channel's messages and tokens.
    pub key: Key,
    pub public: PublicAccess,
    pub sequencing: Sequencing,
    /// The token made with the channel. Its messages count as the holder's own.
    pub owner_token: Option<TokenId>,
}

impl ChannelAccess {
    /// Which side an author is on, for whoever is neither.
    pub fn side_of(&self, author: Author) -> Side {
        match author {
            Author::OwnerSide => Side::Holder,
            Author::Token(token) if self.owner_token == Some(token) => Side::Holder,
            Author::Token(_) | Author::Anonymous => Side::Other,
        }
    }
}

/// The row of a channel whose account is not disabled.
macro_rules! select_access {
    ($which:literal) => {
        concat!(
            "select channel.id, channel.account_id, public_id, key, public_read, public_write, sequenced, owner_token
               from channel
               join account on account.id = channel.account_id and account.disabled = 0
              where ",
            $which
        )
    };
}

/// What using the channel needs. Channels of disabled accounts are not found.
pub fn find(tx: &ReadTx<'_>, id: &ChannelId) -> Result<Option<ChannelAccess>, StoreError> {
    const SQL: &str = select_access!("channel.id_blind = ?1");
    let found = tx.first(SQL, [id_blind(tx, id)], |row| access(tx, row))?;
    asked_for(found, id, |access| &access.id)
}

/// The same by row.
pub fn load(tx: &ReadTx<'_>, row: ChannelRow) -> Result<Option<ChannelAccess>, StoreError> {
    const SQL: &str = select_access!("channel.id = ?1");
    tx.first(SQL, [row], |row| access(tx, row))
}

/// The key alone, for whoever knows the channel already.
pub fn key(tx: &ReadTx<'_>, account: AccountId, row: ChannelRow) -> Result<Option<Key>, StoreError> {
    const SQL: &str = "select key from channel where id = ?1 and account_id = ?2";
    let sealed: Option<Vec<u8>> = tx.first(SQL, (row, account), value)?;
    let Some(sealed) = sealed else { return Ok(None) };
    Ok(Some(tx.keyring().open_channel_key(row.0, account.0, &sealed)?))
}

/// Refuses a channel with another id than the one that was looked for: its look-up hash was moved from another row.
pub(super) fn asked_for<T>(
    found: Option<T>,
    id: &ChannelId,
    id_of: impl Fn(&T) -> &ChannelId,
) -> Result<Option<T>, StoreError> {
    match found {
        Some(found) if id_of(&found) != id => Err(NotAuthentic.into()),
        found => Ok(found),
    }
}

pub(super) fn id_blind(tx: &ReadTx<'_>, id: &ChannelId) -> Blind {
    tx.keyring().blind().of(BlindColumn::ChannelId, id.as_str().as_bytes())
}

fn access(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<ChannelAccess, StoreError> {
    let id: i64 = row.get(0)?;
    let public_id: Vec<u8> = row.get(2)?;
    let key: Vec<u8> = row.get(3)?;
    let owner_token: Option<i64> = row.get(7)?;
    let account: i64 = row.get(1)?;
    Ok(ChannelAccess {
        row: ChannelRow(id),
        account: AccountId(account),
        id: public_id_value(tx.keyring().root(), id, &public_id)?,
        key: tx.keyring().open_channel_key(id, account, &key)?,
        public: PublicAccess { read: row.get(4)?, write: row.get(5)? },
        sequencing: sequencing_value(row.get(6)?),
        owner_token: owner_token.map(TokenId),
    })
}

pub(super) fn public_id_value(root: &Key, row: i64, sealed: &[u8]) -> Result<ChannelId, StoreError> {
    open_text(root, Place::row(Field::ChannelId, row), sealed)?
        .parse()
        .map_err(|_| StoreError::Malformed("a channel id"))
}

pub(super) fn sequencing_value(sequenced: bool) -> Sequencing {
    if sequenced { Sequencing::Sequenced } else { Sequencing::Free }
}
