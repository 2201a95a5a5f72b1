//! Searches that holders gave names to.

use crate::crypto::field::{Field, Place};
use crate::domain::id::AccountId;
use crate::store::columns::{seal_text, shown_text};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// A search with its name.
#[derive(Debug, Clone)]
pub struct SavedSearch {
    pub id: i64,
    pub name: String,
    /// As it stands in an address, with its question mark.
    pub query: String,
}

/// Those of the account, oldest first.
pub fn list(tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<SavedSearch>, StoreError> {
    const SQL: &str = "select id, name, query from saved_search where account_id = ?1 order by id";
    let root = tx.keyring().root();
    tx.all(SQL, [account], |row| {
        let id = row.get(0)?;
        let shown = |field, sealed: Vec<u8>| shown_text(root, Place::owned(field, id, account.0), &sealed);
        Ok(SavedSearch {
            id,
            name: shown(Field::SearchName, row.get(1)?),
            query: shown(Field::SearchQuery, row.get(2)?),
        })
    })
}

/// Keeps a search.
pub fn insert(tx: &WriteTx<'_>, account: AccountId, name: &str, query: &str) -> Result<(), StoreError> {
    const SQL: &str = "insert into saved_search (id, account_id, name, query) values (?1, ?2, ?3, ?4)";
    let id = tx.next_id("saved_search")?;
    let root = tx.keyring().root();
    tx.change(
        SQL,
        (
            id,
            account,
            seal_text(root, Place::owned(Field::SearchName, id, account.0), name),
            seal_text(root, Place::owned(Field::SearchQuery, id, account.0), query),
        ),
    )?;
    Ok(())
}

/// Forgets one of the account's.
pub fn delete(tx: &WriteTx<'_>, account: AccountId, id: i64) -> Result<(), StoreError> {
    const SQL: &str = "delete from saved_search where id = ?1 and account_id = ?2";
    tx.change(SQL, (id, account))?;
    Ok(())
}
