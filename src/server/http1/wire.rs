//! The connection itself: what came in and is not used yet, what is to go out, and HTTP's own coding of both.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::body::BodySize;
use actix_http::error::ParseError;
use actix_http::h1::{Codec, Message, MessageType};
use actix_http::{Request, Response, ServiceConfig};
use actix_web::http::header::CONTENT_LENGTH;
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{Decoder, Encoder};
use tokio_util::io::poll_read_buf;

use crate::server::http1::head::{self, Scan};

/// What is read at once while a head is waited for.
const HEAD_STEP: usize = 4 * 1024;

/// What is read at once while an answer is made. Mostly nothing has come, and the request has the memory of its head.
const GLANCE: usize = 256;

/// What is read at once of a body.
const BODY_STEP: usize = 32 * 1024;

/// The longest head. Browsers and proxies stay below half of it.
const HEAD_MOST: usize = 32 * 1024;

/// Bytes that may wait to be sent; above this, the next answer waits too. A thousand clients that take nothing hold a
/// thousand times as much, and the allocator gives little of it back.
const SEND_MOST: usize = 16 * 1024;

/// The longest body that is read for nothing, so that the connection can go on.
const SKIPPED_MOST: u64 = 64 * 1024;

/// One connection. At most one request is out of it at a time, and nothing is read while something waits to be sent.
pub(super) struct Wire<T> {
    pub(super) io: T,
    pub(super) codec: Codec,
    pub(super) received: BytesMut,
    sending: BytesMut,
    /// How much of `sending` is sent.
    sent: usize,
    scan: Scan,
    /// The length of the request's body, where it was announced.
    announced: Option<u64>,
    /// The client holds the body back until it is asked for.
    holds_body: bool,
    /// Counts the requests, so that the body of an answered one cannot be read any more.
    pub(super) turn: u64,
}

/// Why there is no request.
#[derive(Debug)]
pub(super) enum HeadError {
    Malformed,
    TooLarge,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    pub(super) fn new(io: T, config: ServiceConfig) -> Self {
        Self {
            io,
            codec: Codec::new(config),
            received: BytesMut::new(),
            sending: BytesMut::new(),
            sent: 0,
            scan: Scan::default(),
            announced: None,
            holds_body: false,
            turn: 0,
        }
    }

    /// The next request, if its head has come.
    pub(super) fn take_head(&mut self) -> Result<Option<Request>, HeadError> {
        // Some clients put a line end behind a body; RFC 9112 section 2.2 asks to be patient with it.
        if self.received.first().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            let empty = self.received.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.received.advance(empty);
            self.scan = Scan::default();
        }
        let Some(found) = self.scan.end(&self.received) else {
            return if self.received.len() < HEAD_MOST { Ok(None) } else { Err(HeadError::TooLarge) };
        };
        if found.length > HEAD_MOST {
            return Err(HeadError::TooLarge);
        }
        let head = &mut self.received[..found.length];
        if found.may_upgrade && !head::asks_for_socket(head) {
            head::ignore_upgrade(head);
        }
        match self.codec.decode(&mut self.received) {
            Ok(Some(Message::Item(request))) => {
                self.turn += 1;
                self.announced = announced_bytes(&request);
                self.holds_body = request.head().expect() && self.has_body();
                Ok(Some(request))
            }
            Ok(_) | Err(_) => Err(HeadError::Malformed),
        }
    }

    /// Whether some of the request's body has not been read.
    pub(super) fn has_body(&self) -> bool {
        self.codec.message_type() != MessageType::None
    }

    /// Whether what is left of the body is so little, and so sure to come, that the connection can go on behind it.
    pub(super) fn can_skip_body(&self) -> bool {
        !self.holds_body
            && self.codec.message_type() == MessageType::Payload
            && self.announced.is_some_and(|length| length <= SKIPPED_MOST)
    }

    /// Whether so much waits to be sent that the next answer has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.sending.len() - self.sent >= SEND_MOST
    }

    /// Whether the next request is there already, so that both answers can leave together.
    pub(super) fn has_next(&mut self) -> bool {
        !self.has_body() && self.scan.end(&self.received).is_some()
    }

    /// The next piece of the request's body; `None` at its end.
    pub(super) fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        while self.has_body() {
            match self.codec.decode(&mut self.received).map_err(BodyError::Coding)? {
                Some(Message::Chunk(Some(bytes))) => return Poll::Ready(Some(Ok(bytes))),
                Some(_) => continue,
                None => {}
            }
            if std::mem::take(&mut self.holds_body) {
                self.sending.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            ready!(self.poll_send(context)).map_err(BodyError::Connection)?;
            let step = if self.announced.is_some_and(|length| length <= HEAD_STEP as u64) {
                HEAD_STEP
            } else {
                BODY_STEP
            };
            if ready!(self.poll_receive(context, step)).map_err(BodyError::Connection)? == 0 {
                return Poll::Ready(Some(Err(BodyError::BrokenOff)));
            }
        }
        Poll::Ready(None)
    }

    /// Reads what has come for a head; 0 is the end of everything.
    pub(super) fn poll_receive_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.received.is_empty() && self.announced.take().is_some_and(|length| length > HEAD_STEP as u64) {
            // The room of a long body is not kept for the next request.
            self.received = BytesMut::new();
        }
        self.poll_receive(context, HEAD_STEP)
    }

    fn poll_receive(&mut self, context: &mut Context<'_>, step: usize) -> Poll<io::Result<usize>> {
        self.received.reserve(step);
        poll_read_buf(Pin::new(&mut self.io), context, &mut self.received)
    }

    /// Goes on while an answer is made. An error tells that the client has gone; one that only says no more has not.
    pub(super) fn poll_wait(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if let Poll::Ready(Err(gone)) = self.poll_send(context) {
            return Err(gone);
        }
        if self.received.is_empty() && !self.has_body() {
            let mut glance = [0; GLANCE];
            let mut glance = ReadBuf::new(&mut glance);
            if let Poll::Ready(came) = Pin::new(&mut self.io).poll_read(context, &mut glance) {
                came?;
                self.received.extend_from_slice(glance.filled());
            }
        }
        Ok(())
    }

    /// Sends all that waits.
    pub(super) fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.sending.is_empty() {
            return Pin::new(&mut self.io).poll_flush(context);
        }
        while self.sent < self.sending.len() {
            let sent = ready!(Pin::new(&mut self.io).poll_write(context, &self.sending[self.sent..]))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += sent;
        }
        ready!(Pin::new(&mut self.io).poll_flush(context))?;
        self.sent = 0;
        if self.sending.capacity() > HEAD_STEP {
            self.sending = BytesMut::new();
        } else {
            self.sending.clear();
        }
        Poll::Ready(Ok(()))
    }

    /// Puts a piece of an answer behind what waits to be sent.
    pub(super) fn put(&mut self, piece: Message<(Response<()>, BodySize)>) -> io::Result<()> {
        self.codec.encode(piece, &mut self.sending)
    }
}

fn announced_bytes(request: &Request) -> Option<u64> {
    request.head().headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Why a body ended too early.
#[derive(Debug)]
pub(super) enum BodyError {
    Coding(ParseError),
    Connection(io::Error),
    BrokenOff,
}
