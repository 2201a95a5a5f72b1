//! The clients and servers that the cases are written with.

pub mod acme;
pub mod anonymous;
pub mod app;
pub mod bearer;
pub mod channel;
pub mod dialect;
pub mod document;
pub mod events;
pub mod furnished;
pub mod gate;
pub mod listening;
pub mod owner;
pub mod person;
pub mod process;
pub mod push_browser;
pub mod raw;
pub mod receiver;
pub mod relay;
pub mod reply;
pub mod sealed;
pub mod site;
pub mod socket;
pub mod tls;
pub mod traces;

use std::future::Future;
use std::time::Duration;

/// How long anything that a case awaits may take. Reached only when the server is wrong, never in passing.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Awaits with the deadline.
pub async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.unwrap_or_else(|_| panic!("too late: {what}"))
}

/// Asks until the answer is yes, within the deadline: for what the server does on its own after an answer.
pub async fn eventually<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    soon(what, async {
        while !ask().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
