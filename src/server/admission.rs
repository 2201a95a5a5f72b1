//! Who may have a connection: so many for each address, and so many in all. When all are taken, the one that has been idle
//! for longest is closed for a newcomer, and those that never said anything before all others.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use ipnet::IpNet;
use tokio::time::Instant;

use crate::auth::throttle::Network;
use crate::config::{LimitsConfig, ServerConfig};
use crate::server::places::{Places, number};
use crate::server::seats::{Seat, Seats};

/// How long a client that spoke last counts as busy, because its answer is being made.
const ANSWERING: u64 = 10_000;

/// How long a connection must have been idle to make room for another one of its address: programs that use so many all
/// the time keep those they have.
const LULL: u64 = 1_000;

const ALL_TAKEN: &str = "all connections are taken; the idlest are closed for newcomers";

/// All connections of a server; a cheap handle. Times are milliseconds since it was made.
#[derive(Clone)]
pub(super) struct Admission {
    shared: Arc<Shared>,
}

struct Shared {
    started: Instant,
    places: Places,
    /// For each IPv4 address or IPv6 /64.
    most_of_network: usize,
    /// Whose connections are those of many people.
    proxies: Vec<IpNet>,
    seats: Mutex<Seats>,
}

/// The place of one connection, given up when dropped.
pub(super) struct Admitted {
    admission: Admission,
    id: u64,
    place: Arc<Seat>,
    /// Who is woken when the place is wanted.
    waker: Option<Waker>,
}

