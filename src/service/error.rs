//! The closed list of refusals. Each surface says them in its own way; nothing else comes out of a service.

use crate::auth::error::AuthError;
use crate::domain::plural::counted;
use crate::domain::webhook::{MOST_OF_ACCOUNT, MOST_OF_CHANNEL};
use crate::store::error::{Fails, StoreError, readable};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such account")]
    AccountNotFound,
    #[error("there is no such user")]
    UserNotFound,
    #[error("the user name is taken")]
    UserNameTaken,
    #[error("the account name is taken")]
    AccountNameTaken,
    /// Only somebody who proves to be the operator makes the first account.
    #[error("this server has an account already")]
    SetUpAlready,
    #[error("the link was used already or is too old")]
    ResetLinkUsedUp,
    /// Nobody shuts oneself out.
    #[error("you cannot disable your own account or user; ask another operator")]
    OneselfDisabled,
    /// Without an operator nobody could manage the accounts that remain.
    #[error(
        "this is the only account that manages the server, and other accounts are on it; give another user that \
         right first, or delete the other accounts"
    )]
    LastOperator,
    /// The reference's command line asked to change a password, which it cannot.
    #[error("this user exists with another password")]
    OtherPassword,
    #[error("a password needs at least {}", counted(*least as u64, "character"))]
    PasswordTooShort { least: usize },
    /// Missing, or somebody else's: no difference is told.
    #[error("there is no such channel")]
    ChannelNotFound,
    #[error("there is no such token")]
    TokenNotFound,
    #[error("the token was revoked")]
    TokenRevoked,
    #[error("no unrevoked token has that secret")]
    NoTokenWithSecret,
    #[error("there is no such message")]
    MessageNotFound,
    #[error("the channel is locked")]
    Locked,
    #[error("there are unread messages in this sequenced channel")]
    SequencingConflict,
    #[error("this token deletes only the messages that were written with it")]
    NotOwnMessage,
    #[error("the message is younger than the channel's minimum age")]
    RetentionNotExpired,
    #[error("this Idempotency-Key was used with another message")]
    IdempotencyConflict,
    #[error("the account has {}, the most it may have", counted((*most).into(), "channel"))]
    TooManyChannels { most: u32 },
    #[error("the channel has {}, the most it may have", counted((*most).into(), "token"))]
    TooManyTokens { most: u32 },
    #[error("the token has {}, the most it may have", counted(*most, "device"))]
    TooManyDevices { most: u64 },
    #[error("there is no such key")]
    KeyNotFound,
    #[error("the account has {}, the most it may have", counted(*most, "key"))]
    TooManyKeys {
        /// Retired ones included.
        most: u64,
    },
    #[error("the channel has a letter with the number {last}, and this one has no higher one")]
    LetterNumberUsed { last: i64 },
    #[error("there is no such webhook")]
    WebhookNotFound,
    #[error("a channel has at most {MOST_OF_CHANNEL} webhooks, and an account {MOST_OF_ACCOUNT}")]
    TooManyWebhooks,
    #[error("there is no such browser")]
    BrowserNotFound,
    #[error("a link was sent a moment ago, or many were today; wait a while")]
    TooManyLinks,
    #[error("the link is not valid any more")]
    LinkNotValid,
    #[error("you have {}, the most that are notified", counted(*most, "browser"))]
    TooManyBrowsers { most: u64 },
    #[error("the account's storage is full; delete messages, or ask the operator for more")]
    StorageFull,
    #[error("no registration has this device")]
    UnknownDevice,
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For lists: what does not open is told in the log, and does not take its neighbours down.
pub(super) fn opened<T>(outcome: Result<T, Error>) -> Result<Option<T>, Error> {
    match outcome {
        Err(Error::Store(error)) => Ok(readable(Err(error))?),
        outcome => outcome.map(Some),
    }
}

impl Fails for Error {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Auth(error) => error.store_error(),
            _ => None,
        }
    }
}
