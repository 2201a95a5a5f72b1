//! Telling receivers elsewhere of what others write to a channel: webhooks.
//!
//! The messages are the queue. Each webhook remembers how far it was told (`store::outbox`), so writing a message does
//! nothing for it, nothing is lost by a kill, and what waits takes no room. A message is noted as told after it was taken: a
//! kill in between has it told twice, under the same id.

mod telling;
mod turns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, Semaphore};

use crate::config::BaseUrl;
use crate::crypto::random;
use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{self, ANSWER_KEPT, Delivery, Next, Outcome};
use crate::events::Event;
use crate::notify::outbox::turns::{Turn, Turns};
use crate::outbound::Client;
use crate::outbound::call::{Answer, SendError};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::{self, Due, Found};
use crate::store::webhooks;

/// How often all webhooks are looked at, for what happened without word: an account that was enabled again.
const LOOKED_THROUGH: Duration = Duration::from_hours(1);

/// After how long something is tried again that the data did not allow.
const AGAIN: Duration = Duration::from_mins(1);

/// Tests, and deliveries that are sent again, at once.
const BY_HAND: usize = 4;

/// A cheap handle to the outbox.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    client: Client,
    /// The address of the pages, if it is known.
    base: Option<String>,
    /// A std mutex, because no await is ever held under it.
    turns: Mutex<Turns>,
    /// Channels whose webhooks changed.
    changed: Mutex<Vec<ChannelRow>>,
    wake: Notify,
    by_hand: Semaphore,
}

impl Outbox {
    pub fn new(store: Store, client: Client, base: Option<&BaseUrl>) -> Self {
        let base = base.map(|base| format!("{}{}", base.origin(), base.path()));
        let (turns, changed) = (Mutex::default(), Mutex::default());
        let (wake, by_hand) = (Notify::new(), Semaphore::new(BY_HAND));
        Self { shared: Arc::new(Shared { store, client, base, turns, changed, wake, by_hand }) }
    }

    /// Hears of what was committed.
    pub(super) fn hear(&self, event: &Event) {
        let has_work = match event {
            Event::MessageWritten(written) => self.turns().come_to(written.channel, self.now()),
            Event::WebhooksChanged { channel } | Event::ChannelDeleted { channel, .. } => {
                self.changed().push(*channel);
                true
            }
            _ => false,
        };
        if has_work {
            self.shared.wake.notify_one();
        }
    }

    /// Delivers until dropped.
    pub async fn run(self) {
        let mut calls = FuturesUnordered::new();
        let mut next_look = self.look_at(None);
        loop {
            for channel in std::mem::take(&mut *self.changed()) {
                next_look = next_look.min(self.look_at(Some(channel)));
            }
            let now = self.now();
            if next_look <= now {
                next_look = self.look_at(None);
            }
            while let Some(turn) = self.next_turn() {
                calls.push(self.take(turn));
            }
            let next = self.turns().next_time(now).unwrap_or(next_look).min(next_look);
            tokio::select! {
                Some((turn, next)) = calls.next(), if !calls.is_empty() => {
                    let now = self.now();
                    self.turns().end(turn, next, now);
                }
                () = self.shared.wake.notified() => {}
                () = self.shared.store.clock().sleep(next.since(now)) => {}
            }
        }
    }

    /// Looks which webhooks are at work; answers when all are looked at again.
    fn look_at(&self, only: Option<ChannelRow>) -> Timestamp {
        match self.shared.store.read_now(|tx| outbox::at_work(tx, only)) {
            Ok(found) => {
                let now = self.now();
                self.turns().take_in(&found, only, now);
                now.after(LOOKED_THROUGH)
            }
            Err(error) => {
                tracing::error!(%error, "webhooks could not be looked at; it is tried again");
                self.now().after(AGAIN)
            }
        }
    }

    fn next_turn(&self) -> Option<Turn> {
        let now = self.now();
        self.turns().next(now)
    }

    /// One turn; answers when the same webhook has the next.
    async fn take(&self, turn: Turn) -> (Turn, Option<Timestamp>) {
        let next = self.tell_next(turn).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a webhook could not be served; it is tried again");
            Some(self.now().after(AGAIN))
        });
        (turn, next)
    }

    async fn tell_next(&self, turn: Turn) -> Result<Option<Timestamp>, StoreError> {
        let Turn { id, channel, .. } = turn;
        let store = &self.shared.store;
        let due = match store.read(move |tx| outbox::next(tx, channel, id)).await? {
            Found::Something(due) => due,
            Found::Nothing | Found::Disabled => return Ok(None),
            Found::Later(at) => return Ok(Some(at)),
            Found::NotAtWork => {
                self.turns().leave(id);
                return Ok(None);
            }
            Found::OnlyOwn(last) => {
                store.write_without_right(move |tx| webhooks::skip_to(tx, id, last)).await?;
                return Ok(Some(self.now()));
            }
        };
        let (delivery, next) = self.send(&due).await;
        let noted = delivery.clone();
        store.write_without_right(move |tx| outbox::note(tx, id, &noted, next)).await?;
        Ok(match next {
            Next::GoOn => Some(self.now()),
            Next::Again(at) => Some(at),
            Next::Stop(state) => {
                tracing::warn!(?state, "a webhook is told nothing more; its page says why");
                self.turns().leave(id);
                None
            }
        })
    }

    /// Sends what a person wants sent now, and remembers the answer; the webhook's turn stays as it is. `None` when too many
    /// people want something sent.
    pub async fn send_now(&self, due: Due) -> Result<Option<Delivery>, StoreError> {
        let Ok(_place) = self.shared.by_hand.try_acquire() else { return Ok(None) };
        let (mut delivery, next) = self.send(&due).await;
        if next != Next::GoOn {
            // It is not tried again by itself.
            delivery.outcome = Outcome::PassedOver;
        }
        let (id, noted) = (due.webhook.id, delivery.clone());
        let store = &self.shared.store;
        store.write_without_right(move |tx| outbox::remember_if_there(tx, id, &noted)).await?;
        Ok(Some(delivery))
    }

    async fn send(&self, due: &Due) -> (Delivery, Next) {
        let post = telling::post(due, self.shared.base.as_deref(), self.now());
        let answered = self.shared.client.post(post).await;
        let (status, asked) = match &answered {
            Ok(answer) => (Some(answer.status), answer.retry_after),
            Err(_) => (None, None),
        };
        let now = self.now();
        let [dice] = random::bytes();
        let (outcome, next) = webhook::judge(&due.webhook, status, asked, now, dice);
        let delivery = Delivery {
            sequence: due.message.as_ref().map_or(Sequence::NONE, |message| message.sequence),
            at: now,
            tries: due.webhook.tries.saturating_add(1),
            outcome,
            status,
            answer: words(&answered),
        };
        (delivery, next)
    }

    fn now(&self) -> Timestamp {
        self.shared.store.clock().now()
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.shared.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> MutexGuard<'_, Vec<ChannelRow>> {
        self.shared.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The beginning of the answer, or why there is none.
fn words(answered: &Result<Answer, SendError>) -> String {
    match answered {
        Ok(Answer { status: 300..=399, .. }) => "It leads elsewhere, and no redirect is followed.".to_owned(),
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer.body);
            text.chars().filter(|character| !character.is_control()).take(ANSWER_KEPT).collect()
        }
        Err(error) => error.to_string().chars().take(ANSWER_KEPT).collect(),
    }
}
