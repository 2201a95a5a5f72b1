//! Room for request bodies: what all of them together may hold in memory. A body keeps its share until its last byte is
//! dropped, which may be long after its client went away: changes that wait for the writer still hold it. One for which
//! there is no room waits a moment for others to be done.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Bytes of all bodies together.
const ALL: usize = 64 * 1024 * 1024;

/// What senders without credentials may hold of it, so that they never take the room of the others.
const OF_STRANGERS: usize = 20 * 1024 * 1024;

/// What large bodies leave of either to small ones, which are most of what is sent.
const LEFT: usize = 4 * 1024 * 1024;

/// The most bytes of a small body.
const SMALL: usize = 64 * 1024;

/// For how long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(2);

/// A cheap handle to the room of one server, for senders of one kind.
#[derive(Debug, Clone, Default)]
pub struct Room {
    taken: Arc<Taken>,
    strangers: bool,
}

#[derive(Debug, Default)]
struct Taken {
    all: AtomicUsize,
    by_strangers: AtomicUsize,
    /// Told when there may be room for one of those that wait.
    freed: Notify,
}

/// What one body holds; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: Room,
    bytes: usize,
    is_large: bool,
}

/// Bytes together with their share.
struct WithShare<B> {
    bytes: B,
    _share: Share,
}

impl Room {
    /// The same room for senders who have proved nothing.
    #[must_use]
    pub fn for_strangers(&self) -> Self {
        Self { strangers: true, ..self.clone() }
    }

    /// Counts bytes that are in memory already, whether there is room or not.
    pub fn count(&self, bytes: Vec<u8>) -> Bytes {
        let mut share = self.share(bytes.len());
        self.add(bytes.len());
        share.bytes = bytes.len();
        share.hold(bytes)
    }

    /// For a body of at most so many bytes, of which none have come.
    pub(super) fn share(&self, most: usize) -> Share {
        Share { room: self.clone(), bytes: 0, is_large: most > SMALL }
    }

    /// Takes room; answers what is taken then of all and of the own kind's.
    fn add(&self, bytes: usize) -> (usize, usize) {
        let all = self.taken.all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let own = if self.strangers {
            self.taken.by_strangers.fetch_add(bytes, Ordering::Relaxed) + bytes
        } else {
            0
        };
        (all, own)
    }

    fn remove(&self, bytes: usize) {
        self.taken.all.fetch_sub(bytes, Ordering::Relaxed);
        if self.strangers {
            self.taken.by_strangers.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Share {
    /// Takes room for a body of so many bytes in all; false when there is not as much for too long.
    pub(super) async fn grow_to(&mut self, bytes: usize) -> bool {
        if self.fits(bytes) {
            return true;
        }
        let taken = Arc::clone(&self.room.taken);
        let fits = async {
            loop {
                let mut freed = pin!(taken.freed.notified());
                freed.as_mut().enable();
                if self.fits(bytes) {
                    break;
                }
                freed.await;
            }
        };
        let fits = timeout(PATIENCE, fits).await.is_ok();
        // There may be room for the next one too.
        taken.freed.notify_one();
        fits
    }

    /// The same for whoever does not wait.
    fn fits(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let left = if self.is_large { LEFT } else { 0 };
        let (all, own) = self.room.add(more);
        let fits = all + left <= ALL && own + left <= OF_STRANGERS;
        if fits {
            self.bytes += more;
        } else {
            self.room.remove(more);
        }
        fits
    }

    /// Ties the share to the bytes that it is for.
    pub(super) fn hold(self, bytes: impl AsRef<[u8]> + Send + 'static) -> Bytes {
        Bytes::from_owner(WithShare { bytes, _share: self })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.remove(self.bytes);
        self.room.taken.freed.notify_one();
    }
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for WithShare<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_with_the_last_copy() {
        let room = Room::default();
        let mut share = room.share(SMALL);
        assert!(share.fits(ALL) && !share.fits(ALL + 1));
        let body = share.hold(vec![0; 10]);
        let part = body.slice(2..4);
        drop(body);
        assert!(!room.share(SMALL).fits(1));
        drop(part);
        assert!(room.share(SMALL).fits(ALL));
    }

    #[test]
    fn strangers_leave_room_for_others_and_large_bodies_for_small_ones() {
        let room = Room::default();
        let strangers = room.for_strangers();
        let mut large = strangers.share(SMALL + 1);
        assert!(large.fits(OF_STRANGERS - LEFT) && !strangers.share(SMALL + 1).fits(1));
        let mut small = strangers.share(SMALL);
        assert!(small.fits(LEFT) && !strangers.share(SMALL).fits(1));
        let mut others = room.share(SMALL + 1);
        assert!(others.fits(ALL - OF_STRANGERS - LEFT) && !room.share(SMALL + 1).fits(1));
        assert!(room.share(SMALL).fits(LEFT));
        drop((large, small, others));
        let counted = room.count(vec![0; 3]);
        assert_eq!(room.taken.all.load(Ordering::Relaxed), counted.len());
    }

    #[tokio::test]
    async fn whoever_waits_gets_what_others_give_back() {
        let room = Room::default();
        let mut held = room.share(SMALL);
        assert!(held.fits(ALL));
        let waiting = || {
            let mut share = room.share(1);
            async move { share.grow_to(ALL / 2).await.then_some(share) }
        };
        let (first, second, ()) = tokio::join!(waiting(), waiting(), async { drop(held) });
        assert!(first.is_some() && second.is_some());
    }
}
