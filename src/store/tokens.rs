//! Rows of message API tokens.

use std::collections::HashMap;

use rusqlite::Row;

use crate::crypto::blind_index::BlindColumn;
use crate::crypto::field::{Field, Place};
use crate::crypto::random;
use crate::crypto::seal::Key;
use crate::domain::id::{AccountId, ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::secret::BearerToken;
use crate::domain::time::Timestamp;
use crate::domain::token::{ApiToken, NewToken, Permissions};
use crate::store::channel_access::ChannelAccess;
use crate::store::columns::{count_value, counted, open_text, seal_text, shown_text, value};
use crate::store::counters;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// What a token counts beside its description, also when it is revoked: its row stays.
pub(super) const TOKEN_BYTES: i64 = 256;

/// What a presented secret stands for.
#[derive(Debug, Clone, Copy)]
pub struct TokenRights {
    pub id: TokenId,
    pub channel: ChannelRow,
    pub permissions: Permissions,
    /// The token sees only sequences above this one.
    pub since: Sequence,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

/// A token of a channel, looked up by id.
pub enum FoundToken {
    Live(ApiToken),
    /// Once issued, then revoked; its secret is gone.
    Revoked,
}

/// Issues a token with a fresh secret.
pub fn insert(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    new: &NewToken,
    since: Sequence,
) -> Result<ApiToken, StoreError> {
    let (id, secret) = (TokenId(tx.next_id("token")?), BearerToken::from_random(&random::bytes()));
    insert_row(tx, channel, new, &TokenRow { id, secret: Ok(&secret), since, created: tx.now() })?;
    Ok(ApiToken {
        id,
        secret,
        description: new.description.as_str().to_owned(),
        permissions: new.permissions,
        created: tx.now(),
        expires: new.expires,
    })
}

/// What a token's row has beside what was wished for.
pub(super) struct TokenRow<'a> {
    pub(super) id: TokenId,
    /// Or when the token was revoked.
    pub(super) secret: Result<&'a BearerToken, Timestamp>,
    pub(super) since: Sequence,
    pub(super) created: Timestamp,
}

/// Adds the row of a token, and counts it.
pub(super) fn insert_row(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    new: &NewToken,
    row: &TokenRow<'_>,
) -> Result<(), StoreError> {
    const SQL: &str =
        "insert into token (id, channel_id, secret_blind, secret, description, can_read, can_write,
                                          can_delete, since, created_at, expires_at, revoked_at)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let id = row.id.0;
    let description =
        seal_text(&channel.key, Place::row(Field::TokenDescription, id), new.description.as_str());
    counters::charge(tx, channel.row, TOKEN_BYTES, 1)?;
    counters::charge(tx, channel.row, 1, description.len())?;
    let place = Place::row(Field::TokenSecret, id);
    tx.change(
        SQL,
        (
            id,
            channel.row,
            row.secret.ok().map(|secret| secret_blind(tx, secret)),
            row.secret.ok().map(|secret| seal_text(&channel.key, place, secret.expose())),
            description,
            new.permissions.read,
            new.permissions.write,
            new.permissions.delete,
            row.since,
            row.created,
            new.expires,
            row.secret.err(),
        ),
    )?;
    Ok(())
}

/// The unrevoked token with that secret, whatever its channel, also when its time is over.
pub fn find_by_secret(tx: &ReadTx<'_>, secret: &BearerToken) -> Result<Option<TokenRights>, StoreError> {
    const SQL: &str = "select id, channel_id, can_read, can_write, can_delete, since, expires_at
                         from token
                        where secret_blind = ?1";
    let rights = tx.first(SQL, [secret_blind(tx, secret)], |row| {
        Ok(TokenRights {
            id: row.get(0)?,
            channel: row.get(1)?,
            permissions: permitted(row, 2)?,
            since: row.get(5)?,
            expires: row.get(6)?,
        })
    })?;
    Ok(rights)
}

/// The row of a token, as [`token`] reads it.
macro_rules! select_token {
    ($which:literal) => {
        concat!(
            "select id, secret, description, can_read, can_write, can_delete, created_at, expires_at
               from token
              where ",
            $which
        )
    };
}

/// The channel's unrevoked tokens, oldest first.
pub fn list(tx: &ReadTx<'_>, channel: ChannelRow, key: &Key) -> Result<Vec<ApiToken>, StoreError> {
    const SQL: &str = select_token!("channel_id = ?1 and secret is not null order by id");
    tx.all_readable(SQL, [channel], |row| token(key, row))
}

/// How many unrevoked tokens the channel has.
pub fn count(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from token where channel_id = ?1 and secret is not null";
    tx.one(SQL, [channel], counted)
}

/// Whether it has more than so many, without counting them all.
pub fn are_more_than(tx: &ReadTx<'_>, channel: ChannelRow, most: u32) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1
                                        from token
                                       where channel_id = ?1 and secret is not null
                                       limit 1 offset ?2)";
    tx.one(SQL, (channel, most), value)
}

