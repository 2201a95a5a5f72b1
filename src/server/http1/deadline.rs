//! A deadline that moves with every request and hardly ever costs a timer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// When a connection has waited long enough. Machine time: the network knows no other.
pub(super) struct Deadline {
    at: Instant,
    /// May ring too early, and is then set again. Moving the deadline away costs nothing this way.
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(super) fn after(wait: Duration) -> Self {
        let timer = Box::pin(sleep(wait));
        Self { at: timer.deadline(), timer }
    }

    pub(super) fn set(&mut self, wait: Duration) {
        self.at = Instant::now() + wait;
        if self.at < self.timer.deadline() {
            self.timer.as_mut().reset(self.at);
        }
    }

    /// Moves it nearer, never away.
    pub(super) fn shorten(&mut self, wait: Duration) {
        if Instant::now() + wait < self.at {
            self.set(wait);
        }
    }

    /// Ready once it has passed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            if Instant::now() >= self.at {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.at);
        }
    }
}
