//! Checking the file: SQLite's own integrity, that what belongs together is there, and that every sealed value opens.

mod blinds;
mod mend;
mod numbers;
mod pages;
mod report;
mod schema;
mod strays;

pub(super) use self::mend::mend;
pub use self::report::{Faults, Report};

use crate::crypto::blind_index::Blind;
use crate::crypto::field::{Field, Place};
use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{channels as channel_rows, counters, envelopes, messages, push};

/// Checks everything. Reads the whole file.
pub fn run(tx: &ReadTx<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    pages::run(tx, &mut report)?;
    contents(tx, &mut report)?;
    Ok(report)
}

/// The same of a file of which SQLite's own integrity is known.
pub fn run_on_sound(tx: &ReadTx<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    contents(tx, &mut report)?;
    Ok(report)
}

/// What damaged pages hide is named by its table, and takes nothing else along.
fn contents(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    if schema::run(tx, report)? {
        let looked = foreign_keys(tx, report);
        report.go_on_after("what rows refer to", looked)?;
        rows(tx, report)?;
    }
    Ok(())
}

fn rows(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for (sql, field) in ROOT_SEALED {
        let looked = sealed_by_root(tx, sql, *field, report);
        report.go_on_after(field.label(), looked)?;
    }
    let looked = devices(tx, report);
    report.go_on_after("push_registration.device", looked)?;
    blinds::run(tx, report)?;
    strays::run(tx, report)?;
    numbers::run(tx, report)?;
    let looked = accounts(tx, report);
    report.go_on_after("what accounts remember", looked)?;
    let looked = channels(tx, report);
    report.go_on_after("channel", looked)
}

fn channels(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    for row in tx.all::<_, Vec<ChannelRow>>("select id from channel order by id", [], value)? {
        let looked = check_channel(tx, row, report);
        report.go_on_after(&format!("channel row {}", row.0), looked)?;
    }
    Ok(())
}

/// Every column that the root key seals, as (row id, what else it is bound to or 0, sealed value). Devices are apart.
const ROOT_SEALED: &[(&str, Field)] = &[
    ("select id, 0, name from account", Field::AccountName),
    ("select id, 0, display from account where display is not null", Field::AccountDisplay),
    ("select id, 0, contact from account where contact is not null", Field::AccountContact),
    ("select id, account_id, public from account_key", Field::AccountKey),
    ("select id, account_id, copy from account_key where copy is not null", Field::AccountKeyCopy),
    ("select id, account_id, name from saved_search", Field::SearchName),
    ("select id, account_id, query from saved_search", Field::SearchQuery),
    ("select id, 0, name from user", Field::UserName),
    ("select id, 0, zone from user where zone is not null", Field::UserZone),
    ("select id, account_id, password from user where not operator", Field::UserPassword),
    ("select id, account_id, password from user where operator", Field::OperatorPassword),
    ("select id, 0, authority from certificate where authority is not null", Field::CertificateAuthority),
    ("select id, 0, pem from certificate where pem is not null", Field::CertificatePem),
    ("select id, 0, trouble from certificate where trouble is not null", Field::CertificateTrouble),
    ("select id, 0, public_id from channel", Field::ChannelId),
    ("select id, account_id, key from channel", Field::ChannelKey),
    ("select id, 0, label from channel where label is not null", Field::ChannelLabel),
    ("select id, 0, group_name from channel where group_name is not null", Field::ChannelGroup),
    ("select id, 0, greeting from channel where greeting is not null", Field::ChannelGreeting),
    ("select id, 0, reply from channel where reply is not null", Field::ChannelReply),
    ("select token_id, 0, hour from token_use", Field::TokenUse),
    ("select id, channel_id, address from webhook", Field::WebhookAddress),
    ("select id, channel_id, secret from webhook", Field::WebhookSecret),
    ("select id, channel_id, token from webhook where token is not null", Field::WebhookToken),
    ("select webhook_id, sequence, answer from webhook_delivery", Field::WebhookAnswer),
    ("select id, 0, secret from push_key", Field::PushKey),
    ("select id, user_id, endpoint from push_subscription", Field::PushEndpoint),
    ("select id, user_id, keys from push_subscription", Field::PushSecrets),
    ("select id, user_id, label from push_subscription", Field::PushLabel),
    ("select id, subscription_id, answer from push_delivery", Field::PushAnswer),
    ("select user_id, 0, address from mailbox where address is not null", Field::MailAddress),
    ("select id, user_id, answer from mail_delivery", Field::MailDelivery),
    ("select user_id, 0, answer from mailbox where answer is not null", Field::MailAnswer),
    ("select id, 0, device from session", Field::SessionDevice),
    ("select id, 0, address from session", Field::SessionAddress),
];

fn foreign_keys(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let mut statement = tx.connection().prepare("pragma foreign_key_check")?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables {
        report.structure.push(format!("a row of {} refers to a row that is gone", table?));
    }
    Ok(())
}

fn sealed_by_root(tx: &ReadTx<'_>, sql: &str, field: Field, report: &mut Report) -> Result<(), StoreError> {
    let mut statement = tx.connection().prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, account, sealed): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let opened = tx.keyring().root().open(Place::owned(field, id, account), &sealed).is_ok();
        report.count(opened, || format!("{} of row {id} does not open", field.label()));
    }
    Ok(())
}

