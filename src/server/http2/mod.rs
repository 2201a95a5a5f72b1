//! One connection of HTTP/2: many streams, of which few keep an answer that the client does not take.

mod heads;
mod permits;
mod pieces;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix_http::body::{BodySize, MessageBody};
use actix_http::{Request, Response};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};

use crate::server::http2::permits::{Counted, Permit, Permits};
use crate::server::http2::pieces::Pieces;
use crate::server::outlet::Outlet;
use crate::server::terms::Terms;

/// Streams that a client may have open, as RFC 9113 section 6.5.2 recommends it at least.
const STREAMS: u32 = 100;

/// Bytes of bodies that may come in before they are asked for, in each stream and in all of them.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;

/// Bytes of each stream that may wait for the network.
const SEND_MOST: usize = 16 * 1024;

/// The longest head.
const HEAD_MOST: u32 = 12 * 1024;

/// How long a client that was told that the connection ends may take to agree.
const LAST_STREAMS: Duration = Duration::from_secs(1);

/// How long it may take the last bytes.
const LAST_BYTES: Duration = Duration::from_secs(15);

/// What the streams of one connection share.
struct Shared<S> {
    routes: Rc<S>,
    peer: Option<SocketAddr>,
    permits: Permits,
    outlet: Rc<Outlet>,
    terms: Rc<Terms>,
}

/// Serves until either side has enough.
pub(super) async fn serve<T, S, B>(
    io: T,
    outlet: Rc<Outlet>,
    peer: Option<SocketAddr>,
    routes: Rc<S>,
    terms: Rc<Terms>,
) where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let (io, pause) = Pieces::of(io);
    let handshake = Builder::new()
        .max_concurrent_streams(STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_MOST)
        .max_header_list_size(HEAD_MOST)
        .handshake(io);
    let order = terms.open.ending.clone();
    let begun = tokio::select! {
        begun = timeout(terms.header_timeout, pause.within(handshake)) => begun,
        () = order.told_a_while_ago() => return,
    };
    let Ok(Ok(mut connection)) = begun else { return };
    let shared = Shared { routes, peer, permits: Permits::new(), outlet, terms };
    let mut streams = FuturesUnordered::new();
    let mut idle_until = Instant::now() + shared.terms.keep_alive;
    let mut end = End::Open;
    loop {
        tokio::select! {
            biased;
            // First, because it is what sends: a client that takes nothing is noticed before the next answer is made.
            accepted = pause.within(connection.accept()) => match accepted {
                Some(Ok((request, mut respond))) => {
                    match shared.permits.room_for(heads::memory_of_head(&request)) {
                        Some(head) => streams.push(shared.answer(request, respond, head)),
                        // Clients know by this that they may ask once more.
                        None => respond.send_reset(Reason::REFUSED_STREAM),
                    }
                }
                Some(Err(_)) | None => return,
            },
            Some(()) = streams.next() => {
                idle_until = Instant::now() + if end == End::Open { shared.terms.keep_alive } else { LAST_STREAMS };
            }
            () = order.told(), if end == End::Open => {
                end = End::Asked;
                idle_until = Instant::now() + LAST_STREAMS;
                connection.graceful_shutdown();
            }
            // What the client still takes goes first: the library would forget what has not left it.
            () = shared.outlet.open(), if end == End::Near && streams.is_empty() => {
                end = End::Told;
                connection.abrupt_shutdown(Reason::NO_ERROR);
            }
            () = sleep_until(idle_until), if streams.is_empty() => match end {
                End::Open => {
                    end = End::Asked;
                    idle_until = Instant::now() + LAST_STREAMS;
                    connection.graceful_shutdown();
                }
                // It does not agree, but may still take what was sent.
                End::Asked => {
                    end = End::Near;
                    idle_until = Instant::now() + LAST_BYTES;
                }
                End::Near | End::Told => return,
            }
        }
    }
}

/// How near a connection is to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// The client was asked to ask for nothing more.
    Asked,
    /// It has nothing to come any more but what was sent.
    Near,
    Told,
}

