//! The composition root: opens the store, builds the services, binds the sockets, runs it all and stops it.

mod admission;
mod app;
mod bound;
mod closing;
mod connections;
mod ending;
mod error;
mod hand_over;
mod held;
mod http1;
mod http2;
mod listeners;
mod metrics;
mod opening;
mod outlet;
mod places;
mod process;
mod redirect;
mod running;
mod seats;
mod terms;
mod tls;
mod upgrade;

pub use self::bound::{Bound, Server, mistakes_in_files};
pub use self::error::ServerError;
pub use self::hand_over::HandOver;
pub use self::listeners::{Listening, require_usable_sockets};
pub use self::process::Process;
pub use self::running::Running;
