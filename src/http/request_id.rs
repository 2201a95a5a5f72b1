//! Request ids: taken from the client or made, echoed in the answer, named in errors and the log.

use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};

use crate::domain::id::InvalidId;

/// The header that carries it both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request at hand.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

/// Makes ids that do not repeat between restarts: a random start, then counting.
pub struct RequestIds {
    next: AtomicU64,
}

impl RequestIds {
    /// Numbers from `start` on.
    pub fn starting_at(start: u64) -> Self {
        Self { next: AtomicU64::new(start) }
    }

    /// The client's own id when it is short and plain, a new one otherwise.
    pub fn of(&self, headers: &HeaderMap) -> RequestId {
        headers.get(HEADER).and_then(|value| RequestId::parse(value).ok()).unwrap_or_else(|| self.next())
    }

    fn next(&self) -> RequestId {
        RequestId(HeaderValue::from(self.next.fetch_add(1, Ordering::Relaxed)))
    }
}

impl RequestId {
    fn parse(value: &HeaderValue) -> Result<Self, InvalidId> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let bytes = value.as_bytes();
        if bytes.is_empty() || bytes.len() > 64 || !bytes.iter().all(plain) {
            return Err(InvalidId);
        }
        Ok(Self(value.clone()))
    }

    /// The id that the edge gave to this request.
    pub fn of_request(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map(|id| id.as_str().to_owned()).unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As the header of an answer.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }
}
