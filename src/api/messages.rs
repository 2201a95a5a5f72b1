//! Messages, with the extensions for paging, waiting and idempotent writing.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::guards::{ChannelReader, ChannelWriter, TokenReader, TokenWriter, network};
use crate::api::json::{self, Members};
use crate::api::message_list;
use crate::api::query::{Query, ReadQuery};
use crate::auth::error::AuthError;
use crate::domain::message::{Author, ContentType, NewMessage, Payload, Sequence};
use crate::domain::read_state::{MarkScope, ReadState};
use crate::domain::webhook::FROM_WEBHOOK;
use crate::http::body::{self, BodyLimits};
use crate::http::failure::Failure;
use crate::notify::hub::Hub;
use crate::service::messages::Messages;

/// What names a write, so that a repetition writes nothing again. Programs that report on transactions send the second.
const IDEMPOTENCY_KEYS: [HeaderName; 2] =
    [HeaderName::from_static("idempotency-key"), HeaderName::from_static("x-idempotency-key")];
const LONGEST_IDEMPOTENCY_KEY: usize = 255;
const CHANNEL_FLAGS: HeaderName = HeaderName::from_static("channel-flags");

/// The body is the payload as it is; its Content-Type is the message's.
pub(super) async fn write(
    writer: ChannelWriter,
    request: HttpRequest,
    mut payload: web::Payload,
    limits: web::Data<BodyLimits>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Failure> {
    if request.headers().contains_key(FROM_WEBHOOK) {
        let reason = "A webhook writes to no channel: two that tell each other would never end";
        return Err(Failure::new(StatusCode::LOOP_DETECTED, reason));
    }
    let content_type = content_type(&request)?;
    let key = idempotency_key(&request)?;
    let limits = match writer.0.author() {
        Author::Anonymous => Cow::Owned(limits.for_a_stranger()),
        Author::OwnerSide | Author::Token(_) => Cow::Borrowed(&**limits),
    };
    let body = body::read(&request, &mut payload, &limits).await?;
    let payload = Payload::new(body).ok_or_else(|| Failure::bad_request("The message is empty"))?;
    let message = messages.write(&writer.0, NewMessage { content_type, payload }, key).await?;
    Ok(message_list::single(&message))
}

/// Everything the reader can see, or only what is unread. Reading marks nothing but what `?ack=` names: who goes through a
/// channel says with each call that it has what the last one answered.
pub(super) async fn read(
    reader: ChannelReader,
    request: HttpRequest,
    messages: web::Data<Messages>,
    hub: web::Data<Hub>,
) -> Result<HttpResponse, Failure> {
    let query = ReadQuery::parse(&Query::new(request.query_string()))?;
    if let Some(ack) = query.ack {
        let viewpoint = reader.0.viewpoint().ok_or(AuthError::Unauthenticated)?;
        // What is hidden from a token is not unread for it.
        if ack > viewpoint.since {
            messages.mark(&reader.0, ack, MarkScope::AndOlder, ReadState::Read).await?;
        }
    }
    if let Some(wait) = query.wait {
        let network = network(&request)?;
        message_list::wait(&messages, &hub, &reader.0, query.selection, network, wait).await?;
    }
    message_list::all(messages.into_inner(), reader.0, query)
}

/// How far the channel is for this reader, as bare digits in `ETag`: what every client parses.
pub(super) async fn head(
    reader: ChannelReader,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Failure> {
    let head = messages.head(&reader.0)?;
    let flags = if reader.0.may_write() { "rw" } else { "r" };
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, HeaderValue::from(head.0)))
        .insert_header((CHANNEL_FLAGS, HeaderValue::from_static(flags)))
        .finish())
}

/// `{"read": bool}`, or without a body `?read=`, as one client sends it.
pub(super) async fn mark(
    reader: TokenReader,
    request: HttpRequest,
    body: web::Payload,
    limits: web::Data<BodyLimits>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Failure> {
    let sequence = sequence(&request)
        .ok_or_else(|| Failure::invalid_field("sequence", "The value must be a whole number"))?;
    let query = Query::new(request.query_string());
    let scope = if query.flag("older")? { MarkScope::AndOlder } else { MarkScope::Only };
    let read = if query.get("read").is_some() && !request.headers().contains_key(CONTENT_TYPE) {
        query.flag("read")?
    } else {
        json::read(&request, body, &limits, |members| Some(mark_of(members))).await?
    };
    let state = if read { ReadState::Read } else { ReadState::Unread };
    messages.mark(&reader.0, sequence, scope, state).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Whether the message is to be read.
pub(super) fn mark_of(members: &mut Members) -> bool {
    members.flag("read")
}

/// For everybody, at once and for good.
pub(super) async fn delete(
    writer: TokenWriter,
    request: HttpRequest,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Failure> {
    let sequence = sequence(&request).ok_or_else(|| Failure::not_found("There is no such message"))?;
    messages.delete(&writer.0, sequence).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The sequence that the path names.
pub(super) fn sequence(request: &HttpRequest) -> Option<Sequence> {
    request.match_info().get("sequence")?.parse().ok()
}

fn content_type(request: &HttpRequest) -> Result<ContentType, Failure> {
    let header = request.headers().get(CONTENT_TYPE).map(HeaderValue::to_str).transpose();
    let text = header.map_err(|_| Failure::bad_request("The Content-Type header is not printable ASCII"))?;
    ContentType::new(text.unwrap_or_default())
        .map_err(|reason| Failure::bad_request(format!("A message needs a type: {reason}")))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Failure> {
    let headers = request.headers();
    let Some(header) = IDEMPOTENCY_KEYS.iter().find_map(|name| headers.get(name)) else { return Ok(None) };
    match header.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= LONGEST_IDEMPOTENCY_KEY => Ok(Some(key.to_owned())),
        _ => Err(Failure::bad_request("An Idempotency-Key has 1 to 255 printable ASCII characters")),
    }
}
