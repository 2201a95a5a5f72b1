//! Channels: their flags, retention and what a new or amended one looks like.

use crate::domain::account::MAX_NAME_CHARS;
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::domain::token::Permissions;

/// Whether requests without an Authorization header may use a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PublicAccess {
    pub read: bool,
    pub write: bool,
}

/// Whether writers must first read what they have not read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequencing {
    Sequenced,
    Free,
}

/// Whether a channel takes new messages. Reading, marking and deleting go on in a locked one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelState {
    Open,
    Locked,
}

/// Which way messages go, as the holder means it. It decides the rights that the pages give to new tokens, and forbids
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Both sides write and read.
    #[default]
    TwoWay,
    /// A drop box: the other side leaves messages and reads nothing.
    Incoming,
    /// A notice board: the other side reads what the holder writes.
    Outgoing,
    /// A drop box for programs, which report there what became of transactions.
    Callbacks,
}

/// Days after which a channel for callbacks deletes them, unless its holder says otherwise.
const CALLBACK_DAYS: i32 = 90;

impl Direction {
    /// What the other side may do.
    pub fn permissions(self) -> Permissions {
        Permissions {
            read: !matches!(self, Self::Incoming | Self::Callbacks),
            write: self != Self::Outgoing,
            delete: true,
        }
    }
}

/// How long messages stay: not deletable before `min_age_days`, pruned after `max_age_days` when `auto_prune`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    min_age_days: Option<i32>,
    max_age_days: Option<i32>,
    auto_prune: bool,
}

impl Retention {
    /// Zero or absent is no limit, as existing wallets mean it.
    pub fn new(min: Option<i32>, max: Option<i32>, auto_prune: bool) -> Result<Self, InvalidRetention> {
        if min.is_some_and(|days| days < 0) || max.is_some_and(|days| days < 0) {
            return Err(InvalidRetention::Negative);
        }
        if let (Some(min), Some(max)) = (min, max)
            && max > 0
            && min > max
        {
            return Err(InvalidRetention::MinAboveMax);
        }
        Ok(Self { min_age_days: min, max_age_days: max, auto_prune })
    }

    /// How long callbacks are kept: so long that nobody asks for them any more.
    pub fn of_callbacks() -> Self {
        Self { min_age_days: None, max_age_days: Some(CALLBACK_DAYS), auto_prune: true }
    }

    /// Days before which a message may not be deleted. None and 0 are no such time.
    pub fn min_age_days(&self) -> Option<i32> {
        self.min_age_days
    }

    /// Days after which a message is deleted, if [`Self::auto_prune`] says so. None and 0 are never.
    pub fn max_age_days(&self) -> Option<i32> {
        self.max_age_days
    }

    /// Whether messages that are older are deleted without anybody asking.
    pub fn auto_prune(&self) -> bool {
        self.auto_prune
    }

    /// Days after which messages are deleted without anybody asking, if they are.
    pub fn pruned_after_days(&self) -> Option<i32> {
        self.max_age_days.filter(|days| self.auto_prune && *days > 0)
    }

    /// Whether messages are deleted that the other would have kept.
    pub fn is_shorter_than(&self, other: &Self) -> bool {
        let days = |retention: &Self| retention.pruned_after_days().unwrap_or(i32::MAX);
        days(self) < days(other)
    }

    /// Whether a message received then may be deleted now, to the millisecond.
    pub fn allows_deletion(&self, received: Timestamp, now: Timestamp) -> bool {
        let min_age = i64::from(self.min_age_days.unwrap_or(0)) * DAY_MS;
        now.as_millis() >= received.as_millis().saturating_add(min_age)
    }

    /// Whether a message received then is deleted by now without anybody asking.
    pub fn has_ended(&self, received: Timestamp, now: Timestamp) -> bool {
        self.pruned_after_days().is_some_and(|days| {
            received.as_millis().saturating_add(i64::from(days) * DAY_MS) <= now.as_millis()
        })
    }
}

/// Days that cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRetention {
    #[error("a number of days is negative")]
    Negative,
    #[error("min_age_days is greater than max_age_days")]
    MinAboveMax,
}

/// The holder's private name for a channel: at most [`MAX_NAME_CHARS`] printable characters, empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelLabel(String);

