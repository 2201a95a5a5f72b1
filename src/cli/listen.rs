//! `listen`: what contacts write, as it comes, printed or handed to a command.

use std::cell::Cell;
use std::collections::HashSet;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;

use crate::cli::arguments::Listen;
use crate::cli::ear::{Ear, Setting};
use crate::cli::exit::CommandError;
use crate::cli::letters::{Form, Printer};
use crate::cli::output::OutputClosed;
use crate::cli::{output, reach};
use crate::client::account::{Account, AccountChannel};
use crate::client::address::Address;
use crate::client::all_channels::{AllChannels, Found};
use crate::client::contact::{Contact, ContactName};
use crate::client::error::ClientError;
use crate::client::wire::Pauses;
use crate::config::Environment;
use crate::domain::secret::BearerToken;

/// Channels that are listened to at once. Each says whether there were enough messages of all together.
type Ears<'a> = FuturesUnordered<LocalBoxFuture<'a, Result<bool>>>;

pub(super) async fn run(mut listen: Listen, environment: &Environment) -> Result<()> {
    if listen.all_channels && listen.since.is_some() {
        bail!(CommandError::Usage(
            "--since goes with a contact: with --all-channels each channel counts its messages for itself; --mark begins with \
             what is unread"
                .to_owned()
        ));
    }
    if listen.all_channels {
        // Every try is made again however long it takes, and one channel's keep no other from its turn.
        listen.reach.retry_for = Duration::ZERO;
    }
    // Each contact once, or each of its messages came twice.
    let mut seen = HashSet::new();
    listen.names.retain(|name| seen.insert(name.clone()));
    let contacts = reach::contacts(environment)?;
    let mut printer = Printer::new(if listen.json { Form::Json } else { Form::Text }, None, environment)?;
    if listen.all_channels || listen.names.len() > 1 {
        printer = printer.of_several();
    }
    let setting = Setting { listen: &listen, contacts: &contacts, printer: &printer };
    let left = Cell::new(listen.count.unwrap_or(u64::MAX));
    if listen.all_channels {
        let account = reach::account(&listen.account, &listen.reach, environment)?;
        let known = contacts.list()?;
        return Channels { setting: &setting, account: &account, known: &known, left: &left }.hear().await;
    }
    named(&setting, &left).await
}

/// Listens to the contacts that were named.
async fn named(setting: &Setting<'_>, left: &Cell<u64>) -> Result<()> {
    let mut ears = FuturesUnordered::new();
    for name in &setting.listen.names {
        let contact = setting.contacts.find(name)?;
        let channel = reach::channel(&contact, &setting.listen.reach)?;
        let ear = Ear { setting, contact, channel, bell: None, after: Cell::new(setting.listen.since) };
        ears.push(async move { (ear.hear(left).await, ear.contact.name) });
    }
    let mut failed = None;
    while let Some((ended, name)) = ears.next().await {
        let Err(error) = ended else { return Ok(()) };
        if error.is::<OutputClosed>() {
            return Err(error);
        }
        // The others are listened to further.
        if !ears.is_empty() {
            output::say(&format!("{name} is not listened to any more: {error:#}"));
        }
        failed.get_or_insert(error);
    }
    failed.map_or(Ok(()), Err)
}

/// All channels of an account.
struct Channels<'a> {
    setting: &'a Setting<'a>,
    account: &'a Account,
    known: &'a [Contact],
    left: &'a Cell<u64>,
}

impl Channels<'_> {
    /// Listens to whatever channels the account has.
    async fn hear(&self) -> Result<()> {
        let (found, mut channels) = unbounded_channel();
        let hearing = AllChannels::new(self.account, found);
        let mut hearing = pin!(hearing.hear());
        let mut ears = Ears::new();
        loop {
            tokio::select! {
                error = &mut hearing => return Err(error.into()),
                Some(found) = channels.recv() => ears.push(Box::pin(self.stay(found))),
                Some(ended) = ears.next() => if ended? { return Ok(()) },
            }
        }
    }

    /// Listens to a channel for as long as it is there, whatever fails meanwhile.
    async fn stay(&self, found: Found) -> Result<bool> {
        let Found { mut channel, bell, was_there } = found;
        let begins_after = if was_there && !self.setting.listen.mark { channel.head } else { 0 };
        let (mut after, mut pauses, mut said) = (begins_after, Pauses::default(), String::new());
        loop {
            let before = after;
            let error = match self.once(&channel, &bell, &mut after).await {
                Ok(is_enough) => return Ok(is_enough),
                Err(error) if error.is::<OutputClosed>() => return Err(error),
                Err(error) => error,
            };
            if after > before {
                pauses = Pauses::default();
                said.clear();
            }
            self.tell(&channel, &error, &mut said)?;
            tokio::time::sleep(pauses.next_pause()).await;
            match self.account.channel(&channel.id).await {
                Ok(now) => channel = now,
                Err(ClientError::Refused { status: 403 | 404, .. }) => return Ok(false),
                Err(_told_by_the_account) => {}
            }
        }
    }

    /// The same until something fails. Without a token of the holder's there is nothing to listen with.
    async fn once(&self, channel: &AccountChannel, bell: &Rc<Notify>, after: &mut u64) -> Result<bool> {
        let Some(token) = self.account.own_token(channel).await? else {
            let why = "its Owner token was revoked, so nothing tells your own messages from those of others";
            output::say(&format!("{} is not listened to: {why}", self.name_of(channel)?));
            return Ok(false);
        };
        let contact = self.as_holder(channel, token)?;
        let ear = Ear {
            setting: self.setting,
            channel: self.account.opened(&contact),
            contact,
            bell: Some(Rc::clone(bell)),
            after: Cell::new(Some(*after)),
        };
        let outcome = ear.hear(self.left).await;
        *after = ear.after.get().unwrap_or(*after);
        outcome.map(|()| true)
    }

    /// Says once what is tried again.
    fn tell(&self, channel: &AccountChannel, error: &anyhow::Error, said: &mut String) -> Result<()> {
        match error.downcast_ref::<ClientError>() {
            // That is so of all channels.
            Some(error) if error.is_passing() => self.account.tries_again(error),
            _ => {
                let words = format!("{error:#}; trying again");
                if *said != words {
                    output::say(&format!("{}: {words}", self.name_of(channel)?));
                    *said = words;
                }
            }
        }
        Ok(())
    }

    /// A channel as its holder: as the contact that has this very token, else under the name of the one that has another.
    fn as_holder(&self, channel: &AccountChannel, token: BearerToken) -> Result<Contact> {
        let address = self.address_of(channel)?;
        let own = self.known.iter().find(|one| one.address == address && one.token.as_ref() == Some(&token));
        match own {
            Some(contact) => Ok(Contact { is_ours: true, is_holder: true, ..contact.clone() }),
            None => Ok(Contact::of_own_channel(self.name_of(channel)?, address, token)),
        }
    }

    fn name_of(&self, channel: &AccountChannel) -> Result<ContactName> {
        let address = self.address_of(channel)?;
        let known = self.known.iter().find(|one| one.address == address);
        known.map_or_else(|| Ok(ContactName::of_channel(&channel.id)?), |one| Ok(one.name.clone()))
    }

    fn address_of(&self, channel: &AccountChannel) -> Result<Address> {
        Ok(Address::parse(&self.account.address_of(&channel.id))?)
    }
}
