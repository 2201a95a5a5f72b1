//! What an account holder says about oneself; columns of the account that the API does not know.

use crate::crypto::field::{Field, Place};
use crate::domain::id::AccountId;
use crate::store::columns::{seal_text, shown_optional_text};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// Display name and contact; empty when not given.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub display: String,
    pub contact: String,
}

pub fn load(tx: &ReadTx<'_>, account: AccountId) -> Result<Profile, StoreError> {
    const SQL: &str = "select display, contact from account where id = ?1";
    let (display, contact) = tx.prepare(SQL)?.query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let shown =
        |field, sealed| shown_optional_text(tx.keyring().root(), Place::row(field, account.0), sealed);
    Ok(Profile {
        display: shown(Field::AccountDisplay, display),
        contact: shown(Field::AccountContact, contact),
    })
}

pub fn save(tx: &WriteTx<'_>, account: AccountId, profile: &Profile) -> Result<(), StoreError> {
    const SQL: &str = "update account set display = ?2, contact = ?3 where id = ?1";
    let seal = |field, text: &str| {
        (!text.is_empty()).then(|| seal_text(tx.keyring().root(), Place::row(field, account.0), text))
    };
    let parameters = (
        account.0,
        seal(Field::AccountDisplay, &profile.display),
        seal(Field::AccountContact, &profile.contact),
    );
    tx.prepare(SQL)?.execute(parameters)?;
    Ok(())
}
