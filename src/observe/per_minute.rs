//! How many things happened in the last whole minute, counted by one thread and asked by any.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::domain::time::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// What one thread counts.
#[derive(Debug, Default)]
pub struct PerMinute {
    /// The minute that is counted, since 1970.
    minute: AtomicI64,
    count: AtomicU64,
    /// What the minute before it came to.
    before: AtomicU64,
}

impl PerMinute {
    /// Counts so many at this time. For one thread only.
    pub fn add(&self, count: u64, now: Timestamp) {
        let (minute, counted) = (now.as_millis() / MINUTE_MS, self.minute.load(Ordering::Relaxed));
        if minute != counted {
            let last = if minute == counted + 1 { self.count.load(Ordering::Relaxed) } else { 0 };
            self.before.store(last, Ordering::Relaxed);
            self.count.store(0, Ordering::Relaxed);
            self.minute.store(minute, Ordering::Release);
        }
        self.count.fetch_add(count, Ordering::Relaxed);
    }

    /// How many the last whole minute before this time came to.
    pub fn last(&self, now: Timestamp) -> u64 {
        match now.as_millis() / MINUTE_MS - self.minute.load(Ordering::Acquire) {
            0 => self.before.load(Ordering::Relaxed),
            1 => self.count.load(Ordering::Relaxed),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_counts_when_it_is_over() {
        let (rate, at) =
            (PerMinute::default(), |seconds: i64| Timestamp::from_millis(600_000 + seconds * 1000));
        assert_eq!(rate.last(at(0)), 0);
        rate.add(2, at(1));
        rate.add(3, at(59));
        assert_eq!(
            (rate.last(at(59)), rate.last(at(60)), rate.last(at(119)), rate.last(at(120))),
            (0, 5, 5, 0)
        );
        rate.add(1, at(61));
        assert_eq!((rate.last(at(62)), rate.last(at(121))), (5, 1));
        rate.add(1, at(300));
        assert_eq!((rate.last(at(301)), rate.last(at(10))), (0, 0));
    }
}
