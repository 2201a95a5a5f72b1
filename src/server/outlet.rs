//! Whether the network takes what is sent over a connection.

use std::cell::Cell;
use std::task::Poll;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Told by the connection, asked by whoever makes answers for it.
pub(super) struct Outlet {
    blocked: Cell<bool>,
    open_since: Cell<Instant>,
    opened: Notify,
}

impl Outlet {
    pub(super) fn new() -> Self {
        Self { blocked: Cell::new(false), open_since: Cell::new(Instant::now()), opened: Notify::new() }
    }

    /// What came of a write.
    pub(super) fn tell<R>(&self, outcome: &Poll<R>) {
        if self.blocked.replace(outcome.is_pending()) && outcome.is_ready() {
            self.open_since.set(Instant::now());
            self.opened.notify_waiters();
        }
    }

    pub(super) async fn open(&self) {
        while self.blocked.get() {
            self.opened.notified().await;
        }
    }

    /// Since when it has taken everything; `None` while it does not.
    pub(super) fn open_since(&self) -> Option<Instant> {
        (!self.blocked.get()).then(|| self.open_since.get())
    }
}
