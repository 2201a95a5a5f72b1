//! What people can do: one method each, taking the capability that permits it. Knows no HTTP.

mod account_deletion;
pub mod accounts;
pub mod acted;
mod authors;
pub mod backups;
pub mod certificate;
pub mod channel_lists;
pub mod channel_overview;
mod channel_with_tokens;
pub mod channels;
pub mod contacts;
pub mod conversation;
mod due;
pub mod error;
pub mod exports;
pub mod figures;
pub mod first_steps;
mod gists;
pub mod imports;
pub mod inbox;
pub mod inbox_page;
pub mod invitations;
pub mod keys;
pub mod letters;
pub mod marks;
mod merge;
pub mod message_deletion;
pub mod messages;
pub mod moving_in;
pub mod notifications;
pub mod profiles;
pub mod push;
mod quota;
pub mod readiness;
pub mod receptions;
mod remembered;
pub mod retention;
pub mod saved_searches;
pub mod search;
pub mod tokens;
pub mod transactions;
pub mod undo;
mod users;
pub mod webhooks;

/// A read that is made when it is awaited; several are joined to see one moment.
pub type Reading<T> = crate::store::reading::Reading<T, error::Error>;
