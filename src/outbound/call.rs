//! What is sent, what is answered, and why there may be no answer.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};

use crate::domain::web_address::WebAddress;

/// How long a call may take, from the look-up of the name to the head of the answer. What follows it is waited for a little.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone)]
pub struct Post {
    pub to: WebAddress,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Its beginning; the rest is not read.
    pub body: Bytes,
    /// For how long nothing more should come, where the answer says so in seconds.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("the name {0} has no address")]
    NoAddress(String),
    /// With what was typed in: what a name leads to inside is nobody's business.
    #[error(
        "{0} leads into a private network, or to this machine or its neighbourhood; the operator can allow it with \
         push.allow_private"
    )]
    NotPublic(String),
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("no TLS: {0}")]
    Tls(String),
    #[error("no answer within {} seconds", PATIENCE.as_secs())]
    Silent,
    #[error("its keys are none that anything could be encrypted for")]
    NotSealed,
    #[error("the answer is not HTTP: {0}")]
    NoHttp(String),
}

/// Waits for the result until this time; after that the answer is `Silent`.
pub(super) async fn in_time<T>(
    until: Instant,
    done: impl Future<Output = Result<T, SendError>>,
) -> Result<T, SendError> {
    timeout_at(until, done).await.unwrap_or(Err(SendError::Silent))
}
