//! Rows of accounts. One whose deletion has begun is there for [`next_deleted`] and [`remove`] only.

use rusqlite::Row;

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::crypto::seal::NotAuthentic;
use crate::domain::account::{Account, AccountName, Standing};
use crate::domain::id::AccountId;
use crate::domain::time::Timestamp;
use crate::store::columns::{count_value, counted, open_text, seal_text, shown_text, standing_value, value};
use crate::store::error::{Inserted, StoreError, inserted};
use crate::store::tx::{ReadTx, WriteTx};

/// Adds an account; `Taken` when its name is in use.
pub fn insert(tx: &WriteTx<'_>, name: &AccountName) -> Result<Inserted<AccountId>, StoreError> {
    if find_by_name(tx, name)?.is_some() {
        return Ok(Inserted::Taken);
    }
    insert_row(tx, AccountId(tx.next_id("account")?), name)
}

/// Adds an account under an id; false when the id or the name is in use.
pub fn insert_as(tx: &WriteTx<'_>, id: AccountId, name: &AccountName) -> Result<bool, StoreError> {
    const USED: &str = "select exists (select 1 from account where id = ?1)";
    let used: bool = tx.one(USED, [id], value)?;
    if used || find_by_name(tx, name)?.is_some() {
        return Ok(false);
    }
    Ok(matches!(insert_row(tx, id, name)?, Inserted::New(_)))
}

fn insert_row(
    tx: &WriteTx<'_>,
    id: AccountId,
    name: &AccountName,
) -> Result<Inserted<AccountId>, StoreError> {
    const SQL: &str = "insert into account (id, name_blind, name, created_at) values (?1, ?2, ?3, ?4)";
    let sealed = seal_text(tx.keyring().root(), Place::row(Field::AccountName, id.0), name.as_str());
    let outcome = tx.change(SQL, (id, blind(tx, &name.key()), sealed, tx.now()));
    inserted(outcome.map(|_rows| id))
}

