//! The one-time code that lets the operator, and nobody else, make the account in the browser that manages the server.

use std::sync::{Arc, Mutex, PoisonError};

use crate::crypto::random;
use crate::domain::secret::SessionSecret;

/// Holds the code of this run. It is never stored: a restart makes another one.
#[derive(Clone)]
pub struct SetupCode(Arc<Mutex<Option<SessionSecret>>>);

/// Proof that somebody has the code of this run.
pub struct Founder(());

impl SetupCode {
    /// With a code when nobody manages the server yet.
    pub fn new(wanted: bool) -> Self {
        let code = wanted.then(|| SessionSecret::from_random(&random::bytes()));
        Self(Arc::new(Mutex::new(code)))
    }

    /// The code to be printed for the operator.
    pub fn show(&self) -> Option<SessionSecret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The right to make the first account, for whoever has the code.
    pub fn founder(&self, presented: &str) -> Option<Founder> {
        self.matches(presented).then_some(Founder(()))
    }

    /// Whether that is the code, compared in constant time; nothing is once it is spent.
    pub fn matches(&self, presented: &str) -> bool {
        self.show().is_some_and(|code| code == SessionSecret::new(presented))
    }

    /// Somebody manages the server now, so no code is good any more.
    pub fn spend(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
