//! What webhooks have to be told next, and how far they were told. The messages themselves are the queue.

use crate::domain::id::{AccountId, ChannelRow, WebhookId};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::secret::WebhookSecret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DELIVERIES_KEPT, Delivery, Next, Webhook, WebhookState};
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::columns::{OWNER_SIDE, author_value, count_value, seal_text};
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::webhooks::{answer_place, find, outcome_column, secret, state_column};
use crate::store::{channels, messages};

/// Messages that are passed over at once because the holder wrote them.
const OWN: u32 = 256;

/// As many that wait are counted.
pub const MOST_COUNTED: u32 = 20_000;

/// A webhook that is at work.
#[derive(Debug, Clone, Copy)]
pub struct AtWork {
    pub id: WebhookId,
    pub channel: ChannelRow,
    pub account: AccountId,
    /// When it is called again; absent when nothing failed.
    pub next_try: Option<Timestamp>,
}

/// What a webhook is told next.
#[derive(Debug)]
pub enum Found {
    /// It is gone, or stopped.
    NotAtWork,
    /// Its account is disabled.
    Disabled,
    /// It has to wait.
    Later(Timestamp),
    /// It was told everything.
    Nothing,
    /// It was told everything up to here, of which the holder wrote so much that it is worth remembering.
    OnlyOwn(Sequence),
    Something(Box<Due>),
}

/// What is to be delivered.
#[derive(Debug, Clone)]
pub struct Due {
    pub webhook: Webhook,
    pub secret: WebhookSecret,
    pub channel: String,
    /// What the holder calls the channel; may be empty.
    pub label: String,
    /// Absent for a test.
    pub message: Option<Message>,
}

