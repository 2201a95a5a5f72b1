//! The users who sign in to accounts.

use crate::auth::access::{Operator, Owner};
use crate::auth::password_lane::HashLine;
use crate::auth::session::{self, Session};
use crate::domain::account::{Account, Role, Standing, User, UserName};
use crate::domain::id::{AccountId, UserId};
use crate::domain::secret::{Password, SessionSecret};
use crate::service::Reading;
use crate::service::accounts::{Accounts, add_user, found};
use crate::service::error::Error;
use crate::store::tx::WriteTx;
use crate::store::{accounts, sessions, users};

impl Accounts {
    /// The user and the account behind a capability.
    pub fn own(&self, owner: &Owner) -> Reading<(User, Account)> {
        let (user, account) = (owner.user(), owner.account());
        self.store.reading(move |tx| {
            let user = users::shown(tx, user)?.ok_or(Error::UserNotFound)?;
            Ok((user, accounts::find(tx, account)?.ok_or(Error::AccountNotFound)?))
        })
    }

    /// Disables or enables one user's sign-in, at once; the tokens of the account stay. What somebody signed in with before, or
    /// could, is of no use afterwards. Nobody disables oneself.
    pub async fn set_user_standing(
        &self,
        by: &Operator,
        id: UserId,
        standing: Standing,
    ) -> Result<(), Error> {
        if standing == Standing::Disabled && id == by.owner().user() {
            return Err(Error::OneselfDisabled);
        }
        self.store
            .write(by.clone(), move |tx, _by| {
                if standing == Standing::Disabled {
                    session::end_sign_ins(tx, id)?;
                }
                found(users::set_standing(tx, id, standing)?, Error::UserNotFound)
            })
            .await
    }

    /// The users of an account, oldest first.
    pub async fn users(&self, _operator: &Operator, id: AccountId) -> Result<Vec<User>, Error> {
        self.store
            .read(move |tx| {
                accounts::find(tx, id)?.ok_or(Error::AccountNotFound)?;
                Ok(users::list(tx, id)?)
            })
            .await
    }

    /// The users of the own account, oldest first.
    pub fn own_users(&self, owner: &Owner) -> Reading<Vec<User>> {
        let id = owner.account();
        self.store.reading(move |tx| Ok(users::list(tx, id)?))
    }

    /// Adds a user to an account. Refuses a name that another user of the server has, or one that looks like it.
    pub async fn add_user(
        &self,
        operator: &Operator,
        account: AccountId,
        name: UserName,
        password: Password,
        role: Role,
    ) -> Result<UserId, Error> {
        let hash = self.hash(HashLine::Known, password).await?;
        self.store
            .write(operator.clone(), move |tx, _operator| {
                accounts::find(tx, account)?.ok_or(Error::AccountNotFound)?;
                add_user(tx, account, &name, &hash, role)
            })
            .await
    }

    /// The user of that name; refuses with [`Error::UserNotFound`].
    pub async fn find_user(&self, _operator: &Operator, name: UserName) -> Result<User, Error> {
        self.store.read(move |tx| Ok(users::find_by_name(tx, &name)?.ok_or(Error::UserNotFound)?.user)).await
    }

    /// One user; refuses with [`Error::UserNotFound`].
    pub fn user(&self, _operator: &Operator, id: UserId) -> Reading<User> {
        self.store.reading(move |tx| users::shown(tx, id)?.ok_or(Error::UserNotFound))
    }

    /// Gives a new password; every remembered sign-in with the old one ends.
    pub async fn set_password(
        &self,
        operator: &Operator,
        user: UserId,
        password: Password,
    ) -> Result<(), Error> {
        let hash = self.hash(HashLine::Known, password).await?;
        self.store.write(operator.clone(), move |tx, _operator| recover(tx, user, &hash)).await
    }

    /// Gives oneself a new password: the session goes on under the secret that is answered, all others end.
    pub async fn set_own_password(
        &self,
        session: &Session,
        password: Password,
    ) -> Result<SessionSecret, Error> {
        let hash = self.hash(HashLine::Known, password).await?;
        let (owner, session) = (session.owner().clone(), session.clone());
        self.store
            .write(owner, move |tx, _owner| {
                set_password(tx, session.owner().user(), &hash)?;
                Ok(session::survive_new_password(tx, &session)?)
            })
            .await
    }

    /// Gives the password that somebody with a reset link chose, and uses the link up, both or neither.
    pub async fn use_reset_link(&self, code: SessionSecret, password: Password) -> Result<(), Error> {
        let looked_for = code.clone();
        let known = self.store.read(move |tx| session::holder_of_reset(tx, &looked_for)).await?;
        // Hashing is costly, so a link that is no good ends here.
        known.ok_or(Error::ResetLinkUsedUp)?;
        let hash = self.hash(HashLine::Known, password).await?;
        self.store
            .write_without_right(move |tx| {
                let user = session::holder_of_reset(tx, &code)?.ok_or(Error::ResetLinkUsedUp)?;
                // This also uses the link up.
                recover(tx, user, &hash)
            })
            .await
    }

    /// Deletes a user and ends their sessions. The account and what it holds stay.
    pub async fn delete_user(&self, operator: &Operator, user: UserId) -> Result<(), Error> {
        self.store
            .write(operator.clone(), move |tx, _operator| {
                sessions::tell_ended(tx);
                found(users::delete(tx, user)?, Error::UserNotFound)
            })
            .await
    }
}

/// Gives the password of somebody who has none: every session ends, with the browsers that are told.
fn recover(tx: &WriteTx<'_>, user: UserId, hash: &str) -> Result<(), Error> {
    sessions::delete_others(tx, user, None)?;
    set_password(tx, user, hash)
}

fn set_password(tx: &WriteTx<'_>, user: UserId, hash: &str) -> Result<(), Error> {
    sessions::tell_ended(tx);
    found(users::set_password(tx, user, hash)?, Error::UserNotFound)
}