impl<S> Shared<S> {
    /// Serves one stream.
    async fn answer<'a, B>(
        &'a self,
        request: ::http::Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
        head: Counted<'a>,
    ) where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let permit = tokio::select! {
            biased;
            // One that is not wanted any more does not wait: the library counts it no longer.
            _reset = poll_fn(|context| respond.poll_reset(context)) => return,
            permit = self.permits.take(&self.outlet, head) => permit,
        };
        // Boxed, because streams that wait for their permit need no room for the work.
        Box::pin(self.answer_now(request, respond, permit)).await;
    }

    /// Where that fails the client has gone or does not want it any more.
    async fn answer_now<B>(
        &self,
        request: ::http::Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
        mut permit: Permit<'_>,
    ) where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let is_head = request.method() == Method::HEAD;
        // The work is given back before the answer is sent, which may take long.
        let answer = {
            let mut call = pin!(self.routes.call(heads::translated(request, self.peer)));
            tokio::select! {
                biased;
                answer = permit.work(&mut call, self.terms.body_timeout) => answer,
                _reset = poll_fn(|context| respond.poll_reset(context)) => None,
            }
        };
        let Some(answer) = answer else {
            respond.send_reset(Reason::CANCEL);
            return;
        };
        let response: Response<BoxBody> = match answer {
            Ok(response) => response.map_into_boxed_body().into_parts().1.into(),
            Err(error) => error.error_response().into(),
        };
        let (head, body) = response.into_parts();
        let size = body.size();
        let has_body = !is_head && !matches!(size, BodySize::None | BodySize::Sized(0));
        let Some(head) = heads::coded(&head, size, self.terms.clock.now()) else { return };
        let Ok(mut stream) = respond.send_response(head, !has_body) else { return };
        if has_body {
            let _gone = self.send(&mut stream, body, &mut permit).await;
        }
    }

    /// Sends a body as fast as the client takes it.
    async fn send(
        &self,
        stream: &mut SendStream<Bytes>,
        body: BoxBody,
        permit: &mut Permit<'_>,
    ) -> Result<(), Gone> {
        let mut body = pin!(body);
        loop {
            let mut next = pin!(poll_fn(|context| body.as_mut().poll_next(context)));
            let next = tokio::select! {
                biased;
                next = permit.work(&mut next, self.terms.body_timeout) => next,
                _reset = poll_fn(|context| stream.poll_reset(context)) => None,
            };
            let Some(next) = next else {
                stream.send_reset(Reason::CANCEL);
                return Err(Gone);
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
        let stalled = self.permits.stalled(&self.outlet, self.terms.body_timeout);
        let mut stalled = pin!(stalled);
        loop {
            let room = stream.capacity();
            if room > 0 {
                return Ok(room);
            }
            tokio::select! {
                biased;
                capacity = poll_fn(|context| stream.poll_capacity(context)) => {
                    capacity.and_then(Result::ok).ok_or(Gone)?;
                }
                () = &mut stalled => {
                    stream.send_reset(Reason::CANCEL);
                    return Err(Gone);
                }
            }
        }
    }
}

/// The client has gone.
struct Gone;

#[cfg(test)]
mod tests {
    use actix_http::ServiceConfig;
    use actix_service::fn_service;
    use actix_web::HttpResponse;
    use actix_web::test::TestRequest;
    use futures_util::FutureExt;
    use futures_util::future::join;
    use tokio::io::duplex;

    use super::*;
    use crate::clock::ManualClock;
    use crate::config::{LimitsConfig, ServerConfig};
    use crate::domain::time::Timestamp;
    use crate::server::admission::Admission;
    use crate::server::held::Held;
    use crate::server::terms::Open;

    /// As much as a stream has waiting, so that its work is done before the network took it.
    const BODY: usize = SEND_MOST;

    fn admission() -> Admission {
        Admission::new(&ServerConfig::default(), &LimitsConfig::default(), 1, 1024)
    }

    fn terms() -> Rc<Terms> {
        let hour = Duration::from_hours(1);
        Rc::new(Terms {
            tls: true,
            coding: ServiceConfig::default(),
            keep_alive: hour,
            header_timeout: hour,
            body_timeout: hour,
            clock: std::sync::Arc::new(ManualClock::starting_at(Timestamp::from_millis(0))),
            open: Open::new(admission()),
        })
    }

    #[actix_web::test]
    async fn the_last_bytes_arrive_after_a_stop() {
        let terms = terms();
        let routes = Rc::new(fn_service(|_request: Request| async {
            let response = HttpResponse::Ok().body(vec![b'x'; BODY]);
            Ok(ServiceResponse::new(TestRequest::default().to_http_request(), response))
        }));
        let serve_over = |io| {
            let mut io = Held::new(io, admission().admit(None).expect("room"), terms.open.ending.clone());
            let outlet = io.watch();
            Box::pin(serve(io, outlet, None, Rc::clone(&routes), Rc::clone(&terms)))
        };
        let (client, server) = duplex(1024);
        let mut served = serve_over(server);
        let (mut asking, mut connection) = h2::client::handshake(client).await.expect("a handshake");
        let request = ::http::Request::get("https://x/").body(()).expect("a request");
        let (answer, _) = asking.send_request(request, true).expect("a stream");
        let mut body = tokio::select! {
            answer = answer => answer.expect("an answer").into_body(),
            _ = &mut connection => panic!("the client ended"),
            () = &mut served => panic!("the server ended"),
        };
        // From here on the client takes nothing, until the server is done with another that does not agree to the end.
        let (other, server) = duplex(1024);
        let mut other_served = serve_over(server);
        let _other = h2::client::handshake(other).await.expect("a handshake");
        assert!((&mut other_served).now_or_never().is_none(), "it has begun");
        terms.open.end();
        tokio::select! {
            biased;
            () = &mut served => panic!("it ended before its client had everything"),
            () = &mut other_served => {}
        }
        let taken = async {
            let mut taken = 0;
            while let Some(piece) = body.data().await {
                taken += piece.expect("all of the body").len();
            }
            taken
        };
        let (taken, _ends) = join(taken, join(connection, served)).await;
        assert_eq!(taken, BODY);
    }
}
