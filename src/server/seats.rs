//! The places that connections have, and which of them was idle for longest.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::task::AtomicWaker;

use crate::auth::throttle::Network;

/// The pause between two lines of the log about one limit.
const QUIET: u64 = 60_000;

/// The places that are taken. Times are milliseconds since the server began.
#[derive(Default)]
pub(super) struct Seats {
    next_id: u64,
    taken: HashMap<u64, Arc<Seat>>,
    pub(super) of_network: HashMap<Network, usize>,
    /// Whose clients said something.
    pub(super) used: usize,
    pub(super) full: Complaint,
    pub(super) network_full: Complaint,
}

/// One limit in the log.
#[derive(Default)]
pub(super) struct Complaint {
    quiet_until: u64,
    times: u64,
}

/// A connection's place.
pub(super) struct Seat {
    /// Absent where connections are not counted by address.
    pub(super) network: Option<Network>,
    pub(super) idle_since: AtomicU64,
    /// Whether its client ever said something. Changes while all are locked, so that it is counted once.
    used: AtomicBool,
    wanted: AtomicBool,
    /// Who is woken when the place is wanted.
    pub(super) holder: AtomicWaker,
}

impl Seats {
    pub(super) fn count(&self) -> usize {
        self.taken.len()
    }

    pub(super) fn count_of(&self, network: Network) -> usize {
        self.of_network.get(&network).copied().unwrap_or(0)
    }

    /// A place for a newcomer, and its number.
    pub(super) fn take(&mut self, now: u64, network: Option<Network>) -> (u64, Arc<Seat>) {
        let place = Arc::new(Seat {
            network,
            idle_since: AtomicU64::new(now),
            used: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            holder: AtomicWaker::new(),
        });
        let id = self.next_id;
        self.next_id += 1;
        self.taken.insert(id, Arc::clone(&place));
        if let Some(network) = network {
            *self.of_network.entry(network).or_default() += 1;
        }
        (id, place)
    }

    /// The client of a place said something for the first time.
    pub(super) fn use_for_the_first_time(&mut self, place: &Seat) {
        place.used.store(true, Ordering::Relaxed);
        self.used += 1;
    }

    /// Of those that `among` names, the one that has been idle for longest, and since when.
    pub(super) fn idlest(&self, among: impl Fn(&Seat) -> bool) -> Option<(u64, u64)> {
        let places = self.taken.iter().filter(|(_, place)| among(place));
        places
            .map(|(id, place)| (*id, place.idle_since.load(Ordering::Relaxed)))
            .min_by_key(|(id, idle)| (*idle, *id))
    }

    /// Takes a place away, and tells its connection.
    pub(super) fn close(&mut self, id: u64) {
        if let Some(place) = self.give_up(id) {
            place.wanted.store(true, Ordering::Release);
            place.holder.wake();
        }
    }

    pub(super) fn give_up(&mut self, id: u64) -> Option<Arc<Seat>> {
        let place = self.taken.remove(&id)?;
        self.used -= usize::from(place.is_used());
        if let Some(network) = place.network
            && let Entry::Occupied(mut count) = self.of_network.entry(network)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        Some(place)
    }
}

impl Seat {
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether it is a newcomer's by now.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }
}

impl Complaint {
    /// Says it, unless it was said just now.
    pub(super) fn say(&mut self, now: u64, what: &str) {
        self.times += 1;
        if now >= self.quiet_until {
            tracing::warn!(times = self.times, "{what}");
            *self = Self { quiet_until: now + QUIET, times: 0 };
        }
    }
}
