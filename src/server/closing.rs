//! Ending a connection so that its last answer arrives.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, timeout};

/// How long a client that says nothing may take to end the connection in turn.
const PAUSE: Duration = Duration::from_secs(1);

/// How long one may that goes on sending what nobody reads, or that takes the last bytes.
const LONGEST: Duration = Duration::from_secs(15);

/// Sends what is left and closes. What clients come over waits for them to do so too.
pub(super) async fn close(connection: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    timeout(LONGEST, connection.shutdown()).await?
}

/// The wait for a client to end a connection that was closed on this side. Without it, the kernel would throw the answer
/// away when something else came in.
pub(super) struct Linger {
    pause: Pin<Box<Sleep>>,
    until: Instant,
}

impl Linger {
    pub(super) fn begin() -> Self {
        Self { pause: Box::pin(sleep(PAUSE)), until: Instant::now() + LONGEST }
    }

    /// Reads to nowhere. Ready when the client has ended it too, or has had its time.
    pub(super) fn poll(
        &mut self,
        connection: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut nowhere = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut nowhere);
            match Pin::new(&mut *connection).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && Instant::now() < self.until => {
                    let next = (Instant::now() + PAUSE).min(self.until);
                    self.pause.as_mut().reset(next);
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.pause.as_mut().poll(context),
            }
        }
    }
}
