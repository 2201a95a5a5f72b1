//! Sessions of browsers: begun by signing in, bound to a secret in a cookie, ended by time, by hand or by a new password.

use std::time::Duration;

use crate::auth::access::{Operator, Owner};
use crate::auth::csrf;
use crate::auth::error::AuthError;
use crate::auth::throttle::Network;
use crate::config::SessionsConfig;
use crate::crypto::random;
use crate::domain::account::LinkBy;
use crate::domain::id::{SessionId, UserId};
use crate::domain::secret::SessionSecret;
use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::reading::Reading;
use crate::store::reset_links;
use crate::store::right::Right;
use crate::store::sessions::{self, NewSession, SessionListed, SessionRow};
use crate::store::tx::{ReadTx, WriteTx};

/// A session that is not remembered ends with the browser, and after so long in any case.
const UNREMEMBERED: Duration = Duration::from_hours(12);

/// How often use of a session is written down: seldom enough that reading a page costs no commit.
const TOUCH_EVERY: Duration = Duration::from_mins(5);

/// Where somebody signed in from, in words.
#[derive(Debug, Clone)]
pub struct Device {
    pub name: String,
    pub address: String,
}

/// Proof that a browser's cookie belongs to somebody who signed in.
#[derive(Debug, Clone)]
pub struct Session {
    id: SessionId,
    owner: Owner,
    secret: SessionSecret,
    remembered: bool,
    confirmed_until: Option<Timestamp>,
    ends: Timestamp,
}

impl Session {
    /// Its row, by which the list of sessions names it.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Who is signed in.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The token that forms of this session carry.
    pub fn form_token(&self) -> String {
        csrf::token(&self.secret)
    }

    /// Whether a form with this token was on a page of this session.
    pub fn accepts(&self, form_token: &str) -> bool {
        csrf::matches(&self.secret, form_token)
    }

    /// Whether its cookie outlives the browser.
    pub fn remembered(&self) -> bool {
        self.remembered
    }

    /// Until when delicate actions need no password.
    pub fn confirmed_until(&self) -> Option<Timestamp> {
        self.confirmed_until
    }

    /// When it ends by time alone. Use in the meantime may put that off.
    pub fn ends(&self) -> Timestamp {
        self.ends
    }
}

impl Right for Session {
    type Error = AuthError;

    fn judged_at(&self) -> i64 {
        self.owner.judged_at()
    }

    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        self.owner.judge(tx)
    }
}

/// Begins, finds and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    limits: SessionsConfig,
}

impl Sessions {
    pub fn new(store: Store, limits: SessionsConfig) -> Self {
        Self { store, limits }
    }

    /// How long a cookie of a remembered session is worth keeping.
    pub fn longest(&self) -> Duration {
        self.limits.absolute
    }

    /// Begins a session for somebody who just gave the password. The secret goes into the cookie and nowhere else.
    pub async fn begin(
        &self,
        owner: &Owner,
        device: Device,
        remembered: bool,
    ) -> Result<SessionSecret, AuthError> {
        let user = owner.user();
        let new =
            NewSession { user, device: device.name, address: device.address, remembered, confirmed: true };
        let now = self.store.clock().now();
        let (unused_since, begun_before) = (now.before(self.limits.idle), now.before(self.limits.absolute));
        self.change(owner.clone(), move |tx, secret| {
            sessions::forget_ended(tx, unused_since, begun_before)?;
            sessions::insert(tx, &new, secret)?;
            Ok(())
        })
        .await
    }

    /// The session of a cookie, unless it ended.
    pub async fn find(&self, secret: &SessionSecret) -> Result<Option<Session>, AuthError> {
        let (epoch, row) = self.store.read_now(|tx| {
            let row = sessions::find(tx, secret)?;
            Ok::<_, StoreError>((tx.access_epoch()?, row))
        })?;
        let now = self.store.clock().now();
        let Some(row) = row.filter(|row| self.holds(row, now)) else { return Ok(None) };
        if now.since(row.seen) >= TOUCH_EVERY {
            let id = row.id;
            // Should it not be noted that the session is in use, it is at the next page.
            let _untouched = self.store.write_without_right(move |tx| sessions::touch(tx, id)).await;
        }
        Ok(Some(self.session(&row, epoch, secret.clone())))
    }

    /// A session that was found earlier as it is now, unless it has ended since. Looking is not use: it keeps no session
    /// alive.
    pub fn again(&self, session: &Session) -> Result<Option<Session>, AuthError> {
        let id = session.id;
        let (epoch, row) = self.store.read_now(|tx| {
            let row = sessions::get(tx, id)?;
            Ok::<_, StoreError>((tx.access_epoch()?, row))
        })?;
        let now = self.store.clock().now();
        let row = row.filter(|row| self.holds(row, now));
        Ok(row.map(|row| self.session(&row, epoch, session.secret.clone())))
    }

    /// The password was given again: delicate actions are open for a while. The secret changes.
    pub async fn confirm(&self, session: &Session) -> Result<SessionSecret, AuthError> {
        let id = session.id;
        self.change(session.owner.clone(), move |tx, secret| {
            sessions::renew(tx, id, secret)?;
            sessions::set_confirmed(tx, id, true)
        })
        .await
    }

