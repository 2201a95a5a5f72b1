//! Rows of browser sessions and of links that set a new password.

use rusqlite::{OptionalExtension, Row};

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::domain::account::{Role, Standing};
use crate::domain::id::{AccountId, SessionId, UserId};
use crate::domain::secret::SessionSecret;
use crate::domain::time::Timestamp;
use crate::events::Event;
use crate::store::columns::{open_text, role_value, seal_text, standing_value};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// A session with what judging it needs.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: SessionId,
    pub user: UserId,
    pub account: AccountId,
    pub role: Role,
    /// Of user and account together.
    pub standing: Standing,
    /// Whether the password is still the one it was begun with.
    pub same_password: bool,
    pub remembered: bool,
    pub created: Timestamp,
    pub seen: Timestamp,
    pub confirmed: Option<Timestamp>,
}

impl SessionRow {
    /// Whether nothing but time can have ended it.
    pub fn is_enabled(&self) -> bool {
        self.standing == Standing::Enabled && self.same_password
    }
}

/// A session as its user sees it.
#[derive(Debug, Clone)]
pub struct SessionListed {
    pub id: SessionId,
    pub device: String,
    pub address: String,
    pub remembered: bool,
    pub created: Timestamp,
    pub seen: Timestamp,
}

/// A session to be begun.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub user: UserId,
    pub device: String,
    pub address: String,
    pub remembered: bool,
    pub confirmed: bool,
}

pub fn insert(tx: &WriteTx<'_>, new: &NewSession, secret: &SessionSecret) -> Result<SessionId, StoreError> {
    const SQL: &str = "insert into session (id, user_id, secret_blind, version, device, address, remembered,
                                            created_at, seen_at, confirmed_at)
                       values (?1, ?2, ?3, (select version from user where id = ?2), ?4, ?5, ?6, ?7, ?7, ?8)";
    let id = tx.next_id("session")?;
    let root = tx.keyring().root();
    let now = tx.now().as_millis();
    tx.prepare(SQL)?.execute((
        id,
        new.user.0,
        secret_blind(tx, secret),
        seal_text(root, Place::row(Field::SessionDevice, id), &new.device),
        seal_text(root, Place::row(Field::SessionAddress, id), &new.address),
        new.remembered,
        now,
        new.confirmed.then_some(now),
    ))?;
    Ok(SessionId(id))
}

pub fn find(tx: &ReadTx<'_>, secret: &SessionSecret) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = "select session.id, user.id, user.account_id, user.operator, user.disabled or account.disabled,
                              session.version = user.version, remembered, session.created_at, seen_at, confirmed_at
                         from session
                         join user on user.id = session.user_id
                         join account on account.id = user.account_id
                        where secret_blind = ?1";
    Ok(tx.prepare(SQL)?.query_row([secret_blind(tx, secret)], session).optional()?)
}

/// The session of that id, whatever its secret is by now.
pub fn get(tx: &ReadTx<'_>, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = "select session.id, user.id, user.account_id, user.operator, user.disabled or account.disabled,
                              session.version = user.version, remembered, session.created_at, seen_at, confirmed_at
                         from session
                         join user on user.id = session.user_id
                         join account on account.id = user.account_id
                        where session.id = ?1";
    Ok(tx.prepare(SQL)?.query_row([id.0], session).optional()?)
}

/// The user's sessions, the last used first.
pub fn list(tx: &ReadTx<'_>, user: UserId) -> Result<Vec<SessionListed>, StoreError> {
    const SQL: &str = "select session.id, device, address, remembered, session.created_at, seen_at
                         from session
                         join user on user.id = session.user_id and user.version = session.version
                        where user_id = ?1
                        order by seen_at desc, session.id desc";
    let mut statement = tx.prepare(SQL)?;
    let rows = statement.query_map([user.0], |row| Ok(listed(tx, row)))?;
    rows.map(|row| row?).collect()
}

/// Remembers that the session was used.
pub fn touch(tx: &WriteTx<'_>, id: SessionId) -> Result<(), StoreError> {
    const SQL: &str = "update session set seen_at = ?2 where id = ?1";
    tx.prepare(SQL)?.execute((id.0, tx.now().as_millis()))?;
    Ok(())
}

/// Gives the session another secret and binds it to the user's password of now.
pub fn renew(tx: &WriteTx<'_>, id: SessionId, secret: &SessionSecret) -> Result<(), StoreError> {
    const SQL: &str = "update session
                          set secret_blind = ?2,
                              seen_at      = ?3,
                              version      = (select version from user where id = session.user_id)
                        where id = ?1";
    tx.prepare(SQL)?.execute((id.0, secret_blind(tx, secret), tx.now().as_millis()))?;
    Ok(())
}

