//! `contact add`: what is remembered of somebody new, or changed of somebody known.

use std::path::Path;

use anyhow::{Result, bail};

use crate::cli::arguments::NewContact;
use crate::cli::exit::CommandError;
use crate::cli::seal::named_key;
use crate::cli::{output, password, reach};
use crate::client::address::{Address, ServerAddress};
use crate::client::book::ContactsError;
use crate::client::channel::{Channel, Reception};
use crate::client::contact::{Contact, ContactName, SealTo, Sealing};
use crate::client::contacts::Contacts;
use crate::client::invitation::{Invitation, has_secret};
use crate::client::kept_account::KeptAccount;
use crate::config::Environment;
use crate::crypto::fingerprint;
use crate::domain::key::{Fingerprint, PublicKey};
use crate::domain::secret::{BearerToken, Password};

/// Remembers a channel.
pub(super) async fn add(contacts: &Contacts, new: &NewContact) -> Result<Contact> {
    let name = ContactName::parse(&new.name)?;
    let known = match contacts.find(&new.name) {
        Ok(known) if new.replace => Some(known),
        Ok(_) => bail!(ContactsError::Exists(new.name.clone())),
        Err(ContactsError::Unknown(_)) => None,
        Err(ContactsError::IsAccount(_)) if !new.replace => bail!(ContactsError::Exists(new.name.clone())),
        Err(error) => bail!(error),
    };
    let Invitation { address, token, fingerprint, secret } = invitation(new, known.as_ref())?;
    let same = known.as_ref().filter(|known| known.address == address);
    let typed = new.seal_to.as_deref().map(named_key).transpose()?;
    let mut contact = Contact {
        name,
        token: token.or_else(|| same?.token.clone()),
        secret: secret.or_else(|| same?.secret.clone()),
        seal_to: None,
        pairs: Vec::new(),
        is_ours: same.is_some_and(|known| known.is_ours),
        is_holder: same.is_some_and(|known| known.is_holder),
        sent: 0,
        heard: None,
        authorities: reach::authorities(&new.reach)?.or_else(|| same?.authorities.clone()),
        address,
    };
    let mut reception = None;
    if !new.no_check {
        let way = reach::way(&new.reach, contact.authorities.clone());
        reception = checked(&Channel::new(&contact, &way)?, &contact).await?;
        contact.is_ours = reception.is_some();
        contact.is_holder = reception.as_ref().is_some_and(|it| it.is_holder);
    }
    let kept = same.and_then(|known| known.seal_to.clone());
    contact.seal_to = chosen_key(typed, fingerprint, reception.as_ref(), kept)?;
    keep(contacts, &mut contact, new.replace)?;
    say_what_was_found(&contact, reception.as_ref());
    Ok(contact)
}

/// Keeps it. The keys of one that is changed stay, and in the same channel its numbers, as they are at that moment.
fn keep(contacts: &Contacts, contact: &mut Contact, replaces: bool) -> Result<()> {
    let mut changing = contacts.change()?;
    match changing.find(contact.name.as_str()) {
        Ok(known) if replaces => {
            contact.pairs = known.pairs;
            if known.address == contact.address {
                (contact.sent, contact.heard) = (known.sent, known.heard);
            }
            Ok(changing.put(contact)?)
        }
        _ => Ok(changing.add(contact)?),
    }
}

/// Remembers an account, if the user may sign in to it.
pub(super) async fn add_account(
    contacts: &Contacts,
    new: &NewContact,
    user: &str,
    environment: &Environment,
) -> Result<KeptAccount> {
    let name = ContactName::parse(&new.name)?;
    if new.name.parse::<u64>().is_ok() {
        bail!(CommandError::Usage("an account's name is no number, which would be its id".to_owned()));
    }
    let is_known = match contacts.is_account(&new.name) {
        Ok(true) if new.replace => true,
        Ok(false) if new.replace => bail!(ContactsError::IsChannel(new.name.clone())),
        Ok(_) => bail!(ContactsError::Exists(new.name.clone())),
        Err(ContactsError::Unknown(_)) => false,
        Err(error) => bail!(error),
    };
    let password = match new.password_file.as_deref() {
        Some(file) => Password::new(reach::secret_text(Some(file), "password")?.as_str()),
        None => password::known_password(new.password_stdin, environment)?,
    };
    let (server, number) = ServerAddress::with_account(new.address.as_deref().unwrap_or_default())?;
    // Of one that does not open there is nothing to keep.
    let known = contacts.account(&new.name).ok().filter(|known| is_known && known.server == server);
    let known = known.as_ref();
    let kept = KeptAccount {
        name,
        number: new.account.or(number).or(known.map(|known| known.number)).unwrap_or(1),
        user: user.to_owned(),
        password,
        authorities: reach::authorities(&new.reach)?.or_else(|| known?.authorities.clone()),
        server,
    };
    if !new.no_check {
        let way = reach::way(&new.reach, kept.authorities.clone());
        reach::kept_account(&kept, &way)?.channels().await?;
    }
    let mut changing = contacts.change()?;
    if is_known { changing.put_account(&kept) } else { changing.add_account(&kept) }?;
    output::say(&format!("{} is kept", kept.name));
    Ok(kept)
}

