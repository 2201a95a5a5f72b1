//! Why somebody was not let in.

use std::time::Duration;

use crate::crypto::password::HashFailed;
use crate::store::error::{Fails, StoreError};

/// A refusal before anything was done. None of them tells a stranger what exists.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No credentials, wrong ones, or a token without the permission that the request needs.
    #[error("not authenticated")]
    Unauthenticated,
    /// Right credentials for something else: another account, another channel, or one that does not exist.
    #[error("not permitted")]
    Forbidden,
    #[error("too many attempts")]
    Throttled { retry_after: Duration },
    #[error("too many sign-ins are being checked")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hash(#[from] HashFailed),
}

impl Fails for AuthError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
