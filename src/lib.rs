//! A Peer Channels server in a box: channels, messages and tokens over HTTP, one encrypted SQLite file, a web inbox.

mod api;
mod auth;
pub mod cli;
mod clock;
mod config;
mod crypto;
mod domain;
mod events;
mod http;
mod jobs;
mod notify;
mod observe;
mod server;
mod service;
mod store;

pub use clock::{ManualClock, SystemClock};
pub use config::Config;
pub use domain::time::{Clock, Timestamp};
pub use server::{Bound, Running, Server};
