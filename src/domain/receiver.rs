//! Whoever is told of messages elsewhere: webhooks, browsers, phones and mailboxes.

use crate::domain::id::{AccountId, ChannelRow, RegistrationId, SubscriptionId, UserId, WebhookId};
use crate::domain::time::Timestamp;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Receiver {
    Webhook(WebhookId),
    Browser(SubscriptionId),
    Phone(RegistrationId),
    Mailbox(UserId),
}

/// Of what it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Watched {
    Channel(ChannelRow),
    /// All channels of the account.
    Account(AccountId),
}

/// A receiver that is at work.
#[derive(Debug, Clone, Copy)]
pub struct AtWork {
    pub receiver: Receiver,
    pub watched: Watched,
    pub account: AccountId,
    /// When it is called again; absent when nothing failed.
    pub next_try: Option<Timestamp>,
}

/// When a receiver has its next turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    At(Timestamp),
    /// When something comes: it was told everything, or may not be told now.
    Message,
    /// It is gone, stopped or damaged, unless it was changed meanwhile.
    Gone,
}
