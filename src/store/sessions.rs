//! Rows of browser sessions.

use rusqlite::Row;

use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::crypto::field::{Field, Place};
use crate::domain::account::{Role, Standing};
use crate::domain::id::{AccountId, SessionId, UserId};
use crate::domain::secret::SessionSecret;
use crate::domain::time::Timestamp;
use crate::events::Event;
use crate::store::columns::{prove, role_value, seal_text, shown_text, standing_value};
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{subscriptions, users};

/// Sessions that a user may have; a further one ends the oldest.
const MOST: u32 = 100;

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
    secret: Blind,
    /// The version of the password that it was begun with.
    version: i64,
}

impl SessionRow {
    /// Whether nothing but time can have ended it.
    pub fn is_enabled(&self) -> bool {
        self.standing == Standing::Enabled && self.same_password
    }

    /// What the secret stands for. Sealed with the row, so that nobody without the key can make it stand for anything
    /// else: another user, another account, another role, a longer life.
    fn proof(&self) -> Vec<u8> {
        let confirmed = self.confirmed.map_or(i64::MIN, Timestamp::as_millis);
        let numbers = [self.user.0, self.account.0, self.version, self.created.as_millis(), confirmed];
        let mut proof = self.secret.to_vec();
        proof.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        proof.extend([u8::from(self.role == Role::Operator), u8::from(self.remembered)]);
        proof
    }

    fn sealed_proof(&self, tx: &ReadTx<'_>) -> Vec<u8> {
        tx.keyring().root().seal(Place::row(Field::SessionProof, self.id.0), &[&self.proof()])
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

/// Begins a session. Whoever has too many loses the oldest.
pub fn insert(tx: &WriteTx<'_>, new: &NewSession, secret: &SessionSecret) -> Result<SessionId, StoreError> {
    const SQL: &str = "insert into session (id, user_id, secret_blind, version, device, address, remembered,
                                            created_at, seen_at, confirmed_at, proof)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)";
    const END_OLDEST: &str = "delete from session
          where user_id = ?1
            and id <= (select id from session where user_id = ?1 order by id desc limit 1 offset ?2)";
    // Only what the user's own row proves goes into the proof.
    let known = users::find(tx, new.user)?.ok_or(StoreError::Malformed("a session of nobody"))?;
    let id = tx.next_id("session")?;
    let root = tx.keyring().root();
    let row = SessionRow {
        id: SessionId(id),
        user: known.user.id,
        account: known.user.account,
        role: known.user.role,
        standing: Standing::Enabled,
        same_password: true,
        remembered: new.remembered,
        created: tx.now(),
        seen: tx.now(),
        confirmed: new.confirmed.then_some(tx.now()),
        secret: secret_blind(tx, secret),
        version: known.version,
    };
    tx.change(
        SQL,
        (
            id,
            row.user,
            row.secret,
            row.version,
            seal_text(root, Place::row(Field::SessionDevice, id), &new.device),
            seal_text(root, Place::row(Field::SessionAddress, id), &new.address),
            row.remembered,
            row.created,
            row.confirmed,
            row.sealed_proof(tx),
        ),
    )?;
    tx.change(END_OLDEST, (row.user, MOST))?;
    Ok(row.id)
}

/// The row of a session, as [`session`] reads it.
macro_rules! select_session {
    ($which:literal) => {
        concat!(
            "select session.id, user.id, user.account_id, user.operator, user.disabled or account.disabled,
                    session.version = user.version, remembered, session.created_at, seen_at, confirmed_at,
                    secret_blind, session.version, proof
               from session
               join user on user.id = session.user_id
               join account on account.id = user.account_id
              where ",
            $which
        )
    };
}

/// The session of a secret, whoever it belongs to and whether it has ended meanwhile. A row that somebody altered opens
/// nothing, as if it were not there.
pub fn find(tx: &ReadTx<'_>, secret: &SessionSecret) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = select_session!("secret_blind = ?1");
    Ok(tx.first(SQL, [secret_blind(tx, secret)], |row| readable(session(tx, row)))?.flatten())
}

/// The session of that id, whatever its secret is by now.
pub fn get(tx: &ReadTx<'_>, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = select_session!("session.id = ?1");
    Ok(tx.first(SQL, [id], |row| readable(session(tx, row)))?.flatten())
}

/// The user's sessions, the last used first.
pub fn list(tx: &ReadTx<'_>, user: UserId) -> Result<Vec<SessionListed>, StoreError> {
    const SQL: &str = "select session.id, device, address, remembered, session.created_at, seen_at
                         from session
                         join user on user.id = session.user_id and user.version = session.version
                        where user_id = ?1
                        order by seen_at desc, session.id desc";
    tx.all(SQL, [user], |row| listed(tx, row))
}

