//! Counting what is being answered, so that a graceful stop knows when all of it is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;
use tokio::sync::Notify;

/// A cheap handle to the counter.
#[derive(Clone, Default)]
pub struct InFlight {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    count: AtomicUsize,
    draining: AtomicBool,
    changed: Notify,
}

/// One request being answered; ends when dropped.
pub struct Answering {
    shared: Arc<Shared>,
}

impl InFlight {
    pub fn begin(&self) -> Answering {
        self.shared.count.fetch_add(1, Ordering::AcqRel);
        Answering { shared: Arc::clone(&self.shared) }
    }

    /// From now on every answer ends its connection.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::Release);
    }

    pub fn is_draining(&self) -> bool {
        self.shared.draining.load(Ordering::Acquire)
    }

    /// Waits until nothing is being answered.
    pub async fn ended(&self) {
        loop {
            let changed = self.shared.changed.notified();
            if self.shared.count.load(Ordering::Acquire) == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if self.shared.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.changed.notify_waiters();
        }
    }
}

pin_project! {
    /// A body that counts as being answered until it is sent or given up.
    pub struct Counted<B> {
        #[pin]
        body: B,
        answering: Answering,
    }
}

impl<B> Counted<B> {
    pub fn new(body: B, answering: Answering) -> Self {
        Self { body, answering }
    }
}

impl<B: MessageBody> MessageBody for Counted<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        self.project().body.poll_next(context)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, answering } = self;
        body.try_into_bytes().map_err(|body| Self { body, answering })
    }
}
