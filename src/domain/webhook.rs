//! Webhooks: addresses that are told of what others write to a channel, and what became of it.

use std::time::Duration;

use crate::domain::id::WebhookId;
use crate::domain::message::Sequence;
use crate::domain::retry;
use crate::domain::secret::ReceiverToken;
use crate::domain::time::Timestamp;
use crate::domain::web_address::WebAddress;

/// Webhooks of one channel.
pub const MOST_OF_CHANNEL: u64 = 10;

/// Webhooks of all channels of an account.
pub const MOST_OF_ACCOUNT: u64 = 50;

/// Deliveries of a webhook that are remembered.
pub const DELIVERIES_KEPT: u32 = 50;

/// Characters of an answer that are remembered.
pub const ANSWER_KEPT: usize = 300;

/// The header that says that a webhook calls.
pub const FROM_WEBHOOK: &str = "peerbox-webhook";

/// What a server of ours answers to a webhook that would write to a channel.
pub const LOOP: u16 = 508;

/// For how long a receiver may fail before it is told nothing more.
pub const PATIENCE: Duration = Duration::from_hours(3 * 24);

/// How often a message is tried whose content is refused, before the next has its turn. When that is refused too, it is
/// tried once: a long row of them takes a call each, and no pauses.
const REFUSALS: u32 = 3;

/// After how many refusals it is looked whether the fault is the message's or the receiver's.
const IN_DOUBT: u32 = 6;

/// How many of the next messages are tried then. A longer row of refused messages counts as the receiver's fault.
pub const LOOKED_AHEAD: usize = 8;

/// In which form a receiver wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookForm {
    /// JSON by Standard Webhooks.
    Standard,
    Ntfy,
    Gotify,
}

/// How much a receiver is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// That there is a message, and which.
    Arrival,
    /// The message itself too.
    Message,
}

/// What the holder sets of a webhook.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    pub address: WebAddress,
    pub form: WebhookForm,
    pub extent: Extent,
    pub token: Option<ReceiverToken>,
}

/// A webhook as its page shows it.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: WebhookId,
    pub settings: WebhookSettings,
    pub state: WebhookState,
    /// Told of all up to this one.
    pub told: Sequence,
    /// How often the next message was tried in vain.
    pub tries: u32,
    /// When it is tried again.
    pub next_try: Option<Timestamp>,
    /// Since when it has taken nothing.
    pub failing_since: Option<Timestamp>,
    /// Another one whenever the holder saves the settings.
    pub version: Vec<u8>,
}

impl Webhook {
    /// Whether the last message was passed over.
    pub fn has_just_refused(&self) -> bool {
        self.tries == 0 && self.failing_since.is_some()
    }
}

/// Whether a receiver is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    AtWork,
    /// The holder wants it so.
    Paused,
    /// It failed for too long.
    GaveUp,
    /// The receiver answered that it wants nothing more.
    NotWanted,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// It is tried again.
    Failed,
    /// The receiver refused this very message, and the next had its turn; or a test was not taken. Of an e-mail: its address was
    /// refused.
    PassedOver,
}

/// A try to tell of a message.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `Sequence::NONE` for a test.
    pub sequence: Sequence,
    pub at: Timestamp,
    /// This one included.
    pub tries: u32,
    pub outcome: Outcome,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// The beginning of the answer, or why there is none.
    pub answer: String,
}

/// What a try makes of its webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next message has its turn.
    GoOn,
    /// The same message again, at this time.
    Again(Timestamp),
    Stop(WebhookState),
}

/// Judges a try. `dice` is random, so that receivers which fail together are not called together; `asked` is the pause that
/// the receiver asked for.
pub fn judge(
    webhook: &Webhook,
    status: Option<u16>,
    asked: Option<Duration>,
    now: Timestamp,
    dice: u8,
) -> (Outcome, Next) {
    let tries = webhook.tries.saturating_add(1);
    let is_late = webhook.failing_since.is_some_and(|since| now.since(since) >= PATIENCE);
    match status {
        Some(200..=299) => return (Outcome::Taken, Next::GoOn),
        Some(410 | LOOP) => return (Outcome::Failed, Next::Stop(WebhookState::NotWanted)),
        _ if is_late && tries >= REFUSALS => {
            return (Outcome::Failed, Next::Stop(WebhookState::GaveUp));
        }
        // What is wrong is the message, not the receiver.
        Some(400 | 413 | 415 | 422) if tries >= REFUSALS || (webhook.has_just_refused() && !is_late) => {
            return (Outcome::PassedOver, Next::GoOn);
        }
        _ => {}
    }
    (Outcome::Failed, Next::Again(now.after(retry::pause(tries, asked, dice))))
}

