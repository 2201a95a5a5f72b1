//! What a turn came to, until it is noted.

use crate::domain::mailbox;
use crate::domain::phone;
use crate::domain::receiver::After;
use crate::domain::subscription::Verdict;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Next, Outcome};
use crate::observe::deliveries::Deliveries;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;
use crate::store::{mailings, notices, outbox, phones};

/// What somebody was told, with what it makes of the receiver.
#[derive(Debug, Clone)]
pub(super) enum Tried {
    Webhook(outbox::Tried),
    Browser(notices::Tried),
    Phone(phones::Tried),
    Mailbox(mailings::Tried),
}

/// How a turn ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) after: After,
    /// `None` when nobody was called.
    pub(super) is_quick: Option<bool>,
}

impl Tried {
    /// Writes it down.
    pub(super) fn note(&self, tx: &WriteTx<'_>) -> Result<(), StoreError> {
        match self {
            Self::Webhook(tried) => outbox::note(tx, tried),
            Self::Browser(tried) => notices::note(tx, tried),
            Self::Phone(tried) => phones::note(tx, tried),
            Self::Mailbox(tried) => mailings::note(tx, tried),
        }
    }

    /// Counts what became of it.
    pub(super) fn count(&self, deliveries: &Deliveries) {
        match self {
            Self::Webhook(tried) => {
                tried.deliveries.iter().for_each(|one| deliveries.count("webhook", word(one.outcome)));
            }
            Self::Browser(tried) if tried.verdict == Verdict::Gone => deliveries.count("browser", "gone"),
            Self::Browser(tried) => deliveries.count("browser", word(tried.telling.outcome)),
            Self::Phone(tried) => {
                let result = match tried.outcome {
                    phones::Outcome::Taken => "taken",
                    phones::Outcome::Failed(_) => "failed",
                    phones::Outcome::Gone { .. } => "gone",
                };
                deliveries.count("phone", result);
            }
            Self::Mailbox(tried) => {
                let is_taken = matches!(tried.verdict, mailbox::Verdict::Taken(_));
                deliveries.count("mailbox", if is_taken { "taken" } else { "failed" });
            }
        }
    }

    /// Whether it was taken, or at least answered for good.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Webhook(tried) => tried.next == Next::GoOn,
            Self::Browser(tried) => tried.telling.outcome != Outcome::Failed,
            Self::Phone(tried) => !matches!(tried.outcome, phones::Outcome::Failed(_)),
            Self::Mailbox(tried) => matches!(tried.verdict, mailbox::Verdict::Taken(_)),
        }
    }

    /// What comes after it.
    pub(super) fn after(&self, now: Timestamp) -> After {
        match self {
            Self::Webhook(tried) => match tried.next {
                Next::GoOn => After::At(now),
                Next::Again(at) => After::At(at),
                Next::Stop(state) => {
                    tracing::warn!(?state, "a webhook is told nothing more; its page says why");
                    After::Gone
                }
            },
            Self::Browser(tried) => match tried.verdict {
                Verdict::GoOn(at) | Verdict::Again(at) => After::At(at),
                Verdict::GaveUp | Verdict::Gone => After::Gone,
            },
            Self::Phone(tried) => match tried.outcome {
                phones::Outcome::Taken => After::At(now),
                phones::Outcome::Failed(phone::Verdict::Again(at)) => After::At(at),
                phones::Outcome::Failed(phone::Verdict::GaveUp) | phones::Outcome::Gone { .. } => After::Gone,
            },
            Self::Mailbox(tried) => match tried.verdict {
                mailbox::Verdict::Taken(at) | mailbox::Verdict::Again(at) => After::At(at),
                mailbox::Verdict::GaveUp => After::Gone,
            },
        }
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Taken => "taken",
        Outcome::Failed => "failed",
        Outcome::PassedOver => "passed_over",
    }
}
