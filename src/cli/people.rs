//! Accounts and users by what an operator types, and the service that knows them.

use anyhow::{Result, bail};

use crate::auth::console;
use crate::auth::password_lane::PasswordLane;
use crate::cli::arguments::PasswordFlags;
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::domain::account::{Account, AccountName, User, UserName};
use crate::domain::id::AccountId;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::store::Store;

/// The account service with the configured least length of passwords.
pub(super) fn service(store: Store, invocation: &Invocation) -> Accounts {
    Accounts::new(store, PasswordLane::new(), invocation.config.accounts.password_min)
}

/// The account service for a password that was taken with these flags.
pub(super) fn service_for(store: Store, invocation: &Invocation, flags: &PasswordFlags) -> Accounts {
    Accounts::new(store, PasswordLane::new(), flags.least(invocation.config.accounts.password_min))
}

/// The account that a person means: digits are its id, or the name that an old script gave it; anything else is its name.
pub(super) async fn account(accounts: &Accounts, text: &str) -> Result<Account> {
    let operator = console::operator();
    let by_id = match text.parse::<AccountId>() {
        Ok(id) => accounts.get(&operator, id).await,
        Err(_) => Err(Error::AccountNotFound),
    };
    let found = match by_id {
        Err(Error::AccountNotFound) => {
            match accounts.find_by_name(&operator, AccountName::wanted(text)?).await {
                Ok(id) => accounts.get(&operator, id).await,
                Err(error) => Err(error),
            }
        }
        found => found,
    };
    match found {
        Err(Error::AccountNotFound) => {
            bail!(CommandError::NotFound { kind: "account", name: text.to_owned() })
        }
        found => Ok(found?),
    }
}

/// The user of that name.
pub(super) async fn user(accounts: &Accounts, name: &str) -> Result<User> {
    match accounts.find_user(&console::operator(), UserName::wanted(name)?).await {
        Err(Error::UserNotFound) => bail!(CommandError::NotFound { kind: "user", name: name.to_owned() }),
        found => Ok(found?),
    }
}
