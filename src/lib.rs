//! The library behind the executable. See below, and `src/ARCHITECTURE.md` in the repository.
#![doc = include_str!("ARCHITECTURE.md")]

mod api;
mod auth;
mod callbacks;
pub mod cli;
mod client;
mod clock;
mod config;
mod crypto;
mod doctor;
mod domain;
mod events;
mod http;
mod jobs;
mod notify;
mod observe;
mod outbound;
mod server;
mod service;
mod store;
mod transfer;
mod web;

pub use clock::{ManualClock, SystemClock};
pub use config::Config;
pub use domain::time::{Clock, Timestamp};
pub use server::{Bound, Running, Server};
