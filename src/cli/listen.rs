//! `listen`: what contacts write, as it comes, printed or handed to a command.

use std::cell::Cell;
use std::io::{self, ErrorKind, Write};
use std::pin::pin;
use std::process::{Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;

use crate::cli::arguments::Listen;
use crate::cli::letters::{Form, MISPLACED, Printer, file_name_of};
use crate::cli::output::OutputClosed;
use crate::cli::{output, reach};
use crate::client::account::Account;
use crate::client::address::Address;
use crate::client::all_channels::{AllChannels, Found};
use crate::client::channel::Channel;
use crate::client::contact::{Contact, ContactName, Heard};
use crate::client::contacts::Contacts;
use crate::client::letter::{self, Letter, State};
use crate::client::listener::Listener;
use crate::client::numbers::{self, Numbers, Place};
use crate::client::wire::Pauses;
use crate::config::{Environment, OF_A_MESSAGE};

pub(super) async fn run(listen: Listen, environment: &Environment) -> Result<()> {
    let contacts = reach::contacts(environment)?;
    let printer = Printer::new(if listen.json { Form::Json } else { Form::Text }, None, environment)?;
    let setting = Setting { listen: &listen, contacts: &contacts, printer: &printer };
    if listen.all_channels {
        return all_channels(&setting, environment).await;
    }
    let left = &Cell::new(listen.count.unwrap_or(u64::MAX));
    let mut ears = Ears::new();
    for name in &listen.names {
        let contact = contacts.find(name)?;
        let channel = reach::channel(&contact, &listen.reach)?;
        ears.push(Ear { setting: &setting, contact, channel, bell: None }.ends(left));
    }
    let mut failed = None;
    while let Some(ended) = ears.next().await {
        let Some((name, error)) = ended? else { return Ok(()) };
        // The others are listened to further.
        if !ears.is_empty() {
            output::say(&format!("{name} is not listened to any more: {error:#}"));
        }
        failed.get_or_insert(error);
    }
    failed.map_or(Ok(()), Err)
}

/// Listens to whatever channels the account has.
async fn all_channels(setting: &Setting<'_>, environment: &Environment) -> Result<()> {
    let account = reach::account(&setting.listen.account, &setting.listen.reach, environment)?;
    let (found, mut channels) = unbounded_channel();
    let hearing = AllChannels::new(&account, found);
    let mut hearing = pin!(hearing.hear());
    let left = &Cell::new(setting.listen.count.unwrap_or(u64::MAX));
    let mut ears = Ears::new();
    loop {
        tokio::select! {
            error = &mut hearing => return Err(error.into()),
            Some(found) = channels.recv() => match setting.ear_of(&account, found)? {
                Some(ear) => ears.push(ear.ends(left)),
                None => output::say("a channel without a token that may read is not listened to"),
            },
            Some(ended) = ears.next() => match ended? {
                None => return Ok(()),
                Some((name, error)) => output::say(&format!("{name} is not listened to any more: {error:#}")),
            },
        }
    }
}

type Ears<'a> = FuturesUnordered<LocalBoxFuture<'a, Result<Option<(ContactName, anyhow::Error)>>>>;

/// What all have in common who listen.
struct Setting<'a> {
    listen: &'a Listen,
    contacts: &'a Contacts,
    printer: &'a Printer,
}

impl<'a> Setting<'a> {
    /// Who listens to a channel of one's own: as to the contact that it is, else by its first token.
    fn ear_of(&'a self, account: &Account, found: Found) -> Result<Option<Ear<'a>>> {
        let Found { channel, bell, was_there } = found;
        let address = Address::parse(&account.address_of(&channel.id))?;
        let known = self.contacts.list()?.into_iter().find(|one| one.address == address);
        let token = channel.access_tokens.iter().find(|token| token.can_read);
        let contact = match (known, token) {
            (Some(contact), _) => contact,
            (None, Some(token)) => Contact::of_own_channel(&channel.id, address, &token.token)?,
            (None, None) => return Ok(None),
        };
        let channel_of = reach::channel(&contact, &self.listen.reach)?;
        let after = if was_there { channel.head } else { 0 };
        Ok(Some(Ear { setting: self, contact, channel: channel_of, bell: Some((bell, after)) }))
    }
}

/// Who listens to one contact.
struct Ear<'a> {
    setting: &'a Setting<'a>,
    contact: Contact,
    channel: Channel,
    /// What wakes it where it has no socket of its own, and after which message it begins.
    bell: Option<(Rc<Notify>, u64)>,
}

