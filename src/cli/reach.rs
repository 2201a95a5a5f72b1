//! What the commands of a client work with: the contacts of whoever runs them, and the way to a server.

use std::fs;
use std::io::{IsTerminal, Read, stdin};
use std::path::Path;

use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use crate::cli::arguments::Reach;
use crate::cli::exit::CommandError;
use crate::client::channel::Channel;
use crate::client::contact::Contact;
use crate::client::contacts::Contacts;
use crate::client::wire::Way;
use crate::config::Environment;
use crate::domain::text;

/// The longest invitation or secret that is read.
const MOST_BYTES: u64 = 64 * 1024;

/// The contacts of whoever runs the program.
pub(super) fn contacts(environment: &Environment) -> Result<Contacts> {
    let folder = environment.contacts_dir();
    let folder =
        folder.context("nobody knows where contacts belong: HOME and XDG_CONFIG_HOME are not set")?;
    Ok(Contacts::new(folder))
}

/// The way that the flags describe.
pub(super) fn way(reach: &Reach) -> Result<Way> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(Way {
        authorities: reach.cacert.as_deref().map(read).transpose()?,
        insecure_http: reach.insecure_http,
        patience: reach.retry_for,
    })
}

/// The channel of a contact.
pub(super) fn channel(contact: &Contact, reach: &Reach) -> Result<Channel> {
    Ok(Channel::new(contact, &way(reach)?)?)
}

/// The text of a file, or of standard input for `None`; asked for without echo where somebody sits there.
pub(super) fn secret_text(file: Option<&Path>, what: &str) -> Result<Zeroizing<String>> {
    if file.is_none() && stdin().is_terminal() {
        let typed = rpassword::prompt_password(format!("{what}: ")).context("cannot ask on the terminal")?;
        return Ok(Zeroizing::new(typed));
    }
    let place = file.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    let mut bytes = Zeroizing::new(Vec::new());
    match file {
        Some(path) => fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes)),
        None => stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes),
    }
    .with_context(|| format!("cannot read {place}"))?;
    match text::only_value(&bytes) {
        Some(text) if !text.trim().is_empty() => Ok(Zeroizing::new(text)),
        Some(_) => bail!(CommandError::Usage(format!("{place} is empty; the {what} is expected there"))),
        None => bail!(CommandError::Usage(format!("{place} is not text"))),
    }
}
