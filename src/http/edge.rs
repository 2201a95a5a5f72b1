//! The edge: what every request passes first and every answer last. Ids, paths, headers and the access log.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use tokio::time::Instant;

use crate::config::{AccessLog, LogConfig, RedactIp, StatusCodes};
use crate::domain::time::{Clock, Timestamp};
use crate::http::address::Addresses;
use crate::http::cors::Cors;
use crate::http::failure::Failure;
use crate::http::figures::Requests;
use crate::http::normal_path;
use crate::http::request_id::{HEADER, RequestId, RequestIds};

/// What the edge is built from.
pub struct Edge {
    pub addresses: Addresses,
    pub cors: Cors,
    pub request_ids: RequestIds,
    pub log: LogConfig,
    /// Where requests are counted, if anybody looks at it.
    pub requests: Option<Requests>,
    pub status_codes: StatusCodes,
    /// Whether browsers are told to come back over TLS only.
    pub hsts: bool,
    pub clock: Arc<dyn Clock>,
    /// How the API tells failures. The pages render theirs before they come here.
    pub problem: TellProblem,
    /// Whether HEAD is an operation of its own on that path. On every other it is GET without the body.
    pub has_own_head: fn(&str) -> bool,
}

/// What the API says of a failure of the request with that id.
pub type TellProblem = fn(&HttpRequest, &RequestId, &Failure) -> ProblemAnswer;

/// What the sender of a failed API call is told beside the status.
pub struct ProblemAnswer {
    /// Which credentials are wanted.
    pub challenge: Option<HeaderValue>,
    /// The body and its media type; `None` for refusals that have no body.
    pub body: Option<(HeaderValue, String)>,
}

/// Serves one request through the edge.
pub async fn serve<B: MessageBody>(
    edge: Arc<Edge>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = edge.clock.now();
    let begun = edge.requests.as_ref().map(|_| Instant::now());
    let id = edge.request_ids.of(request.headers());
    normal_path::apply(&mut request, edge.addresses.base_path());
    let method = request.method().clone();
    let is_api = request.path().starts_with("/api/");
    if method == Method::HEAD && !(edge.has_own_head)(request.path()) {
        // The connection, which knows what was asked, sends no body.
        request.head_mut().method = Method::GET;
    }
    if !is_api {
        // Pages name it in their errors. Those of the API are said here.
        request.extensions_mut().insert(id.clone());
    }

    let preflight = if is_api { edge.cors.preflight(request.method(), request.headers()) } else { None };
    let mut response = match preflight {
        Some(answer) => request.into_response(answer).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };

    let failure = response.response_mut().extensions_mut().remove::<Failure>();
    if let Some(failure) = &failure {
        if failure.wrapped && edge.status_codes == StatusCodes::Reference {
            *response.response_mut().status_mut() = StatusCode::BAD_REQUEST;
        }
        if is_api {
            response = edge.render(response, &id, failure);
        }
    }
    if is_api {
        let request = response.request().clone();
        edge.cors.decorate(&method, request.headers(), response.headers_mut());
    }
    if let (Some(requests), Some(begun)) = (&edge.requests, begun) {
        let told = failure.as_ref().map_or(response.status(), |failure| failure.status);
        let route = response.request().match_pattern();
        requests.count(route, &method, response.status(), told, begun.elapsed());
    }
    edge.log(&response, &method, started, &id, failure.and_then(|failure| failure.cause));
    let headers = response.headers_mut();
    headers.insert(HEADER, id.into_header());
    secure(headers, edge.hsts);
    Ok(response)
}

/// Headers that every answer has; a page or a download may have set narrower policies already.
fn secure(headers: &mut HeaderMap, hsts: bool) {
    let policies = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in policies {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if hsts {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
}

impl Edge {
    /// Gives a failed call its challenge and its body.
    fn render<B: MessageBody>(
        &self,
        mut response: ServiceResponse<EitherBody<B>>,
        id: &RequestId,
        failure: &Failure,
    ) -> ServiceResponse<EitherBody<B>> {
        let told = (self.problem)(response.request(), id, failure);
        if let Some(challenge) = told.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        let Some((media_type, body)) = told.body else { return response };
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response.map_body(|_, _| EitherBody::right(BoxBody::new(body)))
    }

    /// One line for a request worth telling. The route's pattern, never the path: that holds channel ids.
    fn log<B>(
        &self,
        response: &ServiceResponse<B>,
        method: &Method,
        started: Timestamp,
        id: &RequestId,
        cause: Option<String>,
    ) {
        let status = response.status();
        let id = id.as_str();
        if let Some(cause) = cause {
            tracing::error!(request = id, status = status.as_u16(), cause, "a request failed inside");
        }
        let failed = status.is_client_error() || status.is_server_error();
        let told = match self.log.access {
            AccessLog::Off => false,
            AccessLog::Errors => failed,
            AccessLog::Modifying => failed || !method.is_safe(),
            AccessLog::All => true,
        };
        if !told {
            return;
        }
        let request = response.request();
        let route = request.match_pattern().unwrap_or_else(|| "no route".to_owned());
        let duration_ms = self.clock.now().since(started).as_millis();
        let client = self.loggable(self.addresses.client(request));
        tracing::info!(
            request = id,
            %method,
            route,
            status = status.as_u16(),
            duration_ms,
            client,
            "request"
        );
    }

    fn loggable(&self, client: Option<IpAddr>) -> String {
        let Some(client) = client else { return "none".to_owned() };
        match self.log.redact_ip {
            RedactIp::None => client.to_string(),
            RedactIp::Full => "redacted".to_owned(),
            RedactIp::Prefix => {
                let length = if client.is_ipv4() { 24 } else { 48 };
                // Both lengths are valid for their kind of address.
                ipnet::IpNet::new(client, length)
                    .map_or_else(|_| String::new(), |network| network.trunc().to_string())
            }
        }
    }
}
