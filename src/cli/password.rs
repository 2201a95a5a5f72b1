//! Passwords and passphrases: from a prompt, standard input or a file; those to sign in with also from the environment.

use std::fs;
use std::io::{IsTerminal, Read, stdin};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cli::arguments::PasswordFlags;
use crate::cli::exit::CommandError;
use crate::cli::invocation::Invocation;
use crate::config::Environment;
use crate::crypto::master_key::PASSPHRASE_LEAST;
use crate::domain::secret::Password;
use crate::domain::text;
use crate::service::accounts::require_length;
use crate::service::error::Error;

/// The new password of a user. Its length is judged before anything else is done, so that a refusal leaves nothing
/// behind.
pub(super) fn new_password(flags: &PasswordFlags, invocation: &Invocation) -> Result<Password> {
    let least = flags.least(invocation.config.accounts.password_min);
    let judge = |password: &Password| match require_length(password, least) {
        Err(Error::PasswordTooShort { least }) => bail!(CommandError::WeakPassword { least }),
        judged => Ok(judged?),
    };
    if flags.password_stdin {
        let password = from_stdin()?;
        return judge(&password).map(|()| password);
    }
    // Never from the environment, which has the password to sign in elsewhere with.
    require_terminal("password", "pass --password-stdin")?;
    ask_twice("Password", judge)
}

/// The password of somebody who signs in at another server.
pub(super) fn known_password(is_on_stdin: bool, environment: &Environment) -> Result<Password> {
    if is_on_stdin {
        return from_stdin();
    }
    if let Some(password) = environment.password()? {
        return Ok(password);
    }
    require_terminal("password", "pass --password-stdin, or set PEERBOX_PASSWORD_FILE or PEERBOX_PASSWORD")?;
    ask("Password")
}

/// A new passphrase, typed twice. `flag` gives it where there is no terminal.
pub(super) fn new_passphrase(flag: &str) -> Result<Password> {
    require_terminal("passphrase", &format!("pass {flag}"))?;
    ask_twice("New passphrase", |passphrase| require_length_of(passphrase, "the passphrase"))
}

/// A new passphrase out of a file.
pub(super) fn new_passphrase_in(path: &Path) -> Result<Password> {
    let passphrase = passphrase_in(path)?;
    require_length_of(&passphrase, &format!("the passphrase in {}", path.display()))?;
    Ok(passphrase)
}

/// Before anything is done with it.
fn require_length_of(passphrase: &Password, what: &str) -> Result<()> {
    match passphrase.length() {
        0 => bail!(CommandError::Usage(format!("{what} is empty"))),
        1..PASSPHRASE_LEAST => bail!(CommandError::Usage(format!(
            "{what} has fewer than {PASSPHRASE_LEAST} characters; whoever gets the file could try them all"
        ))),
        _ => Ok(()),
    }
}

/// The passphrase of an existing file, out of a file.
pub(super) fn passphrase_in(path: &Path) -> Result<Password> {
    let cannot_read = || format!("cannot read {}", path.display());
    let bytes = fs::read(path).with_context(cannot_read)?;
    let passphrase = text::only_value(&bytes).context("it is not text in UTF-8");
    Ok(Password::new(passphrase.with_context(cannot_read)?))
}

/// The passphrase of an existing file, when somebody is there to type it.
pub(super) fn passphrase() -> Result<Option<Password>> {
    if stdin().is_terminal() { ask("Passphrase that opens the data").map(Some) } else { Ok(None) }
}

fn require_terminal(what: &str, instead: &str) -> Result<()> {
    if !stdin().is_terminal() {
        bail!(CommandError::Usage(format!("no terminal to ask for the {what}; {instead}")));
    }
    Ok(())
}

fn from_stdin() -> Result<Password> {
    let cannot_read = "cannot read the password from standard input";
    let mut bytes = Vec::new();
    stdin().lock().read_to_end(&mut bytes).context(cannot_read)?;
    let password = text::only_value(&bytes).context("it is not text in UTF-8");
    Ok(Password::new(password.context(cannot_read)?))
}

/// What will not do is refused before it is typed again.
fn ask_twice(what: &str, judge: impl Fn(&Password) -> Result<()>) -> Result<Password> {
    let first = ask(what)?;
    judge(&first)?;
    if first != ask(&format!("{what} again"))? {
        bail!(CommandError::Usage("the two are not the same".to_owned()));
    }
    Ok(first)
}

fn ask(what: &str) -> Result<Password> {
    let typed = rpassword::prompt_password(format!("{what}: ")).context("cannot ask on the terminal")?;
    Ok(Password::new(typed))
}
