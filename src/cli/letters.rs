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
}

impl Printer {
    /// `folder` takes a file for each message.
    pub(super) fn new(form: Form, folder: Option<&Path>, environment: &Environment) -> Result<Self> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let bold = stdout().is_terminal() && environment.takes_colour();
        Ok(Self { form, folder: folder.map(Path::to_owned), bold })
    }

    /// Prints one message.
    pub(super) fn print(&self, contact: &Contact, letter: &Letter, is_misplaced: bool) -> Result<()> {
        let file = self.folder.as_deref().filter(|_| letter.state.is_readable());
        let file = file.map(|folder| written(folder, letter)).transpose()?;
        match self.form {
            Form::Json => output::line(&in_json(contact, letter, is_misplaced, file.as_deref()).to_string()),
            Form::Raw if letter.state.is_readable() => output::raw(&letter.body),
            Form::Raw => {
                output::say(&format!("message {} is {}", letter.sequence, in_words(letter.state)));
                Ok(())
            }
            Form::Text => self.in_text(letter, file.as_deref()),
        }
    }

    fn in_text(&self, letter: &Letter, file: Option<&Path>) -> Result<()> {
        if let Some(file) = file {
            return output::line(&file.display().to_string());
        }
        let mut head = format!("#{}  {}", letter.sequence, output::shown(&letter.received));
        for part in [letter.author.as_deref(), Some(in_words(letter.state))].into_iter().flatten() {
            head = format!("{head}  {}", output::shown(part));
        }
        output::line(&if self.bold { format!("\x1b[1m{head}\x1b[0m") } else { head })?;
        match text_of(letter) {
            Some(text) => output::line(&format!("{}\n", shown_lines(text.trim_end()))),
            None if letter.state.is_readable() => {
                let name = file_name::name_of(&letter.content_type).map(|name| format!(", {name}"));
                output::line(&format!(
                    "({}, {}{}; --out DIR writes it into a file)\n",
                    output::shown(&letter.content_type),
                    counted(letter.body.len() as u64, "byte"),
                    name.unwrap_or_default()
                ))
            }
            None => output::line(""),
        }
    }
}

/// What is known of who wrote a message and who could read it.
fn in_words(state: State) -> &'static str {
    match state {
        State::Open => "not sealed",
        State::Proven => "sealed, from a holder of the link",
        State::Wrong => "sealed, NOT from a holder of the link",
        State::Unproven => "sealed, by nobody knows whom",
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

/// Lines without what would move the terminal's cursor or turn text round.
fn shown_lines(text: &str) -> String {
    text.lines().map(output::shown).collect::<Vec<_>>().join("\n")
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
    let media = letter.content_type.split(';').next().unwrap_or_default().trim();
    let ending = match content::text_of(&letter.content_type, &letter.body) {
        Some(_) if media.eq_ignore_ascii_case("text/plain") => "txt",
        _ => mime_guess::get_mime_extensions_str(media).and_then(|all| all.first()).unwrap_or(&"bin"),
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
    }
}