/// How many unrevoked tokens every channel of the account has that has any, by one query.
pub fn counts(tx: &ReadTx<'_>, account: AccountId) -> Result<HashMap<ChannelRow, u64>, StoreError> {
    const SQL: &str = "select token.channel_id, count(*)
                         from token
                         join channel on channel.id = token.channel_id
                        where channel.account_id = ?1 and token.secret is not null
                        group by token.channel_id";
    tx.all(SQL, [account], |row| Ok((row.get(0)?, count_value(row.get(1)?)?)))
}

/// The channel's token of that id; a token of another channel is not found.
pub fn find(tx: &ReadTx<'_>, channel: &ChannelAccess, id: TokenId) -> Result<Option<FoundToken>, StoreError> {
    const SQL: &str = select_token!("id = ?1 and channel_id = ?2");
    tx.first(SQL, (id, channel.row), |row| {
        let secret: Option<Vec<u8>> = row.get(1)?;
        if secret.is_none() {
            return Ok(FoundToken::Revoked);
        }
        token(&channel.key, row).map(FoundToken::Live)
    })
}

/// Whether the sealed secret of a token is this one: its look-up hash alone could have been moved from another row.
pub fn has_secret(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    id: TokenId,
    secret: &BearerToken,
) -> Result<bool, StoreError> {
    const SQL: &str = "select secret from token where id = ?1 and channel_id = ?2 and secret is not null";
    let sealed: Option<Vec<u8>> = tx.first(SQL, (id, channel.row), value)?;
    let Some(sealed) = sealed else { return Ok(false) };
    let opened = open_text(&channel.key, Place::row(Field::TokenSecret, id.0), &sealed)?;
    Ok(BearerToken::new(opened) == *secret)
}

/// What is known of a token without opening anything, also of a revoked one.
#[derive(Debug, Clone, Copy)]
pub struct TokenStanding {
    pub channel: ChannelRow,
    pub since: Sequence,
    pub created: Timestamp,
    pub is_revoked: bool,
}

/// The token that has that id or had it, whatever its channel.
pub fn standing(tx: &ReadTx<'_>, id: TokenId) -> Result<Option<TokenStanding>, StoreError> {
    const SQL: &str = "select channel_id, since, created_at, secret is null from token where id = ?1";
    let standing = tx.first(SQL, [id], |row| {
        Ok(TokenStanding {
            channel: row.get(0)?,
            since: row.get(1)?,
            created: row.get(2)?,
            is_revoked: row.get(3)?,
        })
    })?;
    Ok(standing)
}

/// Whether the channel ever had the token.
pub fn exists(tx: &ReadTx<'_>, channel: ChannelRow, id: TokenId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from token where id = ?1 and channel_id = ?2)";
    tx.one(SQL, (id, channel), value)
}

/// What the token may do; `None` once it is revoked or gone, or its time is over.
pub fn permissions(tx: &ReadTx<'_>, id: TokenId) -> Result<Option<Permissions>, StoreError> {
    const SQL: &str = "select can_read, can_write, can_delete
                         from token
                        where id = ?1 and secret is not null and (expires_at is null or expires_at > ?2)";
    tx.first(SQL, (id, tx.now()), |row| permitted(row, 0))
}

/// When the next token ends by itself that has not yet.
pub fn next_end(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select min(expires_at) from token where expires_at > ?1";
    tx.one(SQL, [tx.now()], value)
}

/// The three columns of rights from this one on.
pub(super) fn permitted(row: &Row<'_>, first: usize) -> Result<Permissions, StoreError> {
    Ok(Permissions { read: row.get(first)?, write: row.get(first + 1)?, delete: row.get(first + 2)? })
}

/// What every token of the channel was called, revoked ones too.
pub fn descriptions(tx: &ReadTx<'_>, channel: &ChannelAccess) -> Result<Vec<(TokenId, String)>, StoreError> {
    const SQL: &str = "select id, description from token where channel_id = ?1";
    tx.all(SQL, [channel.row], |row| {
        let id = row.get(0)?;
        let place = Place::row(Field::TokenDescription, id);
        Ok((TokenId(id), shown_text(&channel.key, place, &row.get::<_, Vec<u8>>(1)?)))
    })
}

/// Revokes for good: the secret is erased, the description stays as the name of an author.
pub fn revoke(tx: &WriteTx<'_>, id: TokenId, at: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "update token
                          set secret_blind = null,
                              secret       = null,
                              revoked_at   = ?2
                        where id = ?1 and secret is not null";
    const USE: &str = "delete from token_use where token_id = ?1";
    tx.change(SQL, (id, at))?;
    tx.change(USE, [id])?;
    Ok(())
}

pub(super) fn secret_blind(tx: &ReadTx<'_>, secret: &BearerToken) -> [u8; 32] {
    tx.keyring().blind().of(BlindColumn::TokenSecret, secret.expose().as_bytes())
}

fn token(key: &Key, row: &Row<'_>) -> Result<ApiToken, StoreError> {
    let id: i64 = row.get(0)?;
    let secret: Vec<u8> = row.get(1)?;
    let description: Vec<u8> = row.get(2)?;
    Ok(ApiToken {
        id: TokenId(id),
        secret: BearerToken::new(open_text(key, Place::row(Field::TokenSecret, id), &secret)?),
        description: shown_text(key, Place::row(Field::TokenDescription, id), &description),
        permissions: permitted(row, 3)?,
        created: row.get(6)?,
        expires: row.get(7)?,
    })
}
