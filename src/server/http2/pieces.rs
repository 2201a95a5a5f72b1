//! Reading in pieces that are soon decoded. Heads are short on the wire and may be long in memory: before more of them are
//! decoded, what came is handled and others have their turn.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, Take};
use tokio::time::Instant;

/// Bytes that are given at once.
const PIECE: u64 = 8 * 1024;

/// How long decoding may take without a pause.
const LONGEST: Duration = Duration::from_micros(200);

/// A connection that is read in pieces. Writing is as it was.
pub(super) struct Pieces<T> {
    io: Take<T>,
    /// Since when it is read without a pause.
    since: Option<Instant>,
    pause: Pause,
}

/// Whether nothing is read for now.
#[derive(Clone, Default)]
pub(super) struct Pause(Rc<Cell<bool>>);

impl Pause {
    /// Does what reads the connection. A pause ends when all that was read is handled and others had their turn.
    pub(super) async fn within<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let outcome = work.as_mut().poll(context);
            if outcome.is_pending() && self.0.take() {
                context.waker().wake_by_ref();
            }
            outcome
        })
        .await
    }
}

impl<T: AsyncRead> Pieces<T> {
    pub(super) fn of(io: T) -> (Self, Pause) {
        let pause = Pause::default();
        (Self { io: io.take(PIECE), since: None, pause: pause.clone() }, pause)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Pieces<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.since.is_some_and(|since| since.elapsed() > LONGEST) {
            self.pause.0.set(true);
            self.since = None;
        }
        if self.pause.0.get() {
            return Poll::Pending;
        }
        self.since.get_or_insert_with(Instant::now);
        self.io.set_limit(PIECE);
        let outcome = Pin::new(&mut self.io).poll_read(context, buffer);
        if outcome.is_pending() {
            self.since = None;
        }
        outcome
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Pieces<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.io.get_mut()).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.io.get_mut()).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.get_ref().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.io.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.io.get_mut()).poll_shutdown(context)
    }
}
