//! Where people are told by e-mail, as they set it.

use rusqlite::Row;

use crate::crypto::blind_index::BlindColumn;
use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, UserId};
use crate::domain::mail_address::MailAddress;
use crate::domain::mailbox::{CONFIRMED_WITHIN, Mailbox, Rhythm};
use crate::domain::quiet_hours::Minute;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Outcome;
use crate::store::columns::{open_text, seal_text, value};
use crate::store::error::StoreError;
use crate::store::reset_links;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::webhooks::outcome_column;

/// Bytes of what a link shows.
const SHOWN: usize = 16;

/// The time of the day until a person chooses one.
const USUAL: u16 = 8 * 60;

/// The mailbox of a person, if there is an address.
pub fn find(tx: &ReadTx<'_>, user: UserId) -> Result<Option<Mailbox>, StoreError> {
    const SQL: &str =
        "select address, confirmed, rhythm, minute, asked_at, state, tries, next_at, failing_since,
                              taken_at, answer,
                              (select count(*)
                                 from mail_delivery d
                                where d.user_id = ?1 and d.outcome = ?2 and d.messages > 0 and d.at >= failing_since)
                         from mailbox
                        where user_id = ?1 and address is not null";
    tx.first(SQL, (user, outcome_column(Outcome::PassedOver)), |row| mailbox(tx, user, row))
}

fn mailbox(tx: &ReadTx<'_>, user: UserId, row: &Row<'_>) -> Result<Mailbox, StoreError> {
    let root = tx.keyring().root();
    let sealed: Vec<u8> = row.get(0)?;
    let address = open_text(root, Place::row(Field::MailAddress, user.0), &sealed)?;
    let answer: Option<Vec<u8>> = row.get(10)?;
    let answer = answer.map(|answer| open_text(root, Place::row(Field::MailAnswer, user.0), &answer));
    Ok(Mailbox {
        user,
        address: MailAddress::parse(&address).map_err(|_| StoreError::Malformed("an address of e-mail"))?,
        confirmed: row.get(1)?,
        rhythm: rhythm_value(row.get(2)?, row.get(3)?),
        asked: row.get(4)?,
        gave_up: row.get::<_, i64>(5)? != 0,
        tries: row.get(6)?,
        next_try: row.get(7)?,
        failing_since: row.get(8)?,
        refusals: row.get(11)?,
        taken: row.get(9)?,
        answer: answer.transpose()?.unwrap_or_default(),
    })
}

/// How many links were sent within the last day, and when the last of them was.
pub fn asked(tx: &ReadTx<'_>, user: UserId) -> Result<Option<(u32, Timestamp)>, StoreError> {
    const SQL: &str = "select asked, asked_at from mailbox where user_id = ?1";
    let asked = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found = tx.first(SQL, [user], asked)?;
    Ok(found.filter(|(_, last)| tx.now().is_within(CONFIRMED_WITHIN, *last)))
}

/// Keeps an address, which is to be confirmed by a link that is sent now; answers what that link shows.
pub fn keep(tx: &WriteTx<'_>, user: UserId, address: &MailAddress) -> Result<String, StoreError> {
    const SQL: &str = "insert into mailbox (user_id, address, asked, asked_at)
                       values (?1, ?2, ?3, ?4)
                       on conflict (user_id) do update
                          set address = ?2, confirmed = 0, asked = ?3, asked_at = ?4, state = 0, tries = 0,
                              next_at = null, failing_since = null, taken_at = null, answer = null";
    let before = asked(tx, user)?.map_or(0, |(asked, _)| asked);
    let sealed = seal_text(tx.keyring().root(), Place::row(Field::MailAddress, user.0), address.as_str());
    let now = tx.now();
    tx.change(SQL, (user, sealed, before.saturating_add(1), now))?;
    forget_of_address(tx, user)?;
    Ok(confirmation(tx, user, address, now))
}

