//! One try of a webhook: what is told, and what that says about message and receiver.

use crate::crypto::random;
use crate::domain::id::ChannelRow;
use crate::domain::message::Sequence;
use crate::domain::webhook::{self, Delivery, Next, Outcome, WebhookState};
use crate::notify::outbox::caller::{Caller, words};
use crate::notify::outbox::telling;
use crate::store::error::StoreError;
use crate::store::outbox::{self, Due, Found, Tried};

impl Caller {
    pub(super) async fn try_webhook(&self, channel: ChannelRow, due: &Due) -> Result<Tried, StoreError> {
        let (delivery, next) = self.send(due).await;
        let mut tried = Tried { webhook: due.webhook.clone(), deliveries: vec![delivery], next };
        if webhook::is_in_doubt(&tried.webhook, next) {
            self.resolve(channel, due, &mut tried).await?;
        }
        Ok(tried)
    }

    /// Finds out whether the message or the receiver is at fault. The next message is told; if it is taken and the first is
    /// refused right after it once more, the first is passed over. Where there is no other message, the answer decides, so
    /// that one message ends no webhook.
    async fn resolve(&self, channel: ChannelRow, due: &Due, tried: &mut Tried) -> Result<(), StoreError> {
        let webhook = due.webhook.clone();
        let first = tried.deliveries[0].sequence;
        match self.store.read(move |tx| outbox::after(tx, channel, webhook, first)).await? {
            Found::Something(second) => {
                let (delivery, _) = self.send(&second).await;
                let is_taken = delivery.outcome == Outcome::Taken;
                tried.deliveries.push(delivery);
                if is_taken {
                    let (mut once_more, _) = self.send(due).await;
                    if once_more.outcome == Outcome::Failed {
                        once_more.outcome = Outcome::PassedOver;
                    }
                    tried.deliveries.push(once_more);
                    tried.next = Next::GoOn;
                }
            }
            _ if tried.next == Next::Stop(WebhookState::GaveUp)
                && webhook::may_be_of_message(tried.deliveries[0].status) =>
            {
                tried.deliveries[0].outcome = Outcome::PassedOver;
                tried.next = Next::GoOn;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn send(&self, due: &Due) -> (Delivery, Next) {
        let post = telling::post(due, self.store.keyring(), self.base.as_deref(), self.now());
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
