//! Rows of webhooks, as their holders see and change them, and what became of their last deliveries.

use rusqlite::Row;

use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, ChannelRow, WebhookId};
use crate::domain::message::Sequence;
use crate::domain::secret::{ReceiverToken, WebhookSecret};
use crate::domain::web_address::WebAddress;
use crate::domain::webhook::{
    Delivery, Extent, Outcome, Webhook, WebhookForm, WebhookSettings, WebhookState,
};
use crate::store::columns::{count_value, open_text, seal_text, shown_text, value};
use crate::store::error::{StoreError, readable};
use crate::store::tx::{ReadTx, WriteTx};

/// A webhook of a list.
#[derive(Debug)]
pub struct Listed {
    pub id: WebhookId,
    /// Absent when it is damaged.
    pub webhook: Option<Webhook>,
}

/// How many webhooks the channel has, and how many its account.
pub fn count(tx: &ReadTx<'_>, channel: ChannelRow, account: AccountId) -> Result<(u64, u64), StoreError> {
    const SQL: &str = "select count(*) filter (where channel.id = ?1), count(*)
                         from channel
                         join webhook on webhook.channel_id = channel.id
                        where account_id = ?2";
    let (one, all) = tx.one(SQL, (channel, account), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((count_value(one)?, count_value(all)?))
}

/// Makes one, which is told of what comes after this sequence.
pub fn insert(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    new: &WebhookSettings,
    secret: &WebhookSecret,
    told: Sequence,
) -> Result<WebhookId, StoreError> {
    const SQL: &str =
        "insert into webhook (id, channel_id, address, secret, token, form, with_message, told, created_at)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let id = WebhookId(tx.next_id("webhook")?);
    let [address, token] = sealed(tx, id, channel, new);
    let secret = seal_text(tx.keyring().root(), place(Field::WebhookSecret, id, channel), secret.expose());
    let (form, with_message) = (form_column(new.form), new.extent == Extent::Message);
    let made = tx.now();
    tx.change(SQL, (id, channel, address, secret, token, form, with_message, told, made))?;
    Ok(id)
}

/// Changes what is set of it. What failed is tried anew.
pub fn amend(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    id: WebhookId,
    new: &WebhookSettings,
) -> Result<(), StoreError> {
    const SQL: &str = "update webhook
                          set address = ?2, token = ?3, form = ?4, with_message = ?5,
                              tries = 0, next_at = null, failing_since = null
                        where id = ?1";
    let [address, token] = sealed(tx, id, channel, new);
    let (form, with_message) = (form_column(new.form), new.extent == Extent::Message);
    tx.change(SQL, (id, address, token, form, with_message))?;
    Ok(())
}

/// Starts or stops it. What failed is tried anew.
pub fn set_state(tx: &WriteTx<'_>, id: WebhookId, state: WebhookState) -> Result<(), StoreError> {
    const SQL: &str =
        "update webhook set state = ?2, tries = 0, next_at = null, failing_since = null where id = ?1";
    tx.change(SQL, (id, state_column(state)))?;
    Ok(())
}

/// Leaves out what it was not told of up to this sequence.
pub fn skip_to(tx: &WriteTx<'_>, id: WebhookId, told: Sequence) -> Result<(), StoreError> {
    const SQL: &str = "update webhook set told = max(told, ?2) where id = ?1";
    tx.change(SQL, (id, told))?;
    Ok(())
}

/// Gives it another secret.
pub fn set_secret(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    id: WebhookId,
    secret: &WebhookSecret,
) -> Result<(), StoreError> {
    const SQL: &str = "update webhook set secret = ?2 where id = ?1";
    let place = place(Field::WebhookSecret, id, channel);
    tx.change(SQL, (id, seal_text(tx.keyring().root(), place, secret.expose())))?;
    Ok(())
}

/// Removes it with what became of its deliveries.
pub fn delete(tx: &WriteTx<'_>, id: WebhookId) -> Result<(), StoreError> {
    const SQL: &str = "delete from webhook where id = ?1";
    tx.change(SQL, [id])?;
    Ok(())
}

macro_rules! select_webhooks {
    ($which:literal) => {
        concat!(
            "select id, channel_id, address, token, form, with_message, state, told, tries, next_at, failing_since
               from webhook
              where ",
            $which
        )
    };
}

/// Those of a channel, in the order in which they were made.
pub fn list(tx: &ReadTx<'_>, channel: ChannelRow) -> Result<Vec<Listed>, StoreError> {
    const SQL: &str = select_webhooks!("channel_id = ?1 order by id");
    tx.all(SQL, [channel], |row| Ok(Listed { id: row.get(0)?, webhook: readable(webhook(tx, row))? }))
}

/// One of a channel.
pub fn find(tx: &ReadTx<'_>, channel: ChannelRow, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    const SQL: &str = select_webhooks!("channel_id = ?1 and id = ?2");
    tx.first(SQL, (channel, id), |row| webhook(tx, row))
}

/// Whether the channel has it. Nothing of it is opened, so that one which is damaged can be stopped and removed.
pub fn is_there(tx: &ReadTx<'_>, channel: ChannelRow, id: WebhookId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1 from webhook where id = ?1 and channel_id = ?2)";
    tx.one(SQL, (id, channel), value)
}

/// What its deliveries are signed with.
pub fn secret(tx: &ReadTx<'_>, channel: ChannelRow, id: WebhookId) -> Result<WebhookSecret, StoreError> {
    const SQL: &str = "select secret from webhook where id = ?1";
    let sealed: Vec<u8> = tx.one(SQL, [id], value)?;
    let place = place(Field::WebhookSecret, id, channel);
    open_text(tx.keyring().root(), place, &sealed).map(WebhookSecret::new)
}

/// What became of its last deliveries, the newest first.
pub fn deliveries(tx: &ReadTx<'_>, id: WebhookId) -> Result<Vec<Delivery>, StoreError> {
    const SQL: &str = "select sequence, at, tries, outcome, status, answer
                         from webhook_delivery
                        where webhook_id = ?1
                        order by at desc, sequence desc";
    tx.all(SQL, [id], |row| {
        let sequence: i64 = row.get(0)?;
        let sealed: Vec<u8> = row.get(5)?;
        Ok(Delivery {
            sequence: Sequence(sequence),
            at: row.get(1)?,
            tries: row.get(2)?,
            outcome: outcome_value(row.get(3)?),
            status: row.get(4)?,
            answer: shown_text(tx.keyring().root(), answer_place(id, sequence), &sealed),
        })
    })
}

/// Whether a message was delivered or passed over, so that its turn is over.
pub fn is_over(tx: &ReadTx<'_>, id: WebhookId, sequence: Sequence) -> Result<bool, StoreError> {
    const SQL: &str = "select told >= ?2 from webhook where id = ?1";
    Ok(tx.first(SQL, (id, sequence), value)?.unwrap_or(false))
}

fn webhook(tx: &ReadTx<'_>, row: &Row<'_>) -> Result<Webhook, StoreError> {
    let (id, channel) = (row.get(0)?, row.get(1)?);
    let root = tx.keyring().root();
    let sealed: Vec<u8> = row.get(2)?;
    let address = open_text(root, place(Field::WebhookAddress, id, channel), &sealed)?;
    let token = row.get::<_, Option<Vec<u8>>>(3)?;
    let token = token.map(|sealed| open_text(root, place(Field::WebhookToken, id, channel), &sealed));
    Ok(Webhook {
        id,
        settings: WebhookSettings {
            address: WebAddress::parse(&address)
                .map_err(|_| StoreError::Malformed("the address of a webhook"))?,
            form: form_value(row.get(4)?),
            extent: if row.get(5)? { Extent::Message } else { Extent::Arrival },
            token: token.transpose()?.map(ReceiverToken::new),
        },
        state: state_value(row.get(6)?),
        told: row.get(7)?,
        tries: row.get(8)?,
        next_try: row.get(9)?,
        failing_since: row.get(10)?,
        // It is sealed anew with every change.
        version: sealed,
    })
}

/// Address and token as they are kept.
fn sealed(
    tx: &ReadTx<'_>,
    id: WebhookId,
    channel: ChannelRow,
    settings: &WebhookSettings,
) -> [Option<Vec<u8>>; 2] {
    let seal = |field, text: &str| seal_text(tx.keyring().root(), place(field, id, channel), text);
    let token = settings.token.as_ref().map(|token| seal(Field::WebhookToken, token.expose()));
    [Some(seal(Field::WebhookAddress, settings.address.as_str())), token]
}

/// Bound to the channel too, so that no other is told in its place.
fn place(field: Field, id: WebhookId, channel: ChannelRow) -> Place {
    Place { field, owner: id.0, item: channel.0 }
}

pub(super) fn answer_place(id: WebhookId, sequence: i64) -> Place {
    Place { field: Field::WebhookAnswer, owner: id.0, item: sequence }
}

fn form_column(form: WebhookForm) -> i64 {
    match form {
        WebhookForm::Standard => 0,
        WebhookForm::Ntfy => 1,
        WebhookForm::Gotify => 2,
    }
}

fn form_value(column: i64) -> WebhookForm {
    match column {
        1 => WebhookForm::Ntfy,
        2 => WebhookForm::Gotify,
        _ => WebhookForm::Standard,
    }
}

pub(super) fn state_column(state: WebhookState) -> i64 {
    match state {
        WebhookState::AtWork => 0,
        WebhookState::Paused => 1,
        WebhookState::GaveUp => 2,
        WebhookState::NotWanted => 3,
    }
}

fn state_value(column: i64) -> WebhookState {
    match column {
        0 => WebhookState::AtWork,
        2 => WebhookState::GaveUp,
        3 => WebhookState::NotWanted,
        _ => WebhookState::Paused,
    }
}

pub(super) fn outcome_column(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Taken => 0,
        Outcome::Failed => 1,
        Outcome::PassedOver => 2,
    }
}

pub(super) fn outcome_value(column: i64) -> Outcome {
    match column {
        0 => Outcome::Taken,
        2 => Outcome::PassedOver,
        _ => Outcome::Failed,
    }
}