    /// Closes delicate actions again.
    pub async fn lock(&self, session: &Session) -> Result<(), AuthError> {
        let id = session.id;
        self.store
            .write(session.owner.clone(), move |tx, _owner| Ok(sessions::set_confirmed(tx, id, false)?))
            .await
    }

    /// The user's sessions that have not ended, the last used first.
    pub fn list(&self, owner: &Owner) -> Reading<Vec<SessionListed>, AuthError> {
        let (user, sessions) = (owner.user(), self.clone());
        self.store.reading(move |tx| {
            let now = tx.now();
            let holds = |one: &SessionListed| sessions.in_time(one.created, one.seen, one.remembered, now);
            Ok(sessions::list(tx, user)?.into_iter().filter(holds).collect())
        })
    }

    /// Whether the user has a session that began in that network and has not ended.
    pub(super) fn any_from(
        &self,
        tx: &ReadTx<'_>,
        user: UserId,
        network: Network,
    ) -> Result<bool, AuthError> {
        let now = tx.now();
        Ok(sessions::list(tx, user)?.into_iter().any(|one| {
            self.in_time(one.created, one.seen, one.remembered, now)
                && Network::of(one.address.parse().ok()) == network
        }))
    }

    /// Ends one session of the user.
    pub async fn end(&self, owner: &Owner, id: SessionId) -> Result<(), AuthError> {
        let user = owner.user();
        self.ending(owner, move |tx| sessions::delete(tx, user, id)).await
    }

    /// Ends every session of the user, or every one but `kept`.
    pub async fn end_all(&self, owner: &Owner, kept: Option<SessionId>) -> Result<(), AuthError> {
        let user = owner.user();
        self.ending(owner, move |tx| sessions::delete_others(tx, user, kept)).await
    }

    /// Makes the code of a link with which the user chooses a new password.
    pub async fn make_reset(&self, operator: &Operator, user: UserId) -> Result<SessionSecret, AuthError> {
        self.change(operator.clone(), move |tx, code| reset_links::insert(tx, user, LinkBy::Operator, code))
            .await
    }

    /// Whose reset link that is, unless it is used up or too old.
    pub async fn find_reset(&self, code: SessionSecret) -> Result<Option<UserId>, AuthError> {
        Ok(self.store.read(move |tx| holder_of_reset(tx, &code)).await?)
    }

    async fn ending(
        &self,
        owner: &Owner,
        end: impl FnOnce(&WriteTx<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), AuthError> {
        self.store
            .write(owner.clone(), move |tx, _owner| {
                end(tx)?;
                sessions::tell_ended(tx);
                Ok(())
            })
            .await
    }

    async fn change<R: Right<Error = AuthError>>(
        &self,
        right: R,
        change: impl FnOnce(&WriteTx<'_>, &SessionSecret) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<SessionSecret, AuthError> {
        let secret = SessionSecret::from_random(&random::bytes());
        let kept = secret.clone();
        self.store.write(right, move |tx, _right| Ok::<_, AuthError>(change(tx, &kept)?)).await?;
        Ok(secret)
    }

    fn session(&self, row: &SessionRow, epoch: i64, secret: SessionSecret) -> Session {
        let now = self.store.clock().now();
        Session {
            id: row.id,
            owner: Owner::by_session(row, epoch),
            secret,
            remembered: row.remembered,
            confirmed_until: row
                .confirmed
                .filter(|at| now.is_within(self.limits.step_up, *at))
                .map(|at| at.after(self.limits.step_up)),
            ends: self.end_of(row.created, row.seen, row.remembered),
        }
    }

    fn holds(&self, row: &SessionRow, now: Timestamp) -> bool {
        row.is_enabled() && self.in_time(row.created, row.seen, row.remembered, now)
    }

    fn in_time(&self, created: Timestamp, seen: Timestamp, remembered: bool, now: Timestamp) -> bool {
        now < self.end_of(created, seen, remembered)
    }

    fn end_of(&self, created: Timestamp, seen: Timestamp, remembered: bool) -> Timestamp {
        let longest = if remembered { self.limits.absolute } else { self.limits.absolute.min(UNREMEMBERED) };
        seen.after(self.limits.idle).min(created.after(longest))
    }
}

/// Whose reset link that is, unless it is used up or too old.
pub fn holder_of_reset(tx: &ReadTx<'_>, code: &SessionSecret) -> Result<Option<UserId>, StoreError> {
    let now = tx.now();
    let found = reset_links::find(tx, code)?;
    Ok(found.filter(|(_, by, made)| now.is_within(by.lasts(), *made)).map(|(user, ..)| user))
}

/// In the transaction that gives a new password: this session goes on under a new secret, all others of the user end.
pub fn survive_new_password(tx: &WriteTx<'_>, session: &Session) -> Result<SessionSecret, StoreError> {
    let secret = SessionSecret::from_random(&random::bytes());
    sessions::delete_others(tx, session.owner.user(), Some(session.id))?;
    sessions::renew(tx, session.id, &secret)?;
    Ok(secret)
}

/// Ends every session of a user who is disabled, and the links for another password: whoever has one may be the reason.
pub fn end_sign_ins(tx: &WriteTx<'_>, user: UserId) -> Result<(), StoreError> {
    sessions::delete_others(tx, user, None)?;
    sessions::tell_ended(tx);
    reset_links::delete(tx, user)
}
