//! Signing in with a user name and a password, as pages do and as Basic credentials do with every account call.

use std::net::IpAddr;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::auth::access::Owner;
use crate::auth::error::AuthError;
use crate::auth::password_lane::{HashLine, PasswordLane};
use crate::auth::session::Sessions;
use crate::auth::throttle::{Network, Throttle};
use crate::config::LimitsConfig;
use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::domain::account::UserName;
use crate::domain::id::UserId;
use crate::domain::secret::Password;
use crate::domain::time::Timestamp;
use crate::observe::outcomes::Outcomes;
use crate::store::Store;
use crate::store::error::readable;
use crate::store::right::Right;
use crate::store::users::{self, SignIn};

/// Credentials that are remembered as verified.
const REMEMBERED: usize = 10_000;

/// How long they are remembered without being used.
const REMEMBERED_FOR: Duration = Duration::from_hours(24);

/// How often their use is written down.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

/// A user name and a password to be judged.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub user: String,
    pub password: Password,
}

/// Judges credentials. A hash takes tens of milliseconds, so what was verified is remembered while it is in use, under a
/// keyed hash, and only as long as the user's password and standing stay the same.
pub struct SignIns {
    store: Store,
    lane: PasswordLane,
    sessions: Sessions,
    verified: Cache<Blind, Verified>,
    /// Which names were let in from where.
    at_home: Cache<(Network, Blind), ()>,
    by_name: Throttle<(Network, Blind)>,
    by_network: Throttle<Network>,
    attempts: Outcomes,
}

#[derive(Clone)]
struct Verified {
    owner: Owner,
    user: UserId,
    /// The version of the password that was verified.
    version: i64,
    /// The access epoch under which version and standing were last compared.
    epoch: i64,
    /// When they were last used, to [`TOUCH_EVERY`].
    used: Timestamp,
}

