//! Heads of requests and answers as the library has them, and as the routes know them.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use actix_http::body::BodySize;
use actix_http::{HttpMessage, Payload, Request, Response};
use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use h2::RecvStream;

use crate::domain::time::Timestamp;
use crate::http::address::OverTls;

/// The memory of a head, which is mostly that of its fields and not of what they say.
pub(super) fn memory_of_head(request: &::http::Request<RecvStream>) -> usize {
    const OF_A_FIELD: usize = 104;
    let fields = request.headers().iter();
    fields.map(|(name, value)| name.as_str().len() + value.len() + OF_A_FIELD).sum()
}

/// The request as the routes know it.
pub(super) fn translated(request: ::http::Request<RecvStream>, peer: Option<SocketAddr>) -> Request {
    let (parts, body) = request.into_parts();
    let payload = if body.is_end_stream() { Payload::None } else { Payload::from(body) };
    let mut request = Request::with_payload(payload);
    let head = request.head_mut();
    head.uri = parts.uri;
    head.method = parts.method;
    head.version = parts.version;
    head.headers = parts.headers.into();
    head.peer_addr = peer;
    // Nobody speaks it without.
    request.extensions_mut().insert(OverTls);
    request
}

/// The head of an answer, without what HTTP/2 says otherwise or not at all; `None` if it cannot be said.
pub(super) fn coded(head: &Response<()>, size: BodySize, now: Timestamp) -> Option<::http::Response<()>> {
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
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.as_millis()).ok()?);
    headers.insert(DATE, HeaderValue::from_str(&httpdate::fmt_http_date(now)).ok()?);
    Some(coded)
}
