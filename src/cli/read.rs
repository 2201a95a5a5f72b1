//! `read`: what is in a contact's channel, opened where there is a key for it.

use anyhow::{Result, bail};

use crate::cli::arguments::Read;
use crate::cli::exit::CommandError;
use crate::cli::letters::{Form, Printer};
use crate::cli::reach;
use crate::client::channel::Channel;
use crate::client::contact::Contact;
use crate::client::letter::{self, Letter};
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
    let mut closed = 0;
    let mut left = read.limit.unwrap_or(usize::MAX);
    let mut after = read.after;
    while left > 0 {
        let (page, more) = channel.page(after, read.unread).await?;
        for message in page.into_iter().take(left) {
            left -= 1;
            after = message.sequence;
            closed +=
                u64::from(one(&read, &contact, &channel, &printer, letter::opened(message, &contact)).await?);
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
    Ok(())
}

/// Prints one and marks it. Says whether it should have opened and did not: that one stays unread.
async fn one(
    read: &Read,
    contact: &Contact,
    channel: &Channel,
    printer: &Printer,
    letter: Letter,
) -> Result<bool> {
    printer.print(contact, &letter)?;
    let is_closed = letter.state.is_failure();
    if read.mark && !is_closed && letter.author.as_deref() != Some("own") {
        channel.mark(letter.sequence, false).await?;
    }
    Ok(is_closed)
}
