//! How long one request may take, and how far its body is.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

/// What every request has: longer than the longest wait for a message.
const AT_LEAST: Duration = Duration::from_secs(75);

/// For each of these bytes that went either way it has another second. No line in use is slower.
const BYTES_A_SECOND: u64 = 4 * 1024;

/// How much of a body is handed on at once.
const PIECE: usize = 64 * 1024;

/// Told how much of a body went out, and how long it is.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// The time of one request. What moves gets more of it, so a long body ends and a server that says nothing is noticed.
#[derive(Clone)]
pub struct Pace {
    begun: Instant,
    moved: Arc<AtomicU64>,
}

/// A body that goes out piece by piece.
pub struct Pieces {
    rest: Bytes,
    all: u64,
    pace: Pace,
    progress: Option<Progress>,
}

/// It took too long.
pub struct TooSlow;

impl Pace {
    /// Begins now.
    pub fn begin() -> Self {
        Self { begun: Instant::now(), moved: Arc::default() }
    }

    /// So many bytes more went out or came in.
    pub fn add(&self, bytes: usize) {
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn end(&self) -> Instant {
        self.begun + allowed(self.moved.load(Ordering::Relaxed))
    }

    /// What comes of it while there is time.
    pub async fn keep<T>(&self, work: impl Future<Output = T>) -> Result<T, TooSlow> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                outcome = &mut work => return Ok(outcome),
                () = sleep_until(self.end()) => {
                    if Instant::now() >= self.end() {
                        return Err(TooSlow);
                    }
                }
            }
        }
    }
}

/// How long a request may take of which so much has moved.
fn allowed(moved: u64) -> Duration {
    AT_LEAST + Duration::from_secs(moved / BYTES_A_SECOND)
}

impl Pieces {
    /// A body of these bytes.
    pub fn new(body: Bytes, pace: Pace, progress: Option<Progress>) -> Self {
        Self { all: body.len() as u64, rest: body, pace, progress }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let most = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(most);
        self.pace.add(piece.len());
        if let Some(progress) = &self.progress {
            progress(self.all - self.rest.len() as u64, self.all);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_gets_time_and_what_trickles_ends() {
        assert_eq!(allowed(0), AT_LEAST);
        // A message of 64 MiB on a slow line, and a byte a minute.
        assert!(allowed(64 * 1024 * 1024) > Duration::from_hours(4));
        assert_eq!(allowed(60), AT_LEAST);
    }

    #[test]
    fn a_body_goes_out_whole_and_says_how_far_it_is() {
        let told = Arc::new(AtomicU64::new(0));
        let (seen, pace) = (Arc::clone(&told), Pace::begin());
        let progress: Progress = Arc::new(move |done, all| {
            assert_eq!(all, 150_000);
            seen.store(done, Ordering::Relaxed);
        });
        let mut body = Pieces::new(Bytes::from(vec![7; 150_000]), pace.clone(), Some(progress));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut sizes = Vec::new();
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
            sizes.push(frame.into_data().expect("data").len());
            assert_eq!(told.load(Ordering::Relaxed), sizes.iter().sum::<usize>() as u64);
        }
        assert_eq!(sizes, [PIECE, PIECE, 150_000 - 2 * PIECE]);
        assert_eq!(pace.moved.load(Ordering::Relaxed), 150_000);
    }
}
