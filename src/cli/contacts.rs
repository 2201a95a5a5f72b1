//! `contact`: whom one writes to.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::{ContactCommand, Listing, NewContact};
use crate::cli::exit::CommandError;
use crate::cli::seal::named_key;
use crate::cli::{consent, contact_keys, output, password, reach};
use crate::client::address::{Address, ServerAddress};
use crate::client::channel::{Channel, Reception};
use crate::client::contact::{Contact, ContactName, SealTo, Sealing};
use crate::client::contacts::{Contacts, ContactsError};
use crate::client::invitation::{Invitation, has_secret};
use crate::client::kept_account::KeptAccount;
use crate::config::Environment;
use crate::crypto::fingerprint;
use crate::crypto::sealed_box::Pair;
use crate::domain::key::{Fingerprint, PublicKey};
use crate::domain::secret::{BearerToken, Password};

pub(super) async fn run(command: ContactCommand, environment: &Environment) -> Result<()> {
    let contacts = reach::contacts(environment)?;
    match command {
        ContactCommand::Add(new) => match new.user.clone() {
            Some(user) => add_account(&contacts, user, new, environment).await,
            None => add(&contacts, new).await,
        },
        ContactCommand::List { names: true, .. } => {
            contacts.names()?.iter().try_for_each(|name| output::line(name))
        }
        ContactCommand::List { names: false, form } => list(&contacts, form),
        ContactCommand::Show { name, form } => match contacts.find(&name) {
            Err(ContactsError::IsAccount(_)) => show_account(&contacts.account(&name)?, form),
            found => show(&found?, form),
        },
        ContactCommand::Key(command) => contact_keys::run(&contacts, command),
        ContactCommand::Remove { name, consent } => {
            let what = match contacts.find(&name) {
                Err(ContactsError::IsAccount(_)) => "its password",
                found => found.map(|_contact| "its token and keys")?,
            };
            consent::ask(consent.yes, &format!("forget {name}"), &format!("Forget {name} with {what}?"))?;
            Ok(contacts.change()?.remove(&name)?)
        }
    }
}

async fn add(contacts: &Contacts, new: NewContact) -> Result<()> {
    let name = ContactName::parse(&new.name)?;
    if contacts.names()?.contains(&new.name) {
        bail!(CommandError::Exists { kind: "contact", name: new.name });
    }
    let invitation = invitation(&new)?;
    let seal_to = new.seal_to.as_deref().map(named_key).transpose()?;
    let mut contact = Contact {
        name,
        address: invitation.address,
        token: invitation.token,
        secret: invitation.secret,
        seal_to: seal_to.map(|key| SealTo { key, sealing: Sealing::Raw, is_checked: true }),
        pairs: Vec::new(),
        is_ours: false,
        is_holder: false,
        sent: 0,
        heard: None,
    };
    let mut reception = None;
    if !new.no_check {
        let channel = reach::channel(&contact, &new.reach)?;
        reception = checked(&channel).await?;
        contact.is_ours = reception.is_some();
        contact.is_holder = reception.as_ref().is_some_and(|it| it.is_holder);
    }
    choose_key(&mut contact, invitation.fingerprint, reception.as_ref())?;
    contacts.change()?.add(&contact)?;
    say_what_was_found(&contact, reception.as_ref());
    Ok(())
}

/// Remembers an account, if the user may sign in to it.
async fn add_account(
    contacts: &Contacts,
    user: String,
    new: NewContact,
    environment: &Environment,
) -> Result<()> {
    let name = ContactName::parse(&new.name)?;
    if new.name.parse::<u64>().is_ok() {
        bail!(CommandError::Usage("an account's name is no number, which would be its id".to_owned()));
    }
    let password = match new.password_file.as_deref() {
        Some(file) => Password::new(reach::secret_text(Some(file), "password")?.as_str()),
        None => password::known_password(new.password_stdin, environment)?,
    };
    let kept = KeptAccount {
        name,
        server: ServerAddress::parse(new.address.as_deref().unwrap_or_default())?,
        number: new.account,
        user,
        password,
    };
    if !new.no_check {
        reach::kept_account(&kept, &new.reach)?.channels().await?;
    }
    contacts.change()?.add_account(&kept)?;
    output::say(&format!("{} is kept", kept.name));
    Ok(())
}

