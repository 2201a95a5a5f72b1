//! Removing, from a copy, what does not open, where somebody says that no other copy has it.

use crate::crypto::field::{Field, Place};
use crate::crypto::random;
use crate::domain::id::{ChannelId, ChannelRow};
use crate::store::channel_access::id_blind;
use crate::store::check::report::{Faults, Report};
use crate::store::check::values::{self, BY_ROOT, Told};
use crate::store::columns::{seal_text, value};
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Removes every sealed value that does not open, and what is nothing without it. Answers which. What does not fit together
/// afterwards is for [`mend`](super::mend()).
pub(in crate::store) fn discard(tx: &ReadTx<'_>) -> Result<Faults, StoreError> {
    let transaction = tx.connection().unchecked_transaction()?;
    let mut discarded = Faults::default();
    // A channel before what hangs on its key, which would be named value by value.
    let (channels, others): (Vec<_>, Vec<_>) =
        BY_ROOT.iter().copied().partition(|(_, field)| *field == Field::ChannelKey);
    for (sql, field) in channels.into_iter().chain(others) {
        remove(tx, &mut discarded, |told| values::by_root(tx, sql, field, told))?;
    }
    remove(tx, &mut discarded, |told| values::devices(tx, told))?;
    for row in tx.all::<_, Vec<ChannelRow>>("select id from channel", [], value)? {
        remove(tx, &mut discarded, |told| values::of_channel(tx, row, told))?;
    }
    transaction.commit()?;
    Ok(discarded)
}

/// Removes what does not open among what is looked at.
fn remove(
    tx: &ReadTx<'_>,
    discarded: &mut Faults,
    look: impl FnOnce(&mut Told<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut closed = Vec::new();
    let looked = look(&mut |place, opened| {
        if !opened {
            closed.push(place);
        }
    });
    // What cannot be looked at is named by the check that follows.
    Report::default().go_on_after("values", looked)?;
    for place in closed {
        if remove_one(tx, place)? {
            discarded.push(format!("{}, which did not open", values::named(place)));
        }
    }
    Ok(())
}

/// Whether it could be removed. Names and passwords of people stay: a name is what they sign in with, which its look-up hash
/// still knows, and a password is set anew by `peerbox user passwd`.
fn remove_one(tx: &ReadTx<'_>, place: Place) -> Result<bool, StoreError> {
    let (table, column) = place.field.label().split_once('.').unwrap_or_default();
    let without = match place.field {
        Field::RootKey
        | Field::AccountName
        | Field::UserName
        | Field::UserPassword
        | Field::OperatorPassword
        // Columns of earlier versions and of other files.
        | Field::AccountZone
        | Field::Contact => return Ok(false),
        // The messages are worth more than their address.
        Field::ChannelId => return new_id(tx, place),
        Field::TokenDescription => return no_description(tx, place),
        Field::TokenSecret => {
            "update token
                set secret_blind = null, secret = null, revoked_at = coalesce(revoked_at, created_at)
              where id = ?1".to_owned()
        }
        // Not the text: it may be of another message, and goes when nothing refers to it.
        Field::Message => return no_envelope(tx, place),
        Field::MessageCopy => {
            "update message
                set copy = null
              where id in (select message_id from envelope where channel_id = ?1 and sequence = ?2
                           union all
                           select message_id from deleted_message where channel_id = ?1 and sequence = ?2)".to_owned()
        }
        Field::WebhookAnswer => "delete from webhook_delivery where webhook_id = ?1 and sequence = ?2".to_owned(),
        // Details that may be absent.
        Field::AccountDisplay
        | Field::AccountContact
        | Field::AccountKeyCopy
        | Field::UserZone
        | Field::CertificateAuthority
        | Field::CertificatePem
        | Field::CertificateTrouble
        | Field::ChannelLabel
        | Field::ChannelGroup
        | Field::ChannelGreeting
        | Field::ChannelReply
        | Field::TokenNote
        | Field::TokenLink
        | Field::MailAnswer
        | Field::WebhookToken => format!("update {table} set {column} = null where rowid = ?1"),
        // What is nothing without the value.
        Field::AccountKey
        | Field::ChannelKey
        | Field::ChannelPicture
        | Field::TokenUse
        | Field::PushDevice
        | Field::PushKey
        | Field::PushEndpoint
        | Field::PushSecrets
        | Field::PushLabel
        | Field::PushAnswer
        | Field::MailAddress
        | Field::MailDelivery
        | Field::WebhookAddress
        | Field::WebhookSecret
        | Field::SessionDevice
        | Field::SessionAddress
        | Field::SessionProof
        | Field::ResetProof
        | Field::SearchName
        | Field::SearchQuery => format!("delete from {table} where rowid = ?1"),
    };
    let mut statement = tx.connection().prepare_cached(&without)?;
    statement.raw_bind_parameter(1, place.owner)?;
    if statement.parameter_count() > 1 {
        statement.raw_bind_parameter(2, place.item)?;
    }
    statement.raw_execute()?;
    Ok(true)
}

fn no_envelope(tx: &ReadTx<'_>, place: Place) -> Result<bool, StoreError> {
    for table in ["filed_envelope", "new_envelope", "deleted_message"] {
        let sql = format!("delete from {table} where channel_id = ?1 and sequence = ?2");
        tx.connection().prepare_cached(&sql)?.execute((place.owner, place.item))?;
    }
    Ok(true)
}

fn new_id(tx: &ReadTx<'_>, place: Place) -> Result<bool, StoreError> {
    const SQL: &str = "update channel set public_id = ?2, id_blind = ?3 where id = ?1";
    let id = ChannelId::from_random(&random::bytes());
    let sealed = seal_text(tx.keyring().root(), place, id.as_str());
    tx.prepare(SQL)?.execute((place.owner, sealed, id_blind(tx, &id)))?;
    Ok(true)
}

fn no_description(tx: &ReadTx<'_>, place: Place) -> Result<bool, StoreError> {
    const KEY: &str =
        "select c.id, c.account_id, c.key from channel c join token t on t.channel_id = c.id where t.id = ?1";
    const SQL: &str = "update token set description = ?2 where id = ?1";
    let (channel, account, sealed): (i64, i64, Vec<u8>) =
        tx.one(KEY, [place.owner], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Of a channel whose key does not open, nothing is left.
    let Ok(key) = tx.keyring().open_channel_key(channel, account, &sealed) else { return Ok(false) };
    tx.prepare(SQL)?.execute((place.owner, seal_text(&key, place, "")))?;
    Ok(true)
}
