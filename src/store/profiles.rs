//! What people say about themselves that the API does not know: columns of the account, and the zone of each of its people.

use rusqlite::Connection;

use crate::crypto::field::{Field, Place};
use crate::crypto::keyring::Keyring;
use crate::domain::id::{AccountId, UserId};
use crate::domain::zone::Zone;
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

/// The zone that a person's pages are in; `None` until one was given. One that is not known any more is UTC.
pub fn zone(tx: &ReadTx<'_>, user: UserId) -> Result<Option<Zone>, StoreError> {
    const SQL: &str = "select zone from user where id = ?1";
    let sealed: Option<Vec<u8>> = tx.one(SQL, [user], value)?;
    let name = sealed.map(|sealed| shown_text(tx.keyring().root(), zone_place(user), &sealed));
    Ok(name.map(|name| Zone::find(&name).unwrap_or_else(Zone::utc)))
}

/// Changes the zone.
pub fn set_zone(tx: &WriteTx<'_>, user: UserId, zone: &Zone) -> Result<(), StoreError> {
    const SQL: &str = "update user set zone = ?2 where id = ?1";
    tx.change(SQL, (user, seal_text(tx.keyring().root(), zone_place(user), zone.name())))?;
    Ok(())
}

fn zone_place(user: UserId) -> Place {
    Place::row(Field::UserZone, user.0)
}

/// Gives the zone that an account had up to version 26 to each of its people.
pub(super) fn give_zones_to_people(
    connection: &Connection,
    keyring: &Keyring,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(
        "select user.id, account.id, account.zone
           from user
           join account on account.id = account_id
          where account.zone is not null",
    )?;
    let people = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (user, account, sealed) in people.collect::<Result<Vec<(i64, i64, Vec<u8>)>, _>>()? {
        // For one that does not open a browser tells another.
        if let Ok(zone) = keyring.root().open(Place::row(Field::AccountZone, account), &sealed) {
            let sealed = keyring.root().seal(zone_place(UserId(user)), &[&zone]);
            connection.execute("update user set zone = ?2 where id = ?1", (user, sealed))?;
        }
    }
    connection.execute_batch("alter table account drop column zone")
}

fn sealed(tx: &WriteTx<'_>, field: Field, account: AccountId, text: &str) -> Option<Vec<u8>> {
    (!text.is_empty()).then(|| seal_text(tx.keyring().root(), Place::row(field, account.0), text))
}
