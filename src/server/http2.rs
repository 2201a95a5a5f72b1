//! One connection of HTTP/2: many streams, of which few keep an answer that the client does not take.

use std::cell::Cell;
use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use actix_http::body::{BodySize, MessageBody};
use actix_http::{Payload, Request, Response};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout};

use crate::http::closing::Linger;
use crate::server::connections::Terms;

/// Streams that a client may have open, as RFC 9113 section 6.5.2 recommends it at least.
const STREAMS: u32 = 100;

/// Streams that may keep an answer at once, and for how long one may be worked on before another takes its place. What
/// takes longer waits for something that happens, and keeps nothing meanwhile.
const ANSWERED_AT_ONCE: usize = 8;
const WORKED_ON: Duration = Duration::from_secs(1);

/// Bytes of bodies that may come in before they are asked for, in each stream and in all of them.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;

/// Bytes of each stream that may wait for the network.
const SEND_MOST: usize = 16 * 1024;

/// The longest head.
const HEAD_MOST: u32 = 16 * 1024;

/// How long a client that was told that the connection ends may take to agree.
const LAST_STREAMS: Duration = Duration::from_secs(1);

/// How long it may take the last bytes.
const LAST_BYTES: Duration = Duration::from_secs(15);

/// What the streams of one connection share.
struct Shared<S> {
    routes: Rc<S>,
    peer: Option<SocketAddr>,
    turns: Semaphore,
    outlet: Rc<Outlet>,
    terms: Rc<Terms>,
}

/// Serves until either side has enough.
pub(super) async fn serve<T, S, B>(io: T, peer: Option<SocketAddr>, routes: Rc<S>, terms: Rc<Terms>)
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let outlet = Rc::new(Outlet::default());
    let handshake = Builder::new()
        .max_concurrent_streams(STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_MOST)
        .max_header_list_size(HEAD_MOST)
        .handshake(Watched { io, outlet: Rc::clone(&outlet), linger: None });
    let told_to_end = terms.open.told_to_end.clone();
    let begun = tokio::select! {
        begun = timeout(terms.header_timeout, handshake) => begun,
        () = told_to_end.cancelled() => return,
    };
    let Ok(Ok(mut connection)) = begun else { return };
    let shared = Shared { routes, peer, turns: Semaphore::new(ANSWERED_AT_ONCE), outlet, terms };
    let mut streams = FuturesUnordered::new();
    let mut idle_until = Instant::now() + shared.terms.keep_alive;
    let (mut ending, mut is_over) = (false, false);
    loop {
        tokio::select! {
            biased;
            // First, because it is what sends: a client that takes nothing is noticed before the next answer is made.
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => streams.push(shared.answer(request, respond)),
                Some(Err(_)) | None => return,
            },
            Some(()) = streams.next() => {
                idle_until = Instant::now() + if ending { LAST_STREAMS } else { shared.terms.keep_alive };
            }
            () = told_to_end.cancelled(), if !ending => {
                ending = true;
                idle_until = Instant::now() + LAST_STREAMS;
                connection.graceful_shutdown();
            }
            () = sleep_until(idle_until), if streams.is_empty() => {
                if is_over {
                    return;
                }
                if ending {
                    // It does not agree, but may still take what was sent.
                    is_over = true;
                    idle_until = Instant::now() + LAST_BYTES;
                    connection.abrupt_shutdown(Reason::NO_ERROR);
                } else {
                    ending = true;
                    idle_until = Instant::now() + LAST_STREAMS;
                    connection.graceful_shutdown();
                }
            }
        }
    }
}

