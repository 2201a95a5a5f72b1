//! Who may do what: credentials in, capabilities out. Nothing outside this module can make a capability.

pub mod access;

pub mod bearer;
pub mod console;
pub mod csrf;
pub mod error;
pub mod newcomers;
pub mod owner_side;
pub mod password_lane;
pub mod probes;
pub mod session;
pub mod setup;
pub mod sign_ins;
pub mod throttle;
pub mod tickets;
pub mod token_uses;
