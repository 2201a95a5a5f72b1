//! Request bodies: bounded while they arrive, whether their length was announced or not.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::http::failure::Failure;

/// How much a body may hold and how long it may take to arrive.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    pub bytes: usize,
    pub timeout: Duration,
}

/// Reads a body to its end. Nothing of a body that is too large, too slow or broken off is used.
pub async fn read(
    request: &HttpRequest,
    payload: &mut web::Payload,
    limits: BodyLimits,
) -> Result<Bytes, Failure> {
    if announced_bytes(request).is_some_and(|announced| announced > limits.bytes as u64) {
        return Err(Failure::too_large(limits.bytes));
    }
    match tokio::time::timeout(limits.timeout, collect(payload, limits.bytes)).await {
        Ok(body) => body,
        Err(_elapsed) => Err(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body did not arrive in time; nothing was stored",
        )),
    }
}

async fn collect(payload: &mut web::Payload, most: usize) -> Result<Bytes, Failure> {
    let broken_off = |_| Failure::bad_request("The body broke off; nothing was stored");
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(broken_off)?;
    if first.len() > most {
        return Err(Failure::too_large(most));
    }
    let Some(second) = payload.next().await else { return Ok(first) };
    let mut body = BytesMut::with_capacity((first.len() * 2).min(most));
    body.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(broken_off)?;
        if body.len() + chunk.len() > most {
            return Err(Failure::too_large(most));
        }
        body.extend_from_slice(&chunk);
        next = payload.next().await;
    }
    Ok(body.freeze())
}

fn announced_bytes(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
