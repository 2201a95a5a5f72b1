//! Telling receivers elsewhere of what others write to a channel: webhooks.
//!
//! The messages are the queue. Each webhook remembers how far it was told (`store::outbox`), so writing a message does
//! nothing for it, nothing is lost by a kill, and what waits takes no room. A message is noted as told after it was taken: a
//! kill in between has it told twice, under the same id.

mod places;
mod telling;
mod trying;
mod turns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;

use crate::config::BaseUrl;
use crate::domain::id::{AccountId, ChannelRow};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Delivery, Next, Outcome};
use crate::events::Event;
use crate::notify::outbox::places::ByHand;
use crate::notify::outbox::trying::{AGAIN, Caller};
use crate::notify::outbox::turns::{Turn, Turns};
use crate::outbound::Client;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::{self, Due};
use crate::store::tx::WriteTx;

/// How often all webhooks are looked at, for what happened without word: an account that was enabled again.
const LOOKED_THROUGH: Duration = Duration::from_hours(1);

/// Tests, and deliveries that are sent again, at once; and of one account.
const BY_HAND: (usize, usize) = (8, 2);

/// A cheap handle to the outbox.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    caller: Caller,
    /// A std mutex, because no await is ever held under it.
    turns: Mutex<Turns>,
    /// Channels whose webhooks changed.
    changed: Mutex<Vec<ChannelRow>>,
    wake: Notify,
    by_hand: ByHand,
}

impl Outbox {
    pub fn new(store: Store, client: Client, base: Option<&BaseUrl>) -> Self {
        let caller = Caller::new(store, client, base);
        let (turns, changed) = (Mutex::default(), Mutex::default());
        let (wake, by_hand) = (Notify::new(), ByHand::new(BY_HAND.0, BY_HAND.1));
        Self { shared: Arc::new(Shared { caller, turns, changed, wake, by_hand }) }
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
                calls.push(self.shared.caller.take(turn));
            }
            let next = self.turns().next_time(now).unwrap_or(next_look).min(next_look);
            tokio::select! {
                Some((turn, ended)) = calls.next(), if !calls.is_empty() => {
                    let now = self.now();
                    self.turns().end(turn, ended, now);
                }
                () = self.shared.wake.notified() => {}
                () = self.store().clock().sleep(next.since(now)) => {}
            }
        }
    }

    /// Looks which webhooks are at work; answers when all are looked at again.
    fn look_at(&self, only: Option<ChannelRow>) -> Timestamp {
        match self.store().read_now(|tx| outbox::at_work(tx, only)) {
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

    /// Sends what a person wants sent now, and remembers the answer; the webhook's turn stays as it is. `None` when too many
    /// people want something sent, or this one too much.
    pub async fn send_now(&self, account: AccountId, due: Due) -> Result<Option<Delivery>, StoreError> {
        let Some(_place) = self.shared.by_hand.place(account) else { return Ok(None) };
        let (mut delivery, next) = self.shared.caller.send(&due).await;
        if next != Next::GoOn {
            // It is not tried again by itself.
            delivery.outcome = Outcome::PassedOver;
        }
        let (id, noted) = (due.webhook.id, delivery.clone());
        let remember = move |tx: &WriteTx<'_>| outbox::remember_if_there(tx, id, &noted);
        self.store().write_without_right(remember).await?;
        Ok(Some(delivery))
    }

    fn store(&self) -> &Store {
        &self.shared.caller.store
    }

    fn now(&self) -> Timestamp {
        self.store().clock().now()
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.shared.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> MutexGuard<'_, Vec<ChannelRow>> {
        self.shared.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
