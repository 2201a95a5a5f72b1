//! The reference server's command line, which existing scripts and compose files call:
//! `-createaccount NAME USER PASSWORD` and `-startup`.

use std::ffi::OsString;

use anyhow::Result;

use crate::auth::password_lane::PasswordLane;
use crate::cli::exit::Refusal;
use crate::cli::open::Session;
use crate::cli::output;
use crate::domain::account::{AccountName, UserName};
use crate::domain::secret::Password;
use crate::service::accounts::Accounts;

/// A command line in the reference's spelling.
pub(super) enum Spelling {
    Startup,
    CreateAccount(NewAccount),
}

/// The three arguments. The password is one of them: the only place where it may be.
pub(super) struct NewAccount {
    name: String,
    user: String,
    password: Password,
}

impl Spelling {
    /// Recognises it by the single dash, whatever name the program was called by.
    pub(super) fn of(typed: &[OsString]) -> Option<Result<Self, Refusal>> {
        let typed: Option<Vec<&str>> = typed.iter().skip(1).map(|argument| argument.to_str()).collect();
        match *typed? {
            ["-startup", ..] => Some(Ok(Self::Startup)),
            ["-createaccount", name, user, password] => Some(Ok(Self::CreateAccount(NewAccount {
                name: name.to_owned(),
                user: user.to_owned(),
                password: Password::new(password),
            }))),
            ["-createaccount", ..] => {
                Some(Err(Refusal::Usage("-createaccount takes NAME USER PASSWORD".to_owned())))
            }
            _ => None,
        }
    }
}

/// Prints one line with one colon and nothing else on either stream, because callers join both and split at it.
pub(super) async fn create_account(session: Session, new: NewAccount) -> Result<()> {
    let (name, user) = (AccountName::new(&new.name)?, UserName::new(&new.user)?);
    let work = async |store| {
        // The reference takes any password, and scripts use short ones.
        let accounts = Accounts::new(store, PasswordLane::new(), 1);
        let id = accounts.ensure(name, user, new.password).await?;
        output::line(&format!("{} account-id:{id}", new.name))
    };
    // `serve` tells where the master key is each time it starts.
    session.with_new_store(work, |_key_file| {}).await
}
