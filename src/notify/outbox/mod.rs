//! Telling receivers elsewhere of what others write: webhooks, browsers, phones and mailboxes.
//!
//! The messages are the queue. Each receiver remembers how far it was told (`store::outbox`), so writing a message does
//! nothing for it, nothing is lost by a kill, and what waits takes no room. A message is noted as told after it was taken: a
//! kill in between has it told twice, under the same id.

mod browsers;
mod caller;
pub mod fcm;
mod mailboxes;
mod noting;
mod phones;
mod places;
mod trying;
mod turns;
mod webhook_body;
mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;

use crate::config::BaseUrl;
use crate::domain::id::AccountId;
use crate::domain::mail_address::MailAddress;
use crate::domain::mailbox::Mailbox;
use crate::domain::receiver::{AtWork, Watched};
use crate::domain::subscription::Verdict;
use crate::domain::telling::Telling;
use crate::domain::time::Timestamp;
use crate::domain::web_address::WebAddress;
use crate::domain::webhook::{Delivery, Next, Outcome};
use crate::events::Event;
use crate::notify::outbox::caller::Caller;
use crate::notify::outbox::fcm::Fcm;
use crate::notify::outbox::places::ByHand;
use crate::notify::outbox::trying::AGAIN;
use crate::notify::outbox::turns::{Turn, Turns};
use crate::observe::deliveries::Deliveries;
use crate::outbound::Client;
use crate::outbound::call::SendError;
use crate::outbound::mail::Relay;
use crate::store::error::StoreError;
use crate::store::outbox::{self, Due};
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{Store, mailings, notices, phones as devices, subscriptions};

/// How often all receivers are looked at, for what happened without word: an account that was enabled again.
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
    /// Where receivers changed.
    changed: Mutex<Vec<Watched>>,
    wake: Notify,
    by_hand: ByHand,
}

impl Outbox {
    pub fn new(
        store: Store,
        client: Client,
        fcm: Option<Fcm>,
        relay: Option<Relay>,
        base: Option<&BaseUrl>,
    ) -> Self {
        let caller = Caller::new(store, client, fcm, relay, base);
        let (turns, changed) = (Mutex::default(), Mutex::default());
        let (wake, by_hand) = (Notify::new(), ByHand::new(BY_HAND.0, BY_HAND.1));
        Self { shared: Arc::new(Shared { caller, turns, changed, wake, by_hand }) }
    }

    /// Hears of what was committed.
    pub(super) fn hear(&self, event: &Event) {
        let has_work = match event {
            Event::MessageWritten(written) => {
                let (now, mut turns) = (self.now(), self.turns());
                let of_channel = turns.come_to(Watched::Channel(written.channel), now);
                turns.come_to(Watched::Account(written.account), now) || of_channel
            }
            Event::ReceiversChanged(watched) => self.note_change(*watched),
            Event::ChannelDeleted { channel, .. } => self.note_change(Watched::Channel(*channel)),
            _ => false,
        };
        if has_work {
            self.shared.wake.notify_one();
        }
    }

    fn note_change(&self, watched: Watched) -> bool {
        self.changed().push(watched);
        true
    }

    /// Delivers until dropped.
    pub async fn run(self) {
        let mut calls = FuturesUnordered::new();
        let mut next_look = self.look_at(None);
        loop {
            for watched in std::mem::take(&mut *self.changed()) {
                next_look = next_look.min(self.look_at(Some(watched)));
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
                // Not for so long from now on: time may have moved since it was looked.
                () = self.store().clock().sleep_until(next) => {}
            }
        }
    }

    /// Looks which receivers are at work; answers when all are looked at again.
    fn look_at(&self, only: Option<Watched>) -> Timestamp {
        match self.store().read_now(|tx| self.at_work(tx, only)) {
            Ok(found) => {
                let now = self.now();
                self.turns().take_in(&found, only, now);
                now.after(LOOKED_THROUGH)
            }
            Err(error) => {
                tracing::error!(%error, "receivers could not be looked at; it is tried again");
                self.now().after(AGAIN)
            }
        }
    }

