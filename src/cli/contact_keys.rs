//! `contact key`: the pairs that answers are sealed for.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::{ContactKeyCommand, Listing};
use crate::cli::exit::CommandError;
use crate::cli::{output, reach};
use crate::client::contact::{Contact, MOST_PAIRS};
use crate::client::contacts::Contacts;
use crate::client::key_files::{self, KeyFileForm};
use crate::crypto::fingerprint;
use crate::crypto::sealed_box::Pair;
use crate::domain::key::PublicKey;

#[derive(Serialize)]
struct KeyLine {
    key: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct Fingerprints {
    own: Option<String>,
    theirs: Option<String>,
}

impl From<&PublicKey> for KeyLine {
    fn from(key: &PublicKey) -> Self {
        Self { key: key.to_string(), fingerprint: fingerprint::of(key).to_string() }
    }
}

pub(super) fn run(contacts: &Contacts, command: ContactKeyCommand) -> Result<()> {
    match command {
        ContactKeyCommand::New { name, form } => {
            let pair = Pair::random();
            let line = KeyLine::from(pair.public());
            take(contacts, &name, vec![pair])?;
            if form.json { output::json(&line) } else { output::line(&line.key) }
        }
        ContactKeyCommand::Show { name, form } => {
            let contact = contacts.find(&name)?;
            let lines: Vec<KeyLine> = contact.pairs.iter().map(|pair| pair.public().into()).collect();
            output::listing(form, &lines, &["fingerprint", "key"], |line| {
                vec![line.fingerprint.clone(), line.key.clone()]
            })
        }
        ContactKeyCommand::Import { name, file, form } => {
            let pairs = key_files::read_all(&reach::secret_lines(file.as_deref(), "key file")?)?;
            let lines: Vec<KeyLine> = pairs.iter().map(|pair| pair.public().into()).collect();
            take(contacts, &name, pairs)?;
            if form.json {
                return output::json(&lines);
            }
            lines.iter().try_for_each(|line| output::line(&line.key))
        }
        ContactKeyCommand::Export { name, form, all } => {
            let contact = contacts.find(&name)?;
            if contact.pairs.is_empty() {
                bail!(CommandError::NotFound { kind: "key of", name });
            }
            let form = KeyFileForm::parse(&form).unwrap_or(KeyFileForm::JavaScript);
            let pairs = contact.pairs.iter().take(if all { MOST_PAIRS } else { 1 });
            pairs.map(|pair| key_files::write(pair, form)).try_for_each(|file| output::line(&file))
        }
        ContactKeyCommand::Fingerprint { name, form } => fingerprints(&contacts.find(&name)?, form),
    }
}

/// Adds all of them, of which the newest stands first, or where there is no room for one, none.
fn take(contacts: &Contacts, name: &str, pairs: Vec<Pair>) -> Result<()> {
    let mut changing = contacts.change()?;
    let mut contact = changing.find(name)?;
    if !pairs.into_iter().rev().all(|pair| contact.take(pair)) {
        bail!(CommandError::Usage(format!(
            "a contact has at most {MOST_PAIRS} keys; add another contact for more"
        )));
    }
    Ok(changing.put(&contact)?)
}

fn fingerprints(contact: &Contact, form: Listing) -> Result<()> {
    let digits = |key: &PublicKey| fingerprint::of(key).to_string();
    let found = Fingerprints {
        own: contact.pairs.first().map(|pair| digits(pair.public())),
        theirs: contact.seal_to.as_ref().map(|to| digits(&to.key)),
    };
    if form.json {
        return output::json(&found);
    }
    output::line(&format!("own     {}", found.own.as_deref().unwrap_or("none yet")))?;
    output::line(&format!("theirs  {}", found.theirs.as_deref().unwrap_or("none known")))
}
