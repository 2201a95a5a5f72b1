//! Notifications over a WebSocket (protocol section 1.15).

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::UPGRADE;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use futures_util::StreamExt;

use crate::api::guards::socket_reader;
use crate::api::query::Query;
use crate::auth::error::AuthError;
use crate::domain::time::Clock;
use crate::http::failure::Failure;
use crate::notify::hub::{Closing, Hub, Signal, Subscription};
use crate::service::messages::Messages;

/// Well below the idle times of common proxies; existing clients do not come back after a loss.
const PING_EVERY: Duration = Duration::from_secs(30);

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
    let subscription = hub.subscribe(&reader, messages.newest(&reader)?)?;
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
    let mut ping = clock.sleep(PING_EVERY);
    let reason = loop {
        tokio::select! {
            signal = subscription.next() => match signal {
                Some(Signal::Written(frame)) => {
                    if session.text(frame).await.is_err() {
                        return;
                    }
                }
                Some(Signal::Close(Closing::Revoked)) => break CloseCode::Policy,
                Some(Signal::Close(Closing::GoingAway)) => break CloseCode::Away,
                // Too slow: its client has to read what it missed anyway.
                None => break CloseCode::Again,
            },
            frame = incoming.next() => match frame {
                Some(Ok(Message::Ping(payload))) => {
                    if session.pong(&payload).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_))) => break CloseCode::Normal,
                // Whatever else a client sends is ignored, as in the reference.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            () = &mut ping => {
                if session.ping(b"").await.is_err() {
                    return;
                }
                ping = clock.sleep(PING_EVERY);
            }
        }
    };
    // The peer may be gone already; then there is nobody to say goodbye to.
    let _gone = session.close(Some(CloseReason::from(reason))).await;
}