impl<S> Shared<S> {
    /// Serves one stream.
    async fn answer<B>(&self, request: ::http::Request<RecvStream>, mut respond: SendResponse<Bytes>)
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let turn = tokio::select! {
            biased;
            // One that is not wanted any more does not wait: the library counts it no longer.
            _reset = poll_fn(|context| respond.poll_reset(context)) => return,
            turn = Turn::take(&self.turns, &self.outlet) => turn,
        };
        // Boxed, because streams that wait for their turn need no room for the work.
        Box::pin(self.answer_now(request, respond, turn)).await;
    }

    /// Where that fails the client has gone or does not want it any more.
    async fn answer_now<B>(
        &self,
        request: ::http::Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
        mut turn: Turn<'_>,
    ) where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let is_head = request.method() == Method::HEAD;
        let mut call = pin!(self.routes.call(translated(request, self.peer)));
        let answered = async {
            tokio::select! {
                biased;
                answer = turn.work(&mut call) => Some(answer),
                _reset = poll_fn(|context| respond.poll_reset(context)) => None,
            }
        };
        let Some(answer) = answered.await else { return };
        let response: Response<BoxBody> = match answer {
            Ok(response) => response.map_into_boxed_body().into_parts().1.into(),
            Err(error) => error.error_response().into(),
        };
        let (head, body) = response.into_parts();
        let size = body.size();
        let has_body = !is_head && !matches!(size, BodySize::None | BodySize::Sized(0));
        let Some(head) = self.coded(&head, size) else { return };
        let Ok(mut stream) = respond.send_response(head, !has_body) else { return };
        if has_body {
            let _gone = self.send(&mut stream, body, &mut turn).await;
        }
    }

    /// Sends a body as fast as the client takes it.
    async fn send(
        &self,
        stream: &mut SendStream<Bytes>,
        body: BoxBody,
        turn: &mut Turn<'_>,
    ) -> Result<(), Gone> {
        let mut body = pin!(body);
        loop {
            let next = match next_piece(body.as_mut(), stream).now_or_never() {
                Some(next) => next?,
                None => {
                    // It waits for something that happens, and keeps nothing meanwhile.
                    turn.give_up();
                    let next = next_piece(body.as_mut(), stream).await?;
                    tokio::select! {
                        biased;
                        _reset = poll_fn(|context| stream.poll_reset(context)) => return Err(Gone),
                        () = turn.begin() => next,
                    }
                }
            };
            let Some(piece) = next else { break };
            let Ok(mut piece) = piece else {
                stream.send_reset(Reason::INTERNAL_ERROR);
                return Err(Gone);
            };
            while !piece.is_empty() {
                let room = self.room(stream, piece.len()).await?;
                stream.send_data(piece.split_to(room.min(piece.len())), false).map_err(|_| Gone)?;
            }
        }
        stream.send_data(Bytes::new(), true).map_err(|_| Gone)
    }

    /// How many bytes the client takes now. One that takes none for long loses the stream.
    async fn room(&self, stream: &mut SendStream<Bytes>, wanted: usize) -> Result<usize, Gone> {
        stream.reserve_capacity(wanted.min(SEND_MOST));
        loop {
            let room = stream.capacity();
            if room > 0 {
                return Ok(room);
            }
            match timeout(self.terms.body_timeout, poll_fn(|context| stream.poll_capacity(context))).await {
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(_)) | None) => return Err(Gone),
                Err(_elapsed) => {
                    stream.send_reset(Reason::CANCEL);
                    return Err(Gone);
                }
            }
        }
    }

    /// The head of an answer, without what HTTP/2 says otherwise or not at all; `None` if it cannot be said.
    fn coded(&self, head: &Response<()>, size: BodySize) -> Option<::http::Response<()>> {
        let mut coded = ::http::Response::new(());
        *coded.status_mut() = head.status();
        let headers = coded.headers_mut();
        for (name, value) in head.headers() {
            if ![CONNECTION, TRANSFER_ENCODING, UPGRADE].contains(name) {
                headers.append(name, value.clone());
            }
        }
        if let BodySize::Sized(length) = size {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let now = SystemTime::UNIX_EPOCH
            + Duration::from_millis(u64::try_from(self.terms.clock.now().as_millis()).ok()?);
        headers.insert(DATE, HeaderValue::from_str(&httpdate::fmt_http_date(now)).ok()?);
        Some(coded)
    }
}

/// The client has gone.
struct Gone;

/// The next piece of a body, unless the client resets the stream before.
async fn next_piece(
    mut body: Pin<&mut BoxBody>,
    stream: &mut SendStream<Bytes>,
) -> Result<Option<Result<Bytes, Box<dyn StdError>>>, Gone> {
    poll_fn(|context| {
        if let Poll::Ready(piece) = body.as_mut().poll_next(context) {
            return Poll::Ready(Ok(piece));
        }
        stream.poll_reset(context).map(|_reset| Err(Gone))
    })
    .await
}

/// The request as the routes know it.
fn translated(request: ::http::Request<RecvStream>, peer: Option<SocketAddr>) -> Request {
    let (parts, body) = request.into_parts();
    let payload = if body.is_end_stream() { Payload::None } else { Payload::from(body) };
    let mut request = Request::with_payload(payload);
    let head = request.head_mut();
    head.uri = parts.uri;
    head.method = parts.method;
    head.version = parts.version;
    head.headers = parts.headers.into();
    head.peer_addr = peer;
    request
}

/// The right to keep an answer.
struct Turn<'a> {
    turns: &'a Semaphore,
    outlet: &'a Outlet,
    held: Option<SemaphorePermit<'a>>,
}

impl<'a> Turn<'a> {
    async fn take(turns: &'a Semaphore, outlet: &'a Outlet) -> Self {
        let mut turn = Self { turns, outlet, held: None };
        turn.begin().await;
        turn
    }

    async fn begin(&mut self) {
        // The semaphore is never closed.
        self.held = self.turns.acquire().await.ok();
        self.outlet.open().await;
    }

    fn give_up(&mut self) {
        self.held = None;
    }

    /// Waits for something of this stream. What takes long gives the turn to others meanwhile.
    async fn work<F: Future>(&mut self, work: &mut Pin<&mut F>) -> F::Output {
        if let Ok(done) = timeout(WORKED_ON, work.as_mut()).await {
            return done;
        }
        self.give_up();
        let done = work.as_mut().await;
        self.begin().await;
        done
    }
}

/// Whether the network takes what is sent.
#[derive(Default)]
struct Outlet {
    blocked: Cell<bool>,
    opened: Notify,
}

impl Outlet {
    async fn open(&self) {
        while self.blocked.get() {
            self.opened.notified().await;
        }
    }

    fn tell<R>(&self, outcome: Poll<R>) -> Poll<R> {
        self.blocked.set(outcome.is_pending());
        if outcome.is_ready() {
            self.opened.notify_waiters();
        }
        outcome
    }
}

/// A connection whose writing is watched.
struct Watched<T> {
    io: T,
    outlet: Rc<Outlet>,
    linger: Option<Linger>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.io).poll_write(context, bytes);
        self.outlet.tell(outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(Pin::new(&mut this.io).poll_shutdown(context))?;
        this.linger.get_or_insert_with(Linger::begin).poll(&mut this.io, context).map(Ok)
    }
}