/// Remembers that the password was asked again, or with `false` forgets it.
pub fn set_confirmed(tx: &WriteTx<'_>, id: SessionId, confirmed: bool) -> Result<(), StoreError> {
    const SQL: &str = "update session set confirmed_at = ?2 where id = ?1";
    tx.prepare(SQL)?.execute((id.0, confirmed.then(|| tx.now().as_millis())))?;
    Ok(())
}

/// Ends one session of the user.
pub fn delete(tx: &WriteTx<'_>, user: UserId, id: SessionId) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where user_id = ?1 and id = ?2";
    tx.prepare(SQL)?.execute((user.0, id.0))?;
    Ok(())
}

/// Ends every session of the user but one.
pub fn delete_others(tx: &WriteTx<'_>, user: UserId, kept: Option<SessionId>) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where user_id = ?1 and id is not ?2";
    tx.prepare(SQL)?.execute((user.0, kept.map(|id| id.0)))?;
    Ok(())
}

/// Has open pages looked at, whose sessions may be among those that ended.
pub fn tell_ended(tx: &WriteTx<'_>) {
    tx.emit(Event::SessionsEnded);
}

/// Forgets sessions that ended by themselves.
pub fn forget_ended(
    tx: &WriteTx<'_>,
    unused_since: Timestamp,
    begun_before: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where seen_at < ?1 or created_at < ?2";
    tx.prepare(SQL)?.execute((unused_since.as_millis(), begun_before.as_millis()))?;
    Ok(())
}

/// Keeps the code of a link that sets a new password; an older link of the user stops working.
pub fn insert_reset(tx: &WriteTx<'_>, user: UserId, code: &SessionSecret) -> Result<(), StoreError> {
    const SQL: &str = "insert into reset_link (user_id, code_blind, created_at)
                       values (?1, ?2, ?3)
                       on conflict (user_id) do update set code_blind = excluded.code_blind,
                                                           created_at = excluded.created_at";
    tx.prepare(SQL)?.execute((user.0, code_blind(tx, code), tx.now().as_millis()))?;
    Ok(())
}

/// Whose link that is and when it was made.
pub fn find_reset(tx: &ReadTx<'_>, code: &SessionSecret) -> Result<Option<(UserId, Timestamp)>, StoreError> {
    const SQL: &str = "select user_id, created_at from reset_link where code_blind = ?1";
    let found = tx
        .prepare(SQL)?
        .query_row([code_blind(tx, code)], |row| {
            Ok((UserId(row.get(0)?), Timestamp::from_millis(row.get(1)?)))
        })
        .optional()?;
    Ok(found)
}

/// Uses the link of the user up, if there is one.
pub fn delete_reset(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "delete from reset_link where user_id = ?1";
    tx.prepare(SQL)?.execute([user.0])?;
    Ok(())
}

fn secret_blind(tx: &ReadTx<'_>, secret: &SessionSecret) -> Blind {
    tx.keyring().blind().of(BlindColumn::SessionSecret, secret.expose().as_bytes())
}

fn code_blind(tx: &ReadTx<'_>, code: &SessionSecret) -> Blind {
    tx.keyring().blind().of(BlindColumn::ResetCode, code.expose().as_bytes())
}

fn session(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    let confirmed: Option<i64> = row.get(9)?;
    Ok(SessionRow {
        id: SessionId(row.get(0)?),
        user: UserId(row.get(1)?),
        account: AccountId(row.get(2)?),
        role: role_value(row.get(3)?),
        standing: standing_value(row.get(4)?),
        same_password: row.get(5)?,
        remembered: row.get(6)?,
        created: Timestamp::from_millis(row.get(7)?),
        seen: Timestamp::from_millis(row.get(8)?),
        confirmed: confirmed.map(Timestamp::from_millis),
    })
}

fn listed(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<SessionListed, StoreError> {
    let id: i64 = row.get(0)?;
    let device: Vec<u8> = row.get(1)?;
    let address: Vec<u8> = row.get(2)?;
    let root = tx.keyring().root();
    Ok(SessionListed {
        id: SessionId(id),
        device: open_text(root, Place::row(Field::SessionDevice, id), &device)?,
        address: open_text(root, Place::row(Field::SessionAddress, id), &address)?,
        remembered: row.get(3)?,
        created: Timestamp::from_millis(row.get(4)?),
        seen: Timestamp::from_millis(row.get(5)?),
    })
}
