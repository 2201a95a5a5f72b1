//! What clients come over: it holds a place among all, says when it is used, ends when its place goes to a newcomer, and
//! tells whether its client takes what is sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::server::admission::Admitted;
use crate::server::closing::Linger;
use crate::server::ending::Ending;
use crate::server::outlet::Outlet;

/// An admitted connection. When its place is given to another client, reads end and writes that would wait fail. Closing it
/// waits for the client to close it too.
pub(super) struct Held<T> {
    io: T,
    place: Admitted,
    outlet: Option<Rc<Outlet>>,
    linger: Option<Linger>,
    ending: Ending,
}

impl<T> Held<T> {
    /// The connection keeps its place until it is dropped, and goes on for little once the server is to end.
    pub(super) fn new(io: T, place: Admitted, ending: Ending) -> Self {
        Self { io, place, outlet: None, linger: None, ending }
    }

    /// From now on what comes of its writes is told there.
    pub(super) fn watch(&mut self) -> Rc<Outlet> {
        Rc::clone(self.outlet.get_or_insert_with(|| Rc::new(Outlet::new())))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Held<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.place.is_wanted() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.place.heard();
        } else if outcome.is_pending() && self.place.ends_wait(context) {
            return Poll::Ready(Ok(()));
        }
        outcome
    }
}

impl<T: AsyncWrite + Unpin> Held<T> {
    fn wrote(&mut self, context: &Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Some(outlet) = &self.outlet {
            outlet.tell(&outcome);
        }
        if matches!(outcome, Poll::Ready(Ok(1..))) {
            self.place.answered();
        } else if outcome.is_pending() && self.place.ends_wait(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        outcome
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Held<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write(context, bytes);
        self.wrote(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.wrote(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Asked while an answer is made that has nothing to send for a while.
        if self.place.ends_wait(context) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(Pin::new(&mut this.io).poll_shutdown(context))?;
        if this.place.ends_wait(context) {
            return Poll::Ready(Ok(()));
        }
        let linger = this.linger.get_or_insert_with(Linger::begin);
        linger.poll(&mut this.io, &this.ending, context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::config::{LimitsConfig, ServerConfig};
    use crate::server::admission::Admission;

    #[tokio::test]
    async fn a_connection_ends_when_its_place_is_wanted() {
        let limits = LimitsConfig { connections: 1, ..LimitsConfig::default() };
        let admission = Admission::new(&ServerConfig::default(), &limits, 1, 1000);
        let (server, mut client) = tokio::io::duplex(8);
        let mut held = Held::new(server, admission.admit(None).expect("room"), Ending::default());
        client.write_all(b"hear").await.expect("sent");
        let mut heard = [0; 4];
        held.read_exact(&mut heard).await.expect("received");
        let mut reading = Box::pin(async move {
            let read = held.read(&mut heard).await;
            let written = held.write_all(&[0; 9]).await;
            (read.ok(), written.map_err(|error| error.kind()))
        });
        assert!((&mut reading).now_or_never().is_none(), "there is nothing to read");
        let _newcomer = admission.admit(None).expect("room");
        let (read, written) = tokio::time::timeout(Duration::from_secs(30), reading).await.expect("an end");
        assert_eq!(read, Some(0));
        assert_eq!(written, Err(io::ErrorKind::ConnectionAborted));
    }
}
