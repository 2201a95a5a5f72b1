//! The row that holds the sealed root key, read before anything can be opened.

use rusqlite::{Connection, OptionalExtension};

use crate::crypto::master_key::KdfParams;
use crate::store::error::StoreError;

/// The root key as stored, with the parameters that make the master key when it comes from a passphrase.
#[derive(Clone)]
pub(super) struct StoredKeys {
    pub(super) root_key: Vec<u8>,
    pub(super) kdf: Option<KdfParams>,
}

pub(super) fn load(connection: &Connection) -> Result<StoredKeys, StoreError> {
    const SQL: &str = "select root_key, kdf_salt, kdf_memory_kib, kdf_passes from keyring where id = 1";
    let stored = connection.query_row(SQL, [], |row| {
        let salt: Option<[u8; 16]> = row.get(1)?;
        let kdf = match salt {
            Some(salt) => Some(KdfParams { salt, memory_kib: row.get(2)?, passes: row.get(3)? }),
            None => None,
        };
        Ok(StoredKeys { root_key: row.get(0)?, kdf })
    });
    stored.optional()?.ok_or(StoreError::Malformed("the row of the root key is gone"))
}

pub(super) fn insert(connection: &Connection, keys: &StoredKeys) -> Result<(), rusqlite::Error> {
    const SQL: &str =
        "insert into keyring (id, root_key, kdf_salt, kdf_memory_kib, kdf_passes) values (1, ?1, ?2, ?3, ?4)";
    save(connection, SQL, keys)
}

pub(super) fn replace(connection: &Connection, keys: &StoredKeys) -> Result<(), rusqlite::Error> {
    const SQL: &str =
        "update keyring set root_key = ?1, kdf_salt = ?2, kdf_memory_kib = ?3, kdf_passes = ?4 where id = 1";
    save(connection, SQL, keys)
}

fn save(connection: &Connection, sql: &str, keys: &StoredKeys) -> Result<(), rusqlite::Error> {
    let kdf = keys.kdf.as_ref();
    connection.execute(
        sql,
        (&keys.root_key, kdf.map(|kdf| kdf.salt), kdf.map(|kdf| kdf.memory_kib), kdf.map(|kdf| kdf.passes)),
    )?;
    Ok(())
}
