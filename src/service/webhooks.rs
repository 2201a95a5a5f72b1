//! Webhooks of a holder's channels: who is told elsewhere of what comes.

use crate::auth::access::Owner;
use crate::crypto::random;
use crate::domain::channel::Channel;
use crate::domain::id::{AccountId, ChannelId, ChannelRow, WebhookId};
use crate::domain::message::Sequence;
use crate::domain::receiver::Watched;
use crate::domain::secret::WebhookSecret;
use crate::domain::webhook::{
    Delivery, MOST_OF_ACCOUNT, MOST_OF_CHANNEL, Webhook, WebhookSettings, WebhookState,
};
use crate::events::Event;
use crate::service::Reading;
use crate::service::channels::{owned, owned_access};
use crate::service::error::Error;
use crate::store::outbox::{self, Due};
use crate::store::tx::{ReadTx, WriteTx};
pub use crate::store::webhooks::Listed;
use crate::store::{Store, channels, messages, webhooks};

/// Making, changing and removing them.
#[derive(Clone)]
pub struct Webhooks {
    store: Store,
}

/// One of them, as its page shows it.
#[derive(Debug)]
pub struct Found {
    pub channel: Channel,
    pub webhook: Webhook,
    /// Messages that it is still to be told of.
    pub waiting: u64,
    /// What became of the last ones, the newest first.
    pub deliveries: Vec<Delivery>,
}

/// What becomes of what a webhook was not told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    Told,
    LeftOut,
}

impl Webhooks {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Those of a channel.
    pub fn list(&self, owner: &Owner, channel: &ChannelId) -> Reading<(Channel, Vec<Listed>)> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| {
            let channel = owned(tx, account, &channel)?;
            let webhooks = webhooks::list(tx, channel.row)?;
            Ok((channel, webhooks))
        })
    }

    /// One of them, with its last deliveries.
    pub fn get(&self, owner: &Owner, channel: &ChannelId, id: WebhookId) -> Reading<Found> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| {
            let access = owned_access(tx, account, &channel)?;
            let webhook = webhooks::find(tx, access.row, id)?.ok_or(Error::WebhookNotFound)?;
            Ok(Found {
                channel: owned(tx, account, &channel)?,
                waiting: outbox::waiting(tx, &access, webhook.told)?,
                deliveries: webhooks::deliveries(tx, id)?,
                webhook,
            })
        })
    }

    /// What the deliveries of one are signed with.
    pub fn secret(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: WebhookId,
    ) -> Reading<(Channel, WebhookSecret)> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store.reading(move |tx| {
            let row = require(tx, account, &channel, id)?;
            Ok((owned(tx, account, &channel)?, webhooks::secret(tx, row, id)?))
        })
    }

    /// Makes one, which is told of all that comes from now on.
    pub async fn make(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        new: WebhookSettings,
    ) -> Result<WebhookId, Error> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let row = owned_access(tx, account, &channel)?.row;
                let (of_channel, of_account) = webhooks::count(tx, row, account)?;
                if of_channel >= MOST_OF_CHANNEL || of_account >= MOST_OF_ACCOUNT {
                    return Err(Error::TooManyWebhooks);
                }
                let head = channels::head(tx, row)?.ok_or(Error::ChannelNotFound)?;
                let secret = WebhookSecret::from_random(&random::bytes());
                let id = webhooks::insert(tx, row, &new, &secret, head)?;
                tx.emit(Event::ReceiversChanged(Watched::Channel(row)));
                Ok(id)
            })
            .await
    }

    /// Changes what is set of one.
    pub async fn amend(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: WebhookId,
        new: WebhookSettings,
    ) -> Result<(), Error> {
        self.change(owner, channel, id, move |tx, row| Ok(webhooks::amend(tx, row, id, &new)?)).await
    }

    /// Stops telling.
    pub async fn pause(&self, owner: &Owner, channel: &ChannelId, id: WebhookId) -> Result<(), Error> {
        let pause = move |tx: &WriteTx<'_>, _| Ok(webhooks::set_state(tx, id, WebhookState::Paused)?);
        self.change(owner, channel, id, pause).await
    }

    /// Goes on telling, at once.
    pub async fn resume(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: WebhookId,
        backlog: Backlog,
    ) -> Result<(), Error> {
        self.change(owner, channel, id, move |tx, row| {
            if backlog == Backlog::LeftOut {
                let head = channels::head(tx, row)?.ok_or(Error::ChannelNotFound)?;
                webhooks::skip_to(tx, id, head)?;
            }
            Ok(webhooks::set_state(tx, id, WebhookState::AtWork)?)
        })
        .await
    }

    /// Tells no more of the message that it fails on, and goes on with the next one at once.
    pub async fn pass_over(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: WebhookId,
        message: Sequence,
    ) -> Result<(), Error> {
        self.change(owner, channel, id, move |tx, row| {
            if !outbox::pass_over(tx, row, id, message)? {
                return Err(Error::MessageNotFound);
            }
            Ok(webhooks::set_state(tx, id, WebhookState::AtWork)?)
        })
        .await
    }

    /// Signs with another secret from now on.
    pub async fn renew_secret(&self, owner: &Owner, channel: &ChannelId, id: WebhookId) -> Result<(), Error> {
        let secret = WebhookSecret::from_random(&random::bytes());
        self.change(owner, channel, id, move |tx, row| Ok(webhooks::set_secret(tx, row, id, &secret)?)).await
    }

    /// Removes one.
    pub async fn delete(&self, owner: &Owner, channel: &ChannelId, id: WebhookId) -> Result<(), Error> {
        self.change(owner, channel, id, move |tx, _| Ok(webhooks::delete(tx, id)?)).await
    }

    /// What is sent for a test, or of a message whose turn is over once more.
    pub async fn due(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: WebhookId,
        sequence: Option<Sequence>,
    ) -> Result<Due, Error> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store
            .read(move |tx| {
                let access = owned_access(tx, account, &channel)?;
                let webhook = webhooks::find(tx, access.row, id)?.ok_or(Error::WebhookNotFound)?;
                let message = match sequence {
                    None => None,
                    Some(sequence) if !webhooks::is_over(tx, id, sequence)? => {
                        return Err(Error::MessageNotFound);
                    }
                    Some(sequence) => {
                        let found = messages::find_or_damaged(tx, &access, sequence)?;
                        Some(found.ok_or(Error::MessageNotFound)?)
                    }
                };
                Ok(outbox::due(tx, &access, webhook, message)?)
            })
            .await
    }

    async fn change(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        id: WebhookId,
        work: impl FnOnce(&WriteTx<'_>, ChannelRow) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let (account, channel) = (owner.account(), channel.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let row = require(tx, account, &channel, id)?;
                work(tx, row)?;
                tx.emit(Event::ReceiversChanged(Watched::Channel(row)));
                Ok(())
            })
            .await
    }
}

/// The channel of a webhook that is the account's.
fn require(
    tx: &ReadTx<'_>,
    account: AccountId,
    channel: &ChannelId,
    id: WebhookId,
) -> Result<ChannelRow, Error> {
    let row = owned_access(tx, account, channel)?.row;
    if webhooks::is_there(tx, row, id)? { Ok(row) } else { Err(Error::WebhookNotFound) }
}
