//! Moving in from the reference server: what a plain `pg_dump` of its database holds.

mod copy;
pub mod dump;
mod facts;
pub mod import;
mod row;
mod table;
