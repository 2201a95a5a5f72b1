//! Notifications over a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use actix_http::ws::{self, CloseCode, CloseReason, Codec, Frame, Message, ProtocolError};
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::{SinkExt, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use tokio_util::codec::{Framed, FramedParts};

use crate::api::guards::{AccountOwner, TokenReader, network, socket_owner, socket_reader};
use crate::api::json;
use crate::api::query::Query;
use crate::auth::tickets::{Ticketed, Tickets};
use crate::domain::id::ArrivalId;
use crate::domain::time::Clock;
use crate::http::failure::Failure;
use crate::notify::frame;
use crate::notify::hub::{Closing, Hub, Signal, Subscription};
use crate::service::channels::Channels;
use crate::service::messages::Messages;

/// Well below the idle times of common proxies; existing clients do not come back after a loss.
const PING_EVERY: Duration = Duration::from_secs(30);

/// How long a frame may wait for a client that takes nothing. Machine time: the network knows no other.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes that a socket keeps in each direction; what is longer makes it more for a while.
const BUFFER: usize = 64;

/// Marks a request whose connection may leave HTTP.
pub struct Upgradable;

/// What goes on over a connection once the handshake is answered; the answer carries it to the server.
pub struct Conversation {
    subscription: Subscription,
    /// What is told before all else.
    first: Option<ByteString>,
    clock: Arc<dyn Clock>,
}

/// What a browser opens a socket with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ticket")]
pub struct TicketJson<'a> {
    ticket: &'a str,
}

/// A ticket for the token's reader, for one socket.
pub(super) async fn ticket(
    reader: TokenReader,
    tickets: web::Data<Tickets>,
) -> Result<HttpResponse, Failure> {
    Ok(json::answer(&TicketJson { ticket: tickets.issue(Ticketed::Reader(reader.0)).expose() }))
}

/// A ticket for whoever signed in, for one socket of the account.
pub(super) async fn account_ticket(
    owner: AccountOwner,
    tickets: web::Data<Tickets>,
) -> Result<HttpResponse, Failure> {
    Ok(json::answer(&TicketJson { ticket: tickets.issue(Ticketed::Owner(owner.0)).expose() }))
}