/// The account of that name.
pub fn find_by_name(tx: &ReadTx<'_>, name: &AccountName) -> Result<Option<AccountId>, StoreError> {
    const SQL: &str = "select id, name from account where name_blind = ?1 and not deleted";
    for key in name.keys() {
        let blind = blind(tx, &key);
        let found: Option<(i64, Vec<u8>)> = tx.first(SQL, [blind], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((id, sealed)) = found else { continue };
        let stored = open_text(tx.keyring().root(), Place::row(Field::AccountName, id), &sealed)?;
        // The look-up hash could have been moved from another row.
        return if is_blind_of(tx, &blind, &stored) {
            Ok(Some(AccountId(id)))
        } else {
            Err(NotAuthentic.into())
        };
    }
    Ok(None)
}

/// The row of an account, as [`account`] reads it.
macro_rules! select_account {
    ($which:literal) => {
        concat!(
            "select id, name, disabled, created_at, messages, bytes,
                    (select count(*) from channel where account_id = account.id), quota
               from account
              where not deleted ",
            $which
        )
    };
}

/// The account of that id.
pub fn find(tx: &ReadTx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    const SQL: &str = select_account!("and id = ?1");
    tx.first(SQL, [id], |row| account(tx, row))
}

/// All accounts, oldest first.
pub fn list(tx: &ReadTx<'_>) -> Result<Vec<Account>, StoreError> {
    const SQL: &str = select_account!("order by id");
    tx.all(SQL, [], |row| account(tx, row))
}

/// How many accounts there are, and what they hold together.
#[derive(Debug, Clone, Copy)]
pub struct Totals {
    pub accounts: u64,
    pub channels: u64,
    pub messages: u64,
    /// What they store, in bytes, as it counts in their limits.
    pub bytes: u64,
    /// Tokens that open something now.
    pub valid_tokens: u64,
    /// Tokens that were revoked, or have ended.
    pub ended_tokens: u64,
    /// Browsers that are signed in.
    pub sessions: u64,
}

/// Adds all accounts up.
pub fn totals(tx: &ReadTx<'_>) -> Result<Totals, StoreError> {
    const ACCOUNTS: &str = "select count(*), coalesce(sum(messages), 0), coalesce(sum(bytes), 0)
                              from account where not deleted";
    const CHANNELS: &str = "select count(*) from channel";
    const TOKENS: &str = "select count(*), count(*) filter (where revoked_at is null
                                                              and (expires_at is null or expires_at > ?1))
                            from token";
    const SESSIONS: &str = "select count(*) from session";
    let [accounts, messages, bytes] = tx.one(ACCOUNTS, [], |row| {
        Ok([count_value(row.get(0)?)?, count_value(row.get(1)?)?, count_value(row.get(2)?)?])
    })?;
    let (tokens, valid): (i64, i64) = tx.one(TOKENS, [tx.now()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Totals {
        accounts,
        channels: tx.one(CHANNELS, [], counted)?,
        messages,
        bytes,
        valid_tokens: count_value(valid)?,
        ended_tokens: count_value(tokens - valid)?,
        sessions: tx.one(SESSIONS, [], counted)?,
    })
}

/// When the first of the accounts that are there was made.
pub fn oldest(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "select min(created_at) from account where not deleted";
    tx.one(SQL, [], value)
}

/// Whether the file has any account at all.
pub fn any(tx: &ReadTx<'_>) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from account where not deleted)";
    tx.one(SQL, [], value)
}

/// Whether the file has an account beside this one.
pub fn any_other(tx: &ReadTx<'_>, id: AccountId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from account where id <> ?1 and not deleted)";
    tx.one(SQL, [id], value)
}

/// False when there is no such account.
pub fn set_standing(tx: &WriteTx<'_>, id: AccountId, standing: Standing) -> Result<bool, StoreError> {
    const SQL: &str = "update account set disabled = ?2 where id = ?1 and not deleted";
    Ok(tx.change(SQL, (id, standing == Standing::Disabled))? == 1)
}

/// False when there is no such account.
pub fn set_quota(tx: &WriteTx<'_>, id: AccountId, quota: Option<u64>) -> Result<bool, StoreError> {
    const SQL: &str = "update account set quota = ?2 where id = ?1 and not deleted";
    let quota = quota.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    Ok(tx.change(SQL, (id, quota))? == 1)
}

/// Ends the account and all sign-ins to it; false when there is none. What it owns is left for whoever removes that.
pub fn delete(tx: &WriteTx<'_>, id: AccountId) -> Result<bool, StoreError> {
    const ACCOUNT: &str = "update account set disabled = 1, deleted = 1 where id = ?1 and not deleted";
    const USERS: &str = "delete from user where account_id = ?1";
    let found = tx.change(ACCOUNT, [id])? == 1;
    tx.change(USERS, [id])?;
    Ok(found)
}

/// An account whose deletion has begun, if there is one.
pub fn next_deleted(tx: &ReadTx<'_>) -> Result<Option<AccountId>, StoreError> {
    const SQL: &str = "select id from account where deleted limit 1";
    tx.first(SQL, [], value)
}

/// Removes the row of an account that owns nothing any more.
pub fn remove(tx: &WriteTx<'_>, id: AccountId) -> Result<(), StoreError> {
    const SQL: &str = "delete from account where id = ?1";
    tx.change(SQL, [id])?;
    Ok(())
}

fn blind(tx: &ReadTx<'_>, key: &str) -> Blind {
    tx.keyring().blind().of(BlindColumn::AccountName, key.as_bytes())
}

/// Whether that is the look-up hash of that stored name.
pub(super) fn is_blind_of(tx: &ReadTx<'_>, blind: &Blind, name: &str) -> bool {
    right_blind(tx, blind, name) == Some(*blind)
}

/// What the look-up hash of that stored name has to be: the one that is there, if it is one of the name's. `None` for what is
/// no name.
pub(super) fn right_blind(tx: &ReadTx<'_>, blind: &Blind, name: &str) -> Option<Blind> {
    let name = AccountName::wanted(name).ok()?;
    let blinds: Vec<_> = name.keys().iter().map(|key| self::blind(tx, key)).collect();
    blinds.iter().find(|one| *one == blind).or(blinds.first()).copied()
}

fn account(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<Account, StoreError> {
    let id: i64 = row.get(0)?;
    let name: Vec<u8> = row.get(1)?;
    Ok(Account {
        id: AccountId(id),
        name: shown_text(tx.keyring().root(), Place::row(Field::AccountName, id), &name),
        standing: standing_value(row.get(2)?),
        created: row.get(3)?,
        messages: count_value(row.get(4)?)?,
        bytes: count_value(row.get(5)?)?,
        channels: count_value(row.get(6)?)?,
        quota: row.get::<_, Option<i64>>(7)?.map(count_value).transpose()?,
    })
}