impl SignIns {
    pub fn new(
        store: Store,
        lane: PasswordLane,
        sessions: Sessions,
        limits: &LimitsConfig,
        attempts: Outcomes,
    ) -> Self {
        Self {
            store,
            lane,
            sessions,
            verified: Cache::new(REMEMBERED),
            at_home: Cache::new(REMEMBERED),
            by_name: Throttle::new(limits.login),
            by_network: Throttle::of_networks(limits.login),
            attempts,
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
        let verified = self.attempt(credentials, peer, HashLine::Strangers).await?;
        let owner = verified.owner.clone();
        // Refused only when the password changed meanwhile; the next request hashes again.
        let _kept = turn.insert(verified);
        Ok(owner)
    }

    /// The same with the password hashed every time, as signing in to the pages does.
    pub async fn sign_in(&self, credentials: &Credentials, peer: Option<IpAddr>) -> Result<Owner, AuthError> {
        self.verify_anew(credentials, peer, HashLine::Strangers).await
    }

    /// The same for somebody who has proved to be of that name in another way: no stranger is waited for.
    pub async fn confirm(&self, credentials: &Credentials, peer: Option<IpAddr>) -> Result<Owner, AuthError> {
        self.verify_anew(credentials, peer, HashLine::Known).await
    }

    /// How many more wrong passwords are let through for that name from there; refuses when there are none. It is the same
    /// whether there is a user of that name or not.
    pub fn tries_left(&self, user: &str, peer: Option<IpAddr>) -> Result<u32, AuthError> {
        let (now, network) = (self.store.clock().now(), Network::of(peer));
        let place = self.place(UserName::wanted(user).ok().as_ref(), network);
        Ok(self.by_name.left(&place, now)?.min(self.by_network.left(&network, now)?))
    }

    async fn verify_anew(
        &self,
        credentials: &Credentials,
        peer: Option<IpAddr>,
        line: HashLine,
    ) -> Result<Owner, AuthError> {
        let verified = self.attempt(credentials, peer, line).await?;
        let owner = verified.owner.clone();
        self.verified.insert(self.blind(credentials), verified);
        Ok(owner)
    }

    async fn attempt(
        &self,
        credentials: &Credentials,
        peer: Option<IpAddr>,
        line: HashLine,
    ) -> Result<Verified, AuthError> {
        let outcome = self.judge(credentials, peer, line).await;
        self.attempts.count(match outcome {
            Ok(_) => "accepted",
            Err(AuthError::Unauthenticated | AuthError::Forbidden) => "refused",
            Err(AuthError::Throttled { .. } | AuthError::Busy) => "put_off",
            Err(AuthError::Store(_) | AuthError::Hash(_)) => "failed",
        });
        outcome
    }

    async fn judge(
        &self,
        credentials: &Credentials,
        peer: Option<IpAddr>,
        line: HashLine,
    ) -> Result<Verified, AuthError> {
        let now = self.store.clock().now();
        let network = Network::of(peer);
        let name = UserName::wanted(&credentials.user).ok();
        let place = self.place(name.as_ref(), network);
        // Counted before the password is hashed: guesses that come together would all pass a check made before.
        self.by_name.take(place, now)?;
        if let Err(refusal) = self.by_network.take(network, now) {
            self.by_name.give_back(&place, now);
            return Err(refusal);
        }
        let line = if self.at_home.get(&place).is_some() { HashLine::Known } else { line };
        let outcome = self.verify(name, credentials, network, line).await;
        if !matches!(outcome, Err(AuthError::Unauthenticated)) {
            // Only wrong guesses count.
            self.by_name.give_back(&place, now);
            self.by_network.give_back(&network, now);
        }
        if outcome.is_ok() {
            self.at_home.insert(place, ());
        }
        outcome
    }

    /// What attempts are counted by. Words that can be no name are one name.
    fn place(&self, name: Option<&UserName>, network: Network) -> (Network, Blind) {
        let key = name.map(UserName::key).unwrap_or_default();
        (network, self.store.keyring().blind().of(BlindColumn::UserName, key.as_bytes()))
    }

    async fn verify(
        &self,
        name: Option<UserName>,
        credentials: &Credentials,
        network: Network,
        mut line: HashLine,
    ) -> Result<Verified, AuthError> {
        let (epoch, known) = self.store.read_now(|tx| {
            // Whose password or row is damaged signs in no more than whose password is another one.
            let known =
                name.map(|name| readable(users::find_to_sign_in(tx, &name))).transpose()?.flatten().flatten();
            if let Some(known) = &known
                && line == HashLine::Strangers
                && self.sessions.any_from(tx, known.user.id, network)?
            {
                line = HashLine::Known;
            }
            Ok::<_, AuthError>((tx.access_epoch()?, known))
        })?;
        let known = known.filter(SignIn::is_enabled);
        let hash = known.as_ref().map(|known| known.password_hash.clone());
        let verified = self.lane.verify(line, credentials.password.clone(), hash).await?;
        let known = known.filter(|_| verified).ok_or(AuthError::Unauthenticated)?;
        let owner = Owner::by_password(&known, epoch);
        // The hash took its time, in which the user may have lost the right to sign in.
        self.store.read_now(|tx| owner.require(tx))?;
        let used = self.store.clock().now();
        Ok(Verified { owner, user: known.user.id, version: known.version, epoch, used })
    }

    /// The owner that was remembered, if that still holds.
    fn recall(&self, blind: Blind, verified: Verified) -> Result<Option<Owner>, AuthError> {
        let now = self.store.clock().now();
        let unused = now.since(verified.used);
        if !now.is_within(REMEMBERED_FOR, verified.used) {
            self.verified.remove(&blind);
            return Ok(None);
        }
        if verified.epoch == self.store.access_epoch()? {
            let owner = verified.owner.clone();
            if unused >= TOUCH_EVERY {
                self.verified.insert(blind, Verified { used: now, ..verified });
            }
            return Ok(Some(owner));
        }
        // Somebody's rights changed; these credentials stand if it was somebody else's.
        let (epoch, known) = self.store.read_now(|tx| {
            let known = users::find(tx, verified.user)?;
            Ok::<_, AuthError>((tx.access_epoch()?, known))
        })?;
        let Some(known) = known.filter(|known| known.is_enabled() && known.version == verified.version)
        else {
            self.verified.remove(&blind);
            return Ok(None);
        };
        let owner = Owner::by_password(&known, epoch);
        self.verified.insert(blind, Verified { owner: owner.clone(), epoch, used: now, ..verified });
        Ok(Some(owner))
    }

    fn blind(&self, credentials: &Credentials) -> Blind {
        let parts: [&[u8]; 2] = [credentials.user.as_bytes(), credentials.password.expose().as_bytes()];
        self.store.keyring().blind().of_parts(BlindColumn::Credential, &parts)
    }
}
