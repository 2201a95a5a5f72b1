//! Account credentials: a user name and a password, as Basic credentials carry them with every account call.

use std::net::IpAddr;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::auth::access::Owner;
use crate::auth::error::AuthError;
use crate::auth::password_lane::PasswordLane;
use crate::auth::throttle::{Network, Throttle};
use crate::config::{LimitsConfig, Rate};
use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::domain::account::{Standing, UserName};
use crate::domain::id::UserId;
use crate::domain::secret::Password;
use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::store::users::{self, SignIn};

/// Credentials that are remembered as verified.
const REMEMBERED: usize = 10_000;

/// How long they are remembered before the password is hashed again.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);

/// One network may fail so many times more often than for one name: people behind one address share it.
const NETWORK_FACTOR: u32 = 10;

/// A user name and a password to be judged.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub user: String,
    pub password: Password,
}

/// Judges credentials. A hash takes tens of milliseconds, so what was verified is remembered for a short while, under
/// a keyed hash, and only as long as the user's password and standing stay the same.
pub struct Credentialing {
    store: Store,
    lane: PasswordLane,
    verified: Cache<Blind, Verified>,
    by_name: Throttle<(Network, Blind)>,
    by_network: Throttle<Network>,
    newcomers: Throttle<Network>,
}

#[derive(Clone)]
struct Verified {
    owner: Owner,
    user: UserId,
    /// The version of the password that was verified.
    version: i64,
    /// The access epoch under which version and standing were last compared.
    epoch: i64,
    at: Timestamp,
}

impl Credentialing {
    pub fn new(store: Store, lane: PasswordLane, limits: &LimitsConfig) -> Self {
        let by_network = Rate { count: limits.login.count.saturating_mul(NETWORK_FACTOR), ..limits.login };
        Self {
            store,
            lane,
            verified: Cache::new(REMEMBERED),
            by_name: Throttle::new(limits.login),
            by_network: Throttle::new(by_network),
            newcomers: Throttle::new(by_network),
        }
    }

    /// The account holder with these credentials. Unknown names, wrong passwords and disabled users are one refusal
    /// and cost the same.
    pub async fn owner(&self, credentials: &Credentials, peer: Option<IpAddr>) -> Result<Owner, AuthError> {
        let blind = self.blind(credentials);
        if let Some(verified) = self.verified.get(&blind)
            && let Some(owner) = self.recall(blind, verified)?
        {
            return Ok(owner);
        }
        // Requests that come together with the same credentials are one attempt, and hash the password once.
        let turn = match self.verified.get_value_or_guard_async(&blind).await {
            Err(turn) => turn,
            // The value counts as it was handed over: the cache itself may show it a moment later.
            Ok(verified) => {
                return match self.recall(blind, verified)? {
                    Some(owner) => Ok(owner),
                    None => self.sign_in(credentials, peer).await,
                };
            }
        };
        let verified = self.attempt(credentials, peer).await?;
        let owner = verified.owner.clone();
        // Refused only when the password changed meanwhile; the next request hashes again.
        let _kept = turn.insert(verified);
        Ok(owner)
    }

    /// The same with the password hashed every time, as signing in to the pages does.
    pub async fn sign_in(&self, credentials: &Credentials, peer: Option<IpAddr>) -> Result<Owner, AuthError> {
        let verified = self.attempt(credentials, peer).await?;
        let owner = verified.owner.clone();
        self.verified.insert(self.blind(credentials), verified);
        Ok(owner)
    }

    /// Lets somebody without an account make one or use a reset link, so often for each network. Every attempt counts:
    /// a right one costs as much as a wrong one, and makes rows.
    pub fn admit_newcomer(&self, peer: Option<IpAddr>) -> Result<(), AuthError> {
        self.newcomers.take(Network::of(peer), self.store.clock().now())
    }

    async fn attempt(&self, credentials: &Credentials, peer: Option<IpAddr>) -> Result<Verified, AuthError> {
        let now = self.store.clock().now();
        let network = Network::of(peer);
        let name = UserName::new(&credentials.user).ok();
        let folded = name.as_ref().map(UserName::folded).unwrap_or_default();
        let name_key = self.store.keyring().blind().of(BlindColumn::UserName, folded.as_bytes());
        // Counted before the password is hashed: guesses that come together would all pass a check made before.
        self.by_name.take((network, name_key), now)?;
        if let Err(refusal) = self.by_network.take(network, now) {
            self.by_name.give_back(&(network, name_key), now);
            return Err(refusal);
        }
        let outcome = self.verify(name, credentials, now).await;
        if !matches!(outcome, Err(AuthError::Unauthenticated)) {
            // Only wrong guesses count.
            self.by_name.give_back(&(network, name_key), now);
            self.by_network.give_back(&network, now);
        }
        outcome
    }

    async fn verify(
        &self,
        name: Option<UserName>,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Verified, AuthError> {
        let (epoch, known) = self.store.read_now(|tx| {
            let known = name.map(|name| users::find_by_name(tx, &name)).transpose()?.flatten();
            Ok::<_, AuthError>((tx.access_epoch()?, known))
        })?;
        let known = known.filter(may_sign_in);
        let hash = known.as_ref().map(|known| known.password_hash.clone());
        let verified = self.lane.verify(credentials.password.clone(), hash).await?;
        let known = known.filter(|_| verified).ok_or(AuthError::Unauthenticated)?;
        let owner = Owner::new(known.user.account, known.user.id, known.user.role);
        Ok(Verified { owner, user: known.user.id, version: known.version, epoch, at: now })
    }

    /// The owner that was remembered, if that still holds.
    fn recall(&self, blind: Blind, verified: Verified) -> Result<Option<Owner>, AuthError> {
        if self.store.clock().now().since(verified.at) >= REMEMBERED_FOR {
            self.verified.remove(&blind);
            return Ok(None);
        }
        if verified.epoch == self.store.access_epoch()? {
            return Ok(Some(verified.owner));
        }
        // Somebody's rights changed; these credentials stand if it was somebody else's.
        let (epoch, known) = self.store.read_now(|tx| {
            let known = users::find(tx, verified.user)?;
            Ok::<_, AuthError>((tx.access_epoch()?, known))
        })?;
        let Some(known) = known.filter(|known| may_sign_in(known) && known.version == verified.version)
        else {
            self.verified.remove(&blind);
            return Ok(None);
        };
        let owner = Owner::new(known.user.account, known.user.id, known.user.role);
        self.verified.insert(blind, Verified { owner: owner.clone(), epoch, ..verified });
        Ok(Some(owner))
    }

    fn blind(&self, credentials: &Credentials) -> Blind {
        let parts: [&[u8]; 2] = [credentials.user.as_bytes(), credentials.password.expose().as_bytes()];
        self.store.keyring().blind().of_parts(BlindColumn::Credential, &parts)
    }
}

fn may_sign_in(known: &SignIn) -> bool {
    known.user.standing == Standing::Enabled && known.account_standing == Standing::Enabled
}
