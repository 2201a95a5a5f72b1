//! Phones: devices that apps registered with a token, told through their push service.

use std::time::Duration;

use crate::domain::id::TokenId;
use crate::domain::retry;
use crate::domain::time::Timestamp;

/// For how long the push service may refuse a device before it is told nothing more.
pub const PATIENCE: Duration = Duration::from_hours(3 * 24);

/// A device, as the page of its channel shows it.
#[derive(Debug, Clone)]
pub struct Phone {
    pub token: TokenId,
    pub state: PhoneState,
    pub created: Timestamp,
    /// When the push service last took something.
    pub taken: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub next_try: Option<Timestamp>,
    /// Of the last answer, if there was one.
    pub status: Option<u16>,
}

/// Whether a device is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneState {
    AtWork,
    /// It was refused for too long. Its app may register it again.
    GaveUp,
    /// The push service knows it no more: the app is gone, or has another name for it.
    Gone,
}

/// What a try in vain makes of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Again(Timestamp),
    GaveUp,
}

/// Judges a try in vain, of which there were so many before. Only an answer that may be about the device ends it, and only
/// after days: the fault may be the service account's, and is one of all devices then.
pub fn judge(
    tries: u32,
    failing_since: Option<Timestamp>,
    status: Option<u16>,
    asked: Option<Duration>,
    now: Timestamp,
    dice: u8,
) -> Verdict {
    let is_late = failing_since.is_some_and(|since| now.since(since) >= PATIENCE);
    if is_late && matches!(status, Some(400 | 404)) {
        return Verdict::GaveUp;
    }
    Verdict::Again(now.after(retry::pause(tries.saturating_add(1), asked, dice)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_of_the_device_for_days_ends_it() {
        let since = Timestamp::from_millis(1_000_000_000_000);
        let late = since.after(PATIENCE);
        for status in [400, 404] {
            assert_eq!(judge(30, Some(since), Some(status), None, late, 0), Verdict::GaveUp);
            let before = judge(30, Some(since), Some(status), None, since.after(PATIENCE / 2), 0);
            assert!(matches!(before, Verdict::Again(_)));
        }
        for status in [None, Some(401), Some(403), Some(429), Some(500), Some(503)] {
            let judged = judge(30, Some(since), status, None, late, 0);
            assert!(matches!(judged, Verdict::Again(_)), "{status:?}");
        }
    }
}
