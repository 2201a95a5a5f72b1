//! Failures as problem bodies, with every member that an existing client looks for.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use serde_json::{Map, Value, json};

use crate::api::json::JSON;
use crate::http::failure::Failure;
use crate::http::request_id::RequestId;

/// The body of a failure and its media type; `None` for refusals that have no body.
pub fn render(request: &HttpRequest, id: &RequestId, failure: &Failure) -> Option<(HeaderValue, String)> {
    let title = failure.title.as_deref()?;
    let body = body(failure, title, id.as_str());
    Some((media_type(request.path()), body.to_string()))
}

/// The reference's four members, which Android insists on; `code` and `message`, which the Go client shows.
fn body(failure: &Failure, title: &str, trace_id: &str) -> Value {
    let mut body = Map::new();
    body.insert("type".into(), type_url(failure.status).into());
    body.insert("title".into(), title.into());
    body.insert("status".into(), failure.status.as_u16().into());
    body.insert("traceId".into(), trace_id.into());
    body.insert("code".into(), failure.status.as_u16().into());
    body.insert("message".into(), title.into());
    if !failure.errors.is_empty() {
        let mut errors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (field, reason) in &failure.errors {
            errors.entry(field).or_default().push(reason);
        }
        body.insert("errors".into(), json!(errors));
    }
    body.into()
}

/// The management endpoints of the reference send problems as plain JSON, the message endpoints as problems.
fn media_type(path: &str) -> HeaderValue {
    HeaderValue::from_static(if path.starts_with("/api/v1/account/") {
        JSON
    } else {
        "application/problem+json; charset=utf-8"
    })
}

/// Where the status is defined, as the reference's framework names it.
fn type_url(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        StatusCode::FORBIDDEN => "https://tools.ietf.org/html/rfc7231#section-6.5.3",
        StatusCode::NOT_FOUND => "https://tools.ietf.org/html/rfc7231#section-6.5.4",
        StatusCode::REQUEST_TIMEOUT => "https://tools.ietf.org/html/rfc7231#section-6.5.7",
        StatusCode::CONFLICT => "https://tools.ietf.org/html/rfc7231#section-6.5.8",
        StatusCode::PAYLOAD_TOO_LARGE => "https://tools.ietf.org/html/rfc7231#section-6.5.11",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "https://tools.ietf.org/html/rfc7231#section-6.5.13",
        StatusCode::UNPROCESSABLE_ENTITY => "https://tools.ietf.org/html/rfc4918#section-11.2",
        StatusCode::TOO_MANY_REQUESTS => "https://tools.ietf.org/html/rfc6585#section-4",
        StatusCode::INSUFFICIENT_STORAGE => "https://tools.ietf.org/html/rfc4918#section-11.5",
        StatusCode::SERVICE_UNAVAILABLE => "https://tools.ietf.org/html/rfc7231#section-6.6.4",
        _ => "https://tools.ietf.org/html/rfc7231#section-6.6.1",
    }
}
