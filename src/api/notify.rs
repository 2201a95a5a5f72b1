//! Notifications over a WebSocket (protocol section 1.15).

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::UPGRADE;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use bytes::Bytes;
use futures_util::StreamExt;

use crate::api::guards::{network, socket_reader};
use crate::api::query::Query;
use crate::auth::error::AuthError;
use crate::domain::time::Clock;
use crate::http::failure::Failure;
use crate::notify::hub::{Closing, Hub, Signal, Subscription};
use crate::service::messages::Messages;

/// Well below the idle times of common proxies; existing clients do not come back after a loss.
const PING_EVERY: Duration = Duration::from_secs(30);

/// How long a frame may wait for a client that takes nothing. Machine time: the network knows no other.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the socket for a token that may read. Without an upgrade it is 400, as in the reference.
pub(super) async fn connect(
    request: HttpRequest,
    body: web::Payload,
    hub: web::Data<Hub>,
    messages: web::Data<Messages>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Failure> {
    let query = Query::new(request.query_string());
    if query.count("token") > 1 {
        return Err(AuthError::Unauthenticated.into());
    }
    let reader = socket_reader(&request, query.get("token").map(str::to_owned))?;
    if !request.headers().contains_key(UPGRADE) {
        return Err(Failure::silent(StatusCode::BAD_REQUEST));
    }
    let network = network(&request)?;
    let subscription = hub.subscribe(&reader, messages.newest(&reader)?, network)?;
    // It may have ended while this subscribed, of which the hub would tell nothing.
    messages.require_valid(&reader)?;
    let (response, session, incoming) = actix_ws::handle(&request, body)
        .map_err(|error| Failure::bad_request(format!("The WebSocket handshake is broken: {error}")))?;
    actix_web::rt::spawn(serve(session, incoming, subscription, clock.into_inner()));
    Ok(response)
}

async fn serve(
    mut session: Session,
    mut incoming: MessageStream,
    mut subscription: Subscription,
    clock: Arc<dyn Clock>,
) {
    let reason = converse(&mut session, &mut incoming, &mut subscription, &*clock).await;
    if let Some(reason) = reason {
        // The peer may be gone, or take nothing; then there is nobody to say goodbye to.
        let _gone = tokio::time::timeout(PATIENCE, session.close(Some(CloseReason::from(reason)))).await;
    } else {
        drop(session);
    }
    // Its place is taken until the connection has ended: a peer that takes nothing keeps it open for a while.
    while let Some(Ok(_)) = incoming.next().await {}
}

/// Tells and answers until one side has enough; `None` when the peer is gone or takes nothing.
async fn converse(
    session: &mut Session,
    incoming: &mut MessageStream,
    subscription: &mut Subscription,
    clock: &dyn Clock,
) -> Option<CloseCode> {
    let mut ping = clock.sleep(PING_EVERY);
    loop {
        let frame = tokio::select! {
            signal = subscription.next() => match signal {
                Some(Signal::Written(frame)) => Message::Text(frame),
                Some(Signal::Close(why)) => return Some(code(Some(why))),
                None => return Some(code(None)),
            },
            frame = incoming.next() => match frame {
                Some(Ok(Message::Ping(payload))) => Message::Pong(payload),
                Some(Ok(Message::Close(_))) => return Some(CloseCode::Normal),
                // Whatever else a client sends is ignored, as in the reference.
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return None,
            },
            () = &mut ping => {
                ping = clock.sleep(PING_EVERY);
                Message::Ping(Bytes::new())
            }
        };
        // Waits while the peer takes nothing, and nothing that comes in meanwhile would be seen.
        tokio::select! {
            biased;
            sent = send(session, frame) => sent?,
            () = subscription.ended() => return Some(code(subscription.why())),
            () = tokio::time::sleep(PATIENCE) => return None,
        }
    }
}

async fn send(session: &mut Session, frame: Message) -> Option<()> {
    let sent = match frame {
        Message::Text(text) => session.text(text).await,
        Message::Pong(payload) => session.pong(&payload).await,
        _ => session.ping(b"").await,
    };
    sent.ok()
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
