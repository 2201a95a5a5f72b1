//! Which streams of a connection may keep an answer: few at once, and none that takes nothing while others wait.

use std::cell::Cell;
use std::pin::Pin;
use std::time::Duration;

use futures_util::pending;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout};

use crate::server::outlet::Outlet;

/// Streams that may keep an answer at once. A hundred connections whose clients take nothing may hold 64 MiB; pages and
/// what it takes to make them come to 40 KiB for each of these, so half of that is reached.
const ANSWERED_AT_ONCE: usize = 8;

/// For how long one may be worked on before another takes its place. Most answers are made within that; what takes longer
/// waits for something that happens, and keeps nothing meanwhile.
const WORKED_ON: Duration = Duration::from_millis(50);

/// For how long a stream may take nothing, and all others that wait may wait for it.
const STALLED: Duration = Duration::from_secs(2);

/// What the heads of requests without an answer may take in memory. Those of browsers take 2 KiB each, so that thirty
/// can wait; but a few hundred bytes on the wire can be 40 KiB here.
const HEADS_MOST: usize = 64 * 1024;

/// The permits of one connection.
pub(super) struct Permits {
    free: Semaphore,
    waiting: Cell<usize>,
    heads: Cell<usize>,
    /// When a stream that waited was last given a permit.
    given: Cell<Instant>,
}

/// The right to keep an answer.
pub(super) struct Permit<'a> {
    permits: &'a Permits,
    outlet: &'a Outlet,
    held: Option<SemaphorePermit<'a>>,
    /// Of the request, until there is an answer.
    head: Option<Counted<'a>>,
}

/// Counted in until dropped.
pub(super) struct Counted<'a> {
    count: &'a Cell<usize>,
    amount: usize,
}

impl Permits {
    pub(super) fn new() -> Self {
        Self {
            free: Semaphore::new(ANSWERED_AT_ONCE),
            waiting: Cell::new(0),
            heads: Cell::new(0),
            given: Cell::new(Instant::now()),
        }
    }

    /// Room for the head of a request; `None` if there is none. Asked as soon as the head is known: heads that wait to be
    /// asked about would have no bound.
    pub(super) fn room_for(&self, head: usize) -> Option<Counted<'_>> {
        (self.heads.get() + head <= HEADS_MOST).then(|| Counted::new(&self.heads, head))
    }

    /// A permit for a stream whose head has room.
    pub(super) async fn take<'a>(&'a self, outlet: &'a Outlet, head: Counted<'a>) -> Permit<'a> {
        let mut permit = Permit { permits: self, outlet, held: None, head: Some(head) };
        permit.begin().await;
        permit
    }

    /// Waits until this stream counts as stalled: its client took nothing for `longest`. Less is enough when other streams
    /// wait and none of them got a permit, unless the network itself took nothing. One stream then ends for all of them.
    pub(super) async fn stalled(&self, outlet: &Outlet, longest: Duration) {
        let since = Instant::now();
        let (until, mut look_at) = (since + longest, since + STALLED);
        loop {
            sleep_until(look_at.min(until)).await;
            let now = Instant::now();
            if now >= until {
                return;
            }
            look_at = now + STALLED;
            if self.waiting.get() > 0
                && let Some(open_since) = outlet.open_since()
            {
                let ends = since.max(open_since).max(self.given.get()) + STALLED;
                if now >= ends {
                    self.given.set(now);
                    return;
                }
                look_at = ends;
            }
        }
    }
}

impl Permit<'_> {
    async fn begin(&mut self) {
        let permits = self.permits;
        self.held = match permits.free.try_acquire() {
            Ok(free) => Some(free),
            Err(_taken) => {
                let _waiting = Counted::new(&permits.waiting, 1);
                // The semaphore is never closed.
                let free = permits.free.acquire().await.ok();
                permits.given.set(Instant::now());
                free
            }
        };
        self.outlet.open().await;
    }

    /// Waits for something of this stream. What takes long gives the permit to others, and goes on only with another permit,
    /// because it may come to an answer then. `None` if there is none for so long: it may hold what others need.
    pub(super) async fn work<F: Future>(
        &mut self,
        work: &mut Pin<&mut F>,
        longest: Duration,
    ) -> Option<F::Output> {
        loop {
            if let Ok(done) = timeout(WORKED_ON, work.as_mut()).await {
                self.head = None;
                return Some(done);
            }
            self.held = None;
            // Until the stream is woken.
            pending!();
            timeout(longest, self.begin()).await.ok()?;
        }
    }
}

impl<'a> Counted<'a> {
    fn new(count: &'a Cell<usize>, amount: usize) -> Self {
        count.update(|count| count + amount);
        Self { count, amount }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.count.update(|count| count - self.amount);
    }
}
