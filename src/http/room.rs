//! Room for request bodies: what all of them together may hold in memory. A body keeps its share until its last byte is
//! dropped, which may be long after its client went away: changes that wait for the writer still hold it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Bytes of all bodies together.
const ALL: usize = 64 * 1024 * 1024;

/// What senders without credentials may hold of it, so that they never take the room of the others.
const OF_STRANGERS: usize = ALL / 4;

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
}

/// What one body holds; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: Room,
    bytes: usize,
}

/// Bytes together with their share.
struct Held<B> {
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
        let mut share = self.share();
        self.add(bytes.len());
        share.bytes = bytes.len();
        share.hold(bytes)
    }

    pub(super) fn share(&self) -> Share {
        Share { room: self.clone(), bytes: 0 }
    }

    /// Takes room; tells whether there was as much.
    fn add(&self, bytes: usize) -> bool {
        let all = self.taken.all.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let own = if self.strangers {
            self.taken.by_strangers.fetch_add(bytes, Ordering::Relaxed) + bytes
        } else {
            0
        };
        all <= ALL && own <= OF_STRANGERS
    }

    fn remove(&self, bytes: usize) {
        self.taken.all.fetch_sub(bytes, Ordering::Relaxed);
        if self.strangers {
            self.taken.by_strangers.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl Share {
    /// Takes room for a body of so many bytes in all; false when there is not as much.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let fits = self.room.add(more);
        if fits {
            self.bytes += more;
        } else {
            self.room.remove(more);
        }
        fits
    }

    /// Ties the share to the bytes that it is for.
    pub(super) fn hold(self, bytes: impl AsRef<[u8]> + Send + 'static) -> Bytes {
        Bytes::from_owner(Held { bytes, _share: self })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.remove(self.bytes);
    }
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Held<B> {
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
        let mut share = room.share();
        assert!(share.grow_to(ALL) && !share.grow_to(ALL + 1));
        let body = share.hold(vec![0; 10]);
        let part = body.slice(2..4);
        drop(body);
        assert!(!room.share().grow_to(1));
        drop(part);
        assert!(room.share().grow_to(ALL));
    }

    #[test]
    fn strangers_leave_room_for_others() {
        let room = Room::default();
        let mut strangers = room.for_strangers().share();
        assert!(strangers.grow_to(OF_STRANGERS) && !room.for_strangers().share().grow_to(1));
        let mut others = room.share();
        assert!(others.grow_to(ALL - OF_STRANGERS) && !others.grow_to(ALL));
        drop((strangers, others));
        let counted = room.count(vec![0; 3]);
        assert_eq!(room.taken.all.load(Ordering::Relaxed), counted.len());
    }
}
