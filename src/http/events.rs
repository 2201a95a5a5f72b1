//! An answer of server-sent events, sent so that proxies pass each on at once.

use std::future::ready;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt, once};

/// Fills the buffers of proxies that hold the beginning of an answer back.
const PADDING: usize = 2048;

/// The answer that sends each of these texts as it comes, until there are no more.
pub fn answer(texts: impl Stream<Item = String> + 'static) -> HttpResponse {
    let padding = format!(":{}\n\n", " ".repeat(PADDING));
    let body = once(ready(padding)).chain(texts).map(|text| Ok::<_, actix_web::Error>(Bytes::from(text)));
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store, no-transform"))
        // Caddy packs what does not name an encoding, whatever is said above, and holds it back until it ends.
        .insert_header((CONTENT_ENCODING, "identity"))
        // nginx would hold the events back otherwise.
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(body)
}
