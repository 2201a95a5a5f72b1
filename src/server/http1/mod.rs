//! One connection of HTTP/1: one request after the other. The coding is that of actix-http; its dispatcher is not used,
//! because it decodes requests and keeps answers without a bound for a client that takes none.

mod body;
mod deadline;
mod head;
mod wire;

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use actix_http::body::{BodySize, MessageBody};
use actix_http::h1::Message;
use actix_http::{ConnectionType, HttpMessage, Payload, Request, Response, StatusCode};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, Version};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::http::address::OverTls;
use crate::server::closing;
use crate::server::ending::Awaited;
use crate::server::http1::body::Body;
use crate::server::http1::deadline::Deadline;
use crate::server::http1::wire::{HeadError, Wire};
use crate::server::terms::Terms;
use crate::server::upgrade::{self, Rest};

/// How much of an answer is put into its coding at once.
const PIECE: usize = 32 * 1024;

/// How long a connection that was told to end waits for a request that is on its way.
const LAST_REQUEST: Duration = Duration::from_millis(500);

/// A connection with what its turns share.
struct Connection<T> {
    wire: Rc<RefCell<Wire<T>>>,
    peer: Option<SocketAddr>,
    deadline: Deadline,
    /// Completes when the connection is told to end after its next answer.
    told_to_end: Awaited,
    /// Whether it was told.
    ending: bool,
    terms: Rc<Terms>,
}

/// How the wait for a request ended.
enum Next {
    Request(Request),
    /// Nobody is waiting for an answer.
    Nothing,
    /// What came is none; the client is told this.
    Refused(StatusCode),
}

/// Serves until either side has enough, or gives what goes on over a connection that left HTTP.
pub(super) async fn serve<T, S, B>(
    io: T,
    peer: Option<SocketAddr>,
    routes: Rc<S>,
    terms: Rc<Terms>,
) -> Option<Rest>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let mut connection = Connection {
        wire: Rc::new(RefCell::new(Wire::new(io, terms.coding.clone()))),
        peer,
        deadline: Deadline::after(terms.header_timeout),
        told_to_end: terms.open.ending.awaited(),
        ending: false,
        terms,
    };
    loop {
        if connection.wire.borrow_mut().has_next() {
            // Whoever sends many requests at once has one answered, and then others have their turn.
            tokio::task::yield_now().await;
        }
        let request = match connection.next().await {
            Ok(Next::Request(request)) => request,
            Ok(Next::Refused(status)) => {
                let _gone = connection.refuse(status).await;
                break;
            }
            Ok(Next::Nothing) => break,
            // Whoever broke the connection is told nothing more.
            Err(_gone) => return None,
        };
        if connection.wire.borrow().codec.upgrade() {
            // Boxed, because every connection has room for it from the start.
            return Box::pin(connection.upgrade(&*routes, request)).await;
        }
        match connection.answer(&*routes, request).await {
            Ok(true) => connection.deadline.set(connection.terms.keep_alive),
            Ok(false) => break,
            Err(_gone) => return None,
        }
    }
    let mut wire = Rc::into_inner(connection.wire)?.into_inner();
    let _gone = closing::close(&mut wire.io).await;
    None
}