/// Asks the server whether the channel is there for whoever has this token.
async fn checked(channel: &Channel) -> Result<Option<Reception>> {
    let reception = channel.reception().await?;
    if reception.is_none() {
        match channel.head().await {
            Ok(_) => {}
            Err(error) if error.status() == Some(401) => {
                let hint = "if the token may only write, add the contact with --no-check";
                return Err(anyhow::Error::new(error).context(hint));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(reception)
}

fn invitation(new: &NewContact) -> Result<Invitation> {
    let Some(address) = &new.address else {
        return Ok(Invitation::find_in(&reach::secret_lines(new.link_file.as_deref(), "link")?)?);
    };
    if has_secret(address) {
        bail!(CommandError::Usage(
            "others on this machine can read what stands among the arguments: give a link with a secret on standard input, or \
             with --link-file"
                .to_owned()
        ));
    }
    let token = |file: Option<&Path>| {
        let text = reach::secret_text(file, "token")?;
        anyhow::Ok(BearerToken::new(text.trim().trim_start_matches("Bearer ")))
    };
    let token = match (&new.token_file, new.token_stdin) {
        (Some(path), _) => Some(token(Some(path))?),
        (None, true) => Some(token(None)?),
        (None, false) => None,
    };
    Ok(Invitation { address: Address::parse(address)?, token, fingerprint: None, secret: None })
}

/// Decides what is sealed with: what was typed, or the key that the link names, or what the server says.
fn choose_key(
    contact: &mut Contact,
    wanted: Option<Fingerprint>,
    reception: Option<&Reception>,
) -> Result<()> {
    // The key of one's own channel is one's own: who sealed for it would write to nobody else.
    let reception = reception.filter(|it| !it.is_holder);
    let offered = reception.into_iter().flat_map(|it| it.key.iter().chain(&it.older_keys));
    let mut offered = offered.filter_map(|key| PublicKey::parse(key));
    let chosen = match (wanted, &contact.seal_to) {
        (None, Some(_)) => return Ok(()),
        (None, None) => offered.next().map(|key| (key, false)),
        (Some(wanted), typed) => {
            let mut candidates = typed.iter().map(|to| to.key).chain(offered);
            let key = candidates.find(|key| fingerprint::of(key) == wanted);
            let Some(key) = key else {
                bail!(CommandError::NotOpened(format!(
                    "the link names the key {wanted}, and the server has another one or none; ask for a new link, and compare \
                     the key on another way"
                )));
            };
            Some((key, true))
        }
    };
    contact.seal_to = chosen.map(|(key, is_checked)| SealTo { key, sealing: Sealing::Envelope, is_checked });
    Ok(())
}

fn say_what_was_found(contact: &Contact, reception: Option<&Reception>) {
    let who = reception.map(|it| it.name.as_str()).filter(|name| !name.is_empty());
    let who = who.map(|who| format!(", the channel of {}", output::shown(who))).unwrap_or_default();
    output::say(&format!("{} is kept{who}", contact.name));
    match &contact.seal_to {
        None if contact.is_holder => output::say(
            "it is your own channel, so messages are sealed only for a key of the other side that --seal-to names",
        ),
        None => output::say("no key is known, so messages are not sealed"),
        Some(to) if to.is_checked => output::say("messages are sealed"),
        Some(to) => output::say(&format!(
            "messages are sealed for a key that only the server named; compare it with the holder: {}",
            fingerprint::of(&to.key)
        )),
    }
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
    let mut lines: Vec<_> = contacts.list()?.iter().map(|one| Line::Contact(Box::new(one.into()))).collect();
    lines.extend(contacts.accounts()?.iter().map(|one| Line::Account(one.into())));
    output::listing(form, &lines, &["name", "sealed", "address"], |line| match line {
        Line::Contact(one) => {
            vec![one.name.clone(), one.sealing.unwrap_or("no").to_owned(), one.address.clone()]
        }
        Line::Account(one) => vec![one.name.clone(), "account".to_owned(), one.address.clone()],
    })
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
