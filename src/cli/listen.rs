//! `listen`: what contacts write, as it comes, printed or handed to a command.

use std::cell::Cell;
use std::io::{self, ErrorKind, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::cli::arguments::Listen;
use crate::cli::letters::{Form, MISPLACED, Printer, file_name_of};
use crate::cli::output::OutputClosed;
use crate::cli::{output, reach};
use crate::client::channel::Channel;
use crate::client::contact::{Contact, Heard};
use crate::client::contacts::Contacts;
use crate::client::letter::{self, Letter, State};
use crate::client::listener::Listener;
use crate::client::numbers::{self, Numbers};
use crate::client::wire::Pauses;
use crate::config::{Environment, OF_A_MESSAGE};

pub(super) async fn run(listen: Listen, environment: &Environment) -> Result<()> {
    let contacts = reach::contacts(environment)?;
    let printer = Printer::new(if listen.json { Form::Json } else { Form::Text }, None, environment)?;
    let mut ears = Vec::new();
    for name in &listen.names {
        let contact = contacts.find(name)?;
        let channel = reach::channel(&contact, &listen.reach)?;
        ears.push((contact, channel));
    }
    let left = &Cell::new(listen.count.unwrap_or(u64::MAX));
    let all = ears.iter().map(|(contact, channel)| {
        let ear = Ear { listen: &listen, contacts: &contacts, contact, channel, printer: &printer };
        async move { ear.hear(left).await.map_err(|error| (contact, error)) }
    });
    let mut all: FuturesUnordered<_> = all.collect();
    let mut failed = None;
    while let Some(ended) = all.next().await {
        match ended {
            // There were enough messages of all together.
            Ok(()) => return Ok(()),
            Err((_, error)) if error.is::<OutputClosed>() => return Err(error),
            // The others are listened to further.
            Err((contact, error)) => {
                if !all.is_empty() {
                    output::say(&format!("{} is not listened to any more: {error:#}", contact.name));
                }
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Who listens to one contact.
struct Ear<'a> {
    listen: &'a Listen,
    contacts: &'a Contacts,
    contact: &'a Contact,
    channel: &'a Channel,
    printer: &'a Printer,
}

impl Ear<'_> {
    async fn hear(&self, left: &Cell<u64>) -> Result<()> {
        let Self { listen, contact, channel, .. } = self;
        let what = || format!("listening to {}", contact.name);
        let after = match (listen.mark, listen.since) {
            (true, _) => 0,
            (false, Some(since)) => since,
            (false, None) => channel.last().await.with_context(what)?,
        };
        output::say(&format!("{} has begun", what()));
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
        while left.get() > 0 {
            let letter = letter::opened(listener.next_message().await.with_context(what)?, contact);
            let sequence = letter.sequence;
            let warn = |of_it: &str| output::say(&format!("message {sequence} of {} {of_it}", contact.name));
            if letter.state.is_failure() {
                warn("does not open and stays unread");
                continue;
            }
            let is_misplaced = numbers.is_misplaced(&letter);
            if is_misplaced {
                warn(MISPLACED);
            }
            match &listen.exec {
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
                None => self.printer.print(contact, &letter, is_misplaced)?,
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
        let is_proven = proven(self.contact, letter) != "no";
        if !is_proven && self.listen.unproven {
            output::say(&format!(
                "message {} of {} does not prove to come from a holder of the link",
                letter.sequence, self.contact.name
            ));
        }
        is_proven || self.listen.unproven
    }

    /// Keeps which letter the command was run for, so that none is run again in another place.
    fn remember(&self, heard: Option<Heard>) -> Result<()> {
        let Some(heard) = heard else { return Ok(()) };
        let mut changing = self.contacts.change()?;
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
