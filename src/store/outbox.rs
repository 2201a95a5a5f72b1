//! What webhooks have to be told next, and how far they were told. The messages themselves are the queue.

use crate::domain::id::{ChannelRow, WebhookId};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::domain::secret::WebhookSecret;
use crate::domain::webhook::{DELIVERIES_KEPT, Delivery, Next, Outcome, Webhook, WebhookState};
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::columns::{OWNER_SIDE, author_value, counted, seal_text, value};
use crate::store::error::{StoreError, readable};
use crate::store::receivers::AtWorkSql;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::webhooks::{answer_place, find, outcome_column, secret, skip_to, state_column};
use crate::store::{channels, messages, receivers};

/// Messages that are passed over at once because the holder wrote them.
const OWN: u32 = 256;

/// As many that wait are counted.
pub const MOST_COUNTED: u32 = 20_000;

/// What a webhook is told next, or up to where the holder wrote so much that it is worth remembering.
pub type Found = receivers::Found<Box<Due>, Sequence>;

/// What is to be delivered.
#[derive(Debug, Clone)]
pub struct Due {
    pub webhook: Webhook,
    pub secret: WebhookSecret,
    pub channel: String,
    /// What the holder calls the channel; may be empty.
    pub label: String,
    /// Whether everybody who knows the channel's id gets in.
    pub is_open: bool,
    /// Absent for a test.
    pub message: Option<Message>,
}

/// What a turn of a webhook came to.
#[derive(Debug, Clone)]
pub struct Tried {
    /// As it was before.
    pub webhook: Webhook,
    pub deliveries: Vec<Delivery>,
    pub next: Next,
}

macro_rules! select_at_work {
    ($which:literal) => {
        concat!(
            "select webhook.id, channel_id, account_id, next_at
               from webhook
               join channel on channel.id = channel_id
              where ",
            $which
        )
    };
}

/// All that are at work, or those of one channel.
pub fn at_work(tx: &ReadTx<'_>, only: Option<ChannelRow>) -> Result<Vec<AtWork>, StoreError> {
    const ALL: &str = select_at_work!("state = 0");
    const OF_CHANNEL: &str = select_at_work!("state = 0 and channel_id = ?1");
    let sql = AtWorkSql { all: ALL, of_one: OF_CHANNEL };
    let receiver = |id| Receiver::Webhook(WebhookId(id));
    receivers::at_work(tx, &sql, only.map(|one| one.0), receiver, |id| Watched::Channel(ChannelRow(id)))
}

/// What a webhook is told next: the first message after the last that it was told of, unless the holder wrote it.
pub fn next(tx: &ReadTx<'_>, channel: ChannelRow, id: WebhookId) -> Result<Found, StoreError> {
    let found = readable(find(tx, channel, id))?.flatten();
    let Some(webhook) = found.filter(|webhook| webhook.state == WebhookState::AtWork) else {
        return Ok(Found::Nothing(After::Gone));
    };
    if let Some(next) = webhook.next_try.filter(|next| *next > tx.now()) {
        return Ok(Found::Nothing(After::At(next)));
    }
    let told = webhook.told;
    receivers::if_readable(after(tx, channel, webhook, told))
}

