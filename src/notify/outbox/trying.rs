//! One turn of a webhook: what is told, what that says about message and receiver, and what is noted of it.

use std::time::Duration;

use crate::config::BaseUrl;
use crate::crypto::random;
use crate::domain::message::Sequence;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{self, ANSWER_KEPT, Delivery, Next, Outcome, WebhookState};
use crate::notify::outbox::telling;
use crate::notify::outbox::turns::{After, Ended, Turn};
use crate::outbound::Client;
use crate::outbound::call::{Answer, SendError};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::outbox::{self, Due, Found, Tried};
use crate::store::webhooks;

/// After how long something is tried again that the data did not allow.
pub(super) const AGAIN: Duration = Duration::from_mins(1);

/// A call that takes longer is a slow one.
const SLOW: Duration = Duration::from_secs(2);

/// What there was to do.
enum Step {
    Tried(Box<Tried>),
    Nothing(After),
}

/// Takes turns.
pub(super) struct Caller {
    pub(super) store: Store,
    client: Client,
    /// The address of the pages, if it is known.
    base: Option<String>,
}

impl Caller {
    pub(super) fn new(store: Store, client: Client, base: Option<&BaseUrl>) -> Self {
        let base = base.map(|base| format!("{}{}", base.origin(), base.path()));
        Self { store, client, base }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.store.clock().now()
    }

    /// One turn. What was told and could not be noted is kept, and is all that is done in the next one: a full disk has nobody
    /// told again and again.
    pub(super) async fn take(&self, mut turn: Turn) -> (Turn, Ended) {
        let begun = self.now();
        let (tried, is_quick) = match turn.unnoted.take() {
            Some(tried) => (tried, None),
            None => match self.try_now(&turn).await {
                Ok(Step::Tried(tried)) => {
                    let is_quick = tried.next == Next::GoOn && self.now().since(begun) < SLOW;
                    (tried, Some(is_quick))
                }
                Ok(Step::Nothing(after)) => return (turn, Ended { after, is_quick: None }),
                Err(error) => return (turn, Ended { after: self.later(&error), is_quick: None }),
            },
        };
        let noted = tried.clone();
        let after = match self.store.write_without_right(move |tx| outbox::note(tx, &noted)).await {
            Ok(()) => self.after(tried.next),
            Err(error) => {
                turn.unnoted = Some(tried);
                self.later(&error)
            }
        };
        (turn, Ended { after, is_quick })
    }

    fn after(&self, next: Next) -> After {
        match next {
            Next::GoOn => After::At(self.now()),
            Next::Again(at) => After::At(at),
            Next::Stop(state) => {
                tracing::warn!(?state, "a webhook is told nothing more; its page says why");
                After::Gone
            }
        }
    }

    fn later(&self, error: &StoreError) -> After {
        if !error.is_told() {
            tracing::error!(%error, "a webhook could not be served; it is tried again");
        }
        After::At(self.now().after(AGAIN))
    }

    async fn try_now(&self, turn: &Turn) -> Result<Step, StoreError> {
        let (id, channel, store) = (turn.id, turn.channel, &self.store);
        Ok(match store.read(move |tx| outbox::next(tx, channel, id)).await? {
            Found::Something(due) => Step::Tried(Box::new(self.try_one(turn, &due).await?)),
            Found::Nothing | Found::Disabled => Step::Nothing(After::Message),
            Found::Later(at) => Step::Nothing(After::At(at)),
            Found::NotAtWork => Step::Nothing(After::Gone),
            Found::OnlyOwn(last) => {
                store.write_without_right(move |tx| webhooks::skip_to(tx, id, last)).await?;
                Step::Nothing(After::At(self.now()))
            }
        })
    }

    async fn try_one(&self, turn: &Turn, due: &Due) -> Result<Tried, StoreError> {
        let (delivery, next) = self.send(due).await;
        let mut tried = Tried { webhook: due.webhook.clone(), deliveries: vec![delivery], next };
        if webhook::is_in_doubt(&tried.webhook, next) {
            self.resolve(turn, due, &mut tried).await?;
        }
        Ok(tried)
    }

    /// Finds out whether the message or the receiver is at fault. The next message is told; if it is taken and the first is
    /// refused right after it once more, the first is passed over. Where there is no other message, the answer decides, so
    /// that one message ends no webhook.
    async fn resolve(&self, turn: &Turn, due: &Due, tried: &mut Tried) -> Result<(), StoreError> {
        let (channel, webhook) = (turn.channel, due.webhook.clone());
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