impl Admission {
    /// As many as are set, and never so many that there is no descriptor left for a file.
    pub(super) fn new(
        server: &ServerConfig,
        limits: &LimitsConfig,
        workers: usize,
        descriptors: u64,
    ) -> Self {
        let shared = Shared {
            started: Instant::now(),
            places: Places::of(limits, workers, descriptors),
            most_of_network: number(limits.connections_per_address),
            proxies: server.trusted_proxies.clone(),
            seats: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// How many connections a worker may have taken and not ended yet. More wait in the kernel, which costs no descriptor.
    pub(super) fn most_of_worker(&self) -> usize {
        self.shared.places.of_worker
    }

    /// A place for a newcomer; `peer` is absent on a unix socket. `None`: its address has too many, and all are in use.
    pub(super) fn admit(&self, peer: Option<IpAddr>) -> Option<Admitted> {
        self.admit_at(self.now(), peer)
    }

    fn admit_at(&self, now: u64, peer: Option<IpAddr>) -> Option<Admitted> {
        let network =
            peer.filter(|address| self.is_counted(*address)).map(|address| Network::of(Some(address)));
        let mut seats = self.seats();
        if let Some(network) = network
            && seats.count_of(network) >= self.shared.most_of_network
        {
            seats
                .network_full
                .say(now, "an address has as many connections as limits.connections_per_address allows");
            let (id, idle_since) = seats.idlest(|place| place.network == Some(network))?;
            if idle_since + LULL > now {
                return None;
            }
            seats.close(id);
        }
        if seats.count() >= self.shared.places.all
            && let Some((id, _)) = seats.idlest(|place| !place.is_used()).or_else(|| seats.idlest(|_| true))
        {
            seats.full.say(now, ALL_TAKEN);
            seats.close(id);
        }
        let (id, place) = seats.take(now, network);
        Some(Admitted { admission: self.clone(), id, place, waker: None })
    }

    /// A client said something for the first time. Where too many did before, the idlest of them makes room.
    fn is_used_from(&self, now: u64, place: &Seat) {
        let mut seats = self.seats();
        if place.is_wanted() {
            return;
        }
        seats.use_for_the_first_time(place);
        if seats.used > self.shared.places.used
            && let Some((id, _)) = seats.idlest(Seat::is_used)
        {
            seats.full.say(now, ALL_TAKEN);
            seats.close(id);
        }
    }

    /// How many are open.
    pub(super) fn connections(&self) -> usize {
        self.seats().count()
    }

    fn is_counted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !address.is_loopback() && !self.shared.proxies.iter().any(|network| network.contains(&address))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.shared.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.shared.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted {
    /// The client said something.
    pub(super) fn heard(&self) {
        self.heard_at(self.admission.now());
    }

    fn heard_at(&self, now: u64) {
        self.place.idle_since.store(now + ANSWERING, Ordering::Relaxed);
        if !self.place.is_used() {
            self.admission.is_used_from(now, &self.place);
        }
    }

    /// The client was told something.
    pub(super) fn answered(&self) {
        self.place.idle_since.store(self.admission.now(), Ordering::Relaxed);
    }

    /// Whether the place is a newcomer's by now.
    pub(super) fn is_wanted(&self) -> bool {
        self.place.is_wanted()
    }

    /// Whether the connection ends instead of waiting for its client. Otherwise its task is woken when it should.
    pub(super) fn ends_wait(&mut self, context: &Context<'_>) -> bool {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            self.place.holder.register(context.waker());
            self.waker = Some(context.waker().clone());
        }
        self.is_wanted()
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.admission.seats().give_up(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGER: &str = "192.0.2.1";
    const LATER: u64 = 60_000;

    fn admission(connections: u32, connections_per_address: u32) -> Admission {
        let limits = LimitsConfig { connections_per_address, connections, ..LimitsConfig::default() };
        let proxies = vec!["198.51.100.0/24".parse().expect("a network")];
        let server = ServerConfig { trusted_proxies: proxies, ..ServerConfig::default() };
        Admission::new(&server, &limits, 2, 20_000)
    }

    #[track_caller]
    fn admit(admission: &Admission, now: u64, peer: &str) -> Option<Admitted> {
        admission.admit_at(now, Some(peer.parse().expect("an address")))
    }

    #[test]
    fn an_address_has_so_many_and_its_idlest_makes_room() {
        let admission = admission(100, 2);
        let (first, second) = (admit(&admission, 0, STRANGER), admit(&admission, 1, STRANGER));
        assert!(admit(&admission, LULL - 1, STRANGER).is_none());
        assert!(admit(&admission, LULL - 1, "192.0.2.2").is_some());
        let third = admit(&admission, LULL, STRANGER).expect("room");
        assert!(first.expect("room").is_wanted());
        assert!(!second.expect("room").is_wanted());
        assert!(!third.is_wanted());
    }

    #[test]
    fn a_place_is_given_up_once() {
        let admission = admission(100, 1);
        let first = admit(&admission, 0, STRANGER);
        let second = admit(&admission, LATER, STRANGER);
        drop(first);
        assert!(admit(&admission, LATER, STRANGER).is_none());
        drop(second);
        assert!(admit(&admission, LATER, STRANGER).is_some());
        assert!(admission.seats().of_network.is_empty());
    }

    #[test]
    fn proxies_and_this_machine_count_in_all_only() {
        let admission = admission(10, 1);
        for peer in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "198.51.100.7"] {
            let _first = admit(&admission, 0, peer).expect(peer);
            assert!(admit(&admission, 0, peer).is_some(), "{peer}");
        }
        let _first = admission.admit_at(0, None).expect("room");
        assert!(admission.admit_at(0, None).is_some());
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let admission = admission(100, 1);
        let _first = admit(&admission, 0, "2001:db8:0:1::1").expect("room");
        assert!(admit(&admission, 0, "2001:db8:0:1:ffff::2").is_none());
        assert!(admit(&admission, 0, "2001:db8:0:2::1").is_some());
        let _mapped = admit(&admission, 0, "::ffff:192.0.2.1").expect("room");
        assert!(admit(&admission, 0, STRANGER).is_none());
    }

    #[test]
    fn when_all_are_taken_a_newcomer_still_gets_in() {
        let admission = admission(2, 0);
        let (busy, idle) = (admit(&admission, 0, STRANGER), admit(&admission, 0, "192.0.2.2"));
        let (busy, idle) = (busy.expect("room"), idle.expect("room"));
        busy.heard();
        let next = admit(&admission, 1, "192.0.2.3").expect("room");
        assert!(idle.is_wanted() && !busy.is_wanted());
        next.heard();
        let _last = admit(&admission, LATER, "192.0.2.4").expect("room");
        assert!(busy.is_wanted() != next.is_wanted());
    }

    #[test]
    fn who_says_nothing_closes_nobody_who_did() {
        let admission = admission(16, 0);
        let used: Vec<_> = (0..14).map(|now| admit(&admission, now, STRANGER).expect("room")).collect();
        for one in &used {
            one.heard_at(20);
        }
        let silent: Vec<_> = (30..130).map(|now| admit(&admission, now, STRANGER).expect("room")).collect();
        assert_eq!(used.iter().filter(|one| one.is_wanted()).count(), 0);
        assert_eq!(silent.iter().position(|one| !one.is_wanted()), Some(98), "the oldest go first");
        used[0].heard_at(200);
        silent[99].heard_at(201);
        let closed: Vec<_> = (0..14).filter(|number| used[*number].is_wanted()).collect();
        assert_eq!(closed, [1], "who speaks closes the idlest of those that did");
        drop((used, silent));
        assert_eq!(admission.seats().used, 0);
    }
}
