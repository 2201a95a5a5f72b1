//! Who waits for which channel or account: bounded queues, slow subscribers dropped, revocation closes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;

use crate::auth::access::{Owner, Reader};
use crate::auth::throttle::Network;
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::message::{Sequence, Side};
use crate::domain::read_state::ReaderId;
use crate::events::Written;
use crate::notify::frame::FrameStyle;
use crate::notify::queue::{self, Receiver, Sender};
use crate::store::error::StoreError;
use crate::store::right::Right;

/// Frames that may wait for a socket. One that is so far behind is dropped; its client reads and sees everything.
const QUEUE: usize = 64;

/// A cheap handle to the hub.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    style: FrameStyle,
    sockets_per_token: usize,
    next_id: AtomicU64,
    /// A std mutex, because no await is ever held under it.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Who is told. Entries go with their last subscriber.
    topics: HashMap<Topic, Vec<Subscriber>>,
    /// How many subscriptions live, told or not: one that was closed takes its place until its holder lets it go.
    places: HashMap<Holder, usize>,
    /// The server stops, so nobody may subscribe any more.
    stopped: bool,
}

/// What one hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Topic {
    Channel(ChannelRow),
    /// All channels of an account.
    Account(AccountId),
}

/// Whose subscriptions are counted together. Strangers share a network, not the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Reader(ChannelRow, ReaderId),
    Stranger(ChannelRow, Network),
    Account(AccountId),
}

struct Subscriber {
    id: u64,
    right: Hearing,
    /// Dropped with the subscriber, which ends [`Subscription::ended`].
    queue: Sender<Signal>,
}

/// By which right a subscriber hears.
enum Hearing {
    /// What comes after a message.
    Reader(Reader, Sequence),
    Owner(Owner),
}

/// What a subscriber hears. The end of its queue without a [`Signal::Close`] means that it was too slow.
#[derive(Debug, Clone)]
pub enum Signal {
    /// Somebody else wrote a message.
    Written(ByteString),
    Close(Closing),
}

/// Why a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The right to read is gone.
    Revoked,
    /// The server stops.
    GoingAway,
}

/// Why somebody may not subscribe.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    #[error("this token, network or account has {most} open sockets, the most it may have")]
    TooMany { most: usize },
    #[error("the server is stopping; try again")]
    Stopping,
}

/// A place in the hub, given up when dropped.
pub struct Subscription {
    hub: Hub,
    topic: Topic,
    holder: Holder,
    id: u64,
    signals: Receiver<Signal>,
}

