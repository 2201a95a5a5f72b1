//! What connections go by, and what is known of those that are open.

use std::sync::Arc;
use std::time::Duration;

use actix_http::ServiceConfig;
use tokio_util::task::TaskTracker;

use crate::domain::time::Clock;
use crate::server::admission::Admission;
use crate::server::ending::Ending;

/// The connections that are open, sockets that left HTTP among them.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) ending: Ending,
    pub(super) tasks: TaskTracker,
    pub(super) admission: Admission,
}

/// What all connections of a worker go by.
pub(super) struct Terms {
    /// Whether they are over TLS.
    pub(super) tls: bool,
    /// What actix-http's coding goes by.
    pub(super) coding: ServiceConfig,
    pub(super) keep_alive: Duration,
    pub(super) header_timeout: Duration,
    pub(super) body_timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) open: Open,
}

impl Open {
    pub(super) fn new(admission: Admission) -> Self {
        Self { ending: Ending::default(), tasks: TaskTracker::new(), admission }
    }

    /// Tells every connection to end after its next answer.
    pub(super) fn end(&self) {
        self.ending.tell();
        self.tasks.close();
    }

    /// Waits until all have.
    pub(super) async fn ended(&self) {
        self.tasks.wait().await;
    }
}