/// Whether a try in vain leaves in doubt whose fault it is. Then the messages behind it are tried too; if one of them is taken,
/// this one is passed over, and never told after it. So whoever gave no answer, or one that says nothing of the message,
/// is told nothing out of turn, until it would be told nothing more at all.
pub fn is_in_doubt(webhook: &Webhook, status: Option<u16>, next: Next) -> bool {
    match next {
        Next::Again(_) => is_refusal(status) && webhook.tries.saturating_add(1) >= IN_DOUBT,
        Next::Stop(state) => state == WebhookState::GaveUp,
        Next::GoOn => false,
    }
}

/// Whether an answer refuses what was sent. The other ones of its kind say that it is not the time for it, or that nothing more
/// is wanted.
fn is_refusal(status: Option<u16>) -> bool {
    status.is_some_and(|status| matches!(status, 400..=499) && !matches!(status, 408 | 410 | 425 | 429))
}

/// Whether the fault may be with this message too, so that the one behind it says more.
pub fn may_be_of_message(status: Option<u16>) -> bool {
    is_refusal(status) || status == Some(500)
}

/// Whether an answer may be about the message alone, where no other message can show it.
pub fn is_of_message(status: Option<u16>) -> bool {
    matches!(status, Some(400 | 413 | 415 | 422 | 500))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(tries: u32, failing_since: Option<Timestamp>) -> Webhook {
        let address = WebAddress::parse("https://example.org").expect("an address");
        let settings =
            WebhookSettings { address, form: WebhookForm::Standard, extent: Extent::Arrival, token: None };
        let (id, state, told) = (WebhookId(1), WebhookState::AtWork, Sequence(7));
        Webhook { id, settings, state, told, tries, next_try: None, failing_since, version: Vec::new() }
    }

    #[test]
    fn who_fails_for_days_is_told_nothing_more() {
        let since = Timestamp::from_millis(1_000_000_000_000);
        let late = since.after(PATIENCE);
        let stopped = judge(&webhook(30, Some(since)), None, None, late, 0);
        assert_eq!(stopped, (Outcome::Failed, Next::Stop(WebhookState::GaveUp)));
        let taken = judge(&webhook(30, Some(since)), Some(204), None, late, 0);
        assert_eq!(taken, (Outcome::Taken, Next::GoOn));
        let gone = judge(&webhook(0, None), Some(410), None, since, 0);
        assert_eq!(gone, (Outcome::Failed, Next::Stop(WebhookState::NotWanted)));
    }

    #[test]
    fn a_message_that_is_refused_holds_up_no_others() {
        let now = Timestamp::from_millis(1_000_000_000_000);
        let judged = |webhook: &Webhook, status| judge(webhook, Some(status), None, now, 0);
        let is_tried_again = |judged: (Outcome, Next)| matches!(judged, (Outcome::Failed, Next::Again(_)));
        assert!(is_tried_again(judged(&webhook(1, None), 422)));
        assert_eq!(judged(&webhook(2, None), 422), (Outcome::PassedOver, Next::GoOn));
        assert!(is_tried_again(judged(&webhook(9, None), 401)), "nobody is let in at all");
        let after_another = webhook(0, Some(now));
        assert_eq!(judged(&after_another, 422), (Outcome::PassedOver, Next::GoOn), "no more pauses");
        assert!(is_tried_again(judged(&after_another, 500)));
    }

    #[test]
    fn who_takes_nothing_at_all_for_days_is_told_nothing_more() {
        let since = Timestamp::from_millis(1_000_000_000_000);
        let late = since.after(PATIENCE);
        for status in [422, 503] {
            let judged = |tries| judge(&webhook(tries, Some(since)), Some(status), None, late, 0);
            assert!(matches!(judged(0), (_, Next::Again(_))), "not at the first failure of another message");
            assert_eq!(judged(2), (Outcome::Failed, Next::Stop(WebhookState::GaveUp)));
        }
    }

    #[test]
    fn only_what_is_refused_for_long_is_in_doubt_or_what_is_about_to_end() {
        let later = Next::Again(Timestamp::from_millis(1));
        let (before, long) = (webhook(IN_DOUBT - 2, None), webhook(IN_DOUBT - 1, None));
        for status in [400, 403, 404, 409, 422] {
            assert!(!is_in_doubt(&before, Some(status), later), "{status}");
            assert!(is_in_doubt(&long, Some(status), later), "{status}");
        }
        for status in [None, Some(302), Some(408), Some(425), Some(429), Some(500), Some(503)] {
            assert!(!is_in_doubt(&long, status, later), "{status:?}");
            assert!(is_in_doubt(&long, status, Next::Stop(WebhookState::GaveUp)), "{status:?}");
        }
        assert!(!is_in_doubt(&long, Some(410), Next::Stop(WebhookState::NotWanted)));
        assert!(!is_in_doubt(&long, Some(204), Next::GoOn));
    }
}
