//! Who waits for which channel: bounded queues, slow subscribers dropped, revocation closes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::auth::access::Reader;
use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::read_state::ReaderId;
use crate::events::Written;
use crate::notify::frame::FrameStyle;
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
    /// A std mutex, because no await is ever held under it. Entries go with their last subscriber.
    channels: Mutex<HashMap<ChannelRow, Vec<Subscriber>>>,
}

struct Subscriber {
    id: u64,
    reader: Reader,
    /// What was there when it subscribed.
    after: Sequence,
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

/// The token has as many subscriptions as it may.
#[derive(Debug, thiserror::Error)]
#[error("this token has {most} open sockets, the most it may have")]
pub struct TooManySockets {
    pub most: usize,
}

/// A place in the hub, given up when dropped.
pub struct Subscription {
    hub: Hub,
    channel: ChannelRow,
    id: u64,
    signals: Receiver<Signal>,
}

impl Hub {
    pub fn new(style: FrameStyle, sockets_per_token: u32) -> Self {
        let shared = Shared {
            style,
            sockets_per_token: usize::try_from(sockets_per_token).unwrap_or(usize::MAX),
            next_id: AtomicU64::new(0),
            channels: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Hears of every message after that one in the reader's channel that the reader does not write. Messages are told
    /// after they were answered, so one from before the subscription may still be on its way.
    pub fn subscribe(&self, reader: &Reader, after: Sequence) -> Result<Subscription, TooManySockets> {
        let channel = reader.channel().row;
        let mut channels = self.channels();
        let subscribers = channels.entry(channel).or_default();
        let most = self.shared.sockets_per_token;
        let same = |other: &&Subscriber| token(&other.reader) == token(reader);
        if subscribers.iter().filter(same).count() >= most {
            return Err(TooManySockets { most });
        }
        let (queue, signals) = mpsc::channel(QUEUE);
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        subscribers.push(Subscriber { id, reader: reader.clone(), after, queue });
        drop(channels);
        Ok(Subscription { hub: self.clone(), channel, id, signals })
    }

    pub fn has_subscribers(&self, channel: ChannelRow) -> bool {
        self.channels().contains_key(&channel)
    }

    /// Tells a message to everybody but its author. Never waits: who cannot take it is dropped.
    pub fn tell(&self, written: &Written) {
        self.retain(written.channel, |subscriber, frame| {
            if written.sequence <= subscriber.after || subscriber.reader.wrote(written.author) {
                return true;
            }
            let frame = frame
                .get_or_insert_with(|| self.shared.style.frame(&subscriber.reader.channel().id, written));
            subscriber.queue.try_send(Signal::Written(frame.clone())).is_ok()
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
        for (_, subscribers) in self.channels().drain() {
            for subscriber in subscribers {
                subscriber.close(why);
            }
        }
    }

    /// Closes the subscriptions whose reader has lost its right.
    pub fn close_invalid(
        &self,
        is_valid: impl Fn(&Reader) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let readers: Vec<Reader> = {
            let channels = self.channels();
            channels.values().flatten().map(|subscriber| subscriber.reader.clone()).collect()
        };
        for reader in readers {
            if !is_valid(&reader)? {
                let lost = token(&reader);
                self.retain(reader.channel().row, |subscriber, _| {
                    token(&subscriber.reader) != lost || subscriber.close(Closing::Revoked)
                });
            }
        }
        Ok(())
    }

    /// Keeps the subscribers of a channel for which `keep` says so, and the channel's entry only while it has any.
    fn retain(
        &self,
        channel: ChannelRow,
        mut keep: impl FnMut(&Subscriber, &mut Option<ByteString>) -> bool,
    ) {
        let mut channels = self.channels();
        if let Entry::Occupied(mut entry) = channels.entry(channel) {
            let mut frame = None;
            entry.get_mut().retain(|subscriber| keep(subscriber, &mut frame));
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<ChannelRow, Vec<Subscriber>>> {
        self.shared.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber {
    /// Tells it why, if it can still hear; answers false, because it is not kept.
    fn close(&self, why: Closing) -> bool {
        // A full queue ends without a reason, which closes the socket all the same.
        let _too_slow = self.queue.try_send(Signal::Close(why));
        false
    }
}

impl Subscription {
    /// The next signal; `None` once dropped for being too slow.
    pub async fn next(&mut self) -> Option<Signal> {
        self.signals.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.retain(self.channel, |subscriber, _| subscriber.id != self.id);
    }
}

fn token(reader: &Reader) -> Option<TokenId> {
    match reader.viewpoint()?.reader {
        ReaderId::Token(token) => Some(token),
        ReaderId::OwnerSide => None,
    }
}
