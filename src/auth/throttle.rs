//! Counting attempts: so many for each key and period, in bounded memory.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use quick_cache::unsync::Cache;

use crate::auth::error::AuthError;
use crate::config::Rate;
use crate::domain::time::Timestamp;

/// Keys that are counted at once. Under a flood the least used are forgotten, not the memory.
const KEYS: usize = 50_000;

/// One network may fail so many times more often than one name: people behind one address share it.
const NETWORK_FACTOR: u32 = 10;

/// Lets a key through so often in each period. The period starts with the key's first attempt.
pub struct Throttle<K> {
    rate: Rate,
    windows: Mutex<Cache<K, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    started: Timestamp,
    count: u32,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    pub fn new(rate: Rate) -> Self {
        Self { rate, windows: Mutex::new(Cache::new(KEYS)) }
    }

    /// How many more attempts are let through in this period; refuses when there are none. Counts nothing.
    pub fn left(&self, key: &K, now: Timestamp) -> Result<u32, AuthError> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = self.window(&mut windows, key, now);
        self.judge(window, now).map(|()| self.rate.count.saturating_sub(window.count))
    }

    /// Counts an attempt unless the key has used up its attempts, both at once: of attempts that come together, no
    /// more than the rate are let through.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), AuthError> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = self.window(&mut windows, &key, now);
        self.judge(window, now)?;
        windows.insert(key, window.with_one_more());
        Ok(())
    }

    /// Takes back an attempt that turned out not to be one to be counted. `taken` is when it was counted: one of an
    /// earlier period is over anyway.
    pub fn give_back(&self, key: &K, taken: Timestamp) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get(key).copied()
            && window.started <= taken
        {
            windows.insert(key.clone(), Window { count: window.count.saturating_sub(1), ..window });
        }
    }

    /// The key's window that goes on now, or a new one. A window from the future, left behind by a clock that was wrong
    /// and has been set right, begins now: no lock lasts longer than the period.
    fn window(&self, windows: &mut Cache<K, Window>, key: &K, now: Timestamp) -> Window {
        let Some(mut window) = windows.get(key).copied() else { return Window { started: now, count: 0 } };
        if window.started > now {
            window.started = now;
            windows.insert(key.clone(), window);
        }
        if now.since(window.started) < self.rate.per { window } else { Window { started: now, count: 0 } }
    }

    fn judge(&self, window: Window, now: Timestamp) -> Result<(), AuthError> {
        if window.count < self.rate.count {
            return Ok(());
        }
        let retry_after = self.rate.per.saturating_sub(now.since(window.started));
        Err(AuthError::Throttled { retry_after: retry_after.max(Duration::from_secs(1)) })
    }
}

impl Throttle<Network> {
    /// For whole networks, with the rate that one name has.
    pub fn of_networks(by_name: Rate) -> Self {
        Self::new(Rate { count: by_name.count.saturating_mul(NETWORK_FACTOR), ..by_name })
    }
}

impl Window {
    fn with_one_more(self) -> Self {
        Self { count: self.count.saturating_add(1), ..self }
    }
}

/// Where a request comes from, as coarse as one customer of a network provider: an IPv4 address or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(Option<IpAddr>);

impl Network {
    /// `None` is a peer without an address, such as one on a Unix socket.
    pub fn of(peer: Option<IpAddr>) -> Self {
        Self(peer.map(|address| match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle<&'static str> {
        Throttle::new(Rate { count: 2, per: Duration::from_mins(1) })
    }

    #[test]
    fn refuses_until_the_period_is_over() {
        let throttle = throttle();
        let start = Timestamp::from_millis(0);
        assert!(throttle.take("a", start).is_ok());
        assert!(matches!(throttle.left(&"a", start), Ok(1)));
        assert!(throttle.take("a", start).is_ok());
        assert!(throttle.left(&"a", start).is_err());
        let later = start.after(Duration::from_secs(20));
        assert!(matches!(
            throttle.take("a", later),
            Err(AuthError::Throttled { retry_after }) if retry_after == Duration::from_secs(40)
        ));
        assert!(throttle.take("b", later).is_ok(), "another key is not affected");
        assert!(throttle.take("a", start.after(Duration::from_mins(1))).is_ok());
    }

    #[test]
    fn a_clock_that_was_wrong_locks_for_no_longer_than_a_period() {
        let throttle = throttle();
        let right = Timestamp::from_millis(0);
        let wrong = right.after(Duration::from_hours(10_000));
        assert!(throttle.take("a", wrong).is_ok());
        assert!(throttle.take("a", wrong).is_ok());
        assert!(throttle.take("a", right).is_err());
        assert!(throttle.take("a", right.after(Duration::from_secs(59))).is_err());
        assert!(throttle.take("a", right.after(Duration::from_mins(1))).is_ok());
    }

    #[test]
    fn an_attempt_can_be_given_back() {
        let throttle = throttle();
        let start = Timestamp::from_millis(0);
        for _ in 0..5 {
            assert!(throttle.take("a", start).is_ok());
            throttle.give_back(&"a", start);
        }
        assert!(throttle.take("a", start).is_ok());
        assert!(throttle.take("a", start).is_ok());
        assert!(throttle.take("a", start).is_err());
        let next = start.after(Duration::from_mins(1));
        assert!(throttle.take("a", next).is_ok());
        throttle.give_back(&"a", start);
        assert!(throttle.take("a", next).is_ok());
        assert!(throttle.take("a", next).is_err(), "one of an earlier period frees nothing in this one");
    }

    #[test]
    fn one_network_is_one_key() {
        let of = |text: &str| Network::of(text.parse().ok());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
