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

/// Tells that the server is alive as long as its data answers, twice in every period that the supervisor waits.
pub(super) async fn stay_alive(readiness: Readiness) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let pause = (patience / 2).max(Duration::from_millis(1));
    loop {
        if readiness.answers().await {
            tell(NotifyState::Watchdog);
        }
        tokio::time::sleep(pause).await;
    }
}
