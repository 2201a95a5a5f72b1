//! `read`: what is in a contact's channel, opened where there is a key for it.

use anyhow::{Result, bail};

use crate::cli::arguments::Read;
use crate::cli::exit::CommandError;
use crate::cli::letters::{Form, MISPLACED, Printer};
use crate::cli::{output, reach};
use crate::client::channel::Channel;
use crate::client::contact::Contact;
use crate::client::letter::{self, Letter, State};
use crate::client::numbers::{Numbers, Place};
use crate::config::Environment;
use crate::domain::plural::counted;

pub(super) async fn run(read: Read, environment: &Environment) -> Result<()> {
    let contact = reach::contacts(environment)?.find(&read.name)?;
    let channel = reach::channel(&contact, &read.reach)?;
    let form = match (read.json, read.raw) {
        (true, _) => Form::Json,
        (_, true) => Form::Raw,
        _ => Form::Text,
    };
    let printer = Printer::new(form, read.out.as_deref(), environment)?;
    let reader = Reader { read: &read, contact: &contact, channel: &channel, printer: &printer };
    let (mut closed, mut damaged, mut numbers) = (0, 0, Numbers::afresh());
    let mut left = read.limit.unwrap_or(usize::MAX);
    let mut after = read.after;
    while left > 0 {
        let (page, more) = channel.page(after, read.unread).await?;
        for message in page.into_iter().take(left) {
            left -= 1;
            after = message.sequence;
            let letter = letter::opened(message, &contact);
            reader.one(&letter, numbers.place_of(&letter) != Place::Next).await?;
            closed += u64::from(letter.state.is_failure());
            damaged += u64::from(letter.state == State::Damaged);
        }
        if !more {
            break;
        }
    }
    if closed > 0 {
        let them = if closed == 1 { "is" } else { "are" };
        bail!(CommandError::NotOpened(format!(
            "{} {them} sealed for a key that is not here, or by a newer program",
            counted(closed, "message")
        )));
    }
    if damaged > 0 {
        bail!(CommandError::Lost(damaged));
    }
    Ok(())
}

/// Who reads.
struct Reader<'a> {
    read: &'a Read,
    contact: &'a Contact,
    channel: &'a Channel,
    printer: &'a Printer,
}

impl Reader<'_> {
    /// Prints one and marks it. What another key or program may open stays unread; what is damaged nothing opens.
    async fn one(&self, letter: &Letter, is_misplaced: bool) -> Result<()> {
        self.printer.print(self.contact, letter, is_misplaced)?;
        if is_misplaced {
            output::say(&format!("message {} {MISPLACED}", letter.sequence));
        }
        if self.read.mark && !letter.state.is_failure() && letter.author.as_deref() != Some("own") {
            self.channel.mark(letter.sequence, false).await?;
        }
        Ok(())
    }
}
