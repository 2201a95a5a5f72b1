//! Rows of the keys that an account is written to with.

use rusqlite::Row;

use crate::crypto::field::{Field, Place};
use crate::crypto::fingerprint;
use crate::domain::id::{AccountId, KeyId};
use crate::domain::key::{AccountKey, KeyUse, PublicKey};
use crate::store::columns::{counted, open_text, seal_text, value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// The row of a key, as [`key`] reads it.
macro_rules! select_key {
    ($which:literal) => {
        concat!("select id, account_id, public, copy, created_at, retired_at from account_key where ", $which)
    };
}

/// The account's keys, newest first. One that does not open is left out, and named by `peerbox check`.
pub fn list(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<AccountKey>, StoreError> {
    const SQL: &str = select_key!("account_id = ?1 order by id desc");
    tx.all_readable(SQL, [account], |row| key(tx, row))
}

/// The keys that are not retired, newest first. Others are to seal with the first.
///
/// # Errors
/// When one does not open: an older one in its place would be what an attacker wants.
pub fn in_use(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<AccountKey>, StoreError> {
    const SQL: &str = select_key!("account_id = ?1 and retired_at is null order by id desc");
    tx.all(SQL, [account], |row| key(tx, row))
}

/// Whether there is one that is not retired. None is opened.
pub fn any_in_use(tx: &ReadTx<'_>, account: AccountId) -> Result<bool, StoreError> {
    const SQL: &str =
        "select exists (select 1 from account_key where account_id = ?1 and retired_at is null)";
    tx.one(SQL, [account], value)
}

/// How many there are, retired ones included.
pub fn count(tx: &ReadTx<'_>, account: AccountId) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*) from account_key where account_id = ?1";
    tx.one(SQL, [account], counted)
}

/// Publishes a key.
pub fn insert(
    tx: &WriteTx<'_>,
    account: AccountId,
    public: &PublicKey,
    used: KeyUse,
) -> Result<KeyId, StoreError> {
    const SQL: &str = "insert into account_key (id, account_id, public, created_at, retired_at)
                       values (?1, ?2, ?3, ?4, ?5)";
    let id = tx.next_id("account_key")?;
    let place = Place::owned(Field::AccountKey, id, account.0);
    let sealed = tx.keyring().root().seal(place, &[public.as_bytes()]);
    let now = tx.now();
    let retired = (used == KeyUse::Opens).then_some(now);
    tx.change(SQL, (id, account, sealed, now, retired))?;
    Ok(KeyId(id))
}

/// Keeps a wrapped copy of the secret half, in the place of one that was there. Tells whether the account has the key.
pub fn set_copy(tx: &WriteTx<'_>, account: AccountId, id: KeyId, copy: &str) -> Result<bool, StoreError> {
    const SQL: &str = "update account_key set copy = ?3 where id = ?1 and account_id = ?2";
    let place = Place::owned(Field::AccountKeyCopy, id.0, account.0);
    let sealed = seal_text(tx.keyring().root(), place, copy);
    Ok(tx.change(SQL, (id, account, sealed))? == 1)
}

/// From now on nobody is to seal with it. Tells whether the account has the key.
pub fn retire(tx: &WriteTx<'_>, account: AccountId, id: KeyId) -> Result<bool, StoreError> {
    const SQL: &str = "update account_key
                          set retired_at = coalesce(retired_at, ?3)
                        where id = ?1 and account_id = ?2";
    Ok(tx.change(SQL, (id, account, tx.now()))? == 1)
}

/// The key of an account whose public half is this one.
pub fn find(
    tx: &ReadTx<'_>,
    account: AccountId,
    public: &PublicKey,
) -> Result<Option<AccountKey>, StoreError> {
    Ok(list(tx, account)?.into_iter().find(|key| key.public == *public))
}

fn key(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<AccountKey, StoreError> {
    let (id, account): (i64, i64) = (row.get(0)?, row.get(1)?);
    let root = tx.keyring().root();
    let public: Vec<u8> = row.get(2)?;
    let public = root.open(Place::owned(Field::AccountKey, id, account), &public)?;
    let copy: Option<Vec<u8>> = row.get(3)?;
    let copy = copy.map(|sealed| open_text(root, Place::owned(Field::AccountKeyCopy, id, account), &sealed));
    let public = PublicKey::new(&public).ok_or(StoreError::Malformed("a public key has not 32 bytes"))?;
    Ok(AccountKey {
        id: KeyId(id),
        public,
        fingerprint: fingerprint::of(&public),
        copy: copy.transpose()?,
        created: row.get(4)?,
        retired: row.get(5)?,
    })
}
