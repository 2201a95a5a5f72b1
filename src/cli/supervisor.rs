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

/// Tells that the server is alive as long as its data answers, twice in every period that the supervisor waits.
pub(super) async fn stay_alive(readiness: Readiness) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    // Whatever the program before this one asked for.
    tell(NotifyState::WatchdogUsec(u32::try_from(patience.as_micros()).unwrap_or(u32::MAX)));
    let pause = (patience / 2).max(Duration::from_millis(1));
    loop {
        if readiness.answers().await {
            tell(NotifyState::Watchdog);
        }
        tokio::time::sleep(pause).await;
    }
}
