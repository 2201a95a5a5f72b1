//! Ending a connection so that its last answer arrives.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::server::ending::Ending;

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

    /// Reads to nowhere. Ready when the client has ended it too, or has had its time: a pause and no more once the server is to
    /// end, which somebody who sends for ever would hold up.
    pub(super) fn poll(
        &mut self,
        connection: &mut (impl AsyncRead + Unpin),
        ending: &Ending,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut nowhere = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut nowhere);
            match Pin::new(&mut *connection).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && Instant::now() < self.until => {
                    if ending.is_told() {
                        self.until = self.until.min(self.pause.deadline());
                    } else {
                        let next = (Instant::now() + PAUSE).min(self.until);
                        self.pause.as_mut().reset(next);
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.pause.as_mut().poll(context),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt;
    use tokio::io::duplex;

    use super::*;

    /// For how much longer a connection may go on whose client sends something.
    async fn left(ending: &Ending) -> Duration {
        let (mut client, mut server) = duplex(64);
        client.write_all(b"more").await.expect("room");
        let mut linger = Linger::begin();
        let begun = linger.pause.deadline();
        poll_fn(|context| linger.poll(&mut server, ending, context)).now_or_never();
        linger.until - begun
    }

    #[tokio::test]
    async fn whoever_goes_on_sending_holds_no_end_up() {
        let ending = Ending::default();
        assert!(left(&ending).await > PAUSE, "it may still come to its answer");
        ending.tell();
        assert_eq!(left(&ending).await, Duration::ZERO, "it has the pause that it has, and no other");
    }
}
