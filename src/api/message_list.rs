//! Messages as JSON: written straight into the answer, in slices when there are many.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ETAG, HeaderValue};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;

use crate::api::json::JSON;
use crate::api::query::ReadQuery;
use crate::auth::access::Reader;
use crate::auth::throttle::Network;
use crate::domain::channel::Sequencing;
use crate::domain::message::{Message, Sequence, Side};
use crate::domain::read_state::Selection;
use crate::domain::time::Timestamp;
use crate::http::failure::Failure;
use crate::notify::hub::{Hub, Signal};
use crate::service::error::Error;
use crate::service::messages::{Messages, Slice};

/// A message as it is sent. It is written by hand: most of it is a payload in which nothing needs escaping.
#[derive(JsonSchema)]
#[schemars(rename = "Message")]
pub(super) struct MessageJson<'a> {
    sequence: i64,
    #[schemars(with = "String", extend("format" = "date-time"))]
    received: Timestamp,
    content_type: &'a str,
    #[schemars(with = "String", extend("contentEncoding" = "base64"))]
    payload: &'a [u8],
    /// Present and true when the stored bytes do not open; the payload is empty then.
    #[schemars(skip_serializing_if = "std::ops::Not::not")]
    damaged: bool,
    /// Which side wrote it: `holder`, `own` or `other`; present with `?authors=true`.
    #[schemars(with = "String", skip_serializing_if = "Option::is_none")]
    author: Option<&'static str>,
}

/// The answer to a write.
pub(super) fn single(message: &Message) -> HttpResponse {
    let mut json = String::with_capacity(json_bytes(message));
    push(&mut json, &MessageJson::of(message, None));
    HttpResponse::Ok().content_type(JSON).body(json)
}

/// The answer to a read. Small ones have a length; a long backlog is sent slice by slice, so that its size costs no
/// memory.
pub(super) fn all(
    messages: Arc<Messages>,
    reader: Reader,
    query: ReadQuery,
) -> Result<HttpResponse, Failure> {
    let ReadQuery { selection, authors, .. } = query;
    let mut answer = HttpResponse::Ok();
    answer.content_type(JSON);
    if reader.channel().sequencing == Sequencing::Sequenced {
        let highest = messages.highest_visible(&reader)?.unwrap_or(Sequence::NONE);
        answer.insert_header((ETAG, HeaderValue::from(highest.0)));
    }
    let first = messages.read(&reader, selection)?;
    let sides = if authors { messages.sides(&reader, &first)? } else { Vec::new() };
    let mut json = String::with_capacity(2 + first.messages.iter().map(json_bytes).sum::<usize>());
    json.push('[');
    push_all(&mut json, &first, &sides);
    if !first.more {
        json.push(']');
        return Ok(answer.body(json));
    }
    let rest = Rest { messages, reader, selection: after(selection, &first), authors, ended: false };
    let first = stream::once(async move { Ok(Bytes::from(json)) });
    Ok(answer.streaming(first.chain(stream::try_unfold(rest, Rest::next))))
}

/// Holds until somebody else's message after the selection's is unread, the time is up, or there is no use in waiting.
pub(super) async fn wait(
    messages: &Messages,
    hub: &Hub,
    reader: &Reader,
    selection: Selection,
    network: Network,
    longest: Duration,
) -> Result<(), Failure> {
    let mut subscription = hub.subscribe(reader, selection.after, network)?;
    // It may have ended while this subscribed, of which the hub would tell nothing.
    messages.require_valid(reader)?;
    let unread = Selection { unread_only: true, limit: Some(1), ..selection };
    let deadline = messages.sleep(longest);
    let something_unread = async {
        while messages.read(reader, unread)?.messages.is_empty() {
            match subscription.next().await {
                Some(Signal::Written(_)) => {}
                // The end without a close means that much was written; what is unread of it is answered now.
                Some(Signal::Close(_)) | None => break,
            }
        }
        Ok::<_, Failure>(())
    };
    tokio::select! {
        outcome = something_unread => outcome?,
        () = deadline => {}
    }
    // Waiting is long enough for the right to end.
    Ok(messages.require_valid(reader)?)
}

/// What is still to be sent of a long answer.
struct Rest {
    messages: Arc<Messages>,
    reader: Reader,
    selection: Selection,
    authors: bool,
    ended: bool,
}

impl Rest {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Error> {
        if self.ended {
            return Ok(None);
        }
        let slice = self.messages.read_on(&self.reader, self.selection).await?;
        let sides = if self.authors { self.messages.sides(&self.reader, &slice)? } else { Vec::new() };
        let mut json = String::with_capacity(2 + slice.messages.iter().map(json_bytes).sum::<usize>());
        if !slice.messages.is_empty() {
            json.push(',');
            push_all(&mut json, &slice, &sides);
        }
        self.selection = after(self.selection, &slice);
        self.ended = !slice.more;
        if self.ended {
            json.push(']');
        }
        Ok(Some((json.into(), self)))
    }
}

/// The selection that goes on where the slice ended.
fn after(selection: Selection, slice: &Slice) -> Selection {
    let taken = u32::try_from(slice.messages.len()).unwrap_or(u32::MAX);
    Selection {
        after: slice.messages.last().map_or(selection.after, |last| last.sequence),
        limit: selection.limit.map(|limit| limit.saturating_sub(taken)),
        ..selection
    }
}

/// `sides` says which side wrote each; it may be empty.
fn push_all(json: &mut String, slice: &Slice, sides: &[Option<Side>]) {
    for (position, message) in slice.messages.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        push(json, &MessageJson::of(message, sides.get(position).copied().flatten()));
    }
}

fn push(json: &mut String, message: &MessageJson<'_>) {
    use std::fmt::Write;
    let MessageJson { sequence, received, content_type, payload, damaged, author } = *message;
    // Writing to a string cannot fail.
    let _infallible = write!(json, "{{\"sequence\":{sequence},\"received\":\"{received}\"");
    json.push_str(",\"content_type\":");
    json.push_str(&serde_json::to_string(content_type).unwrap_or_default());
    json.push_str(",\"payload\":\"");
    base64_simd::STANDARD.encode_append(payload, json);
    json.push_str(if damaged { "\",\"damaged\":true" } else { "\"" });
    if let Some(author) = author {
        let _infallible = write!(json, ",\"author\":\"{author}\"");
    }
    json.push('}');
}

impl<'a> MessageJson<'a> {
    fn of(message: &'a Message, side: Option<Side>) -> Self {
        Self {
            sequence: message.sequence.0,
            received: message.received,
            content_type: message.content_type.as_str(),
            payload: message.payload.as_bytes(),
            damaged: message.payload.is_damaged(),
            author: side.map(Side::as_str),
        }
    }
}

/// About how long the JSON of a message is.
fn json_bytes(message: &Message) -> usize {
    144 + message.content_type.as_str().len() + message.payload.as_bytes().len().div_ceil(3) * 4
}
