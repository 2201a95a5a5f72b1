//! What people are told of, and in which of their browsers.

use crate::auth::access::Owner;
use crate::auth::session::Session;
use crate::crypto::jwt::VapidKey;
use crate::domain::channel::Channel;
use crate::domain::id::{ChannelId, ChannelRow, SubscriptionId};
use crate::domain::receiver::Watched;
use crate::domain::subscription::{Endpoint, Level, MOST_OF_USER, NotificationSettings, Subscription};
use crate::domain::telling::Telling;
use crate::domain::web_address::WebAddress;
use crate::events::Event;
use crate::service::Reading;
use crate::service::channels::owned_access;
use crate::service::error::Error;
use crate::store::error::{StoreError, readable};
use crate::store::notices::{self, Due, Notice};
use crate::store::tx::WriteTx;
use crate::store::{Store, channels, notification_settings, signals, subscriptions};

/// Subscribing browsers, and what is set of notifications.
#[derive(Clone)]
pub struct Notifications {
    store: Store,
}

/// All that a person sees of them.
#[derive(Debug)]
pub struct Overview {
    pub settings: NotificationSettings,
    /// Each with what became of the last notifications, the newest first.
    pub browsers: Vec<(Subscription, Vec<Telling>)>,
    /// All channels of the account, with what is set of one alone.
    pub channels: Vec<(Channel, Option<Level>)>,
}

impl Notifications {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The public half of the key that browsers subscribe with. It is made when it is first asked for.
    pub async fn key(&self) -> Result<String, Error> {
        // One that is damaged is of no use to anybody: browsers subscribe anew when they see another.
        let kept = match readable(self.store.read(subscriptions::key).await)?.flatten() {
            Some(kept) => kept,
            None => {
                let new = VapidKey::random();
                let keep = move |tx: &WriteTx<'_>| {
                    subscriptions::keep_key(tx, &new)?;
                    subscriptions::key(tx)
                };
                let kept = self.store.write_without_right(keep).await?;
                kept.ok_or(StoreError::Malformed("the key of push services"))?
            }
        };
        let key = VapidKey::read(&kept).map_err(|_| StoreError::Malformed("the key of push services"))?;
        Ok(key.public())
    }

    /// What is set, and which browsers are told.
    pub fn overview(&self, owner: &Owner) -> Reading<Overview> {
        let (account, user) = (owner.account(), owner.user());
        self.store.reading(move |tx| {
            let mut browsers = Vec::new();
            for subscription in subscriptions::list(tx, user)? {
                let deliveries = subscriptions::tellings(tx, subscription.id)?;
                browsers.push((subscription, deliveries));
            }
            let levels = notification_settings::channels(tx, user)?;
            let level = |channel: &Channel| {
                levels.iter().find(|(row, _)| *row == channel.row).map(|(_, level)| *level)
            };
            let channels = channels::list(tx, account)?;
            let channels = channels.into_iter().map(|channel| (level(&channel), channel));
            Ok(Overview {
                settings: notification_settings::load(tx, user)?,
                browsers,
                channels: channels.map(|(level, channel)| (channel, level)).collect(),
            })
        })
    }

    /// Tells this browser of what comes from now on, until it signs out. `before` is the address that it had, where that is
    /// another one now: a browser that somebody else subscribed stays theirs.
    pub async fn subscribe(
        &self,
        session: &Session,
        endpoint: Endpoint,
        before: Option<WebAddress>,
        label: String,
    ) -> Result<(), Error> {
        let (owner, id) = (session.owner().clone(), session.id());
        let (account, user) = (owner.account(), owner.user());
        self.store
            .write(owner, move |tx, _owner| {
                if let Some(before) = before {
                    // Whoever is signed in there now did not ask for it.
                    if subscriptions::is_of_another(tx, user, &before)? {
                        return Ok(());
                    }
                    subscriptions::move_to(tx, user, &before, &endpoint.address)?;
                }
                subscriptions::keep(tx, account, user, id, &endpoint, &label)?;
                if subscriptions::count(tx, user)? > MOST_OF_USER {
                    return Err(Error::TooManyBrowsers { most: MOST_OF_USER });
                }
                tx.emit(Event::ReceiversChanged(Watched::Account(account)));
                Ok(())
            })
            .await
    }

    /// Tells the browser nothing more that has this address at its push service.
    pub async fn remove_at(&self, owner: &Owner, address: WebAddress) -> Result<(), Error> {
        let (account, user) = (owner.account(), owner.user());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                subscriptions::delete_at(tx, user, &address)?;
                tx.emit(Event::ReceiversChanged(Watched::Account(account)));
                Ok(())
            })
            .await
    }

    /// Tells a browser nothing more.
    pub async fn remove(&self, owner: &Owner, id: SubscriptionId) -> Result<(), Error> {
        let (account, user) = (owner.account(), owner.user());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                if !subscriptions::is_of(tx, id, user)? {
                    return Err(Error::BrowserNotFound);
                }
                subscriptions::delete(tx, id)?;
                tx.emit(Event::ReceiversChanged(Watched::Account(account)));
                Ok(())
            })
            .await
    }

    /// What is sent to a browser for a test.
    pub async fn test(&self, owner: &Owner, id: SubscriptionId) -> Result<Due, Error> {
        let (account, user) = (owner.account(), owner.user());
        self.store
            .read(move |tx| {
                if !subscriptions::is_of(tx, id, user)? {
                    return Err(Error::BrowserNotFound);
                }
                let subscription = subscriptions::find(tx, id)?.ok_or(Error::BrowserNotFound)?;
                let due = notices::due(tx, account, subscription, Notice::Test, Vec::new())?;
                due.ok_or(Error::BrowserNotFound)
            })
            .await
    }

    /// Whether the person wants to hear now of what came in one of these channels, of which each says whether something was
    /// unread there before.
    pub async fn are_wanted(&self, owner: &Owner, came: Vec<(ChannelRow, bool)>) -> Result<bool, Error> {
        let user = owner.user();
        self.store.read(move |tx| Ok(signals::are_wanted(tx, user, &came)?)).await
    }

    /// Sets what holds for all channels.
    pub async fn save(&self, owner: &Owner, settings: NotificationSettings) -> Result<(), Error> {
        let (account, user) = (owner.account(), owner.user());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                notification_settings::save(tx, user, settings)?;
                // Hours may be quiet no more.
                tx.emit(Event::ReceiversChanged(Watched::Account(account)));
                Ok(())
            })
            .await
    }

    /// Sets what holds for one channel, or has it be like all others.
    pub async fn set_level(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        level: Option<Level>,
    ) -> Result<(), Error> {
        let (account, user, channel) = (owner.account(), owner.user(), channel.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let row = owned_access(tx, account, &channel)?.row;
                Ok(notification_settings::set_of_channel(tx, user, row, level)?)
            })
            .await
    }
}
