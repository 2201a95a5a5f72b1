//! The rights of somebody who signed in: to an account, and to the server.

use crate::auth::error::AuthError;
use crate::domain::account::Role;
use crate::domain::id::{AccountId, SessionId, UserId};
use crate::store::right::Right;
use crate::store::sessions::{self, SessionRow};
use crate::store::tx::ReadTx;
use crate::store::users::{self, SignIn};

/// Proof that a user of an account signed in.
#[derive(Debug, Clone)]
pub struct Owner {
    account: AccountId,
    user: UserId,
    role: Role,
    by: SignedInBy,
    epoch: i64,
}

/// How it was proved.
#[derive(Debug, Clone, Copy)]
enum SignedInBy {
    /// The password of that version.
    Password(i64),
    Session(SessionId),
    /// Whoever has the file and its master key needs no other proof, and cannot lose it.
    Console,
}

impl Owner {
    pub(in crate::auth) fn by_password(known: &SignIn, epoch: i64) -> Self {
        let user = &known.user;
        let by = SignedInBy::Password(known.version);
        Self { account: user.account, user: user.id, role: user.role, by, epoch }
    }

    pub(in crate::auth) fn by_session(row: &SessionRow, epoch: i64) -> Self {
        let by = SignedInBy::Session(row.id);
        Self { account: row.account, user: row.user, role: row.role, by, epoch }
    }

    pub(in crate::auth) fn at_console(account: AccountId) -> Self {
        // No user has this id: ids start at 1. No epoch is this low, so it is always judged, which costs nothing.
        Self { account, user: UserId(0), role: Role::Operator, by: SignedInBy::Console, epoch: 0 }
    }

    /// The account whose holder this is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The user who signed in; 0, which nobody is, for a command on the server itself.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// What the user was when the right was judged.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The browser's session that proved it, if one did.
    pub fn session(&self) -> Option<SessionId> {
        match self.by {
            SignedInBy::Session(id) => Some(id),
            SignedInBy::Password(_) | SignedInBy::Console => None,
        }
    }

    /// The right to manage the server, if the user has it.
    pub fn operator(&self) -> Option<Operator> {
        (self.role == Role::Operator).then(|| Operator(self.clone()))
    }
}

impl Right for Owner {
    type Error = AuthError;

    fn judged_at(&self) -> i64 {
        self.epoch
    }

    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        let now = match self.by {
            SignedInBy::Console => return Ok(()),
            SignedInBy::Password(version) => users::find(tx, self.user)?
                .filter(|known| known.is_enabled() && known.version == version)
                .map(|known| (known.user.account, known.user.id, known.user.role)),
            SignedInBy::Session(id) => sessions::get(tx, id)?
                .filter(SessionRow::is_enabled)
                .map(|row| (row.account, row.user, row.role)),
        };
        let stands = now == Some((self.account, self.user, self.role));
        if stands { Ok(()) } else { Err(AuthError::Unauthenticated) }
    }
}

/// Proof that somebody manages the server.
#[derive(Debug, Clone)]
pub struct Operator(pub(in crate::auth) Owner);

impl Operator {
    /// The same person's right to their own account.
    pub fn owner(&self) -> &Owner {
        &self.0
    }
}

impl Right for Operator {
    type Error = AuthError;

    fn judged_at(&self) -> i64 {
        self.0.judged_at()
    }

    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        self.0.judge(tx)
    }
}
