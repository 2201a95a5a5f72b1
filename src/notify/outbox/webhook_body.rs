//! What a receiver is sent of a message, in the form that it wants.

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::json;

use crate::crypto::keyring::Keyring;
use crate::crypto::webhook_signature;
use crate::domain::message::{Message, Sequence};
use crate::domain::plural::counted;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Extent, FROM_WEBHOOK, WebhookForm};
use crate::outbound::call::Post;
use crate::store::outbox::Due;

/// Says that a webhook calls. No server of ours takes such a call as a message: two channels that tell each other of what
/// comes would never end.
const OF_WEBHOOK: HeaderName = HeaderName::from_static(FROM_WEBHOOK);

/// The longest payload that is told with its message; of a longer one it is told that there is one.
const LONGEST_PAYLOAD: usize = 64 * 1024;

/// The longest text that people are shown on their telephones, in bytes.
const LONGEST_TEXT: usize = 3000;

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    channel_id: &'a str,
    sequence: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    /// Base64, as in the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

/// The request. `base` is the address of the pages, if it is known.
pub(super) fn post(due: &Due, keyring: &Keyring, base: Option<&str>, now: Timestamp) -> Post {
    let settings = &due.webhook.settings;
    // Where the channel's id is enough to get in, whoever reads along on the telephone's service is not told it.
    let link = base.filter(|_| !due.is_open).map(|base| format!("{base}/channels/{}", due.channel));
    let mut headers = Vec::new();
    let (kind, body) = match settings.form {
        WebhookForm::Standard => ("application/json", standard(due, now)),
        WebhookForm::Ntfy => {
            let click = link.and_then(|link| HeaderValue::try_from(link).ok());
            headers.extend(click.map(|click| (HeaderName::from_static("click"), click)));
            ("text/plain; charset=utf-8", text(due))
        }
        WebhookForm::Gotify => ("application/json", gotify(due, link.as_deref())),
    };
    let (id, seconds) = (id(due, keyring, now), now.as_millis().div_euclid(1000));
    let signature = webhook_signature::of(&due.secret, &id, seconds, body.as_bytes());
    headers.push((CONTENT_TYPE, HeaderValue::from_static(kind)));
    headers.push((OF_WEBHOOK, HeaderValue::from_static("1")));
    headers.push((HeaderName::from_static("webhook-timestamp"), HeaderValue::from(seconds)));
    let token = settings.token.as_ref().map(|token| format!("Bearer {}", token.expose()));
    for (name, value) in [
        (HeaderName::from_static("webhook-id"), Some(id)),
        (HeaderName::from_static("webhook-signature"), Some(signature)),
        (AUTHORIZATION, token),
    ] {
        // All of these are printable; a token was checked when it was typed in.
        headers.extend(value.and_then(|value| HeaderValue::try_from(value).ok()).map(|value| (name, value)));
    }
    Post { to: settings.address.clone(), headers, body: Bytes::from(body) }
}

/// The same for every try of a message, and nothing that a channel could be found by. After an old backup was put back,
/// another message may have the same number.
fn id(due: &Due, keyring: &Keyring, now: Timestamp) -> String {
    let (sequence, at) = match &due.message {
        Some(message) => (message.sequence, message.received),
        None => (Sequence::NONE, now),
    };
    let text = format!("{} {} {} {}", due.channel, due.webhook.id, sequence.0, at.as_millis());
    format!("msg_{}", keyring.opaque(&text))
}

fn standard(due: &Due, now: Timestamp) -> String {
    let (kind, at, data) = match &due.message {
        None => {
            let data = Data {
                channel_id: &due.channel,
                sequence: 0,
                received: None,
                content_type: None,
                bytes: None,
                payload: None,
            };
            ("webhook.test", now, data)
        }
        Some(message) => {
            let payload = message.payload.as_bytes();
            let is_told = due.webhook.settings.extent == Extent::Message && payload.len() <= LONGEST_PAYLOAD;
            let data = Data {
                channel_id: &due.channel,
                sequence: message.sequence.0,
                received: Some(message.received.to_string()),
                content_type: Some(message.content_type.as_str()),
                bytes: Some(payload.len()),
                payload: is_told.then(|| base64_simd::STANDARD.encode_to_string(payload)),
            };
            ("message.received", message.received, data)
        }
    };
    // Strings and numbers always have a JSON form.
    serde_json::to_string(&Body { r#type: kind, timestamp: at.to_string(), data }).unwrap_or_default()
}

fn gotify(due: &Due, link: Option<&str>) -> String {
    let mut told = json!({"title": "peerbox", "message": text(due), "priority": 5});
    if let Some(link) = link {
        told["extras"] = json!({"client::notification": {"click": {"url": link}}});
    }
    told.to_string()
}

/// What a person reads. Names and contents go elsewhere only where the holder chose so.
fn text(due: &Due) -> String {
    let Some(message) = &due.message else { return "This is a test of peerbox.".to_owned() };
    if due.webhook.settings.extent == Extent::Arrival {
        return format!("Message {} has come.", message.sequence.0);
    }
    let place = if due.label.is_empty() { String::new() } else { format!(" in “{}”", due.label) };
    let head = format!("Message {}{place}", message.sequence.0);
    match readable(message) {
        Some(content) => format!("{head}:\n{content}"),
        None => format!(
            "{head}: {} of {}.",
            counted(message.payload.as_bytes().len() as u64, "byte"),
            message.content_type.as_str()
        ),
    }
}

/// The beginning of a message that is text.
fn readable(message: &Message) -> Option<String> {
    let kind = message.content_type.as_str();
    if !kind.starts_with("text/") && !kind.contains("json") {
        return None;
    }
    let whole = text::decode(message.payload.as_bytes())?;
    let end = whole.floor_char_boundary(LONGEST_TEXT);
    Some(if end < whole.len() { format!("{}…", &whole[..end]) } else { whole.into_owned() })
}
