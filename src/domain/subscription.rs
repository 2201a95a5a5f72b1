//! Browsers in which people are told of new messages, and of what they want to be told.

use std::time::Duration;

use crate::domain::id::SubscriptionId;
use crate::domain::quiet_hours::QuietHours;
use crate::domain::retry;
use crate::domain::time::Timestamp;
use crate::domain::web_address::WebAddress;
use crate::domain::webhook::Outcome;

/// Browsers of one person.
pub const MOST_OF_USER: u64 = 10;

/// For how long a push service may take nothing before a browser is told nothing more.
pub const PATIENCE: Duration = Duration::from_hours(7 * 24);

/// How long is waited after a notification, so that what comes quickly is told together.
const TOGETHER: Duration = Duration::from_secs(5);

/// How often something is tried that is refused for what it is.
const REFUSALS: u32 = 3;

/// With this only one browser can open what it is sent.
#[derive(Clone)]
pub struct BrowserKeys {
    /// A point of P-256, uncompressed.
    pub public: [u8; 65],
    pub auth: [u8; 16],
}

/// What a browser says of itself when it subscribes.
#[derive(Clone)]
pub struct Endpoint {
    pub address: WebAddress,
    pub keys: BrowserKeys,
}

/// A subscription that no browser makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no subscription of a browser")]
pub struct InvalidSubscription;

impl BrowserKeys {
    /// Reads both as browsers tell them, in base64url.
    pub fn parse(public: &str, auth: &str) -> Result<Self, InvalidSubscription> {
        let read = |text: &str| {
            base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text.trim_end_matches('=')).unwrap_or_default()
        };
        let public: [u8; 65] = read(public).try_into().map_err(|_| InvalidSubscription)?;
        let auth = read(auth).try_into().map_err(|_| InvalidSubscription)?;
        if public[0] == 4 { Ok(Self { public, auth }) } else { Err(InvalidSubscription) }
    }

    /// One after the other, as they are kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.public.as_slice(), &self.auth].concat()
    }

    /// What was kept.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (public, auth) = bytes.split_first_chunk()?;
        Some(Self { public: *public, auth: auth.try_into().ok()? })
    }
}

/// A browser that is told, as its page shows it.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub id: SubscriptionId,
    /// Browser and system, in words.
    pub label: String,
    /// The machine of its push service.
    pub service: String,
    /// It failed for too long, and is told nothing more.
    pub gave_up: bool,
    pub tries: u32,
    /// When it is tried again.
    pub next_try: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    /// When something was last taken.
    pub taken: Option<Timestamp>,
    pub created: Timestamp,
}

/// Of which messages of a channel a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    All,
    /// The first one, until it was read.
    FirstUnread,
    None,
}

/// What a person wants to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Of channels of which nothing else is said.
    pub level: Level,
    /// Notifications name the channel.
    pub with_names: bool,
    pub quiet: Option<QuietHours>,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self { level: Level::All, with_names: false, quiet: None }
    }
}

/// What a try makes of its subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What is next has its turn then.
    GoOn(Timestamp),
    /// The same again, then.
    Again(Timestamp),
    /// It failed for too long.
    GaveUp,
    /// The browser wants nothing any more, or is no more.
    Gone,
}

/// Judges a try. What comes right after it is told a little later, and together.
pub fn judge(
    subscription: &Subscription,
    status: Option<u16>,
    asked: Option<Duration>,
    now: Timestamp,
    dice: u8,
) -> (Outcome, Verdict) {
    let tries = subscription.tries.saturating_add(1);
    match status {
        Some(200..=299) => (Outcome::Taken, Verdict::GoOn(now.after(TOGETHER))),
        Some(404 | 410) => (Outcome::Failed, Verdict::Gone),
        // A payload that is too long, or of a form that the service does not know, becomes none by waiting.
        Some(400 | 413) if tries >= REFUSALS => (Outcome::PassedOver, Verdict::GoOn(now.after(TOGETHER))),
        _ if subscription.failing_since.is_some_and(|since| now.since(since) >= PATIENCE) => {
            (Outcome::Failed, Verdict::GaveUp)
        }
        _ => (Outcome::Failed, Verdict::Again(now.after(retry::pause(tries, asked, dice)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(tries: u32, failing_since: Option<Timestamp>) -> Subscription {
        let (label, service) = (String::new(), String::new());
        let (id, created) = (SubscriptionId(1), Timestamp::from_millis(0));
        let (gave_up, next_try, taken) = (false, None, None);
        Subscription { id, label, service, gave_up, tries, next_try, failing_since, taken, created }
    }

    #[test]
    fn what_a_push_service_answers_decides_about_the_subscription() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let judged = |tries, since, status| judge(&subscription(tries, since), status, None, now, 0);
        let on = Verdict::GoOn(now.after(TOGETHER));
        assert_eq!(judged(0, None, Some(201)), (Outcome::Taken, on));
        for status in [404, 410] {
            assert_eq!(judged(0, None, Some(status)), (Outcome::Failed, Verdict::Gone));
        }
        for status in [Some(429), Some(500), Some(403), Some(413), None] {
            assert!(matches!(judged(0, None, status), (Outcome::Failed, Verdict::Again(_))), "{status:?}");
        }
        assert_eq!(judged(2, None, Some(413)), (Outcome::PassedOver, on));
        let long_ago = Some(Timestamp::from_millis(0));
        assert_eq!(judged(9, long_ago, None), (Outcome::Failed, Verdict::GaveUp));
        assert_eq!(judged(9, long_ago, Some(201)), (Outcome::Taken, on));
    }

    #[test]
    fn keys_are_read_as_browsers_tell_them() {
        let public = base64_simd::URL_SAFE_NO_PAD.encode_to_string([4; 65]);
        let keys = BrowserKeys::parse(&public, "BwcHBwcHBwcHBwcHBwcHBw==").expect("keys");
        assert_eq!((keys.public, keys.auth), ([4; 65], [7; 16]));
        let kept = BrowserKeys::from_bytes(&keys.to_bytes()).expect("the same");
        assert_eq!((kept.public, kept.auth), (keys.public, keys.auth));
        assert!(BrowserKeys::from_bytes(&[4; 80]).is_none());
        for (public, auth) in [("", ""), (&public[1..], "BwcHBwcHBwcHBwcHBwcHBw"), (&public[..], "Bwc")] {
            assert!(BrowserKeys::parse(public, auth).is_err());
        }
    }
}