/// What the link shows that was sent to an address then.
pub fn confirmation(tx: &ReadTx<'_>, user: UserId, address: &MailAddress, asked: Timestamp) -> String {
    let (user, asked) = (user.0.to_le_bytes(), asked.as_millis().to_le_bytes());
    shown(tx, BlindColumn::MailConfirmation, &[&user, &asked, address.as_str().as_bytes()])
}

/// What the link shows by which a person unsubscribes.
pub fn unsubscription(tx: &ReadTx<'_>, mailbox: &Mailbox) -> String {
    let user = mailbox.user.0.to_le_bytes();
    let parts: [&[u8]; 2] = [&user, mailbox.address.as_str().as_bytes()];
    format!("{}.{}", mailbox.user.0, shown(tx, BlindColumn::MailUnsubscription, &parts))
}

fn shown(tx: &ReadTx<'_>, column: BlindColumn, parts: &[&[u8]]) -> String {
    let blind = tx.keyring().blind().of_parts(column, parts);
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(&blind[..SHOWN])
}

/// The person has shown whose the address is. Told is what comes from now on.
pub fn confirm(tx: &WriteTx<'_>, account: AccountId, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "update mailbox
                          set confirmed = 1, rhythm = iif(rhythm = 0, 2, rhythm)
                        where user_id = ?1";
    tx.change(SQL, [user])?;
    start(tx, account, user)
}

/// Sets when something is sent. Told is what comes from now on, where the person wanted nothing before; what waited while the
/// mailbox had given up is told.
pub fn set_rhythm(
    tx: &WriteTx<'_>,
    account: AccountId,
    user: UserId,
    rhythm: Rhythm,
) -> Result<(), StoreError> {
    const SQL: &str = "update mailbox
                          set rhythm = ?2, minute = ?3, state = 0, tries = 0, next_at = null, failing_since = null,
                              answer = null
                        where user_id = ?1";
    let before = find(tx, user)?;
    let (column, minute) = rhythm_columns(rhythm);
    tx.change(SQL, (user, column, minute))?;
    let was_off = before.is_some_and(|before| before.rhythm == Rhythm::Never);
    if was_off { start(tx, account, user) } else { Ok(()) }
}

fn start(tx: &WriteTx<'_>, account: AccountId, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "insert into mailbox_told (user_id, channel_id, told)
                       select ?1, id, head from channel where account_id = ?2
                       on conflict (user_id, channel_id) do update set told = excluded.told";
    tx.change(SQL, (user, account))?;
    Ok(())
}

/// Sends nothing there any more.
pub fn unsubscribe(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    tx.change("update mailbox set rhythm = 0 where user_id = ?1", [user])?;
    Ok(())
}

/// Removes the address.
pub fn remove(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    const SQL: &str = "update mailbox
                          set address = null, confirmed = 0, rhythm = 0, taken_at = null, answer = null,
                              next_at = null
                        where user_id = ?1";
    tx.change(SQL, [user])?;
    tx.change("delete from mailbox_told where user_id = ?1", [user])?;
    forget_of_address(tx, user)
}

/// Forgets what was sent to the address that was the person's before. A link to a new password there works no more.
fn forget_of_address(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    reset_links::delete_sent(tx, user)?;
    tx.change("delete from mail_delivery where user_id = ?1", [user])?;
    Ok(())
}

/// The account of a person.
pub fn account(tx: &ReadTx<'_>, user: UserId) -> Result<AccountId, StoreError> {
    const SQL: &str = "select account_id from user where id = ?1";
    tx.one(SQL, [user], value)
}

fn rhythm_columns(rhythm: Rhythm) -> (i64, u16) {
    match rhythm {
        Rhythm::Never => (0, USUAL),
        Rhythm::AtOnce => (1, USUAL),
        Rhythm::Bundled => (2, USUAL),
        Rhythm::Daily(at) => (3, at.get()),
    }
}

fn rhythm_value(column: i64, minute: u16) -> Rhythm {
    match (column, Minute::new(minute)) {
        (1, _) => Rhythm::AtOnce,
        (2, _) => Rhythm::Bundled,
        (3, Some(at)) => Rhythm::Daily(at),
        _ => Rhythm::Never,
    }
}
