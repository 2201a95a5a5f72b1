//! Whoever looks at a server from outside and shows that they have the keys of its database: its doctor, and nobody else.

use std::time::Duration;

use crate::crypto::keyring::Keyring;
use crate::domain::time::Timestamp;
use crate::store::Store;

/// How long a proof counts. Whoever saw one on its way learns nothing by it that they did not see.
const FRESH: Duration = Duration::from_mins(1);

/// Between the two events of a probe.
pub const EVENTS_PAUSE: Duration = Duration::from_millis(300);

/// What shows a server, at about this time, that somebody has its keys.
pub fn proof(keyring: &Keyring, now: Timestamp) -> String {
    let at = now.as_millis().to_string();
    let proof = keyring.proof(&at);
    format!("{at}.{proof}")
}

/// Judges proofs.
#[derive(Clone)]
pub struct Probes {
    store: Store,
}

impl Probes {
    /// For the keys of this file.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Whether it was made with the same keys a moment ago.
    pub fn is_proof(&self, shown: &str) -> bool {
        let Some((at, proof)) = shown.split_once('.') else { return false };
        let Ok(made) = at.parse().map(Timestamp::from_millis) else { return false };
        let now = self.store.clock().now();
        now.is_within(FRESH, made) && self.store.keyring().is_proof(at, proof)
    }
}
