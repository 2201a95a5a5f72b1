//! What systemd is told of the server, where it asked to be: that it is ready, that it stops, that it is alive.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::service::readiness::Readiness;

/// Tells something. Nobody listens where no supervisor asked, and the server goes on when one does not.
pub(super) fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the supervisor was not told; check NotifyAccess in the unit");
    }
}

/// Asks for patience before another program follows this one: what it opens may have to be brought up to date first, and until
/// that is done nobody tells that the server is alive.
pub(super) fn wait_for_successor() {
    if sd_notify::watchdog_enabled().is_some() {
        tell(NotifyState::WatchdogUsec(u32::MAX));
    }
}

/// How soon the data is asked again that did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Tells that the server is alive as long as its data answers, twice in every period that the supervisor waits. A disk or
/// another program may hold it up for a moment: what matters is whether it answers within the period.
pub(super) async fn stay_alive(readiness: Readiness) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    // Whatever the program before this one asked for.
    tell(NotifyState::WatchdogUsec(u32::try_from(patience.as_micros()).unwrap_or(u32::MAX)));
    loop {
        let is_alive = readiness.answers().await;
        if is_alive {
            tell(NotifyState::Watchdog);
        }
        tokio::time::sleep(pause(patience, is_alive)).await;
    }
}

fn pause(patience: Duration, is_alive: bool) -> Duration {
    let usual = (patience / 2).max(Duration::from_millis(1));
    if is_alive { usual } else { usual.min(AGAIN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_did_not_answer_is_asked_again_within_the_period() {
        for (patience, is_alive, expected) in
            [(60_000, true, 30_000), (60_000, false, 1_000), (200, false, 100), (0, true, 1)]
        {
            let patience = Duration::from_millis(patience);
            assert_eq!(pause(patience, is_alive), Duration::from_millis(expected));
        }
    }
}
