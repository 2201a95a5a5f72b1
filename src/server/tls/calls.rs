//! How the authority is called: over HTTP/1.1, by the client that the program has anyway. Time and size are bounded.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::header::{DATE, HeaderMap, RETRY_AFTER};
use hyper::{Request, StatusCode};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient, Problem};
use reqwest::{Body, Certificate, Client, Response, redirect};

/// How long a call may take, to the end of its answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// As much of an answer is read. A chain of certificates takes some KiB.
const MOST_BYTES: usize = 1024 * 1024;

/// The longest pause that the authority may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// The client, and whom it trusts.
pub(super) struct Calls(Client);

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Failed(#[from] reqwest::Error),
    #[error("its answer is longer than 1 MiB")]
    TooLong,
    #[error("it answers {0}")]
    Foreign(StatusCode),
    #[error("{said}")]
    Later { said: String, pause: Duration },
}

impl Calls {
    /// Trusts whom the system trusts, or only the certificate in that file.
    pub(super) fn new(root: Option<&Path>) -> Result<Self, Error> {
        // Another part of the program may have done it.
        let _present = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder().http1_only().no_proxy().redirect(redirect::Policy::none());
        if let Some(path) = root {
            let pem = std::fs::read(path).map_err(other)?;
            client = client.tls_certs_only([Certificate::from_pem(&pem).map_err(other)?]);
        }
        Ok(Self(client.timeout(PATIENCE).build().map_err(other)?))
    }
}

impl HttpClient for Calls {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move { answered(&client, request).await.map_err(other) })
    }
}

async fn answered(client: &Client, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, CallError> {
    let mut answer = client.execute(reqwest::Request::try_from(request.map(Body::wrap))?).await?;
    let body = body(&mut answer).await?;
    let (mut parts, _read) = hyper::Response::<Body>::from(answer).into_parts();
    let (status, pause) = (parts.status, asked_pause(&parts.headers));
    if let Some(pause) = pause {
        // Of a number without a bound the library would make a time that does not exist.
        parts.headers.insert(RETRY_AFTER, pause.as_secs().into());
    }
    if status.is_client_error() || status.is_server_error() {
        let problem: Option<Problem> = serde_json::from_slice(&body).ok();
        if let (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(pause)) =
            (status, pause)
        {
            let said = problem.map_or_else(|| status.to_string(), |problem| problem.to_string());
            return Err(CallError::Later { said, pause });
        }
        if problem.is_none() {
            return Err(CallError::Foreign(status));
        }
    }
    Ok(BytesResponse { parts, body: Box::new(body) })
}

/// All of it: the library that understands it would read without a bound.
async fn body(answer: &mut Response) -> Result<Bytes, CallError> {
    let mut body = BytesMut::new();
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > MOST_BYTES {
            return Err(CallError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

/// How long nothing more should come, in seconds or until a time, which is one by the clock of whoever says it.
fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let time = |text: &str| httpdate::parse_http_date(text).ok();
    let asked = text(RETRY_AFTER)?;
    let pause = match asked.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_no_number) => time(asked)?.duration_since(time(text(DATE)?)?).ok()?,
    };
    Some(pause.min(LONGEST_PAUSE))
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_until_a_time() {
        let check = |asked: &'static str, expect: Option<u64>| {
            let now = HeaderValue::from_static("Fri, 31 Dec 1999 23:59:00 GMT");
            let headers = [(RETRY_AFTER, HeaderValue::from_static(asked)), (DATE, now)];
            let pause = asked_pause(&headers.into_iter().collect());
            assert_eq!(pause.map(|pause| pause.as_secs()), expect, "{asked}");
        };
        check("3600", Some(3600));
        check("18446744073709551615", Some(24 * 3600));
        check("Fri, 31 Dec 1999 23:59:59 GMT", Some(59));
        check("Fri, 31 Dec 1999 23:58:00 GMT", None);
        check("Sat, 01 Jan 2000 23:59:59 GMT", Some(24 * 3600));
        check("soon", None);
    }
}