/// Asks the server whether the channel is there for whoever has this token.
async fn checked(channel: &Channel, contact: &Contact) -> Result<Option<Reception>> {
    let reception = channel.reception().await?;
    if reception.is_none() {
        match channel.head().await {
            Ok(_) => {}
            Err(error) if error.status() == Some(401) && contact.token.is_some() => {
                let hint = "if the token may only write, add the contact with --no-check";
                return Err(anyhow::Error::new(error).context(hint));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(reception)
}

/// What somebody was handed. Of a known contact only what is named changes.
fn invitation(new: &NewContact, known: Option<&Contact>) -> Result<Invitation> {
    let token = token(new)?;
    let is_part = token.is_some() || new.seal_to.is_some() && new.link_file.is_none();
    let address = match (&new.address, known) {
        (Some(address), _) if has_secret(address) => bail!(CommandError::Usage(
            "others on this machine can read what stands among the arguments: give a link with a secret on standard input, or \
             with --link-file"
                .to_owned()
        )),
        (Some(address), _) => Address::parse(address)?,
        (None, Some(known)) if is_part => known.address.clone(),
        (None, _) if token.is_some() => {
            bail!(CommandError::Usage("name the address of the channel that the token opens".to_owned()))
        }
        (None, _) => {
            return Ok(Invitation::find_in(&reach::secret_lines(new.link_file.as_deref(), "link")?)?);
        }
    };
    Ok(Invitation { address, token, fingerprint: None, secret: None })
}

fn token(new: &NewContact) -> Result<Option<BearerToken>> {
    let token = |file: Option<&Path>| {
        let text = reach::secret_text(file, "token")?;
        anyhow::Ok(Some(BearerToken::new(text.trim().trim_start_matches("Bearer "))))
    };
    match (&new.token_file, new.token_stdin) {
        (Some(path), _) => token(Some(path)),
        (None, true) => token(None),
        (None, false) => Ok(None),
    }
}

/// What is sealed for: the key that was typed, or that the link names, or that was compared before, or that the server says.
fn chosen_key(
    typed: Option<PublicKey>,
    wanted: Option<Fingerprint>,
    reception: Option<&Reception>,
    kept: Option<SealTo>,
) -> Result<Option<SealTo>> {
    // The key of one's own channel is one's own: who sealed for it would write to nobody else.
    let offered = reception.filter(|it| !it.is_holder).into_iter().flat_map(Reception::keys);
    let envelope = |key, is_checked| Some(SealTo { key, sealing: Sealing::Envelope, is_checked });
    match (typed, wanted) {
        (Some(typed), Some(wanted)) if fingerprint::of(&typed) != wanted => {
            bail!(CommandError::NotOpened(format!("the link names the key {wanted}, and --seal-to another")))
        }
        (Some(key), Some(_)) => Ok(envelope(key, true)),
        (Some(key), None) => {
            let sealing = kept.filter(|kept| kept.key == key).map_or(Sealing::Raw, |kept| kept.sealing);
            Ok(Some(SealTo { key, sealing, is_checked: true }))
        }
        (None, Some(wanted)) => {
            // Without having asked nobody knows better.
            let mut candidates = offered.chain(kept.filter(|_| reception.is_none()).map(|kept| kept.key));
            let Some(key) = candidates.find(|key| fingerprint::of(key) == wanted) else {
                bail!(CommandError::NotOpened(format!(
                    "the link names the key {wanted}, and the server has another one or none; ask for a new link, and compare \
                     the key on another way"
                )));
            };
            Ok(envelope(key, true))
        }
        (None, None) => match kept {
            Some(kept) if kept.is_checked => Ok(Some(kept)),
            kept => Ok(offered.into_iter().next().map_or(kept, |key| envelope(key, false))),
        },
    }
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
            "messages are sealed for a key that only the server named; compare its fingerprint with the holder, {}, and then \
             run: peerbox contact add {} --replace --seal-to '{}'",
            fingerprint::of(&to.key),
            contact.name,
            to.key
        )),
    }
}
