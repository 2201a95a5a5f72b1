//! What people can do: one method each, taking the capability that permits it. Knows no HTTP.

pub mod accounts;
pub mod channel_lists;
pub mod channels;
pub mod conversation;
pub mod error;
pub mod inbox;
pub mod messages;
pub mod profiles;
pub mod push;
pub mod readiness;
mod remembered;
pub mod retention;
pub mod search;
pub mod tokens;

/// A read that is made when it is awaited; several are joined to see one moment.
pub type Reading<T> = crate::store::reading::Reading<T, error::Error>;
