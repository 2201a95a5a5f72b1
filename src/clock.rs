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
pub struct ManualClock(Arc<watch::Sender<Timestamp>>);

impl ManualClock {
    pub fn starting_at(now: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(now)))
    }

    /// Moves the time forward and wakes every sleeper whose time has come.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.after(by));
    }

    /// Moves the time back, as when somebody sets a clock right that was ahead.
    pub fn turn_back(&self, by: Duration) {
        self.0.send_modify(|now| *now = now.before(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        // The deadline counts from the call, not from the first poll: time may move in between.
        let until = self.now().after(duration);
        let mut time = self.0.subscribe();
        Box::pin(async move {
            if time.wait_for(|now| *now >= until).await.is_err() {
                // Every clone of the clock is gone, so this moment will never come.
                std::future::pending::<()>().await;
            }
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
    fn a_pause_of_nothing_is_over_at_once() {
        let clock = ManualClock::starting_at(Timestamp::from_millis(0));
        assert!(clock.sleep(Duration::ZERO).now_or_never().is_some());
    }
}
