//! People without an account or with a code instead of a password: how often they may try.

use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::auth::error::AuthError;
use crate::auth::throttle::{Network, Throttle};
use crate::config::LimitsConfig;
use crate::store::Store;

/// What somebody with many wrong codes waits for each further answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers that are held back at once.
const PAUSES: usize = 100;

/// Counts newcomers by the network that they come from.
pub struct Newcomers {
    store: Store,
    accounts: Throttle<Network>,
    links: Throttle<Network>,
    wrong_codes: Throttle<Network>,
    pauses: Semaphore,
}

/// Proof that somebody without an account may make one.
pub struct Newcomer(());

impl Newcomers {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self {
            store,
            accounts: Throttle::of_networks(limits.login),
            links: Throttle::of_networks(limits.login),
            wrong_codes: Throttle::of_networks(limits.login),
            pauses: Semaphore::new(PAUSES),
        }
    }

    /// Lets somebody make an account, so often for each network. Every attempt counts: a right one costs as much as a
    /// wrong one, and makes rows.
    pub fn admit(&self, peer: Option<IpAddr>) -> Result<Newcomer, AuthError> {
        self.accounts.take(Network::of(peer), self.store.clock().now())?;
        Ok(Newcomer(()))
    }

    /// Lets somebody ask for a link that sets a new password. Every one counts, whether there is such a user or not.
    pub fn admit_forgetful(&self, peer: Option<IpAddr>) -> Result<(), AuthError> {
        self.links.take(Network::of(peer), self.store.clock().now())
    }

    /// Counts a wrong code of a set-up or reset link, and holds its answer back when there were many. Codes are too long
    /// to be guessed, so whoever has the right one is never counted and never waits.
    pub async fn slow_down(&self, peer: Option<IpAddr>) -> Result<(), AuthError> {
        if self.wrong_codes.take(Network::of(peer), self.store.clock().now()).is_ok() {
            return Ok(());
        }
        let _pause = self.pauses.try_acquire().map_err(|_full| AuthError::Busy)?;
        self.store.clock().sleep(PAUSE).await;
        Ok(())
    }
}
