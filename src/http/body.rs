//! Request bodies: bounded while they arrive, whether their length was announced or not.

use std::io;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::StreamExt;

use crate::http::failure::Failure;
use crate::http::gathered::Gathered;
use crate::http::room::{Room, Share};

/// How much a body may hold, how long it may take to arrive, and the room that it shares with the others.
#[derive(Debug, Clone)]
pub struct BodyLimits {
    pub bytes: usize,
    pub timeout: Duration,
    pub room: Room,
}

impl BodyLimits {
    /// The same for a sender who has proved nothing.
    #[must_use]
    pub fn for_a_stranger(&self) -> Self {
        Self { room: self.room.for_strangers(), ..self.clone() }
    }
}

/// Reads a body to its end. Nothing of a body that is too large, too slow or broken off is used.
pub async fn read(
    request: &HttpRequest,
    payload: &mut web::Payload,
    limits: &BodyLimits,
) -> Result<Bytes, Failure> {
    let announced = announced_bytes(request);
    if announced.is_some_and(|announced| announced > limits.bytes) {
        return Err(Failure::too_large(limits.bytes));
    }
    match tokio::time::timeout(limits.timeout, collect(payload, announced, limits)).await {
        Ok(body) => body,
        Err(_elapsed) => Err(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body did not arrive in time; nothing was stored",
        )),
    }
}

async fn collect(
    payload: &mut web::Payload,
    announced: Option<usize>,
    limits: &BodyLimits,
) -> Result<Bytes, Failure> {
    let Some(first) = next(payload).await? else { return Ok(Bytes::new()) };
    let most = announced.unwrap_or(limits.bytes);
    let mut share = limits.room.share(most);
    take(&mut share, first.len(), first.len(), limits).await?;
    let Some(second) = next(payload).await? else { return Ok(share.hold(first)) };
    let mut body = Gathered::new(most).map_err(no_memory)?;
    append(&mut body, &first, &mut share, limits).await?;
    drop(first);
    let mut more = Some(second);
    while let Some(chunk) = more {
        append(&mut body, &chunk, &mut share, limits).await?;
        more = next(payload).await?;
    }
    Ok(share.hold(body))
}

async fn next(payload: &mut web::Payload) -> Result<Option<Bytes>, Failure> {
    let broken_off = |_| Failure::bad_request("The body broke off; nothing was stored");
    payload.next().await.transpose().map_err(broken_off)
}

pub(super) async fn append(
    body: &mut Gathered,
    chunk: &[u8],
    share: &mut Share,
    limits: &BodyLimits,
) -> Result<(), Failure> {
    let (length, memory) = body.with(chunk.len());
    take(share, length, memory, limits).await?;
    body.append(chunk).map_err(no_memory)
}

/// Whoever asks again later may get some.
fn no_memory(_error: io::Error) -> Failure {
    Failure::no_room()
}

async fn take(share: &mut Share, length: usize, memory: usize, limits: &BodyLimits) -> Result<(), Failure> {
    if length > limits.bytes {
        return Err(Failure::too_large(limits.bytes));
    }
    if share.grow_to(memory).await { Ok(()) } else { Err(Failure::no_room()) }
}

/// A length beyond what a number holds is too large in any case.
fn announced_bytes(request: &HttpRequest) -> Option<usize> {
    let text = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    Some(usize::try_from(text.parse::<u64>().ok()?).unwrap_or(usize::MAX))
}
