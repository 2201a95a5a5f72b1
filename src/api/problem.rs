//! Failures as problem bodies, with every member that an existing client looks for.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::json::JSON;
use crate::http::edge::ProblemAnswer;
use crate::http::failure::Failure;
use crate::http::request_id::RequestId;

/// The reference's four members, which Android insists on; `code` and `message`, which the Go client shows.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemJson<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    #[serde(rename = "traceId")]
    trace_id: &'a str,
    code: u16,
    message: &'a str,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'a str, Vec<&'a str>>,
}

/// What a failure's sender is told.
pub fn tell(request: &HttpRequest, id: &RequestId, failure: &Failure) -> ProblemAnswer {
    ProblemAnswer { challenge: challenge(request, failure), body: body(request, id, failure) }
}

/// The credentials that a call wants: programs wait to be asked for them. A page's script is not asked, because its
/// browser would show a dialog of its own instead of letting the script see the refusal.
fn challenge(request: &HttpRequest, failure: &Failure) -> Option<HeaderValue> {
    let is_script =
        request.headers().get("sec-fetch-mode").is_some_and(|mode| mode.as_bytes() != b"navigate");
    if failure.status != StatusCode::UNAUTHORIZED || is_script {
        return None;
    }
    let path = request.path();
    if is_account_call(path) {
        Some(HeaderValue::from_static("Basic realm=\"peerbox\", charset=\"UTF-8\""))
    } else if path.starts_with("/api/v1/pushnotifications/") {
        // Whoever names a device needs no credentials; no others would help.
        None
    } else {
        Some(HeaderValue::from_static("Bearer realm=\"peerbox\""))
    }
}

/// The body of a failure and its media type; `None` for refusals that have no body.
fn body(request: &HttpRequest, id: &RequestId, failure: &Failure) -> Option<(HeaderValue, String)> {
    let title = failure.title.as_deref()?;
    let mut errors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (field, reason) in &failure.errors {
        errors.entry(field).or_default().push(reason);
    }
    let status = failure.status.as_u16();
    let problem = ProblemJson {
        r#type: type_url(failure.status),
        title,
        status,
        trace_id: id.as_str(),
        code: status,
        message: title,
        errors,
    };
    let body = serde_json::to_string(&problem).ok()?;
    Some((HeaderValue::from_static(media(request.path())), body))
}

/// The management endpoints of the reference send problems as plain JSON, the message endpoints as problems.
pub(super) fn media(path: &str) -> &'static str {
    if is_account_call(path) { JSON } else { "application/problem+json; charset=utf-8" }
}

fn is_account_call(path: &str) -> bool {
    path.starts_with("/api/v1/account/")
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