/// Its next message has its turn, and is tried no more. `false` when that is another one by now.
pub fn pass_over(
    tx: &WriteTx<'_>,
    channel: ChannelRow,
    id: WebhookId,
    it: Sequence,
) -> Result<bool, StoreError> {
    const SQL: &str = "update webhook_delivery set outcome = ?3 where webhook_id = ?1 and sequence = ?2";
    let Some(webhook) = find(tx, channel, id)? else { return Ok(false) };
    let told = webhook.told;
    match after(tx, channel, webhook, told)? {
        // A failure may be of one that was deleted meanwhile.
        Found::Something(due)
            if told < it && due.message.as_ref().is_some_and(|message| it <= message.sequence) =>
        {
            tx.change(SQL, (id, it, outcome_column(Outcome::PassedOver)))?;
            skip_to(tx, id, it)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// What it would be told of after this message.
pub fn after(
    tx: &ReadTx<'_>,
    channel: ChannelRow,
    webhook: Webhook,
    last: Sequence,
) -> Result<Found, StoreError> {
    const SQL: &str = "select sequence, author
                         from envelope
                        where channel_id = ?1 and sequence > ?2
                        order by sequence
                        limit ?3";
    // Absent where the account is disabled.
    let Some(access) = channel_access::load(tx, channel)? else { return Ok(Found::Nothing(After::Message)) };
    let mut statement = tx.prepare(SQL)?;
    let mut rows = statement.query((channel, last, OWN))?;
    let (mut own, mut last) = (0, last);
    while let Some(row) = rows.next()? {
        let (sequence, author) = (row.get(0)?, author_value(row.get(1)?));
        if !is_holders(author, &access)
            && let Some(message) = messages::find_or_damaged(tx, &access, sequence)?
        {
            return Ok(Found::Something(Box::new(due(tx, &access, webhook, Some(message))?)));
        }
        // The holder's own, or one of which only the envelope is left.
        (own, last) = (own + 1, sequence);
    }
    Ok(if own < OWN { Found::Nothing(After::Message) } else { Found::Over(last) })
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
    tx.one(SQL, values, counted)
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
        is_open: channel.public.read || channel.public.write,
        message,
    })
}

/// Remembers tries, and what they make of their webhook. Failures of one that its holder changed meanwhile change nothing.
pub fn note(tx: &WriteTx<'_>, tried: &Tried) -> Result<(), StoreError> {
    const GO_ON: &str = "update webhook
                            set told = max(told, ?2), tries = 0, next_at = null,
                                failing_since = iif(?3, null, coalesce(failing_since, ?4))
                          where id = ?1";
    const AGAIN: &str = "update webhook
                            set tries = tries + 1, next_at = ?2, failing_since = coalesce(failing_since, ?3)
                          where id = ?1";
    const STOP: &str = "update webhook set state = ?2, next_at = null where id = ?1";
    let Tried { webhook, deliveries, next } = tried;
    let id = webhook.id;
    let mut over = deliveries.iter().filter(|one| one.outcome != Outcome::Failed);
    let told = over.clone().map(|one| one.sequence.0).max().unwrap_or_default();
    let is_taken = over.any(|one| one.outcome == Outcome::Taken);
    // What was taken was told, whatever the holder did meanwhile.
    if is_taken || is_unchanged(tx, webhook)? {
        let at = deliveries.last().map(|one| one.at);
        match next {
            Next::GoOn => tx.change(GO_ON, (id, told, is_taken, at))?,
            Next::Again(again) => tx.change(AGAIN, (id, again, at))?,
            Next::Stop(state) => tx.change(STOP, (id, state_column(*state)))?,
        };
    }
    deliveries.iter().try_for_each(|delivery| remember_if_there(tx, id, delivery))
}

/// Whether a webhook is at work and as it was when it was read: not saved, started again or paused.
fn is_unchanged(tx: &ReadTx<'_>, webhook: &Webhook) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1
                                        from webhook
                                       where id = ?1 and state = 0 and address = ?2 and tries = ?3
                                         and failing_since is ?4)";
    let since = webhook.failing_since;
    let values = (webhook.id.0, &webhook.version, webhook.tries, since);
    tx.one(SQL, values, value)
}

/// Remembers a try that changes nothing of its webhook; not at all when that is gone.
pub fn remember_if_there(tx: &WriteTx<'_>, id: WebhookId, delivery: &Delivery) -> Result<(), StoreError> {
    const SQL: &str = "select exists (select 1 from webhook where id = ?1)";
    let is_there: bool = tx.one(SQL, [id], value)?;
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
    let (at, outcome) = (delivery.at, outcome_column(delivery.outcome));
    tx.change(SQL, (id, sequence, at, outcome, delivery.status, answer))?;
    tx.change(FORGET, (id, DELIVERIES_KEPT))?;
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