impl<T: AsyncRead + AsyncWrite + Unpin + 'static> Connection<T> {
    /// Waits for the next request. What was answered leaves first: while the client takes nothing, nothing is read.
    async fn next(&mut self) -> io::Result<Next> {
        let mut begun = false;
        let head_timeout = self.terms.header_timeout;
        poll_fn(|context| {
            let mut wire = self.wire.borrow_mut();
            loop {
                match wire.take_head() {
                    Ok(Some(request)) => return Poll::Ready(Ok(Next::Request(request))),
                    Ok(None) => {}
                    Err(HeadError::Malformed) => {
                        return Poll::Ready(Ok(Next::Refused(StatusCode::BAD_REQUEST)));
                    }
                    Err(HeadError::TooLarge) => {
                        return Poll::Ready(Ok(Next::Refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)));
                    }
                }
                if !begun && !wire.received.is_empty() {
                    begun = true;
                    if !self.ending {
                        self.deadline.set(head_timeout);
                    }
                }
                ready!(wire.poll_send(context))?;
                if !self.ending && self.told_to_end.poll(context).is_ready() {
                    self.ending = true;
                    // A request that is on its way is still answered.
                    self.deadline.shorten(LAST_REQUEST);
                }
                if let Poll::Ready(received) = wire.poll_receive_head(context) {
                    if received? == 0 {
                        return Poll::Ready(Ok(Next::Nothing));
                    }
                    continue;
                }
                ready!(self.deadline.poll(context));
                return Poll::Ready(Ok(if begun {
                    Next::Refused(StatusCode::REQUEST_TIMEOUT)
                } else {
                    Next::Nothing
                }));
            }
        })
        .await
    }

    /// Serves a request; false when the connection ends with its answer.
    async fn answer<S, B>(&mut self, routes: &S, mut request: Request) -> io::Result<bool>
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let is_head = request.method() == Method::HEAD;
        let version = request.version();
        self.introduce(&mut request);
        if self.wire.borrow().has_body() {
            *request.payload() = Payload::Stream { payload: Box::pin(Body::new(&self.wire)) };
        }
        let mut call = pin!(routes.call(request));
        let answer = poll_fn(|context| {
            if let Poll::Ready(answer) = call.as_mut().poll(context) {
                return Poll::Ready(Ok(answer));
            }
            // Answers to earlier requests do not wait for this one, and nobody works for a client that has gone.
            match self.wire.borrow_mut().poll_wait(context) {
                Err(gone) => Poll::Ready(Err(gone)),
                Ok(()) => Poll::Pending,
            }
        })
        .await?;
        let mut response: Response<BoxBody> = match answer {
            Ok(response) => response.map_into_boxed_body().into_parts().1.into(),
            Err(error) => error.error_response().into(),
        };
        let unread = self.wire.borrow().has_body();
        let is_late = response.status() == StatusCode::REQUEST_TIMEOUT;
        if self.is_ending() || (unread && (is_late || !self.wire.borrow().can_skip_body())) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        if version == Version::HTTP_10 && response.body().size() == BodySize::Stream {
            // It knows no chunks: such an answer ends with its connection.
            response.head_mut().no_chunking(true);
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        self.put(response, is_head).await?;
        if !self.wire.borrow().codec.keep_alive() {
            self.send().await?;
            return Ok(false);
        }
        Ok(!unread || self.skip_body().await?)
    }

    /// Puts an answer behind those that wait to be sent, and sends when there is much of it or nothing to wait for.
    async fn put(&mut self, response: Response<BoxBody>, is_head: bool) -> io::Result<()> {
        let (head, body) = response.into_parts();
        let size = body.size();
        self.wire.borrow_mut().put(Message::Item((head, size)))?;
        if !is_head && !matches!(size, BodySize::None | BodySize::Sized(0)) {
            let mut body = pin!(body);
            while let Some(piece) = poll_fn(|context| {
                if let Poll::Ready(piece) = body.as_mut().poll_next(context) {
                    return Poll::Ready(piece);
                }
                match self.wire.borrow_mut().poll_wait(context) {
                    Err(gone) => Poll::Ready(Some(Err(gone.into()))),
                    Ok(()) => Poll::Pending,
                }
            })
            .await
            {
                let mut piece = piece.map_err(|error| io::Error::other(error.to_string()))?;
                while !piece.is_empty() {
                    let length = piece.len().min(PIECE);
                    self.wire.borrow_mut().put(Message::Chunk(Some(piece.split_to(length))))?;
                    if self.wire.borrow().is_full() {
                        self.send().await?;
                    }
                }
            }
            self.wire.borrow_mut().put(Message::Chunk(None))?;
        }
        if self.wire.borrow().is_full() || !self.wire.borrow_mut().has_next() {
            self.send().await?;
        }
        Ok(())
    }

    async fn send(&self) -> io::Result<()> {
        poll_fn(|context| self.wire.borrow_mut().poll_send(context)).await
    }

    /// Reads the rest of a short body for nothing; false when it does not come.
    async fn skip_body(&mut self) -> io::Result<bool> {
        self.deadline.set(self.terms.header_timeout.min(self.terms.body_timeout));
        poll_fn(|context| {
            // Its answer has left: nobody waits for the rest when the server is to end.
            if self.told_to_end.poll(context).is_ready() {
                return Poll::Ready(Ok(false));
            }
            loop {
                match self.wire.borrow_mut().poll_body(context) {
                    Poll::Ready(Some(Ok(_unread))) => {}
                    Poll::Ready(Some(Err(_))) => return Poll::Ready(Ok(false)),
                    Poll::Ready(None) => return Poll::Ready(Ok(true)),
                    Poll::Pending => {
                        ready!(self.deadline.poll(context));
                        return Poll::Ready(Ok(false));
                    }
                }
            }
        })
        .await
    }

    /// Refuses what is no request. The connection ends with it, because where the next one begins is not known.
    async fn refuse(&mut self, status: StatusCode) -> io::Result<()> {
        let mut response = Response::with_body(status, BoxBody::new(()));
        response.head_mut().set_connection_type(ConnectionType::Close);
        self.put(response, false).await?;
        self.send().await
    }

    /// Tells the routes by which way the request came.
    fn introduce(&self, request: &mut Request) {
        request.head_mut().peer_addr = self.peer;
        if self.terms.tls {
            request.extensions_mut().insert(OverTls);
        }
    }

    /// Hands the connection over to another protocol, if the routes want that.
    async fn upgrade<S, B>(self, routes: &S, mut request: Request) -> Option<Rest>
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        self.introduce(&mut request);
        self.send().await.ok()?;
        let answer = routes.call(upgrade::prepare(request)).await;
        let wire = Rc::into_inner(self.wire)?.into_inner();
        // Where that fails the client has gone, which is nobody's fault.
        upgrade::serve(answer, wire.io, wire.codec, wire.received).await.ok()?
    }

    fn is_ending(&self) -> bool {
        self.ending || self.terms.open.ending.is_told()
    }
}
