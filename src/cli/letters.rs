//! How messages are printed: for people, for programs, or into files of their own.

use std::fs;
use std::io::{ErrorKind, IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use crate::cli::output;
use crate::client::contact::Contact;
use crate::client::letter::{Letter, State};
use crate::config::Environment;
use crate::domain::content::{self, Content};
use crate::domain::file_name;
use crate::domain::plural::counted;

/// The longest name of a file, in characters; its ending stays.
const LONGEST_NAME: usize = 80;

/// What lines begin with that somebody else wrote.
const INDENT: &str = "  ";

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    Raw,
}

/// Prints messages in one form.
pub(super) struct Printer {
    form: Form,
    folder: Option<PathBuf>,
    bold: bool,
    /// Whether messages of several contacts are printed, so that each says whose it is.
    names: bool,
}

impl Printer {
    /// `folder` takes a file for each message.
    pub(super) fn new(form: Form, folder: Option<&Path>, environment: &Environment) -> Result<Self> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let bold = stdout().is_terminal() && environment.takes_colour();
        Ok(Self { form, folder: folder.map(Path::to_owned), bold, names: false })
    }

    /// Each message says whose it is.
    #[must_use]
    pub(super) fn of_several(mut self) -> Self {
        self.names = true;
        self
    }

    /// Prints one message.
    pub(super) fn print(&self, contact: &Contact, letter: &Letter, is_misplaced: bool) -> Result<()> {
        let file = self.folder.as_deref().filter(|_| letter.state.is_readable());
        let file = file.map(|folder| written(folder, letter)).transpose()?;
        match self.form {
            Form::Json => output::line(&in_json(contact, letter, is_misplaced, file.as_deref()).to_string()),
            Form::Raw if letter.state.is_readable() => output::raw(&letter.body),
            // What is on standard output is bytes, or paths, and nothing else.
            _ if file.is_none() && (self.form == Form::Raw || self.folder.is_some()) => {
                output::say(&format!("message {} is {}", letter.sequence, in_words(letter.state)));
                Ok(())
            }
            _ => match file {
                Some(file) => output::line(&file.display().to_string()),
                None => self.in_text(contact, letter),
            },
        }
    }

    /// A line of what is known, and the body below it, indented: nobody can write a line that looks like the first.
    fn in_text(&self, contact: &Contact, letter: &Letter) -> Result<()> {
        let mut head = format!("#{}  {}", letter.sequence, output::shown(&letter.received));
        if self.names {
            head = format!("{}  {head}", contact.name);
        }
        for part in [letter.author.as_deref(), Some(in_words(letter.state))].into_iter().flatten() {
            head = format!("{head}  {}", output::shown(part));
        }
        output::line(&if self.bold { format!("\x1b[1m{head}\x1b[0m") } else { head })?;
        match text_of(letter) {
            Some(text) => output::line(&format!("{}\n", indented(text.trim_end()))),
            None if letter.state.is_readable() => output::line(&format!("{INDENT}{}\n", of_bytes(letter))),
            None => output::line(""),
        }
    }
}

/// What a message is that is not shown.
fn of_bytes(letter: &Letter) -> String {
    let (media, _) = letter.content_type.split_once(';').unwrap_or((&letter.content_type, ""));
    let name = file_name::name_of(&letter.content_type).map(|name| format!("{name}, ")).unwrap_or_default();
    let is_hidden = content::text_of(&letter.content_type, &letter.body).is_some();
    let why =
        if is_hidden { ", with signs in it that move a terminal's cursor or that nobody sees" } else { "" };
    format!(
        "({name}{}, {}{why}; `peerbox read --out DIR` writes it into a file)",
        output::shown(media.trim()),
        counted(letter.body.len() as u64, "byte"),
    )
}

/// What is known of who wrote a message and who could read it.
fn in_words(state: State) -> &'static str {
    match state {
        State::Open => "not sealed",
        State::Proven => "sealed, from a holder of the link",
        State::Wrong => "sealed, NOT from a holder of the link",
        State::Unproven => "sealed, and nothing proves by whom",
        State::Newer => "sealed by a newer program, which this one cannot open",
        State::Closed => "sealed for a key that is not here",
        State::Ours => "sealed by us, for the other side alone",
        State::Damaged => "damaged at its server, where nobody can read it any more",
    }
}

