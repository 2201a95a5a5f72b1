//! Where a person is told by e-mail, and how often.

use std::time::Duration;

use crate::domain::id::UserId;
use crate::domain::mail_address::MailAddress;
use crate::domain::quiet_hours::Minute;
use crate::domain::retry;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;

/// How long the link that shows whose address it is can be used.
pub const CONFIRMED_WITHIN: Duration = Duration::from_hours(24);

/// Links that a person may have sent in that time, and how long lies between two.
pub const MOST_LINKS: u32 = 5;
/// See [`MOST_LINKS`].
pub const BETWEEN_LINKS: Duration = Duration::from_mins(1);

/// How long lies between two messages at least.
const BETWEEN: Duration = Duration::from_mins(1);

/// How long messages are gathered for a bundle.
const BUNDLED: Duration = Duration::from_mins(15);

/// How often the relay has to refuse an address, and for how long nothing may have been taken, before nothing more is sent
/// there. What somebody sets wrong at a relay is set right within that time.
const REFUSALS: u32 = 3;
/// See [`REFUSALS`].
const PATIENCE: Duration = Duration::from_hours(24);

/// When something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    Never,
    AtOnce,
    Bundled,
    /// At this time of the day.
    Daily(Minute),
}

/// The mailbox of a person, as its page shows it.
#[derive(Debug, Clone)]
pub struct Mailbox {
    pub user: UserId,
    pub address: MailAddress,
    /// The person has shown whose it is.
    pub confirmed: bool,
    pub rhythm: Rhythm,
    /// When a link was sent there last.
    pub asked: Timestamp,
    /// The relay takes nothing for the address, and nothing more is sent.
    pub gave_up: bool,
    pub tries: u32,
    pub next_try: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    /// How often the relay has refused the address since then, as far as the last tries are remembered.
    pub refusals: u32,
    pub taken: Option<Timestamp>,
    /// Why the last try failed; empty when it did not.
    pub answer: String,
}

/// What the relay said to what was sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Taken,
    /// There is no such mailbox.
    Refused,
    /// Anything else: the fault may be the relay's, and is one of all mailboxes then.
    Failed,
}

/// What a try makes of its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken; the next is not sent before.
    Taken(Timestamp),
    Again(Timestamp),
    GaveUp,
}

impl Mailbox {
    /// Whether something is sent there.
    pub fn is_at_work(&self) -> bool {
        self.confirmed && !self.gave_up && self.rhythm != Rhythm::Never
    }
}

impl Rhythm {
    /// When something is told that came then; `None` for never.
    pub fn due(self, came: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::AtOnce => Some(came),
            Self::Bundled => Some(came.after(BUNDLED)),
            Self::Daily(at) => Some(at.next(came, zone).unwrap_or(came)),
        }
    }
}

/// Judges a try of a mailbox as it was before.
pub fn judge(mailbox: &Mailbox, said: Said, now: Timestamp, dice: u8) -> Verdict {
    let is_late = mailbox.failing_since.is_some_and(|since| now.since(since) >= PATIENCE);
    let refusals = mailbox.refusals.saturating_add(1);
    match said {
        Said::Taken => Verdict::Taken(now.after(BETWEEN)),
        Said::Refused if is_late && refusals >= REFUSALS => Verdict::GaveUp,
        Said::Refused | Said::Failed => {
            Verdict::Again(now.after(retry::pause(mailbox.tries.saturating_add(1), None, dice)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(since: Timestamp, tries: u32, refusals: u32) -> Mailbox {
        Mailbox {
            user: UserId(1),
            address: MailAddress::parse("mara@example.org").expect("an address"),
            confirmed: true,
            rhythm: Rhythm::AtOnce,
            asked: since,
            gave_up: false,
            tries,
            next_try: None,
            failing_since: Some(since),
            refusals,
            taken: None,
            answer: String::new(),
        }
    }

    #[test]
    fn only_an_address_that_is_refused_for_a_day_gets_nothing_more() {
        let since = Timestamp::from_millis(1_000_000_000_000);
        let (early, late) = (since.after(PATIENCE / 2), since.after(PATIENCE));
        let judged = |tries, refusals, said, now| judge(&failing(since, tries, refusals), said, now, 0);
        assert_eq!(judged(9, 9, Said::Taken, late), Verdict::Taken(late.after(BETWEEN)));
        assert!(matches!(judged(9, 9, Said::Refused, early), Verdict::Again(_)), "not within a day");
        assert!(matches!(judged(9, 1, Said::Refused, late), Verdict::Again(_)), "the relay failed else");
        assert_eq!(judged(9, 2, Said::Refused, late), Verdict::GaveUp);
        assert!(matches!(judged(1000, 9, Said::Failed, late), Verdict::Again(_)));
    }

    #[test]
    fn each_rhythm_has_its_time() {
        let zone = Zone::find("Europe/Berlin").expect("a zone");
        // 2001-09-09 01:46:40 UTC, 03:46:40 in Berlin.
        let came = Timestamp::from_millis(1_000_000_000_000);
        assert_eq!(Rhythm::Never.due(came, &zone), None);
        assert_eq!(Rhythm::AtOnce.due(came, &zone), Some(came));
        assert_eq!(Rhythm::Bundled.due(came, &zone), Some(came.after(BUNDLED)));
        let daily =
            |at| Rhythm::Daily(Minute::parse(at).expect("a time")).due(came, &zone).map(|at| at.to_string());
        assert_eq!(daily("08:00").as_deref(), Some("2001-09-09T06:00:00.000Z"));
        assert_eq!(daily("03:00").as_deref(), Some("2001-09-10T01:00:00.000Z"));
    }
}
