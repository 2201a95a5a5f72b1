//! Who waits for which channel: bounded queues, slow subscribers dropped, revocation closes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;

use crate::auth::access::Reader;
use crate::auth::throttle::Network;
use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::read_state::ReaderId;
use crate::events::Written;
use crate::notify::frame::FrameStyle;
use crate::notify::queue::{self, Receiver, Sender};
use crate::store::error::StoreError;

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
    channels: HashMap<ChannelRow, Vec<Subscriber>>,
    /// How many subscriptions live, told or not: one that was closed takes its place until its holder lets it go.
    places: HashMap<Holder, usize>,
    /// The server stops, so nobody may subscribe any more.
    stopped: bool,
}

/// Whose subscriptions are counted together. Strangers share a network, not the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Reader(ChannelRow, ReaderId),
    Stranger(ChannelRow, Network),
}

struct Subscriber {
    id: u64,
    reader: Reader,
    /// What was there when it subscribed.
    after: Sequence,
    /// Dropped with the subscriber, which ends [`Subscription::ended`].
    queue: Sender<Signal>,
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
    #[error("this token or network has {most} open sockets, the most it may have")]
    TooMany { most: usize },
    #[error("the server is stopping; try again")]
    Stopping,
}

/// A place in the hub, given up when dropped.
pub struct Subscription {
    hub: Hub,
    channel: ChannelRow,
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
        let subscriber = Subscriber { id, reader: reader.clone(), after, queue };
        state.channels.entry(channel).or_default().push(subscriber);
        drop(state);
        Ok(Subscription { hub: self.clone(), channel, holder, id, signals })
    }

    /// Whether any socket is open on the channel.
    pub fn has_subscribers(&self, channel: ChannelRow) -> bool {
        self.state().channels.contains_key(&channel)
    }

    /// How many subscriptions there are.
    pub fn subscribers(&self) -> usize {
        self.state().places.values().sum()
    }

    /// Tells a message to everybody but its author. Never waits: who cannot take it is dropped.
    pub fn tell(&self, written: &Written) {
        self.retain(written.channel, |subscriber, frame| {
            if written.sequence <= subscriber.after || subscriber.reader.wrote(written.author) {
                return true;
            }
            let frame = frame
                .get_or_insert_with(|| self.shared.style.frame(&subscriber.reader.channel().id, written));
            subscriber.queue.send(Signal::Written(frame.clone()))
        });
    }

    /// Closes the subscriptions of a token.
    pub fn close_token(&self, channel: ChannelRow, revoked: TokenId) {
        self.retain(channel, |subscriber, _| {
            token(&subscriber.reader) != Some(revoked) || subscriber.close(Closing::Revoked)
        });
    }

    /// Closes the subscriptions of a channel.
    pub fn close_channel(&self, channel: ChannelRow) {
        self.retain(channel, |subscriber, _| subscriber.close(Closing::Revoked));
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

    /// Closes the subscriptions whose reader has lost its right. `keep_invalid` leaves of the readers, one for each right
    /// however many subscriptions it has, those who have.
    pub fn close_invalid(
        &self,
        keep_invalid: impl FnOnce(Vec<Reader>) -> Result<Vec<Reader>, StoreError>,
    ) -> Result<(), StoreError> {
        let readers: HashMap<_, Reader> = {
            let state = self.state();
            let readers = state.channels.values().flatten().map(|subscriber| &subscriber.reader);
            readers.map(|reader| ((reader.channel().row, token(reader)), reader.clone())).collect()
        };
        for reader in keep_invalid(readers.into_values().collect())? {
            let lost = token(&reader);
            self.retain(reader.channel().row, |subscriber, _| {
                token(&subscriber.reader) != lost || subscriber.close(Closing::Revoked)
            });
        }
        Ok(())
    }

    /// Keeps the subscribers of a channel for which `keep` says so, and the channel's entry only while it has any.
    fn retain(
        &self,
        channel: ChannelRow,
        mut keep: impl FnMut(&Subscriber, &mut Option<ByteString>) -> bool,
    ) {
        let mut state = self.state();
        if let Entry::Occupied(mut entry) = state.channels.entry(channel) {
            let mut frame = None;
            entry.get_mut().retain(|subscriber| keep(subscriber, &mut frame));
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
        for subscriber in self.channels.drain().flat_map(|(_, subscribers)| subscribers) {
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
        self.hub.retain(self.channel, |subscriber, _| subscriber.id != self.id);
        self.hub.state().give_up(self.holder);
    }
}

fn token(reader: &Reader) -> Option<TokenId> {
    match reader.viewpoint()?.reader {
        ReaderId::Token(token) => Some(token),
        ReaderId::OwnerSide | ReaderId::Archive => None,
    }
}
