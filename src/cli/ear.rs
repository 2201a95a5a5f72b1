//! Who listens to one channel: what comes there is printed or handed to a command.

use std::cell::Cell;
use std::io::{self, ErrorKind, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::Notify;

use crate::cli::arguments::Listen;
use crate::cli::letters::{MISPLACED, Printer, file_name_of};
use crate::cli::output;
use crate::client::channel::Channel;
use crate::client::contact::{Contact, Heard};
use crate::client::contacts::Contacts;
use crate::client::letter::{self, Letter, State};
use crate::client::listener::Listener;
use crate::client::numbers::{self, Numbers, Place};
use crate::client::wire::Pauses;
use crate::config::OF_A_MESSAGE;

/// What all have in common who listen.
pub(super) struct Setting<'a> {
    pub(super) listen: &'a Listen,
    pub(super) contacts: &'a Contacts,
    pub(super) printer: &'a Printer,
}

/// Who listens to one contact.
pub(super) struct Ear<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) contact: Contact,
    pub(super) channel: Channel,
    /// What wakes it where it has no socket of its own.
    pub(super) bell: Option<Rc<Notify>>,
    /// The last message that is done with; at first after which it begins, where that is known.
    pub(super) after: Cell<Option<u64>>,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was printed, or its command ended with 0.
    Done,
    /// Nothing is to be done with it any more: its command ended with 0 before, or nobody can read it.
    Over,
    /// It may be read later, with another key or by a person.
    LeftUnread,
}

impl Ear<'_> {
    /// Hears until there were enough messages of all together.
    pub(super) async fn hear(&self, left: &Cell<u64>) -> Result<()> {
        let Self { setting: Setting { listen, .. }, contact, channel, bell, .. } = self;
        let what = || format!("listening to {}", contact.name);
        let after = match (self.after.get(), listen.mark) {
            (Some(after), _) => after,
            (None, true) => 0,
            (None, false) => channel.last().await.with_context(what)?,
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
        if let Some(bell) = bell {
            listener = listener.woken_by(Rc::clone(bell));
        }
        while left.get() > 0 {
            let letter = letter::opened(listener.next_message().await.with_context(what)?, contact);
            let sequence = letter.sequence;
            let place = numbers.place_of(&letter);
            let fate = self.handle(letter, place).await?;
            self.after.set(Some(sequence));
            if listen.mark && fate != Fate::LeftUnread {
                channel.mark_however_long(sequence).await.with_context(what)?;
            }
            if fate == Fate::Done {
                left.set(left.get().saturating_sub(1));
            }
        }
        Ok(())
    }

    /// Prints a letter or runs the command for it, where it is what it should be.
    async fn handle(&self, letter: Letter, place: Place) -> Result<Fate> {
        let Self { setting: Setting { listen, printer, .. }, contact, .. } = self;
        let warn =
            |of_it: &str| output::say(&format!("message {} of {} {of_it}", letter.sequence, contact.name));
        if letter.state == State::Damaged {
            // It would be met again for ever, and no key opens it.
            warn("is damaged at its server: nobody can read it any more");
            return Ok(Fate::Over);
        }
        if letter.state.is_failure() {
            warn("does not open and stays unread");
            return Ok(Fate::LeftUnread);
        }
        let is_misplaced = place == Place::Wrong;
        if is_misplaced {
            warn(MISPLACED);
        }
        match &listen.exec {
            // The command ended with 0 for it, and it could not be marked any more.
            Some(_) if place == Place::Again => return Ok(Fate::Over),
            Some(_) if is_misplaced => {
                warn("is not handed to the command and stays unread");
                return Ok(Fate::LeftUnread);
            }
            Some(_) if !self.may_run(&letter) => {
                warn(
                    "does not prove to come from a holder of the link: it is not handed to the command, and stays unread",
                );
                return Ok(Fate::LeftUnread);
            }
            Some(command) => {
                let heard = numbers::heard(&letter);
                until_done(command, contact, letter).await?;
                self.remember(heard)?;
            }
            None => printer.print(contact, &letter, is_misplaced)?,
        }
        Ok(Fate::Done)
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
