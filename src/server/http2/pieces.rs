//! Reading in pieces that are soon handled. Heads are short on the wire and may be long in memory: before more of them are
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

/// Bytes that are given at once: between these, as many as are handled in [`LONGEST`] by the measure of those before. Bodies
/// come in large pieces, which cost less; of heads that are long in memory there are few in a small one.
const LEAST: u64 = 512;
const MOST: u64 = 8 * 1024;

/// How long what came may be handled without a pause.
const LONGEST: Duration = Duration::from_micros(100);

/// A connection that is read in pieces. Writing is as it was.
pub(super) struct Pieces<T> {
    io: Take<T>,
    /// Bytes of the next piece.
    piece: u64,
    run: Option<Run>,
    pause: Pause,
}

/// Reading without a pause.
struct Run {
    since: Instant,
    /// Bytes so far.
    given: u64,
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
        (Self { io: io.take(LEAST), piece: LEAST, run: None, pause: pause.clone() }, pause)
    }

    fn end_run(&mut self) {
        if let Some(Run { since, given: given @ 1.. }) = self.run.take() {
            self.piece = next_piece(given, since.elapsed());
        }
    }
}

/// As many bytes as are handled in [`LONGEST`] when so many took so long.
fn next_piece(given: u64, took: Duration) -> u64 {
    let in_longest = u128::from(given) * LONGEST.as_nanos() / took.as_nanos().max(1);
    u64::try_from(in_longest).unwrap_or(MOST).clamp(LEAST, MOST)
}

impl<T: AsyncRead + Unpin> AsyncRead for Pieces<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.run.as_ref().is_some_and(|run| run.since.elapsed() > LONGEST) {
            self.pause.0.set(true);
            self.end_run();
        }
        if self.pause.0.get() {
            return Poll::Pending;
        }
        self.run.get_or_insert_with(|| Run { since: Instant::now(), given: 0 });
        let (piece, filled) = (self.piece, buffer.filled().len());
        self.io.set_limit(piece);
        let outcome = Pin::new(&mut self.io).poll_read(context, buffer);
        if outcome.is_pending() {
            self.end_run();
        } else if let Some(run) = &mut self.run {
            run.given += (buffer.filled().len() - filled) as u64;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_what_can_be_handled_without_a_pause() {
        let took = |micros| Duration::from_micros(micros);
        assert_eq!(next_piece(8192, took(400)), 2048);
        assert_eq!(next_piece(2048, took(1000)), LEAST);
        assert_eq!(next_piece(16384, took(20)), MOST);
        assert_eq!(next_piece(300, took(0)), MOST);
        assert_eq!(next_piece(u64::MAX, took(1)), MOST);
    }
}
