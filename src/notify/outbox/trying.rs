//! One turn: what is told to whom, and what is noted of it.

use std::time::Duration;

use crate::domain::receiver::{After, Receiver, Watched};
use crate::notify::outbox::caller::Caller;
use crate::notify::outbox::noting::{Ended, Tried};
use crate::notify::outbox::turns::Turn;
use crate::store::error::StoreError;
use crate::store::receivers::Found;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{mailings, notices, outbox, phones, webhooks};

/// After how long something is tried again that the data did not allow.
pub(super) const AGAIN: Duration = Duration::from_mins(1);

/// A call that takes longer is a slow one.
const SLOW: Duration = Duration::from_secs(2);

/// What there was to do.
enum Step {
    Tried(Box<Tried>),
    Nothing(After),
}

impl Caller {
    /// One turn. What was told and could not be noted is kept, and is all that is done in the next one: a full disk has nobody
    /// told again and again.
    pub(super) async fn take(&self, mut turn: Turn) -> (Turn, Ended) {
        let begun = self.now();
        let (tried, is_quick) = match turn.unnoted.take() {
            Some(tried) => (tried, None),
            None => match self.try_now(&turn).await {
                Ok(Step::Tried(tried)) => {
                    tried.count(&self.deliveries);
                    let is_quick = tried.is_over() && self.now().since(begun) < SLOW;
                    (tried, Some(is_quick))
                }
                Ok(Step::Nothing(after)) => return (turn, Ended { after, is_quick: None }),
                Err(error) => return (turn, Ended { after: self.later(&error), is_quick: None }),
            },
        };
        let noted = tried.clone();
        let after = match self.store.write_without_right(move |tx| noted.note(tx)).await {
            Ok(()) => tried.after(self.now()),
            Err(error) => {
                turn.unnoted = Some(tried);
                self.later(&error)
            }
        };
        (turn, Ended { after, is_quick })
    }

    fn later(&self, error: &StoreError) -> After {
        if !error.is_told() {
            tracing::error!(%error, "a receiver could not be served; it is tried again");
        }
        After::At(self.now().after(AGAIN))
    }

    async fn try_now(&self, turn: &Turn) -> Result<Step, StoreError> {
        match (turn.receiver, turn.watched) {
            (Receiver::Webhook(id), Watched::Channel(channel)) => {
                self.step(
                    move |tx| outbox::next(tx, channel, id),
                    move |tx, told| webhooks::skip_to(tx, id, told),
                    async |due| Ok(Tried::Webhook(self.try_webhook(channel, &due).await?)),
                )
                .await
            }
            (Receiver::Browser(id), _) => {
                self.step(
                    move |tx| notices::next(tx, id),
                    move |tx, told| notices::tell(tx, id, &told),
                    async |due| Ok(Tried::Browser(self.tell_browser(&due).await?)),
                )
                .await
            }
            (Receiver::Phone(id), _) => {
                let Some(fcm) = &self.fcm else { return Ok(Step::Nothing(After::Gone)) };
                self.step(
                    move |tx| phones::next(tx, id),
                    move |tx, told| phones::tell(tx, id, told),
                    async |due| Ok(Tried::Phone(self.tell_phone(fcm, due).await)),
                )
                .await
            }
            (Receiver::Mailbox(user), _) => {
                let Some(relay) = &self.relay else { return Ok(Step::Nothing(After::Gone)) };
                self.step(
                    move |tx| mailings::next(tx, user),
                    move |tx, told| mailings::tell(tx, user, &told),
                    async |due| Ok(Tried::Mailbox(self.tell_mailbox(relay, due).await)),
                )
                .await
            }
            (Receiver::Webhook(_), Watched::Account(_)) => Ok(Step::Nothing(After::Gone)),
        }
    }

    /// Looks what there is to tell, and tells it. What is nothing to tell is noted, and then it is looked again.
    async fn step<Due: Send + 'static, Told: Send + 'static>(
        &self,
        next: impl FnOnce(&ReadTx<'_>) -> Result<Found<Due, Told>, StoreError> + Send + 'static,
        pass_over: impl FnOnce(&WriteTx<'_>, Told) -> Result<(), StoreError> + Send + 'static,
        tell: impl AsyncFnOnce(Due) -> Result<Tried, StoreError>,
    ) -> Result<Step, StoreError> {
        Ok(match self.store.read(next).await? {
            Found::Something(due) => Step::Tried(Box::new(tell(due).await?)),
            Found::Nothing(after) => Step::Nothing(after),
            Found::Over(told) => {
                self.store.write_without_right(move |tx| pass_over(tx, told)).await?;
                Step::Nothing(After::At(self.now()))
            }
        })
    }
}