/// Opens a socket that tells of all channels of an account. It begins with the number of the account's last message, and
/// whether anything came that a client which heard up to `?after=` does not know of.
pub(super) async fn connect_account(
    request: HttpRequest,
    hub: web::Data<Hub>,
    channels: web::Data<Channels>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Failure> {
    let query = Query::new(request.query_string());
    let owner = socket_owner(&request, &query).await?;
    let after: Option<i64> = query.number("after")?;
    if !request.extensions().contains::<Upgradable>() {
        return Err(Failure::bad_request("This is for WebSockets: the request is not the handshake of one"));
    }
    let subscription = hub.subscribe_to_account(&owner)?;
    // It may have ended while this subscribed, of which the hub would tell nothing.
    channels.require_valid(&owner)?;
    let (last, missed) = channels.messages_behind(&owner, after.map(ArrivalId))?;
    let first = Some(frame::beginning(last, missed));
    answer(&request, Conversation { subscription, first, clock: clock.into_inner() })
}

/// Opens the socket for a token that may read. Without an upgrade it is 400, as in the reference.
pub(super) async fn connect(
    request: HttpRequest,
    hub: web::Data<Hub>,
    messages: web::Data<Messages>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Failure> {
    let query = Query::new(request.query_string());
    let reader = socket_reader(&request, &query)?;
    if !request.extensions().contains::<Upgradable>() {
        return Err(Failure::silent(StatusCode::BAD_REQUEST));
    }
    let network = network(&request)?;
    let subscription = hub.subscribe(&reader, messages.newest(&reader)?, network)?;
    // It may have ended while this subscribed, of which the hub would tell nothing.
    messages.require_valid(&reader)?;
    answer(&request, Conversation { subscription, first: None, clock: clock.into_inner() })
}

/// The answer after which the connection is the conversation's.
fn answer(request: &HttpRequest, conversation: Conversation) -> Result<HttpResponse, Failure> {
    let mut handshake = ws::handshake(request.head())
        .map_err(|error| Failure::bad_request(format!("The WebSocket handshake is broken: {error}")))?;
    let mut response = HttpResponse::from(handshake.finish()).map_into_boxed_body();
    response.extensions_mut().insert(conversation);
    Ok(response)
}

impl Conversation {
    /// Goes on until one side has enough. `received` is what came behind the handshake.
    pub fn hold<T>(mut self, connection: T, received: Bytes) -> impl Future<Output = ()>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        // Not inside of the future, which would have room for the connection twice: one of TLS takes more than 1 KiB.
        let mut socket = framed(connection, received);
        async move {
            if let Some(reason) = self.converse(&mut socket).await {
                say_goodbye(&mut socket, reason).await;
            }
            // The place in the hub is taken until the connection has ended.
            drop(socket);
        }
    }

    /// Tells and answers; `None` when the peer is gone or takes nothing.
    async fn converse<T>(&mut self, socket: &mut Framed<T, Codec>) -> Option<CloseCode>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { subscription, first, clock } = self;
        let mut ping = clock.sleep(PING_EVERY);
        loop {
            let message = match first.take() {
                Some(frame) => Message::Text(frame),
                None => tokio::select! {
                    signal = subscription.next() => match signal {
                        Some(Signal::Written(frame)) => Message::Text(frame),
                        Some(Signal::Close(why)) => return Some(code(Some(why))),
                        None => return Some(code(None)),
                    },
                    frame = socket.next() => match frame {
                        Some(Ok(Frame::Ping(payload))) => Message::Pong(payload),
                        Some(Ok(Frame::Close(_))) => return Some(CloseCode::Normal),
                        // Whatever else a client sends is ignored, as in the reference.
                        Some(Ok(_)) => continue,
                        Some(Err(_)) | None => return None,
                    },
                    () = &mut ping => {
                        ping = clock.sleep(PING_EVERY);
                        Message::Ping(Bytes::new())
                    }
                },
            };
            // Waits while the peer takes nothing, and nothing that comes in meanwhile would be seen.
            tokio::select! {
                biased;
                sent = socket.send(message) => sent.ok()?,
                () = subscription.ended() => return Some(code(subscription.why())),
                () = sleep(PATIENCE) => return None,
            }
        }
    }
}

/// Closes as the protocol wants it. The peer may be gone, or take nothing; then there is nobody to tell.
async fn say_goodbye<T>(socket: &mut Framed<T, Codec>, reason: CloseCode)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let close = Message::Close(Some(CloseReason::from(reason)));
    let goodbye = async {
        socket.send(close).await?;
        Ok::<_, ProtocolError>(socket.get_mut().shutdown().await?)
    };
    let _gone = timeout(PATIENCE, goodbye).await;
}

/// Frames on the connection, the first of them from what was received already.
fn framed<T: AsyncRead + AsyncWrite>(connection: T, received: Bytes) -> Framed<T, Codec> {
    if received.is_empty() {
        return Framed::with_capacity(connection, Codec::new(), BUFFER);
    }
    // Only this way it looks at them before more comes. Its buffers are large, but clients should not be so impatient.
    let mut parts = FramedParts::new::<Message>(connection, Codec::new());
    parts.read_buf = received.into();
    Framed::from_parts(parts)
}

/// What a client is told when its subscription ends. Without a reason it was too slow, and has to read what it missed
/// anyway.
fn code(why: Option<Closing>) -> CloseCode {
    match why {
        Some(Closing::Revoked) => CloseCode::Policy,
        Some(Closing::GoingAway) => CloseCode::Away,
        None => CloseCode::Again,
    }
}
