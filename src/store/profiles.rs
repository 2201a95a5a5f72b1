//! What an account holder says about oneself; columns of the account that the API does not know.

use crate::crypto::field::{Field, Place};
use crate::domain::id::AccountId;
use crate::store::columns::{seal_text, shown_optional_text, shown_text, value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// Display name and contact; empty when not given.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub display: String,
    pub contact: String,
}

/// What the holder wrote; empty where nothing is.
pub fn load(tx: &ReadTx<'_>, account: AccountId) -> Result<Profile, StoreError> {
    const SQL: &str = "select display, contact from account where id = ?1";
    let (display, contact) = tx.one(SQL, [account], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let shown =
        |field, sealed| shown_optional_text(tx.keyring().root(), Place::row(field, account.0), sealed);
    Ok(Profile {
        display: shown(Field::AccountDisplay, display),
        contact: shown(Field::AccountContact, contact),
    })
}

/// Changes the name that others are shown; empty for none.
pub fn set_display(tx: &WriteTx<'_>, account: AccountId, display: &str) -> Result<(), StoreError> {
    const SQL: &str = "update account set display = ?2 where id = ?1";
    tx.change(SQL, (account, sealed(tx, Field::AccountDisplay, account, display)))?;
    Ok(())
}

/// Changes how the holder can be reached; empty for nothing.
pub fn set_contact(tx: &WriteTx<'_>, account: AccountId, contact: &str) -> Result<(), StoreError> {
    const SQL: &str = "update account set contact = ?2 where id = ?1";
    tx.change(SQL, (account, sealed(tx, Field::AccountContact, account, contact)))?;
    Ok(())
}

/// The name of the zone that the holder's pages are in; `None` until one was given.
pub fn zone(tx: &ReadTx<'_>, account: AccountId) -> Result<Option<String>, StoreError> {
    const SQL: &str = "select zone from account where id = ?1";
    let sealed: Option<Vec<u8>> = tx.one(SQL, [account], value)?;
    let place = Place::row(Field::AccountZone, account.0);
    Ok(sealed.map(|sealed| shown_text(tx.keyring().root(), place, &sealed)))
}

/// Changes the zone.
pub fn set_zone(tx: &WriteTx<'_>, account: AccountId, name: &str) -> Result<(), StoreError> {
    const SQL: &str = "update account set zone = ?2 where id = ?1";
    tx.change(SQL, (account, sealed(tx, Field::AccountZone, account, name)))?;
    Ok(())
}

fn sealed(tx: &WriteTx<'_>, field: Field, account: AccountId, text: &str) -> Option<Vec<u8>> {
    (!text.is_empty()).then(|| seal_text(tx.keyring().root(), Place::row(field, account.0), text))
}
