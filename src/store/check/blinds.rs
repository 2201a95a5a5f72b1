//! Checking look-up hashes: each belongs to the sealed value beside it. Those of Idempotency-Keys have none, and open
//! nothing.

use rusqlite::Row;

use crate::crypto::blind_index::Blind;
use crate::crypto::field::{Field, Place};
use crate::domain::id::ChannelId;
use crate::domain::secret::BearerToken;
use crate::store::check::report::Report;
use crate::store::columns::open_text;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{accounts, channel_access, push, reset_links, sessions, subscriptions, tokens, users};

/// Looks at every one. A sealed value that does not open is reported where values are opened.
pub(super) fn run(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let root = tx.keyring().root();
    each(tx, "select id, name_blind, name from account", report, "account.name_blind", |row, blind| {
        let place = Place::row(Field::AccountName, row.get(0)?);
        Ok(accounts::is_blind_of(tx, blind, &open_text(root, place, &row.get::<_, Vec<u8>>(2)?)?))
    })?;
    each(tx, "select id, name_blind, name from user", report, "user.name_blind", |row, blind| {
        let place = Place::row(Field::UserName, row.get(0)?);
        Ok(users::is_blind_of(tx, blind, &open_text(root, place, &row.get::<_, Vec<u8>>(2)?)?))
    })?;
    each(tx, "select id, id_blind, public_id from channel", report, "channel.id_blind", |row, blind| {
        let place = Place::row(Field::ChannelId, row.get(0)?);
        let id = open_text(root, place, &row.get::<_, Vec<u8>>(2)?)?.parse::<ChannelId>();
        Ok(id.is_ok_and(|id| channel_access::id_blind(tx, &id) == *blind))
    })?;
    let sql = "select token.id, secret_blind, secret, channel.id, account_id, key
                 from token
                 join channel on channel.id = channel_id
                where secret is not null or secret_blind is not null";
    each(tx, sql, report, "token.secret_blind", |row, blind| {
        let key = tx.keyring().open_channel_key(row.get(3)?, row.get(4)?, &row.get::<_, Vec<u8>>(5)?)?;
        let place = Place::row(Field::TokenSecret, row.get(0)?);
        let Some(sealed) = row.get::<_, Option<Vec<u8>>>(2)? else { return Ok(false) };
        let secret = BearerToken::new(open_text(&key, place, &sealed)?);
        Ok(tokens::secret_blind(tx, &secret) == *blind)
    })?;
    let sql = "select id, device_blind, device, token_id from push_registration";
    each(tx, sql, report, "push_registration.device_blind", |row, blind| {
        let place = push::place(row.get(3)?, blind);
        Ok(push::device_blind(tx, &open_text(root, place, &row.get::<_, Vec<u8>>(2)?)?) == *blind)
    })?;
    let sql = "select id, endpoint_blind, endpoint, user_id from push_subscription";
    each(tx, sql, report, "push_subscription.endpoint_blind", |row, blind| {
        let place = Place::owned(Field::PushEndpoint, row.get(0)?, row.get(3)?);
        let endpoint = open_text(root, place, &row.get::<_, Vec<u8>>(2)?)?;
        Ok(subscriptions::endpoint_blind(tx, &endpoint) == *blind)
    })?;
    each(tx, "select id, secret_blind from session", report, "session.secret_blind", |row, _blind| {
        sessions::is_proved(tx, row.get(0)?)
    })?;
    let sql = "select user_id, code_blind, by_mail from reset_link";
    each(tx, sql, report, "reset_link.code_blind", |row, _blind| {
        reset_links::is_proved(tx, row.get(0)?, row.get(2)?)
    })
}

/// Asks of each row, which begins with its id and its look-up hash, whether they belong together.
fn each(
    tx: &ReadTx<'_>,
    sql: &str,
    report: &mut Report,
    column: &str,
    belongs: impl Fn(&Row<'_>, &Blind) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let looked = look(tx, sql, report, column, belongs);
    report.go_on_after(column, looked)
}

fn look(
    tx: &ReadTx<'_>,
    sql: &str,
    report: &mut Report,
    column: &str,
    belongs: impl Fn(&Row<'_>, &Blind) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = tx.connection().prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let fits = match row.get::<_, Option<Blind>>(1) {
            Ok(Some(blind)) => belongs(row, &blind),
            // None, or one of another length.
            _ => Ok(false),
        };
        match fits {
            Ok(true) | Err(StoreError::NotAuthentic(_) | StoreError::Malformed(_)) => {}
            Ok(false) => report.values.push(format!("{column} of row {id} belongs to another value")),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
