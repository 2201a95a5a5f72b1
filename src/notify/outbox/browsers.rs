//! One turn of a browser: what it is told, through its push service, and what is noted of it.

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::json;

use crate::crypto::blind_index::BlindColumn;
use crate::crypto::jwt::VapidKey;
use crate::crypto::{push_message, random};
use crate::domain::plural::counted;
use crate::domain::read_state::UnreadCount;
use crate::domain::subscription;
use crate::domain::telling::Telling;
use crate::domain::time::Timestamp;
use crate::notify::outbox::caller::{Caller, words};
use crate::outbound::call::{Post, SendError};
use crate::store::error::StoreError;
use crate::store::notices::{Due, Notice, Tried};
use crate::store::subscriptions;

/// For how long a push service keeps what a browser does not fetch, in seconds: four weeks, the longest that any does.
const KEPT_FOR: u32 = 4 * 7 * 24 * 3600;

/// A test that comes later is none.
const TEST_KEPT_FOR: u32 = 60;

/// How long a push service believes who we are, in seconds. It may be no more than a day.
const BELIEVED_FOR: i64 = 12 * 3600;

/// Bytes of what tells a push service that a notification takes the place of an earlier one: 32 characters, the most.
const TOPIC_BYTES: usize = 24;

impl Caller {
    /// Tells a browser.
    pub(super) async fn tell_browser(&self, due: &Due) -> Result<Tried, StoreError> {
        let answered = match self.notification(due).await? {
            Some(post) => self.client.post(post).await,
            None => Err(SendError::NotSealed),
        };
        let (status, asked) = match &answered {
            Ok(answer) => (Some(answer.status), answer.retry_after),
            Err(_) => (None, None),
        };
        let now = self.now();
        let [dice] = random::bytes();
        let (outcome, verdict) = subscription::judge(&due.subscription, status, asked, now, dice);
        let messages = due.notice.messages();
        let telling = Telling { at: now, messages, outcome, status, answer: words(&answered) };
        Ok(Tried { id: due.subscription.id, told: due.told.clone(), telling, verdict })
    }

    /// The request; `None` where nothing can be encrypted for the browser.
    async fn notification(&self, due: &Due) -> Result<Option<Post>, StoreError> {
        let kept = self.store.read(subscriptions::key).await?;
        let key = kept.and_then(|kept| VapidKey::read(&kept).ok());
        let key = key.ok_or(StoreError::Malformed("the key of push services"))?;
        let topic = self.topic(due);
        let said = said(due, &topic, self.base.as_deref()).to_string();
        let Ok(body) = push_message::seal(said.as_bytes(), &due.endpoint.keys) else { return Ok(None) };
        let ttl = if due.notice == Notice::Test { TEST_KEPT_FOR } else { KEPT_FOR };
        let mut headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
            (CONTENT_ENCODING, HeaderValue::from_static("aes128gcm")),
            (HeaderName::from_static("ttl"), HeaderValue::from(ttl)),
        ];
        let shown = shown(due, &key, self.base.as_deref(), self.now());
        for (name, value) in [(AUTHORIZATION, shown), (HeaderName::from_static("topic"), topic)] {
            // Both are printable.
            headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        }
        Ok(Some(Post { to: due.endpoint.address.clone(), headers, body: Bytes::from(body) }))
    }

    /// Tells notifications of one channel in one browser from others, and nobody which channel that is.
    fn topic(&self, due: &Due) -> String {
        let what = match &due.notice {
            Notice::Test => "test",
            Notice::Channel { id, .. } => id,
            Notice::Summary { .. } => "summary",
        };
        let parts = [due.endpoint.address.as_str().as_bytes(), what.as_bytes()];
        let blind = self.store.keyring().blind().of_parts(BlindColumn::PushEndpoint, &parts);
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(&blind[..TOPIC_BYTES])
    }
}

/// Who we are (RFC 8292). Some push services want to know an address at which we are found.
fn shown(due: &Due, key: &VapidKey, base: Option<&str>, now: Timestamp) -> String {
    let until = now.as_millis() / 1000 + BELIEVED_FOR;
    let mut claims = json!({"aud": due.endpoint.address.origin(), "exp": until});
    if let Some(base) = base.filter(|base| base.starts_with("https://")) {
        claims["sub"] = json!(base);
    }
    format!("vapid t={}, k={}", key.sign(&claims.to_string()), key.public())
}

/// What the browser shows: in the declarative form, which some understand without a script.
fn said(due: &Due, topic: &str, base: Option<&str>) -> serde_json::Value {
    let said = |unread: &UnreadCount| unread.of("unread message");
    let (title, body, path) = match &due.notice {
        Notice::Test => (
            "This is a test".to_owned(),
            "Notifications reach this browser.".to_owned(),
            "profile/notifications".to_owned(),
        ),
        Notice::Channel { id, label, unread } => {
            let title = label.clone().unwrap_or_else(|| "New message".to_owned());
            (title, said(unread), format!("channels/{id}"))
        }
        Notice::Summary { channels, unread } => {
            let body = format!("{} in {}", said(unread), counted(*channels as u64, "channel"));
            ("New messages".to_owned(), body, "inbox".to_owned())
        }
    };
    // Without an address of ours it is below where the browser's worker is.
    let navigate = base.map_or_else(|| path.clone(), |base| format!("{base}/{path}"));
    let badge = due.unread.to_string();
    json!({
        "web_push": 8030,
        "notification": {
            "title": title,
            "body": body,
            "navigate": navigate,
            "tag": topic,
            "lang": "en",
            "dir": "auto",
            // Where the first browsers that had this form looked for it.
            "app_badge": badge,
        },
        "app_badge": badge,
    })
}