fn devices(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    const SQL: &str = "select id, token_id, device_blind, device from push_registration";
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, token): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (blind, sealed): (Blind, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let opened = tx.keyring().root().open(push::place(TokenId(token), &blind), &sealed).is_ok();
        report.count(opened, || format!("the device of registration {id} does not open"));
    }
    Ok(())
}

/// What accounts remember of all their channels, and what those remember.
fn accounts(tx: &ReadTx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let sql = "select id
                 from account
                where (messages, bytes) is not (select coalesce(sum(messages), 0), coalesce(sum(bytes), 0)
                                                  from channel
                                                 where account_id = account.id)";
    let mut statement = tx.connection().prepare(sql)?;
    for id in statement.query_map([], |row| row.get::<_, i64>(0))? {
        report.values.push(format!("account {} remembers another number of messages than its channels", id?));
    }
    Ok(())
}

fn check_channel(tx: &ReadTx<'_>, row: ChannelRow, report: &mut Report) -> Result<(), StoreError> {
    const KEY: &str = "select account_id, key from channel where id = ?1";
    const TOKENS: &str = "select id, description, secret, note, link from token where channel_id = ?1";
    const PICTURE: &str = "select image from channel_picture where channel_id = ?1";
    const MESSAGES: &str = "select e.sequence, m.sealed, m.copy
                              from envelope e
                              join message m on m.id = e.message_id
                             where e.channel_id = ?1
                         union all
                            select d.sequence, m.sealed, m.copy
                              from deleted_message d
                              join message m on m.id = d.message_id
                             where d.channel_id = ?1";
    let (account, sealed_key): (i64, Vec<u8>) = tx.one(KEY, [row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // That the key itself does not open is reported with the columns of the root key; what hangs on it, here.
    let key = tx.keyring().open_channel_key(row.0, account, &sealed_key).ok();
    let opens = |place, sealed: &[u8]| key.as_ref().is_some_and(|key| key.open(place, sealed).is_ok());

    let mut tokens = tx.prepare(TOKENS)?;
    let mut rows = tokens.query([row.0])?;
    while let Some(token) = rows.next()? {
        let id: i64 = token.get(0)?;
        for (column, field, what) in [
            (1, Field::TokenDescription, "description"),
            (2, Field::TokenSecret, "secret"),
            (3, Field::TokenNote, "note"),
            (4, Field::TokenLink, "link"),
        ] {
            if let Some(sealed) = token.get::<_, Option<Vec<u8>>>(column)? {
                let opened = opens(Place::row(field, id), &sealed);
                report.count(opened, || format!("the {what} of token {id} does not open"));
            }
        }
    }
    if let Some(picture) = tx.first::<Vec<u8>>(PICTURE, [row], value)? {
        let opened = opens(Place::row(Field::ChannelPicture, row.0), &picture);
        report.count(opened, || format!("the picture of channel row {} does not open", row.0));
    }

    let mut messages = tx.prepare(MESSAGES)?;
    let mut rows = messages.query([row.0])?;
    while let Some(message) = rows.next()? {
        let sequence: i64 = message.get(0)?;
        let sealed: Vec<u8> = message.get(1)?;
        let opened = opens(Place::message(row.0, sequence), &sealed);
        report.count(opened, || format!("message {sequence} of channel row {} does not open", row.0));
        if let Some(copy) = message.get::<_, Option<Vec<u8>>>(2)? {
            let opened = opens(Place::copy(row.0, sequence), &copy);
            report.count(opened, || {
                format!("the copy of message {sequence} of channel row {} does not open", row.0)
            });
        }
    }
    check_tallies(tx, row, report)
}

fn check_tallies(tx: &ReadTx<'_>, row: ChannelRow, report: &mut Report) -> Result<(), StoreError> {
    let counted = messages::tally(tx, row)?;
    if counters::of_channel(tx, row)? != counted {
        report
            .values
            .push(format!("channel row {} remembers another number of messages than it holds", row.0));
    }
    // A number that was given may be of a message that is deleted, but none is above the head.
    let highest = envelopes::highest_visible(tx, row, Sequence::NONE)?.unwrap_or(Sequence::NONE);
    if channel_rows::head(tx, row)?.is_none_or(|head| head < highest) {
        report.values.push(format!("the head of channel row {} is below message {highest}", row.0));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::SCHEMA;

    /// Opened elsewhere: the keys before all else, proofs with their look-up hashes, the rest channel by channel.
    const ELSEWHERE: &str = "keyring.root_key push_registration.device session.proof reset_link.proof \
                             channel_picture.image token.secret token.description token.note token.link \
                             message.sealed message.copy";

    #[test]
    fn every_sealed_column_is_opened() {
        let mut table = "";
        for line in SCHEMA.lines() {
            if let Some(name) = line.strip_prefix("create table ") {
                table = name.split(' ').next().unwrap_or_default();
            }
            let column = line.trim_start().split(' ').next().unwrap_or_default();
            if !line.contains("-- sealed") || line.starts_with("--") {
                continue;
            }
            let name = format!("{table}.{column}");
            let is_opened = ROOT_SEALED.iter().any(|(sql, field)| {
                sql.contains(&format!(", {column} from {table}")) && field.label().starts_with(&name)
            });
            assert!(is_opened || ELSEWHERE.split_whitespace().any(|known| known == name), "{name}");
        }
    }
}
