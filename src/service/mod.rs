//! What people can do: one method each, taking the capability that permits it. Knows no HTTP.

pub mod accounts;
pub mod channels;
pub mod error;
pub mod messages;
pub mod push;
pub mod readiness;
pub mod retention;
pub mod tokens;
