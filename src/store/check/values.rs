//! Every sealed value of the file, opened in turn.

use crate::crypto::blind_index::Blind;
use crate::crypto::field::{Field, Place};
use crate::domain::id::{ChannelRow, TokenId};
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::push;
use crate::store::tx::ReadTx;

/// Who is told of each value where it is, and whether it opened. A device is called by its registration.
pub(super) type Told<'a> = dyn FnMut(Place, bool) + 'a;

/// Every column that the root key seals, as (row id, what else it is bound to or 0, sealed value). Devices are apart.
pub(super) const BY_ROOT: &[(&str, Field)] = &[
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

/// Opens what the root key seals in one column.
pub(super) fn by_root(
    tx: &ReadTx<'_>,
    sql: &str,
    field: Field,
    told: &mut Told<'_>,
) -> Result<(), StoreError> {
    let mut statement = tx.connection().prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, item, sealed): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = Place::owned(field, id, item);
        told(place, tx.keyring().root().open(place, &sealed).is_ok());
    }
    Ok(())
}

/// Opens the devices of phones, whose place is a matter of their look-up hash.
pub(super) fn devices(tx: &ReadTx<'_>, told: &mut Told<'_>) -> Result<(), StoreError> {
    const SQL: &str = "select id, token_id, device_blind, device from push_registration";
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, token): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (blind, sealed): (Blind, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let opened = tx.keyring().root().open(push::place(TokenId(token), &blind), &sealed).is_ok();
        told(Place::row(Field::PushDevice, id), opened);
    }
    Ok(())
}

/// Opens what a channel's key seals. That the key itself does not open is told with what the root key seals; what hangs on
/// it, here.
pub(super) fn of_channel(tx: &ReadTx<'_>, row: ChannelRow, told: &mut Told<'_>) -> Result<(), StoreError> {
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
    let key = tx.keyring().open_channel_key(row.0, account, &sealed_key).ok();
    let mut look = |place, sealed: &[u8]| {
        told(place, key.as_ref().is_some_and(|key| key.open(place, sealed).is_ok()));
    };

    let mut tokens = tx.prepare(TOKENS)?;
    let mut rows = tokens.query([row.0])?;
    while let Some(token) = rows.next()? {
        let id = token.get(0)?;
        for (column, field) in [
            (1, Field::TokenDescription),
            (2, Field::TokenSecret),
            (3, Field::TokenNote),
            (4, Field::TokenLink),
        ] {
            if let Some(sealed) = token.get::<_, Option<Vec<u8>>>(column)? {
                look(Place::row(field, id), &sealed);
            }
        }
    }
    if let Some(picture) = tx.first::<Vec<u8>>(PICTURE, [row], value)? {
        look(Place::row(Field::ChannelPicture, row.0), &picture);
    }

    let mut messages = tx.prepare(MESSAGES)?;
    let mut rows = messages.query([row.0])?;
    while let Some(message) = rows.next()? {
        let sequence = message.get(0)?;
        look(Place::message(row.0, sequence), &message.get::<_, Vec<u8>>(1)?);
        if let Some(copy) = message.get::<_, Option<Vec<u8>>>(2)? {
            look(Place::copy(row.0, sequence), &copy);
        }
    }
    Ok(())
}

/// What a value is called.
pub(super) fn named(place: Place) -> String {
    let Place { field, owner, item } = place;
    let of_token = |what| format!("the {what} of token {owner}");
    match field {
        Field::Message => format!("message {item} of channel row {owner}"),
        Field::MessageCopy => format!("the copy of message {item} of channel row {owner}"),
        Field::ChannelPicture => format!("the picture of channel row {owner}"),
        Field::TokenDescription => of_token("description"),
        Field::TokenSecret => of_token("secret"),
        Field::TokenNote => of_token("note"),
        Field::TokenLink => of_token("link"),
        Field::PushDevice => format!("the device of registration {owner}"),
        _ => format!("{} of row {owner}", field.label()),
    }
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
            let is_opened = BY_ROOT.iter().any(|(sql, field)| {
                sql.contains(&format!(", {column} from {table}")) && field.label().starts_with(&name)
            });
            assert!(is_opened || ELSEWHERE.split_whitespace().any(|known| known == name), "{name}");
        }
    }
}