impl Hub {
    pub fn new(style: FrameStyle, sockets_per_token: u32) -> Self {
        let shared = Shared {
            style,
            sockets_per_token: usize::try_from(sockets_per_token).unwrap_or(usize::MAX),
            next_id: AtomicU64::new(0),
            state: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Hears of every message after that one in the reader's channel that the reader does not write. Messages are told
    /// after their commit, so one from before the subscription may still be on its way.
    ///
    /// The right may have ended just before: whoever subscribes has to ask for it once more.
    pub fn subscribe(
        &self,
        reader: &Reader,
        after: Sequence,
        network: Network,
    ) -> Result<Subscription, SubscribeError> {
        let channel = reader.channel().row;
        let holder = match reader.viewpoint() {
            Some(viewpoint) => Holder::Reader(channel, viewpoint.reader),
            None => Holder::Stranger(channel, network),
        };
        self.enter(Topic::Channel(channel), holder, Hearing::Reader(reader.clone(), after))
    }

    /// Hears of every message in the channels of the owner's account, whoever writes it. The right may have ended just
    /// before, as above.
    pub fn subscribe_to_account(&self, owner: &Owner) -> Result<Subscription, SubscribeError> {
        let account = owner.account();
        self.enter(Topic::Account(account), Holder::Account(account), Hearing::Owner(owner.clone()))
    }

    fn enter(&self, topic: Topic, holder: Holder, right: Hearing) -> Result<Subscription, SubscribeError> {
        let mut state = self.state();
        if state.stopped {
            return Err(SubscribeError::Stopping);
        }
        let most = self.shared.sockets_per_token;
        let taken = state.places.get(&holder).copied().unwrap_or(0);
        if taken >= most {
            return Err(SubscribeError::TooMany { most });
        }
        state.places.insert(holder, taken + 1);
        let (queue, signals) = queue::bounded(QUEUE);
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        state.topics.entry(topic).or_default().push(Subscriber { id, right, queue });
        drop(state);
        Ok(Subscription { hub: self.clone(), topic, holder, id, signals })
    }

    /// Whether any socket hears of what is written in the channel.
    pub fn has_subscribers(&self, written: &Written) -> bool {
        let state = self.state();
        state.topics.contains_key(&Topic::Channel(written.channel))
            || state.topics.contains_key(&Topic::Account(written.account))
    }

    /// How many subscriptions there are.
    pub fn subscribers(&self) -> usize {
        self.state().places.values().sum()
    }

    /// Tells a message to everybody who hears of its channel but its author. Never waits: who cannot take it is dropped.
    pub fn tell(&self, written: &Written) {
        let mut frame = None;
        self.retain(Topic::Channel(written.channel), |subscriber| {
            let Hearing::Reader(reader, after) = &subscriber.right else { return true };
            if written.sequence <= *after || reader.wrote(written.author) {
                return true;
            }
            let frame = frame.get_or_insert_with(|| self.shared.style.frame(&reader.channel().id, written));
            subscriber.queue.send(Signal::Written(frame.clone()))
        });
    }

    /// Whether anybody hears of all that is written in the account.
    pub fn hears_of_account(&self, account: AccountId) -> bool {
        self.state().topics.contains_key(&Topic::Account(account))
    }

    /// The same to whoever hears of the whole account.
    pub fn tell_account(&self, written: &Written, channel: &ChannelId, side: Side) {
        let frame = self.shared.style.frame_of_account(channel, written, side);
        self.retain(Topic::Account(written.account), |subscriber| {
            subscriber.queue.send(Signal::Written(frame.clone()))
        });
    }

    /// Closes the subscriptions of a token.
    pub fn close_token(&self, channel: ChannelRow, revoked: TokenId) {
        self.retain(Topic::Channel(channel), |subscriber| {
            subscriber.token() != Some(revoked) || subscriber.close(Closing::Revoked)
        });
    }

    /// Closes the subscriptions of a channel.
    pub fn close_channel(&self, channel: ChannelRow) {
        self.retain(Topic::Channel(channel), |subscriber| subscriber.close(Closing::Revoked));
    }

    /// Closes the subscriptions to a whole account, which come back and read what they missed.
    pub fn close_account(&self, account: AccountId) {
        self.retain(Topic::Account(account), |subscriber| subscriber.close(Closing::GoingAway));
    }

    /// Closes every subscription.
    pub fn close_all(&self, why: Closing) {
        self.state().close_all(why);
    }

    /// Closes every subscription, and takes no more: a stop waits for what is subscribed.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.close_all(Closing::GoingAway);
    }

    /// Closes the subscriptions whose right has ended. Each function gets every right once, and answers with those that have
    /// ended.
    pub fn close_invalid(
        &self,
        invalid_readers: impl FnOnce(Vec<Reader>) -> Result<Vec<Reader>, StoreError>,
        invalid_owners: impl FnOnce(Vec<Owner>) -> Result<Vec<Owner>, StoreError>,
    ) -> Result<(), StoreError> {
        let (mut readers, mut owners) = (HashMap::new(), HashMap::new());
        for subscriber in self.state().topics.values().flatten() {
            match &subscriber.right {
                Hearing::Reader(reader, _) => {
                    readers.insert((reader.channel().row, token(reader)), reader.clone());
                }
                Hearing::Owner(owner) => {
                    owners.insert((owner.account(), owner.user(), owner.judged_at()), owner.clone());
                }
            }
        }
        for reader in invalid_readers(readers.into_values().collect())? {
            let lost = token(&reader);
            self.retain(Topic::Channel(reader.channel().row), |subscriber| {
                subscriber.token() != lost || subscriber.close(Closing::Revoked)
            });
        }
        for owner in invalid_owners(owners.into_values().collect())? {
            self.retain(Topic::Account(owner.account()), |subscriber| {
                let is_lost = matches!(&subscriber.right, Hearing::Owner(one)
                    if (one.user(), one.judged_at()) == (owner.user(), owner.judged_at()));
                !is_lost || subscriber.close(Closing::Revoked)
            });
        }
        Ok(())
    }

    /// Keeps the subscribers for which `keep` says so, and their entry only while it has any.
    fn retain(&self, topic: Topic, keep: impl FnMut(&Subscriber) -> bool) {
        let mut state = self.state();
        if let Entry::Occupied(mut entry) = state.topics.entry(topic) {
            let mut keep = keep;
            entry.get_mut().retain(|subscriber| keep(subscriber));
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn close_all(&mut self, why: Closing) {
        for subscriber in self.topics.drain().flat_map(|(_, subscribers)| subscribers) {
            subscriber.close(why);
        }
    }

    fn give_up(&mut self, holder: Holder) {
        if let Entry::Occupied(mut taken) = self.places.entry(holder) {
            *taken.get_mut() -= 1;
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }
}

impl Subscriber {
    fn token(&self) -> Option<TokenId> {
        match &self.right {
            Hearing::Reader(reader, _) => token(reader),
            Hearing::Owner(_) => None,
        }
    }

    /// Tells it why, if it can still hear; answers false, because it is not kept.
    fn close(&self, why: Closing) -> bool {
        // A full queue ends without a reason, which closes the socket all the same.
        let _too_slow = self.queue.send(Signal::Close(why));
        false
    }
}

impl Subscription {
    /// The next signal; `None` once dropped for being too slow.
    pub async fn next(&mut self) -> Option<Signal> {
        self.signals.next().await
    }

    /// Completes when nothing more is told. Unlike [`next`](Self::next) it takes nothing out of the queue.
    pub async fn ended(&mut self) {
        self.signals.ended().await;
    }

    /// Why it ended, past all that was not heard yet; `None` when it was too slow.
    pub fn why(&mut self) -> Option<Closing> {
        match self.signals.last()? {
            Signal::Close(why) => Some(why),
            Signal::Written(_) => None,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.retain(self.topic, |subscriber| subscriber.id != self.id);
        self.hub.state().give_up(self.holder);
    }
}

fn token(reader: &Reader) -> Option<TokenId> {
    match reader.viewpoint()?.reader {
        ReaderId::Token(token) => Some(token),
        ReaderId::OwnerSide | ReaderId::Archive => None,
    }
}
