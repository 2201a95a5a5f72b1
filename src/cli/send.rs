//! `send`: a text, standard input or files become messages of a contact's channel.

use std::fs;
use std::io::{IsTerminal, Read, stdin};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cli::arguments::Send;
use crate::cli::exit::CommandError;
use crate::cli::letters::{Form, Printer};
use crate::cli::{output, reach};
use crate::client::channel::{Channel, Outgoing, Stored};
use crate::client::contact::{Contact, Sealing};
use crate::client::contacts::Contacts;
use crate::client::letter;
use crate::client::listener::Listener;
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::domain::file_name;
use crate::domain::message::ContentType;
use crate::domain::time::Clock;

/// What a text is unless somebody says otherwise.
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The most bytes of one message that are read; servers take far fewer.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Something to send.
struct Piece {
    content_type: String,
    body: Vec<u8>,
}

pub(super) async fn run(send: Send, environment: &Environment) -> Result<()> {
    let contacts = reach::contacts(environment)?;
    let contact = contacts.find(&send.name)?;
    let channel = reach::channel(&contact, &send.reach)?;
    if !send.plain {
        require_other_side(&contact, &channel).await?;
        require_key_in_use(&contact, &channel).await?;
    }
    let mut pieces = Vec::new();
    for file in &send.file {
        pieces.push(of_file(file, send.content_type.as_deref())?);
    }
    if let Some(text) = send.text.as_ref().filter(|text| *text != "-") {
        pieces.insert(0, of_bytes(text.clone().into_bytes(), send.content_type.as_deref())?);
    } else if pieces.is_empty() || send.text.is_some() {
        pieces.insert(0, of_standard_input(send.content_type.as_deref())?);
    }
    let (all, mut last) = (pieces.len(), 0);
    for (index, piece) in pieces.iter().enumerate() {
        let stored = one(&contacts, &send, piece, &channel).await?;
        let told = if send.json {
            output::line(&json!({"sequence": stored.sequence, "received": stored.received}).to_string())
        } else {
            output::line(&stored.sequence.to_string())
        };
        told.with_context(|| format!("message {} is sent, and only telling so failed", stored.sequence))?;
        if all > 1 {
            output::say(&format!("{} of {all} sent", index + 1));
        }
        last = stored.sequence;
    }
    match send.wait_answer {
        Some(longest) => answer(&send, environment, (&contact, &channel), last, longest).await,
        None => Ok(()),
    }
}

/// Waits for what somebody else writes behind that message, and prints it.
async fn answer(
    send: &Send,
    environment: &Environment,
    (contact, channel): (&Contact, &Channel),
    after: u64,
    longest: Duration,
) -> Result<()> {
    let mut listener = Listener::new(channel, after, !contact.is_ours);
    let message = tokio::time::timeout(longest, listener.next_message()).await;
    let Ok(message) = message else {
        bail!(CommandError::NoAnswer(contact.name.to_string()));
    };
    let form = if send.json { Form::Json } else { Form::Text };
    Printer::new(form, None, environment)?.print(contact, &letter::opened(message?, contact), false)
}

/// Refuses to seal for a key that the holder does not use any more, as the pages do: it may have fallen into other hands.
async fn require_key_in_use(contact: &Contact, channel: &Channel) -> Result<()> {
    let of_the_pages = contact.seal_to.as_ref().filter(|to| to.sealing == Sealing::Envelope);
    let Some(to) = of_the_pages.filter(|_| contact.is_ours && !contact.is_holder) else { return Ok(()) };
    if channel.reception().await?.is_none_or(|it| it.keys().any(|key| key == to.key)) {
        return Ok(());
    }
    let name = &contact.name;
    bail!(CommandError::NotOpened(format!(
        "the holder of {name} does not use the key any more that messages are sealed for: ask for a new link, and give it to \
         `peerbox contact add {name} --replace`; or pass --plain"
    )))
}

/// Refuses what only the sender could open, and what would go unsealed from whoever has sealed messages sent.
async fn require_other_side(contact: &Contact, channel: &Channel) -> Result<()> {
    let own_key_only = contact.is_holder && contact.seal_to.is_none();
    let is_sealed_for_us = contact.seals_for_itself();
    if is_sealed_for_us || (own_key_only && channel.reception().await?.is_some_and(|it| it.key.is_some())) {
        bail!(CommandError::Usage(format!(
            "{0} is your own channel, and the key there is your own, which nobody else opens: name the key of the \
             other side with `peerbox contact add {0} --replace --seal-to KEY`, or pass --plain",
            contact.name
        )));
    }
    Ok(())
}

/// Sends one. A number that a message had which surely did not arrive goes to the next, or the other side
/// would miss one.
async fn one(contacts: &Contacts, send: &Send, piece: &Piece, channel: &Channel) -> Result<Stored> {
    let (outgoing, number) = packed(contacts, send, piece)?;
    let outcome = channel.write(&outgoing).await;
    if let (Some(number), Err(error)) = (number, &outcome)
        && error.is_before_all()
    {
        let mut changing = contacts.change()?;
        let mut contact = changing.find(&send.name)?;
        if contact.sent == number {
            contact.sent -= 1;
            changing.put(&contact)?;
        }
    }
    Ok(outcome?)
}

/// What goes out, and which number it has. Numbers are taken while nobody else takes one, and kept before they are used.
fn packed(contacts: &Contacts, send: &Send, piece: &Piece) -> Result<(Outgoing, Option<u64>)> {
    let sealed = |contact: &mut _| {
        letter::sealed(contact, &piece.content_type, &piece.body, send.plain, SystemClock.now())
    };
    let mut contact = contacts.find(&send.name)?;
    if send.plain || !letter::is_numbered(&contact) {
        return Ok((sealed(&mut contact)?, None));
    }
    let mut changing = contacts.change()?;
    contact = changing.find(&send.name)?;
    contact.sent += 1;
    let outgoing = sealed(&mut contact)?;
    changing.put(&contact)?;
    Ok((outgoing, Some(contact.sent)))
}

fn of_file(path: &Path, content_type: Option<&str>) -> Result<Piece> {
    let unreadable = |error| CommandError::Usage(format!("--file {}: {error}", path.display()));
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut body = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut body).map_err(unreadable)?;
    let guessed = mime_guess::from_path(path).first_raw().unwrap_or(BYTES);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let content_type = file_name::with_name(content_type.unwrap_or(guessed), &name);
    judged(Piece { content_type, body }, &path.display().to_string())
}

fn of_standard_input(content_type: Option<&str>) -> Result<Piece> {
    if stdin().is_terminal() {
        output::say("type the message, and end it with Ctrl-D on a line of its own");
    }
    let mut body = Vec::new();
    let read = stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut body);
    read.context("cannot read standard input")?;
    of_bytes(body, content_type)
}

fn of_bytes(body: Vec<u8>, content_type: Option<&str>) -> Result<Piece> {
    let usual = if str::from_utf8(&body).is_ok() { TEXT } else { BYTES };
    judged(Piece { content_type: content_type.unwrap_or(usual).to_owned(), body }, "the message")
}

fn judged(piece: Piece, what: &str) -> Result<Piece> {
    if piece.body.is_empty() {
        bail!(CommandError::Usage(format!("{what} is empty, and no server takes an empty message")));
    }
    if piece.body.len() as u64 > MOST_BYTES {
        bail!(CommandError::Usage(format!("{what} is longer than any server takes")));
    }
    if let Err(wrong) = ContentType::new(&piece.content_type) {
        bail!(CommandError::Usage(format!("--type: {wrong}")));
    }
    Ok(piece)
}
