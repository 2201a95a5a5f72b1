//! `contact`: whom one writes to.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use crate::cli::arguments::{Consent, ContactCommand, Listing};
use crate::cli::{consent, contact_keys, new_contact, output, reach};
use crate::client::book::ContactsError;
use crate::client::contact::Contact;
use crate::client::contacts::Contacts;
use crate::client::kept_account::KeptAccount;
use crate::config::Environment;
use crate::crypto::fingerprint;
use crate::crypto::sealed_box::Pair;

pub(super) async fn run(command: ContactCommand, environment: &Environment) -> Result<()> {
    let contacts = reach::contacts(environment)?;
    match command {
        ContactCommand::Add(new) => match new.user.clone() {
            Some(user) => {
                let kept = new_contact::add_account(&contacts, &new, &user, environment).await?;
                if new.form.json { output::json(&AccountLine::from(&kept)) } else { Ok(()) }
            }
            None => {
                let kept = new_contact::add(&contacts, &new).await?;
                if new.form.json { output::json(&ContactLine::from(&kept)) } else { Ok(()) }
            }
        },
        ContactCommand::List { names: true, .. } => {
            contacts.names()?.iter().try_for_each(|name| output::line(name))
        }
        ContactCommand::List { accounts: true, .. } => {
            contacts.account_names()?.iter().try_for_each(|name| output::line(name))
        }
        ContactCommand::List { form, .. } => list(&contacts, form),
        ContactCommand::Show { name, form } => match contacts.find(&name) {
            Err(ContactsError::IsAccount(_)) => show_account(&contacts.account(&name)?, form),
            found => show(&found?, form),
        },
        ContactCommand::Key(command) => contact_keys::run(&contacts, command),
        ContactCommand::Remove { names, consent } => remove(&contacts, &names, &consent),
    }
}

/// Forgets all of them or, where one is not there, none.
fn remove(contacts: &Contacts, names: &[String], consent: &Consent) -> Result<()> {
    let once: BTreeSet<String> = names.iter().cloned().collect();
    let names = Vec::from_iter(once);
    let mut whats = Vec::new();
    for name in &names {
        let what = if contacts.is_account(name)? { "its password" } else { "its token and keys" };
        whats.push(format!("{name} with {what}"));
    }
    let question = format!("Forget {}?", whats.join(", "));
    consent::ask(consent.yes, &format!("forget {}", names.join(", ")), &question)?;
    Ok(contacts.remove(&names)?)
}

#[derive(Serialize)]
struct ContactLine {
    name: String,
    address: String,
    token: bool,
    /// `envelope`, `raw`, or null for messages that are not sealed.
    sealing: Option<&'static str>,
    seal_to: Option<String>,
    fingerprint: Option<String>,
    key_is_checked: bool,
    /// Whether messages of both sides prove that they come from holders of the link.
    proves: bool,
    own_key: Option<String>,
    own_fingerprint: Option<String>,
    sent: u64,
}

impl From<&Contact> for ContactLine {
    fn from(contact: &Contact) -> Self {
        let to = contact.seal_to.as_ref();
        let own = contact.pairs.first().map(Pair::public);
        Self {
            name: contact.name.to_string(),
            address: contact.address.to_string(),
            token: contact.token.is_some(),
            sealing: to.map(|to| to.sealing.as_str()),
            seal_to: to.map(|to| to.key.to_string()),
            fingerprint: to.map(|to| fingerprint::of(&to.key).to_string()),
            key_is_checked: to.is_some_and(|to| to.is_checked),
            proves: contact.secret.is_some(),
            own_key: own.map(ToString::to_string),
            own_fingerprint: own.map(|key| fingerprint::of(key).to_string()),
            sent: contact.sent,
        }
    }
}

#[derive(Serialize)]
struct AccountLine {
    name: String,
    address: String,
    user: String,
}

impl From<&KeptAccount> for AccountLine {
    fn from(account: &KeptAccount) -> Self {
        Self { name: account.name.to_string(), address: account.address(), user: account.user.clone() }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Contact(Box<ContactLine>),
    Account(AccountLine),
}

fn list(contacts: &Contacts, form: Listing) -> Result<()> {
    let channels = contacts
        .names()?
        .into_iter()
        .map(|name| Ok(Line::Contact(Box::new((&contacts.find(&name)?).into()))));
    let accounts = contacts
        .account_names()?
        .into_iter()
        .map(|name| Ok(Line::Account((&contacts.account(&name)?).into())));
    let (mut lines, mut failed) = (Vec::new(), None);
    // One that does not open hides no other.
    for outcome in channels.chain(accounts) {
        match (outcome, &failed) {
            (Ok(line), _) => lines.push(line),
            (Err(error), None) => failed = Some(error),
            (Err(error), Some(_)) => output::say(&format!("{error:#}")),
        }
    }
    output::listing(form, &lines, &["name", "sealed", "address"], |line| match line {
        Line::Contact(one) => {
            vec![one.name.clone(), one.sealing.unwrap_or("no").to_owned(), one.address.clone()]
        }
        Line::Account(one) => vec![one.name.clone(), "account".to_owned(), one.address.clone()],
    })?;
    failed.map_or(Ok(()), Err)
}

fn show_account(account: &KeptAccount, form: Listing) -> Result<()> {
    let line = AccountLine::from(account);
    if form.json {
        return output::json(&line);
    }
    output::line(&format!("{:17}  {}", "account", line.address))?;
    output::line(&format!("{:17}  {}", "user", output::shown(&line.user)))
}

fn show(contact: &Contact, form: Listing) -> Result<()> {
    let line = ContactLine::from(contact);
    if form.json {
        return output::json(&line);
    }
    let yes_or_no = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let rows = [
        ("address", Some(line.address)),
        ("token", Some(yes_or_no(line.token))),
        ("sealed", Some(line.sealing.unwrap_or("no").to_owned())),
        ("their key", line.seal_to),
        ("their fingerprint", line.fingerprint),
        ("key is checked", contact.seal_to.as_ref().map(|_| yes_or_no(line.key_is_checked))),
        ("link proves", Some(yes_or_no(line.proves))),
        ("own key", line.own_key),
        ("own fingerprint", line.own_fingerprint),
    ];
    for (what, value) in rows {
        if let Some(value) = value {
            output::line(&format!("{what:17}  {value}"))?;
        }
    }
    Ok(())
}