impl<'a> Ear<'a> {
    /// Nothing when there were enough messages of all together, else what ended it. An error ends all others too.
    fn ends(self, left: &'a Cell<u64>) -> LocalBoxFuture<'a, Result<Option<(ContactName, anyhow::Error)>>> {
        Box::pin(async move {
            match self.hear(left).await {
                Ok(()) => Ok(None),
                Err(error) if error.is::<OutputClosed>() => Err(error),
                Err(error) => Ok(Some((self.contact.name, error))),
            }
        })
    }

    async fn hear(&self, left: &Cell<u64>) -> Result<()> {
        let Self { setting: Setting { listen, printer, .. }, contact, channel, bell } = self;
        let what = || format!("listening to {}", contact.name);
        let after = match (listen.mark, listen.since, bell) {
            (true, ..) => 0,
            (false, Some(since), _) => since,
            (false, None, Some((_, after))) => *after,
            (false, None, None) => channel.last().await.with_context(what)?,
        };
        if bell.is_none() {
            output::say(&format!("{} has begun", what()));
        }
        if listen.exec.is_some() && contact.secret.is_none() {
            output::say(&format!(
                "nothing proves who writes to {}: the command is run for all",
                contact.name
            ));
        }
        // Who begins at a number wants what was there before.
        let mut numbers = if listen.since.is_some() { Numbers::afresh() } else { Numbers::after(contact) };
        // Other servers do not say who wrote a message; what we wrote ourselves is never unread.
        let mut listener = Listener::new(channel, after, listen.mark || !contact.is_ours);
        if let Some((bell, _)) = bell {
            listener = listener.woken_by(Rc::clone(bell));
        }
        while left.get() > 0 {
            let letter = letter::opened(listener.next_message().await.with_context(what)?, contact);
            let sequence = letter.sequence;
            let warn = |of_it: &str| output::say(&format!("message {sequence} of {} {of_it}", contact.name));
            if letter.state.is_failure() {
                warn("does not open and stays unread");
                continue;
            }
            let place = numbers.place_of(&letter);
            let is_misplaced = place == Place::Wrong;
            if is_misplaced {
                warn(MISPLACED);
            }
            match &listen.exec {
                // The command ended with 0 for it, and it could not be marked any more.
                Some(_) if place == Place::Again => {}
                Some(_) if is_misplaced => {
                    warn("is not handed to the command and stays unread");
                    continue;
                }
                Some(_) if !self.may_run(&letter) => {
                    warn(
                        "does not prove to come from a holder of the link: it is not handed to the command, and stays unread",
                    );
                    continue;
                }
                Some(command) => {
                    let heard = numbers::heard(&letter);
                    until_done(command, contact, letter).await?;
                    self.remember(heard)?;
                }
                None => printer.print(contact, &letter, is_misplaced)?,
            }
            if listen.mark {
                channel.mark_however_long(sequence).await.with_context(what)?;
            }
            left.set(left.get().saturating_sub(1));
        }
        Ok(())
    }

    /// Whether a message comes from whom it should, or that is not wished for.
    fn may_run(&self, letter: &Letter) -> bool {
        let is_proven = proven(&self.contact, letter) != "no";
        if !is_proven && self.setting.listen.unproven {
            output::say(&format!(
                "message {} of {} does not prove to come from a holder of the link",
                letter.sequence, self.contact.name
            ));
        }
        is_proven || self.setting.listen.unproven
    }

    /// Keeps which letter the command was run for, so that none is run again in another place.
    fn remember(&self, heard: Option<Heard>) -> Result<()> {
        let Some(heard) = heard else { return Ok(()) };
        let mut changing = self.setting.contacts.change()?;
        let mut contact = changing.find(self.contact.name.as_str())?;
        if contact.heard.is_none_or(|last| last.number < heard.number) {
            contact.heard = Some(heard);
            changing.put(&contact)?;
        }
        Ok(())
    }
}

/// Whether a message comes from a holder of the link, in a word for commands.
fn proven(contact: &Contact, letter: &Letter) -> &'static str {
    match (&contact.secret, letter.state) {
        (None, _) => "none",
        (Some(_), State::Proven) => "yes",
        (Some(_), _) => "no",
    }
}

/// Runs the command for a message until it ends with 0.
async fn until_done(command: &str, contact: &Contact, letter: Letter) -> Result<()> {
    let (proven, mut pauses) = (proven(contact, &letter), Pauses::default());
    let letter = Arc::new(letter);
    loop {
        let (command, name, letter) = (command.to_owned(), contact.name.to_string(), Arc::clone(&letter));
        let sequence = letter.sequence;
        let ended = tokio::task::spawn_blocking(move || run_once(&command, &name, &letter, proven)).await?;
        match ended.context("the command cannot be run")? {
            status if status.success() => return Ok(()),
            status => output::say(&format!(
                "the command for message {sequence} of {} ended with {status}; it is run again",
                contact.name
            )),
        }
        tokio::time::sleep(pauses.next_pause()).await;
    }
}

fn run_once(command: &str, name: &str, letter: &Letter, proven: &str) -> io::Result<ExitStatus> {
    let sequence = letter.sequence.to_string();
    let file = file_name_of(letter);
    let said = [
        ("CONTACT", name),
        ("SEQUENCE", &sequence),
        ("RECEIVED", &letter.received),
        ("TYPE", &letter.content_type),
        ("STATE", letter.state.as_str()),
        ("AUTHOR", letter.author.as_deref().unwrap_or_default()),
        ("FILE", &file),
        ("PROVEN", proven),
    ];
    let said = said.map(|(name, value)| (format!("{OF_A_MESSAGE}{name}"), value.replace('\0', "")));
    let mut child = Command::new("sh").args(["-c", command]).envs(said).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        match input.write_all(&letter.body) {
            // It need not read it.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait()
}
