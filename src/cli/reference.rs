//! The reference server's command line, which existing scripts and compose files call:
//! `-createaccount NAME USER PASSWORD` and `-startup`.

use std::convert::Infallible;
use std::ffi::OsString;

use anyhow::Result;
use clap::{Args, Parser};

use crate::auth::console;
use crate::auth::password_lane::PasswordLane;
use crate::cli::arguments::{Global, Serve};
use crate::cli::invocation::Invocation;
use crate::cli::output;
use crate::domain::account::{AccountName, UserName};
use crate::domain::secret::Password;
use crate::service::accounts::Accounts;

/// The two words, which stand for themselves anywhere on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReferenceCommand {
    Startup,
    CreateAccount,
}

/// What may stand beside `-startup`.
#[derive(Debug, Parser)]
#[command(name = "peerbox -startup")]
pub(super) struct Startup {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(flatten)]
    pub(super) serve: Serve,
}

/// What may stand beside `-createaccount`.
#[derive(Debug, Parser)]
#[command(name = "peerbox -createaccount")]
pub(super) struct CreateAccount {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(flatten)]
    pub(super) new: TypedAccount,
}

/// The three arguments. The password is one of them: the only place where it may be.
#[derive(Debug, Args)]
pub(super) struct TypedAccount {
    name: String,
    user: String,
    #[arg(allow_hyphen_values = true, value_parser = |typed: &str| Ok::<_, Infallible>(Password::new(typed)))]
    password: Password,
}

impl ReferenceCommand {
    /// Takes the word out of what was typed, whatever name the program was called by. To anybody else its single dash
    /// would be a short flag with a value.
    pub(super) fn take(typed: &mut Vec<OsString>) -> Option<Self> {
        let words = typed.iter().take_while(|argument| *argument != "--");
        let (place, word) =
            words.enumerate().skip(1).find_map(|(place, argument)| match argument.to_str()? {
                "-startup" => Some((place, Self::Startup)),
                "-createaccount" => Some((place, Self::CreateAccount)),
                _ => None,
            })?;
        typed.remove(place);
        Some(word)
    }
}

/// Prints one line with one colon and nothing else on either stream, because callers join both and split at it.
pub(super) async fn create_account(invocation: Invocation, new: TypedAccount) -> Result<()> {
    let (name, user) = (AccountName::of_the_reference(&new.name)?, UserName::new(&new.user)?);
    let work = async |store| {
        // The reference takes any password, and scripts use short ones.
        let accounts = Accounts::new(store, PasswordLane::new(), 1);
        let id = accounts.ensure(&console::operator(), name, user, new.password).await?;
        output::line(&format!("{} account-id:{id}", new.name))
    };
    // `serve` tells where the master key is each time it starts.
    invocation.with_new_store(work, |_key_file| {}).await
}