/// What is said behind the number of a letter that stands where it should not.
pub(super) const MISPLACED: &str =
    "is no newer than one before it: the server shows it a second time, or changed the order";

fn text_of(letter: &Letter) -> Option<String> {
    if !letter.state.is_readable() {
        return None;
    }
    let (content, text) = Content::with_text(&letter.content_type, &letter.body);
    let is_text = matches!(content, Content::Text | Content::Json);
    text.filter(|_| is_text).map(std::borrow::Cow::into_owned)
}

/// Lines of somebody else's, without what would move the terminal's cursor or turn text round.
fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("{INDENT}{}", output::shown(line)).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// A message as a line of JSON; text as text, and everything else in base64.
fn in_json(contact: &Contact, letter: &Letter, is_misplaced: bool, file: Option<&Path>) -> Value {
    let mut line = Map::new();
    line.insert("contact".to_owned(), contact.name.as_str().into());
    line.insert("sequence".to_owned(), letter.sequence.into());
    line.insert("received".to_owned(), letter.received.as_str().into());
    line.insert("author".to_owned(), letter.author.as_deref().into());
    line.insert("state".to_owned(), letter.state.as_str().into());
    line.insert("content_type".to_owned(), letter.content_type.as_str().into());
    if let Some(number) = letter.number {
        line.insert("number".to_owned(), number.into());
    }
    if is_misplaced {
        line.insert("misplaced".to_owned(), true.into());
    }
    if let Some(at) = &letter.at {
        line.insert("at".to_owned(), at.as_str().into());
    }
    match (file, text_of(letter)) {
        (Some(file), _) => line.insert("file".to_owned(), file.display().to_string().into()),
        (None, Some(text)) => line.insert("text".to_owned(), text.into()),
        // Nothing is left of it, which is not the same as an empty message.
        (None, None) if letter.state == State::Damaged => None,
        (None, None) => {
            line.insert("payload".to_owned(), base64_simd::STANDARD.encode_to_string(&letter.body).into())
        }
    };
    Value::Object(line)
}

/// Writes a message into a file of its own, whole or not at all. A file that is there already stays, and has to hold the
/// same: another contact may have one of that name.
fn written(folder: &Path, letter: &Letter) -> Result<PathBuf> {
    let path = folder.join(file_name_of(letter));
    let cannot = || format!("cannot write {}", path.display());
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    file.write_all(&letter.body).and_then(|()| file.as_file().sync_all()).with_context(cannot)?;
    match file.persist_noclobber(&path) {
        Ok(_file) => {}
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
            if fs::read(&path).with_context(cannot)? != letter.body {
                bail!("{} is there already and holds something else; name another folder", path.display());
            }
        }
        Err(refused) => return Err(refused.error).with_context(cannot),
    }
    Ok(path)
}

/// A name that is no path, begins with the message's number, and says what it is.
pub(super) fn file_name_of(letter: &Letter) -> String {
    let number = letter.sequence;
    if let Some(name) = file_name::name_of(&letter.content_type) {
        let count = name.chars().count();
        let name: String = name.chars().skip(count.saturating_sub(LONGEST_NAME)).collect();
        return format!("{number}-{name}");
    }
    let media = content::media_type(&letter.content_type);
    let ending = match content::text_of(&letter.content_type, &letter.body) {
        Some(_) if media == "text/plain" => "txt",
        // Hundreds of endings are of that type.
        _ if media == "application/octet-stream" => "bin",
        _ => mime_guess::get_mime_extensions_str(&media).and_then(|all| all.first()).unwrap_or(&"bin"),
    };
    format!("{number}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_safe_names() {
        let check = |content_type: &str, expected: &str| {
            let letter = Letter {
                sequence: 12,
                received: String::new(),
                author: None,
                content_type: content_type.to_owned(),
                body: b"text".to_vec(),
                state: State::Open,
                number: None,
                at: None,
            };
            assert_eq!(file_name_of(&letter), expected, "{content_type}");
        };
        check("text/plain; charset=utf-8", "12.txt");
        check("application/pdf", "12.pdf");
        check("application/pdf; name=\"../../.bashrc\"", "12-.bashrc");
        check("a/b; name=\"x y.pdf\"", "12-x y.pdf");
        check("strange/thing", "12.bin");
        check("application/octet-stream", "12.bin");
    }
}
