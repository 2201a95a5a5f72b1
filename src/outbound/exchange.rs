//! One request and the beginning of its answer over one connection.

use std::error::Error;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};

use crate::outbound::call::{Answer, Post, SendError, in_time};

/// As much of an answer's head is read, and as much of its body.
const HEAD_BYTES: usize = 64 * 1024;
const BODY_BYTES: usize = 4 * 1024;

/// How long is waited for the body when its head is there.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

const WHO: &str = concat!("peerbox/", env!("CARGO_PKG_VERSION"));

/// Sends it and reads the answer, whose head has to be there until then. The connection ends with it.
pub(super) async fn over(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    post: Post,
    until: Instant,
) -> Result<Answer, SendError> {
    let request = request(post)?;
    let shaken = http1::Builder::new().max_buf_size(HEAD_BYTES).handshake(TokioIo::new(io)).await;
    let (mut sender, connection) = shaken.map_err(|error| told(&error))?;
    let exchange = async {
        let asked = async { sender.send_request(request).await.map_err(|error| told(&error)) };
        Ok(answer(in_time(until, asked).await?).await)
    };
    let driven = async {
        // Should it end early, the exchange says why.
        let _ended = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        done = exchange => done,
        never = driven => never,
    }
}

fn request(post: Post) -> Result<Request<Full<Bytes>>, SendError> {
    let mut request = Request::new(Full::new(post.body));
    *request.method_mut() = Method::POST;
    let target = post.to.target().parse();
    *request.uri_mut() = target.map_err(|_| SendError::NoAddress(post.to.authority()))?;
    let host = HeaderValue::try_from(post.to.authority());
    let headers = request.headers_mut();
    headers.insert(HOST, host.map_err(|_| SendError::NoAddress(post.to.authority()))?);
    headers.insert(USER_AGENT, HeaderValue::from_static(WHO));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.extend(post.headers);
    Ok(request)
}

/// The status counts, though the body may not come whole, or never end: nobody is told again for that. Whoever needs the body
/// itself, as of an access token, asks again.
async fn answer(response: Response<Incoming>) -> Answer {
    let status = response.status().as_u16();
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let (mut incoming, mut body) = (response.into_body(), BytesMut::new());
    let reading = async {
        while body.len() < BODY_BYTES
            && let Some(Ok(frame)) = incoming.frame().await
        {
            if let Some(data) = frame.data_ref() {
                body.extend_from_slice(data);
            }
        }
    };
    let _late = timeout(BODY_PATIENCE, reading).await;
    body.truncate(BODY_BYTES);
    Answer { status, body: body.freeze(), retry_after: seconds.map(Duration::from_secs) }
}

/// What went wrong, with what was behind it.
fn told(error: &hyper::Error) -> SendError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let words = format!("{error}{cause}");
    if error.is_parse() { SendError::NoHttp(words) } else { SendError::Unreachable(words) }
}
