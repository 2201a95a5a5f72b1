//! The two clocks: the machine's, and one that only moves when it is told to.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::domain::time::{Clock, Sleep, Timestamp};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        // A machine whose clock is before 1970 has no meaningful time; the epoch keeps the order of messages.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until [`advance`](Self::advance) is called; clones share the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    now: watch::Sender<Timestamp>,
    /// When each sleeper wakes.
    sleepers: watch::Sender<Vec<Timestamp>>,
}

/// Counted among the sleepers until it is dropped.
struct Asleep {
    clock: ManualClock,
    until: Timestamp,
}

impl ManualClock {
    /// A clock that stands at this instant until it is moved.
    pub fn starting_at(now: Timestamp) -> Self {
        Self(Arc::new(Shared { now: watch::Sender::new(now), sleepers: watch::Sender::new(Vec::new()) }))
    }

    /// Moves the time forward and wakes every sleeper whose time has come.
    pub fn advance(&self, by: Duration) {
        self.0.now.send_modify(|now| *now = now.after(by));
    }

    /// Moves the time back, as when somebody sets a clock right that was ahead.
    pub fn turn_back(&self, by: Duration) {
        self.0.now.send_modify(|now| *now = now.before(by));
    }

    /// How many sleep and wake when exactly this time has passed.
    pub fn sleepers(&self, wake_after: Duration) -> usize {
        let until = self.now().after(wake_after);
        self.0.sleepers.borrow().iter().filter(|wakes| **wakes == until).count()
    }

    /// Completes once at least so many sleep and wake when exactly this time has passed.
    pub async fn until_sleepers(&self, wake_after: Duration, at_least: usize) {
        let until = self.now().after(wake_after);
        let enough = |all: &Vec<Timestamp>| all.iter().filter(|wakes| **wakes == until).count() >= at_least;
        // It fails when every clone of the clock is gone, of which this is one.
        let _ = self.0.sleepers.subscribe().wait_for(enough).await;
    }
}

impl Drop for Asleep {
    fn drop(&mut self) {
        self.clock.0.sleepers.send_modify(|all| {
            if let Some(at) = all.iter().position(|wakes| *wakes == self.until) {
                all.swap_remove(at);
            }
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.now.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        // The deadline counts from the call, not from the first poll: time may move in between.
        self.sleep_until(self.now().after(duration))
    }

    fn sleep_until(&self, until: Timestamp) -> Sleep {
        let mut time = self.0.now.subscribe();
        let asleep = Asleep { clock: self.clone(), until };
        self.0.sleepers.send_modify(|all| all.push(until));
        Box::pin(async move {
            // It fails when every clone of the clock is gone, of which the sleeper holds one.
            let _ = time.wait_for(|now| *now >= until).await;
            drop(asleep);
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_sleeper_wakes_only_when_its_time_has_come() {
        let clock = ManualClock::starting_at(Timestamp::from_millis(1000));
        let mut sleep = clock.sleep(Duration::from_secs(5));
        clock.advance(Duration::from_millis(4999));
        assert!(sleep.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_millis(1));
        assert!(sleep.as_mut().now_or_never().is_some());
        assert_eq!(clock.now(), Timestamp::from_millis(6000));
    }

    #[test]
    fn whoever_sleeps_is_counted_until_it_wakes_or_gives_up() {
        const HOUR: Duration = Duration::from_hours(1);
        let clock = ManualClock::starting_at(Timestamp::from_millis(0));
        let (mut one, two) = (clock.sleep(HOUR), clock.sleep(HOUR));
        assert!(clock.until_sleepers(HOUR, 2).now_or_never().is_some());
        assert!(clock.until_sleepers(HOUR, 3).now_or_never().is_none());
        assert_eq!(clock.sleepers(HOUR / 2), 0);
        drop(two);
        clock.advance(HOUR / 2);
        assert_eq!(clock.sleepers(HOUR / 2), 1);
        clock.advance(HOUR / 2);
        assert!(one.as_mut().now_or_never().is_some());
        assert_eq!(clock.sleepers(Duration::ZERO), 0);
    }

    #[test]
    fn a_pause_of_nothing_is_over_at_once() {
        let clock = ManualClock::starting_at(Timestamp::from_millis(0));
        assert!(clock.sleep(Duration::ZERO).now_or_never().is_some());
    }
}
