//! Work that comes round by itself: each job is a single step, and the clock says when the next one is due.

use std::time::Duration;

use crate::domain::time::Clock;
use crate::service::retention::Retention;

/// Prunes once in every period, until dropped.
pub async fn prune_regularly(retention: Retention, every: Duration, clock: std::sync::Arc<dyn Clock>) {
    loop {
        clock.sleep(every).await;
        match retention.prune().await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "pruned"),
            Err(error) => tracing::error!(%error, "pruning failed; it is tried again in the next round"),
        }
    }
}
