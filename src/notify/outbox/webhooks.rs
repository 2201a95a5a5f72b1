//! One try of a webhook: what is told, and what that says about message and receiver.

use crate::crypto::random;
use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::domain::webhook::{self, Delivery, Next, Outcome, WebhookState, is_of_message};
use crate::notify::outbox::caller::{Caller, words};
use crate::notify::outbox::webhook_body;
use crate::store::error::StoreError;
use crate::store::outbox::{self, Due, Found, Tried};

impl Caller {
    pub(super) async fn try_webhook(&self, channel: ChannelRow, due: &Due) -> Result<Tried, StoreError> {
        let (delivery, next) = self.send(due).await;
        let is_in_doubt = webhook::is_in_doubt(&due.webhook, delivery.status, next);
        let mut tried = Tried { webhook: due.webhook.clone(), deliveries: vec![delivery], next };
        if is_in_doubt {
            self.resolve(channel, &mut tried).await?;
        }
        Ok(tried)
    }

    /// Finds out whether the message or the receiver is at fault. The messages behind it are told, as long as they are refused
    /// too; when one is taken, those before it are passed over, and none is told after it. Where there is no other message,
    /// the answer decides, so that one message ends no webhook.
    async fn resolve(&self, channel: ChannelRow, tried: &mut Tried) -> Result<(), StoreError> {
        let deliveries = &mut tried.deliveries;
        for _ in 0..webhook::LOOKED_AHEAD {
            let (webhook, last) = (tried.webhook.clone(), deliveries[deliveries.len() - 1].sequence);
            let behind = self.store.read(move |tx| outbox::after(tx, channel, webhook, last)).await?;
            let Found::Something(behind) = behind else { break };
            let (mut delivery, _) = self.send(&behind).await;
            let (is_taken, status) = (delivery.outcome == Outcome::Taken, delivery.status);
            if !is_taken {
                // It has its own turn later, unless one behind it is taken.
                delivery.outcome = Outcome::Failed;
            }
            deliveries.push(delivery);
            if is_taken {
                pass_over(deliveries);
                tried.next = Next::GoOn;
            }
            if is_taken || !webhook::may_be_of_message(status) {
                return Ok(());
            }
        }
        let is_alone = deliveries.len() == 1;
        if is_alone && tried.next == Next::Stop(WebhookState::GaveUp) && is_of_message(deliveries[0].status) {
            pass_over(deliveries);
            tried.next = Next::GoOn;
        }
        Ok(())
    }

    pub(super) async fn send(&self, due: &Due) -> (Delivery, Next) {
        let post = webhook_body::post(due, self.store.keyring(), self.base.as_deref(), self.now());
        let answered = self.client.post(post).await;
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
}

/// Nobody is told any more of what failed.
fn pass_over(deliveries: &mut [Delivery]) {
    for delivery in deliveries.iter_mut().filter(|one| one.outcome == Outcome::Failed) {
        delivery.outcome = Outcome::PassedOver;
    }
}