/// Remembers that the session was used.
pub fn touch(tx: &WriteTx<'_>, id: SessionId) -> Result<(), StoreError> {
    const SQL: &str = "update session set seen_at = ?2 where id = ?1";
    tx.change(SQL, (id, tx.now()))?;
    Ok(())
}

/// Gives the session another secret and binds it to the user's password of now.
pub fn renew(tx: &WriteTx<'_>, id: SessionId, secret: &SessionSecret) -> Result<(), StoreError> {
    let Some(row) = get(tx, id)? else { return Ok(()) };
    let Some(known) = users::find(tx, row.user)? else { return Ok(()) };
    let secret = secret_blind(tx, secret);
    save(tx, &SessionRow { secret, version: known.version, seen: tx.now(), ..row })
}

/// Remembers that the password was asked again, or with `false` forgets it.
pub fn set_confirmed(tx: &WriteTx<'_>, id: SessionId, confirmed: bool) -> Result<(), StoreError> {
    let Some(row) = get(tx, id)? else { return Ok(()) };
    save(tx, &SessionRow { confirmed: confirmed.then_some(tx.now()), ..row })
}

fn save(tx: &WriteTx<'_>, row: &SessionRow) -> Result<(), StoreError> {
    const SQL: &str = "update session
                          set secret_blind = ?2,
                              version      = ?3,
                              seen_at      = ?4,
                              confirmed_at = ?5,
                              proof        = ?6
                        where id = ?1";
    tx.change(SQL, (row.id, row.secret, row.version, row.seen, row.confirmed, row.sealed_proof(tx)))?;
    Ok(())
}

/// Ends one session of the user. The browser that subscribed in it is told nothing more.
pub fn delete(tx: &WriteTx<'_>, user: UserId, id: SessionId) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where user_id = ?1 and id = ?2";
    subscriptions::delete_of_session(tx, user, id)?;
    tx.change(SQL, (user, id))?;
    Ok(())
}

/// Ends every session of the user but one, with what was subscribed in them.
pub fn delete_others(tx: &WriteTx<'_>, user: UserId, kept: Option<SessionId>) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where user_id = ?1 and id is not ?2";
    subscriptions::delete_of_other_sessions(tx, user, kept)?;
    tx.change(SQL, (user, kept))?;
    Ok(())
}

/// Has open pages looked at, whose sessions may be among those that ended.
pub fn tell_ended(tx: &WriteTx<'_>) {
    tx.emit(Event::SessionsEnded);
}

/// Forgets sessions that ended by themselves. Nobody wanted them to, so their browsers are told as before.
pub fn forget_ended(
    tx: &WriteTx<'_>,
    unused_since: Timestamp,
    begun_before: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where seen_at < ?1 or created_at < ?2";
    tx.change(SQL, (unused_since, begun_before))?;
    Ok(())
}

fn secret_blind(tx: &ReadTx<'_>, secret: &SessionSecret) -> Blind {
    tx.keyring().blind().of(BlindColumn::SessionSecret, secret.expose().as_bytes())
}

/// Whether the row of that session is as it was written.
pub(super) fn is_proved(tx: &ReadTx<'_>, id: SessionId) -> Result<bool, StoreError> {
    Ok(get(tx, id)?.is_some())
}

fn session(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<SessionRow, StoreError> {
    let confirmed: Option<i64> = row.get(9)?;
    let proof: Vec<u8> = row.get(12)?;
    let session = SessionRow {
        id: row.get(0)?,
        user: row.get(1)?,
        account: row.get(2)?,
        role: role_value(row.get(3)?),
        standing: standing_value(row.get(4)?),
        same_password: row.get(5)?,
        remembered: row.get(6)?,
        created: row.get(7)?,
        seen: row.get(8)?,
        confirmed: confirmed.map(Timestamp::from_millis),
        secret: row.get(10)?,
        version: row.get(11)?,
    };
    prove(tx.keyring().root(), Place::row(Field::SessionProof, session.id.0), &proof, &session.proof())?;
    Ok(session)
}

fn listed(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<SessionListed, StoreError> {
    let id: i64 = row.get(0)?;
    let device: Vec<u8> = row.get(1)?;
    let address: Vec<u8> = row.get(2)?;
    let root = tx.keyring().root();
    Ok(SessionListed {
        id: SessionId(id),
        device: shown_text(root, Place::row(Field::SessionDevice, id), &device),
        address: shown_text(root, Place::row(Field::SessionAddress, id), &address),
        remembered: row.get(3)?,
        created: row.get(4)?,
        seen: row.get(5)?,
    })
}
