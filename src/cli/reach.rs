//! What the commands of a client work with: the contacts of whoever runs them, and the way to a server.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, stdin};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::cli::arguments::{Reach, RemoteAccount};
use crate::cli::exit::CommandError;
use crate::cli::progress::Progress;
use crate::cli::{output, password};
use crate::client::account::Account;
use crate::client::address::ServerAddress;
use crate::client::book::ContactsError;
use crate::client::channel::Channel;
use crate::client::contact::Contact;
use crate::client::contacts::Contacts;
use crate::client::kept_account::KeptAccount;
use crate::client::pace;
use crate::client::wire::{self, Way};
use crate::config::Environment;
use crate::domain::text;

/// The longest invitation or secret that is read.
const MOST_BYTES: u64 = 64 * 1024;

/// The most of certificates that is read: a system has some 200 kB of all authorities.
const MOST_AUTHORITIES: u64 = 1024 * 1024;

/// A body of which somebody may want to know how far it is.
const LONG: u64 = 256 * 1024;

/// The contacts of whoever runs the program.
pub(super) fn contacts(environment: &Environment) -> Result<Contacts> {
    let folder = environment.contacts_dir();
    let folder =
        folder.context("nobody knows where contacts belong: HOME and XDG_CONFIG_HOME are not set")?;
    Ok(Contacts::new(folder))
}

/// The certificates that the flags name.
pub(super) fn authorities(reach: &Reach) -> Result<Option<String>> {
    let Some(path) = &reach.cacert else { return Ok(None) };
    let named =
        |why: &dyn std::fmt::Display| CommandError::Usage(format!("--cacert {}: {why}", path.display()));
    let mut text = String::new();
    let read =
        fs::File::open(path).and_then(|file| file.take(MOST_AUTHORITIES + 1).read_to_string(&mut text));
    if read.map_err(|error| named(&error))? as u64 > MOST_AUTHORITIES {
        bail!(named(&"longer than a megabyte; name a file with the one authority"));
    }
    wire::require_certificates(&text).map_err(|error| named(&error))?;
    Ok(Some(text))
}

/// The way that the flags describe, with these certificates.
pub(super) fn way(reach: &Reach, authorities: Option<String>) -> Way {
    Way {
        authorities,
        insecure_http: reach.insecure_http,
        patience: reach.retry_for,
        notice: output::say,
        progress: Some(progress()),
    }
}

/// The same with the certificates that the flags name, else those that were remembered.
pub(super) fn known_way(reach: &Reach, kept: Option<&String>) -> Result<Way> {
    Ok(way(reach, authorities(reach)?.or_else(|| kept.cloned())))
}

/// Tells how far a long body is.
fn progress() -> pace::Progress {
    let told = Mutex::new(Progress::default());
    Arc::new(move |done, all| {
        if all >= LONG {
            told.lock().unwrap_or_else(PoisonError::into_inner).tell(done, all);
        }
    })
}

/// The account that the flags name, or one that is remembered.
pub(super) fn account(named: &RemoteAccount, reach: &Reach, environment: &Environment) -> Result<Account> {
    let number = match named.account.as_deref().map(|account| (account, account.parse::<u64>())) {
        None => None,
        Some((_, Ok(number))) => Some(number),
        Some((account, Err(_))) => {
            let is_named = named.server.is_some() || named.user.is_some() || named.password_stdin;
            let why = match contacts(environment)?.account(account) {
                Ok(kept) if !is_named => return remembered_account(&kept, reach),
                Ok(_) => format!("{account} is remembered with its server, user and password"),
                Err(ContactsError::Unknown(_) | ContactsError::IsChannel(_)) if is_named => {
                    format!(
                        "beside --server and --user, --account takes the account's id, and {account:?} is none"
                    )
                }
                Err(error) => bail!(error),
            };
            bail!(CommandError::Usage(why));
        }
    };
    let (Some(server), Some(user)) = (&named.server, &named.user) else {
        bail!(CommandError::Usage(
            "name the server with --server URL and the user with --user NAME, or a remembered account with --account NAME".to_owned()
        ));
    };
    let (server, of_address) = ServerAddress::with_account(server).context("--server")?;
    let password = password::known_password(named.password_stdin, environment)?;
    let number = number.or(of_address).unwrap_or(1);
    Ok(Account::new(&server, number, user, &password, &known_way(reach, None)?)?)
}

/// An account that is remembered.
pub(super) fn remembered_account(kept: &KeptAccount, reach: &Reach) -> Result<Account> {
    kept_account(kept, &known_way(reach, kept.authorities.as_ref())?)
}

/// The same that way.
pub(super) fn kept_account(kept: &KeptAccount, way: &Way) -> Result<Account> {
    Ok(Account::new(&kept.server, kept.number, &kept.user, &kept.password, way)?)
}

/// The channel of a contact.
pub(super) fn channel(contact: &Contact, reach: &Reach) -> Result<Channel> {
    Ok(Channel::new(contact, &known_way(reach, contact.authorities.as_ref())?)?)
}

/// The text of a file, or of standard input for `None`; one line that is asked for without echo where somebody sits there.
pub(super) fn secret_text(file: Option<&Path>, what: &str) -> Result<Zeroizing<String>> {
    if file.is_none() && stdin().is_terminal() {
        let typed = rpassword::prompt_password(format!("{what}: ")).context("cannot ask on the terminal")?;
        return Ok(Zeroizing::new(typed));
    }
    text_of(file, what)
}

/// The same for what may have several lines, as a sheet with an address and a secret does.
pub(super) fn secret_lines(file: Option<&Path>, what: &str) -> Result<Zeroizing<String>> {
    if file.is_none() && stdin().is_terminal() {
        let _hidden = Hidden::begin().context("cannot ask on the terminal")?;
        output::say(&format!("{what}: paste it, and end with an empty line; it is not shown"));
        return lines_up_to_empty(stdin().lock()).context("cannot read the terminal");
    }
    text_of(file, what)
}

fn text_of(file: Option<&Path>, what: &str) -> Result<Zeroizing<String>> {
    let place = file.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    let mut bytes = Zeroizing::new(Vec::new());
    match file {
        Some(path) => fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)),
        None => stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes),
    }
    .map_err(|error| CommandError::Usage(format!("{place} cannot be read: {error}")))?;
    match text::only_value(&bytes) {
        Some(text) if !text.trim().is_empty() => Ok(Zeroizing::new(text)),
        Some(_) => bail!(CommandError::Usage(format!("{place} is empty; the {what} is expected there"))),
        None => bail!(CommandError::Usage(format!("{place} is not text"))),
    }
}

/// Lines up to an empty one behind them, or to the end.
fn lines_up_to_empty(input: impl BufRead) -> io::Result<Zeroizing<String>> {
    let mut input = input.take(MOST_BYTES);
    let mut text = Zeroizing::new(String::new());
    loop {
        let before = text.trim().len();
        let length = input.read_line(&mut text)?;
        if length == 0 || (before > 0 && text.trim().len() == before) {
            return Ok(text);
        }
    }
}

/// While it lives, the terminal does not show what is typed.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Now, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing.
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_read_to_its_empty_line() {
        for (typed, expected) in [
            ("Address\nhttps://a\nSecret\nabc\n\nls\n", "Address\nhttps://a\nSecret\nabc\n\n"),
            ("\n  \nhttps://a\n \nls\n", "\n  \nhttps://a\n \n"),
            ("https://a", "https://a"),
            ("", ""),
        ] {
            assert_eq!(*lines_up_to_empty(typed.as_bytes()).expect("lines"), expected);
        }
    }
}