/// All that are at work, or those of one channel.
pub fn at_work(tx: &ReadTx<'_>, only: Option<ChannelRow>) -> Result<Vec<AtWork>, StoreError> {
    const SQL: &str = "select webhook.id, channel_id, account_id, next_at
                         from webhook
                         join channel on channel.id = channel_id
                        where state = 0 and (?1 is null or channel_id = ?1)
                        order by webhook.id";
    let mut statement = tx.prepare(SQL)?;
    let rows = statement.query_map([only.map(|channel| channel.0)], |row| {
        Ok(AtWork {
            id: WebhookId(row.get(0)?),
            channel: ChannelRow(row.get(1)?),
            account: AccountId(row.get(2)?),
            next_try: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a webhook is told next: the first message after the last that it was told of, unless the holder wrote it.
pub fn next(tx: &ReadTx<'_>, channel: ChannelRow, id: WebhookId) -> Result<Found, StoreError> {
    const SQL: &str = "select sequence, author
                         from envelope
                        where channel_id = ?1 and sequence > ?2
                        order by sequence
                        limit ?3";
    let Some(webhook) = find(tx, channel, id)?.filter(|webhook| webhook.state == WebhookState::AtWork) else {
        return Ok(Found::NotAtWork);
    };
    if let Some(next) = webhook.next_try.filter(|next| *next > tx.now()) {
        return Ok(Found::Later(next));
    }
    let Some(access) = channel_access::load(tx, channel)? else { return Ok(Found::Disabled) };
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query((channel.0, webhook.told.0, OWN))?;
    let (mut own, mut last) = (0, webhook.told);
    while let Some(row) = rows.next()? {
        let (sequence, author) = (Sequence(row.get(0)?), author_value(row.get(1)?));
        if !is_holders(author, &access)
            && let Some(message) = messages::find_or_damaged(tx, &access, sequence)?
        {
            return Ok(Found::Something(Box::new(due(tx, &access, webhook, Some(message))?)));
        }
        // The holder's own, or one of which only the envelope is left.
        (own, last) = (own + 1, sequence);
    }
    Ok(if own < OWN { Found::Nothing } else { Found::OnlyOwn(last) })
}

/// How many messages a webhook is still to be told of, counted up to [`MOST_COUNTED`].
pub fn waiting(tx: &ReadTx<'_>, channel: &ChannelAccess, told: Sequence) -> Result<u64, StoreError> {
    const SQL: &str = "select count(*)
                         from (select 1
                                 from envelope
                                where channel_id = ?1 and sequence > ?2 and author not in (?3, ?4)
                                limit ?5)";
    let own = channel.owner_token.map_or(OWNER_SIDE, |token| token.0);
    let values = (channel.row.0, told.0, OWNER_SIDE, own, MOST_COUNTED);
    count_value(tx.prepare(SQL)?.query_row(values, |row| row.get(0))?)
}

/// What is delivered of this message, or for a test without one.
pub fn due(
    tx: &ReadTx<'_>,
    channel: &ChannelAccess,
    webhook: Webhook,
    message: Option<Message>,
) -> Result<Due, StoreError> {
    let label = channels::find(tx, channel.account, &channel.id)?.map(|channel| channel.label);
    Ok(Due {
        secret: secret(tx, channel.row, webhook.id)?,
        webhook,
        channel: channel.id.as_str().to_owned(),
        label: label.unwrap_or_default(),
        message,
    })
}

/// Remembers a try, and what it makes of its webhook; not at all when that is gone.
pub fn note(tx: &WriteTx<'_>, id: WebhookId, delivery: &Delivery, next: Next) -> Result<(), StoreError> {
    const GO_ON: &str = "update webhook
                            set told = max(told, ?2), tries = 0, next_at = null, failing_since = null
                          where id = ?1";
    const AGAIN: &str = "update webhook
                            set tries = tries + 1, next_at = ?2, failing_since = coalesce(failing_since, ?3)
                          where id = ?1";
    const STOP: &str = "update webhook set state = ?2, next_at = null where id = ?1 and state = 0";
    let changed = match next {
        Next::GoOn => tx.prepare(GO_ON)?.execute((id.0, delivery.sequence.0))?,
        Next::Again(at) => tx.prepare(AGAIN)?.execute((id.0, at.as_millis(), delivery.at.as_millis()))?,
        Next::Stop(state) => tx.prepare(STOP)?.execute((id.0, state_column(state)))?,
    };
    if changed > 0 { remember(tx, id, delivery) } else { Ok(()) }
}

/// Remembers a try that changes nothing of its webhook; not at all when that is gone.
pub fn remember_if_there(tx: &WriteTx<'_>, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
    const SQL: &str = "select exists (select 1 from webhook where id = ?1)";
    let is_there: bool = tx.prepare(SQL)?.query_row([id.0], |row| row.get(0))?;
    if is_there { remember(tx, id, delivery) } else { Ok(()) }
}

fn remember(tx: &WriteTx<'_>, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
    const SQL: &str =
        "insert into webhook_delivery (webhook_id, sequence, at, tries, outcome, status, answer)
                       values (?1, ?2, ?3, 1, ?4, ?5, ?6)
                       on conflict (webhook_id, sequence) do update
                          set at = ?3, tries = tries + 1, outcome = ?4, status = ?5, answer = ?6";
    const FORGET: &str = "delete from webhook_delivery
                           where webhook_id = ?1
                             and sequence in (select sequence
                                                from webhook_delivery
                                               where webhook_id = ?1
                                               order by at desc, sequence desc
                                               limit -1 offset ?2)";
    let sequence = delivery.sequence.0;
    let answer = seal_text(tx.keyring().root(), answer_place(id, sequence), &delivery.answer);
    let (at, outcome) = (delivery.at.as_millis(), outcome_column(delivery.outcome));
    tx.prepare(SQL)?.execute((id.0, sequence, at, outcome, delivery.status, answer))?;
    tx.prepare(FORGET)?.execute((id.0, DELIVERIES_KEPT))?;
    Ok(())
}

/// What the holder wrote is nothing to tell the holder of.
fn is_holders(author: Author, channel: &ChannelAccess) -> bool {
    match author {
        Author::OwnerSide => true,
        Author::Token(token) => Some(token) == channel.owner_token,
        Author::Anonymous => false,
    }
}
