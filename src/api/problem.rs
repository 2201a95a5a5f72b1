//! Failures as problem bodies, with every member that an existing client looks for.

use std::collections::BTreeMap;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use serde_json::{Map, Value, json};

use crate::http::failure::Failure;
use crate::http::request_id::RequestId;

/// Puts the body into answers that carry a [`Failure`].
pub(super) async fn render<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let response = next.call(request).await?;
    let failure = response.response().extensions().get::<Failure>().cloned();
    let Some(failure) = failure else { return Ok(response.map_into_left_body()) };
    let Some(title) = &failure.title else { return Ok(response.map_into_left_body()) };
    let body = body(&failure, title, &RequestId::of_request(response.request()));
    let media = media_type(response.request().path());
    let (request, answer) = response.into_parts();
    let mut rendered = HttpResponse::build(answer.status()).body(body.to_string());
    for (name, value) in answer.headers() {
        rendered.headers_mut().append(name.clone(), value.clone());
    }
    rendered.headers_mut().insert(CONTENT_TYPE, media);
    rendered.extensions_mut().insert(failure);
    Ok(ServiceResponse::new(request, rendered).map_into_right_body())
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
        "application/json; charset=utf-8"
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