    fn at_work(&self, tx: &ReadTx<'_>, only: Option<Watched>) -> Result<Vec<AtWork>, StoreError> {
        let (channel, account) = match only {
            None => (None, None),
            Some(Watched::Channel(channel)) => (Some(channel), None),
            Some(Watched::Account(account)) => (None, Some(account)),
        };
        let mut found = Vec::new();
        if account.is_none() {
            found.extend(outbox::at_work(tx, channel)?);
            if self.shared.caller.tells_phones() {
                found.extend(devices::at_work(tx, channel)?);
            }
        }
        if channel.is_none() {
            found.extend(notices::at_work(tx, account)?);
            if self.sends_mail() {
                found.extend(mailings::at_work(tx, account)?);
            }
        }
        Ok(found)
    }

    fn next_turn(&self) -> Option<Turn> {
        let now = self.now();
        self.turns().next(now)
    }

    /// Sends a webhook what a person wants sent now, and remembers the answer; its turn stays as it is. `None` when too many
    /// people want something sent, or this one too much.
    pub async fn send_now(&self, account: AccountId, due: Due) -> Option<Delivery> {
        let _place = self.shared.by_hand.place(account)?;
        let (mut delivery, next) = self.shared.caller.send(&due).await;
        if next != Next::GoOn {
            // It is not tried again by itself.
            delivery.outcome = Outcome::PassedOver;
        }
        let (id, noted) = (due.webhook.id, delivery.clone());
        self.note_sent(move |tx| outbox::remember_if_there(tx, id, &noted)).await;
        Some(delivery)
    }

    /// The same for a browser. One that is gone is forgotten, as in its turn.
    pub async fn test_browser(&self, due: notices::Due) -> Result<Option<notices::Tried>, StoreError> {
        let Some(_place) = self.shared.by_hand.place(due.account) else { return Ok(None) };
        let mut tried = self.shared.caller.tell_browser(&due).await?;
        if tried.telling.outcome == Outcome::Failed {
            tried.telling.outcome = Outcome::PassedOver;
        }
        let (id, noted) = (tried.id, tried.telling.clone());
        if tried.verdict == Verdict::Gone {
            self.note_sent(move |tx| subscriptions::delete(tx, id)).await;
        } else {
            self.note_sent(move |tx| subscriptions::remember(tx, id, &noted)).await;
        }
        Ok(Some(tried))
    }

    /// Refuses an address that is never called, as far as it says so itself.
    pub fn may_call(&self, to: &WebAddress) -> Result<(), SendError> {
        self.shared.caller.client.may_call(to)
    }

    /// What became of what was told.
    pub fn deliveries(&self) -> &Deliveries {
        &self.shared.caller.deliveries
    }

    /// Whether e-mail is sent at all.
    pub fn sends_mail(&self) -> bool {
        self.shared.caller.relay.is_some()
    }

    /// Sends the link that shows whose an address is; why not, where the relay did not take it. `None` when too many people
    /// want something sent.
    pub async fn ask_for_confirmation(
        &self,
        account: AccountId,
        to: &MailAddress,
        shown: &str,
    ) -> Option<Result<(), String>> {
        let _place = self.shared.by_hand.place(account)?;
        Some(self.shared.caller.ask_for_confirmation(to, shown).await)
    }

    /// Sends a test to a person's own address; why not, where the relay did not take it. `None` as above.
    pub async fn test_mailbox(&self, account: AccountId, mailbox: Mailbox) -> Option<Result<(), String>> {
        let _place = self.shared.by_hand.place(account)?;
        let sent = self.shared.caller.send_test(&mailbox.address).await;
        let outcome = if sent.is_ok() { Outcome::Taken } else { Outcome::PassedOver };
        let answer = sent.as_ref().err().cloned().unwrap_or_default();
        let telling = Telling { at: self.now(), messages: 0, outcome, status: None, answer };
        self.note_sent(move |tx| mailings::remember_test(tx, &mailbox, &telling)).await;
        Some(sent)
    }

    /// Remembers what was sent by hand. Where that fails it is sent all the same, and nobody shall send it again for it.
    async fn note_sent(&self, remember: impl Fn(&WriteTx<'_>) -> Result<(), StoreError> + Send + 'static) {
        match self.store().write_without_right(remember).await {
            Err(error) if !error.is_told() => tracing::error!(%error, "what was sent by hand was not noted"),
            Ok(()) | Err(_) => {}
        }
    }

    /// Sends the link with which whoever forgot the password chooses a new one; why not, where the relay did not take it.
    pub async fn send_reset(&self, to: &MailAddress, code: &str) -> Result<(), String> {
        self.shared.caller.send_reset(to, code).await
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

    fn changed(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.shared.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