impl ChannelLabel {
    pub fn new(text: &str) -> Result<Self, InvalidLabel> {
        if text.chars().count() > MAX_NAME_CHARS || text.chars().any(char::is_control) {
            return Err(InvalidLabel);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A label that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name is longer than {MAX_NAME_CHARS} characters, or has characters that cannot be shown")]
pub struct InvalidLabel;

/// A channel to be made.
#[derive(Debug, Clone)]
pub struct NewChannel {
    pub label: ChannelLabel,
    pub direction: Direction,
    pub public: PublicAccess,
    pub sequencing: Sequencing,
    pub retention: Retention,
}

impl NewChannel {
    /// A channel in which programs report what became of transactions.
    pub fn for_callbacks(label: ChannelLabel) -> Self {
        Self {
            label,
            direction: Direction::Callbacks,
            public: PublicAccess::default(),
            sequencing: Sequencing::Free,
            retention: Retention::of_callbacks(),
        }
    }
}

/// The three settings that the API's amend call writes, always together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amendment {
    pub public: PublicAccess,
    pub state: ChannelState,
}

/// Everything about a channel that its holder may change, saved together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub label: ChannelLabel,
    pub direction: Direction,
    pub amendment: Amendment,
    pub retention: Retention,
}

/// Where a channel stands in its holder's inbox. Nobody else is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangement {
    /// First in the list of channels, and in the navigation of wide pages.
    pub pinned: bool,
    /// Its messages are not in the inbox, and nobody is told of them.
    pub muted: bool,
    /// The group that it is listed with; empty for none.
    pub group: ChannelLabel,
}

/// What of an arrangement changes.
#[derive(Debug, Clone, Default)]
pub struct Rearrangement {
    pub pinned: Option<bool>,
    pub muted: Option<bool>,
    pub group: Option<ChannelLabel>,
}

/// A channel as its owner sees it.
#[derive(Debug, Clone)]
pub struct Channel {
    pub row: ChannelRow,
    pub account: AccountId,
    pub id: ChannelId,
    /// The holder's private name for it, shown only in the inbox. Empty when none was given.
    pub label: String,
    pub direction: Direction,
    pub public: PublicAccess,
    pub sequencing: Sequencing,
    pub state: ChannelState,
    pub retention: Retention,
    /// Highest sequence ever written, deleted ones included; 0 before the first message.
    pub head: Sequence,
    pub created: Timestamp,
    pub messages: u64,
    /// Bytes of sealed messages stored.
    pub bytes: u64,
    /// The token made with the channel, which acts as its holder; it may be revoked meanwhile.
    pub owner_token: Option<TokenId>,
    pub arrangement: Arrangement,
}

impl Channel {
    /// What its holder may change, as it is now.
    pub fn settings(&self) -> Settings {
        Settings {
            label: ChannelLabel(self.label.clone()),
            direction: self.direction,
            amendment: Amendment { public: self.public, state: self.state },
            retention: self.retention,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_may_be_empty_but_not_endless() {
        assert!(ChannelLabel::new("").is_ok());
        assert!(ChannelLabel::new(&"ä".repeat(MAX_NAME_CHARS)).is_ok());
        assert_eq!(ChannelLabel::new(&"x".repeat(MAX_NAME_CHARS + 1)), Err(InvalidLabel));
        assert_eq!(ChannelLabel::new("a\nb"), Err(InvalidLabel));
    }

    #[test]
    fn retention_refuses_impossible_days() {
        assert_eq!(Retention::new(Some(15), Some(10), true), Err(InvalidRetention::MinAboveMax));
        assert_eq!(Retention::new(Some(-1), None, true), Err(InvalidRetention::Negative));
        assert!(Retention::new(Some(10), Some(10), true).is_ok());
        assert!(Retention::new(Some(10), Some(0), true).is_ok(), "a maximum of 0 is no limit");
    }

    #[test]
    fn a_retention_is_shorter_when_it_deletes_sooner() {
        let of = |max, prune| Retention::new(None, max, prune).unwrap_or_default();
        let (week, month) = (of(Some(7), true), of(Some(30), true));
        assert!(
            week.is_shorter_than(&month) && !month.is_shorter_than(&week) && !week.is_shorter_than(&week)
        );
        for endless in [of(None, true), of(Some(0), true), of(Some(1), false)] {
            assert!(month.is_shorter_than(&endless) && !endless.is_shorter_than(&month));
        }
    }

    #[test]
    fn min_age_ends_to_the_millisecond() {
        let retention = Retention::new(Some(1), None, false).unwrap_or_default();
        let received = Timestamp::from_millis(5);
        assert!(!retention.allows_deletion(received, Timestamp::from_millis(DAY_MS + 4)));
        assert!(retention.allows_deletion(received, Timestamp::from_millis(DAY_MS + 5)));
    }
}
