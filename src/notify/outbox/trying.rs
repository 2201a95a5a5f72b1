//! One turn: what is told to whom, and what is noted of it.

use std::time::Duration;

use crate::domain::id::{ChannelRow, RegistrationId, SubscriptionId, WebhookId};
use crate::domain::receiver::{Receiver, Watched};
use crate::notify::outbox::caller::Caller;
use crate::notify::outbox::noting::{After, Ended, Tried};
use crate::notify::outbox::turns::Turn;
use crate::store::error::StoreError;
use crate::store::{notices, outbox, phones, webhooks};

/// After how long something is tried again that the data did not allow.
pub(super) const AGAIN: Duration = Duration::from_mins(1);

/// A call that takes longer is a slow one.
const SLOW: Duration = Duration::from_secs(2);

/// What there was to do.
enum Step {
    Tried(Box<Tried>),
    Nothing(After),
}

impl Step {
    fn tried(tried: Tried) -> Self {
        Self::Tried(Box::new(tried))
    }
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
            (Receiver::Webhook(id), Watched::Channel(channel)) => self.webhook(id, channel).await,
            (Receiver::Browser(id), _) => self.browser(id).await,
            (Receiver::Phone(id), _) => self.phone(id).await,
            (Receiver::Webhook(_), Watched::Account(_)) => Ok(Step::Nothing(After::Gone)),
        }
    }

    async fn webhook(&self, id: WebhookId, channel: ChannelRow) -> Result<Step, StoreError> {
        use outbox::Found;
        let store = &self.store;
        Ok(match store.read(move |tx| outbox::next(tx, channel, id)).await? {
            Found::Something(due) => Step::tried(Tried::Webhook(self.try_webhook(channel, &due).await?)),
            Found::Nothing | Found::Disabled => Step::Nothing(After::Message),
            Found::Later(at) => Step::Nothing(After::At(at)),
            Found::NotAtWork => Step::Nothing(After::Gone),
            Found::OnlyOwn(last) => {
                store.write_without_right(move |tx| webhooks::skip_to(tx, id, last)).await?;
                Step::Nothing(After::At(self.now()))
            }
        })
    }

    async fn browser(&self, id: SubscriptionId) -> Result<Step, StoreError> {
        use notices::Found;
        let store = &self.store;
        Ok(match store.read(move |tx| notices::next(tx, id)).await? {
            Found::Something(due) => Step::tried(Tried::Browser(self.tell_browser(&due).await?)),
            Found::Nothing | Found::Disabled => Step::Nothing(After::Message),
            Found::Later(at) => Step::Nothing(After::At(at)),
            Found::NotAtWork => Step::Nothing(After::Gone),
            Found::Over(told) => {
                store.write_without_right(move |tx| notices::tell(tx, id, &told)).await?;
                Step::Nothing(After::Message)
            }
        })
    }

    async fn phone(&self, id: RegistrationId) -> Result<Step, StoreError> {
        use phones::Found;
        let (store, Some(fcm)) = (&self.store, &self.fcm) else { return Ok(Step::Nothing(After::Gone)) };
        Ok(match store.read(move |tx| phones::next(tx, id)).await? {
            Found::Something(due) => Step::tried(Tried::Phone(self.tell_phone(fcm, due).await)),
            Found::Nothing | Found::Disabled => Step::Nothing(After::Message),
            Found::Later(at) => Step::Nothing(After::At(at)),
            Found::NotAtWork => Step::Nothing(After::Gone),
            Found::OnlyOwn(last) => {
                store.write_without_right(move |tx| phones::tell(tx, id, last)).await?;
                Step::Nothing(After::Message)
            }
        })
    }
}
