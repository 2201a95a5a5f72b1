//! The order to end after the next answer. It is given once, and asked for with every request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned};

/// How long a connection that is just being made may go on after the order: what it is to ask is still answered.
const A_WHILE: Duration = Duration::from_millis(500);

/// A cheap handle, and cheap to ask: the token by itself would lock out all other connections meanwhile.
#[derive(Clone, Default)]
pub(super) struct Ending {
    told: Arc<AtomicBool>,
    token: CancellationToken,
}

/// One connection's wait for the order.
pub(super) struct Awaited {
    ending: Ending,
    order: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Who is woken by the order.
    waker: Option<Waker>,
}

impl Ending {
    pub(super) fn tell(&self) {
        self.told.store(true, Ordering::Release);
        self.token.cancel();
    }

    pub(super) fn is_told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// Completes with the order.
    pub(super) fn told(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// Completes a while after the order, for those who are about to ask.
    pub(super) async fn told_a_while_ago(&self) {
        self.told().await;
        tokio::time::sleep(A_WHILE).await;
    }

    pub(super) fn awaited(&self) -> Awaited {
        Awaited { ending: self.clone(), order: Box::pin(self.token.clone().cancelled_owned()), waker: None }
    }
}

impl Awaited {
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.waker.as_ref().is_some_and(|known| known.will_wake(context.waker())) {
            self.waker = Some(context.waker().clone());
            ready!(self.order.as_mut().poll(context));
        }
        if self.ending.is_told() { Poll::Ready(()) } else { Poll::Pending }
    }
}
