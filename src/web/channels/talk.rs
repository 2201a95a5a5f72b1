//! What was said in a channel, as its conversation shows it: days, turns of one author, messages.

use crate::domain::channel::Channel;
use crate::domain::content::{Content, is_prose, media_type, text_of};
use crate::domain::file_name::name_of;
use crate::domain::letter::SEALED;
use crate::domain::message::{Message, Sequence};
use crate::domain::size::size;
use crate::service::conversation::{AuthorName, Told};
use crate::web::words::days::{Day, day_of};
use crate::web::words::format::{Mark, Now, When, author_words, beginning, number};
use crate::web::words::json::{PARSED_BYTES, pretty, understood};
use crate::web::words::links::{Piece, pieces};
use crate::web::words::pictures::{Fitted, fitted};
use crate::web::words::sealed::Boxed;
use crate::web::words::snippet::snippet;

/// Characters of a text that are shown at once.
const SHOWN_CHARS: usize = 1500;

/// Bytes of a text that the page carries; a longer one has a page of its own.
const CARRIED_BYTES: usize = 32 * 1024;

/// The most pixels that a picture takes, across and down.
const PICTURE: (usize, usize) = (640, 256);

/// Messages of one author that follow each other within this time stand together.
const TURN_MS: i64 = 5 * 60 * 1000;

/// Messages of one author that follow each other closely.
pub struct Turn {
    pub own: bool,
    /// Whoever wrote it, so that the script knows whether a turn goes on: two may have one name.
    pub by: String,
    pub mark: Mark,
    pub author: String,
    pub received: When,
    /// Above it stands a line: from here on the messages are new.
    pub is_first_unread: bool,
    pub says: Vec<Say>,
}

/// One message.
pub struct Say {
    pub sequence: i64,
    /// Channel and sequence, as addresses of the message have them.
    pub path: String,
    pub unread: bool,
    pub starred: bool,
    pub archived: bool,
    pub received: When,
    pub content_type: String,
    /// Of the file that it is.
    pub name: Option<String>,
    pub size: String,
    /// For the holder's browser to try its keys on.
    pub boxed: Option<Boxed>,
    pub body: Presentation,
}

/// How a message is shown where it stands.
pub enum Presentation {
    /// Text with its links: what is shown at once, and what is shown on demand.
    Text {
        shown: Vec<Piece>,
        rest: Vec<Piece>,
        more: More,
    },
    /// Text that is source or markup.
    Source {
        text: String,
        more: More,
    },
    /// JSON in a line, and spread out.
    Json {
        line: String,
        text: String,
        more: More,
    },
    /// As large as it is shown, where that is known.
    Picture(Option<Fitted>),
    /// What a page sealed.
    Sealed,
    /// Anything else, by what it is called.
    File {
        word: String,
        icon: &'static str,
    },
    Damaged,
}

/// What of a text is not on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum More {
    Nothing,
    /// It is here, folded away: what opens it says how much it is.
    Folded(String),
    /// The message has to be opened.
    Elsewhere,
}

impl Say {
    /// Whether the page can copy it: its text stands here as a whole.
    pub fn is_copyable(&self) -> bool {
        match &self.body {
            Presentation::Text { more, .. }
            | Presentation::Source { more, .. }
            | Presentation::Json { more, .. } => *more != More::Elsewhere,
            Presentation::Picture(_)
            | Presentation::Sealed
            | Presentation::File { .. }
            | Presentation::Damaged => false,
        }
    }

    /// Whether it stands as the name of a file, and nothing of what is in it.
    pub fn is_file_row(&self) -> bool {
        matches!(&self.body, Presentation::Sealed | Presentation::File { .. } | Presentation::Damaged)
    }

    /// Whether only the message's own page has all of it.
    pub fn is_elsewhere(&self) -> bool {
        matches!(
            &self.body,
            Presentation::Text { more: More::Elsewhere, .. }
                | Presentation::Source { more: More::Elsewhere, .. }
                | Presentation::Json { more: More::Elsewhere, .. }
        )
    }
}

/// Puts messages into turns and days. `first_unread` is where the new ones begin.
pub fn days(
    told: &[Told],
    channel: &Channel,
    first_unread: Option<Sequence>,
    now: Now<'_>,
) -> Vec<Day<Turn>> {
    let mut days = Vec::new();
    let mut last: Option<&Told> = None;
    for one in told {
        let received = one.message.received;
        let turns = day_of(&mut days, received, now);
        let is_first_unread = first_unread == Some(one.message.sequence);
        let goes_on = last.is_some_and(|last| {
            last.author == one.author && received.as_millis() - last.message.received.as_millis() <= TURN_MS
        });
        if !goes_on || turns.is_empty() || is_first_unread {
            turns.push(turn(one, channel, is_first_unread, now));
        }
        if let Some(turn) = turns.last_mut() {
            turn.says.push(say(one, channel, now));
        }
        last = Some(one);
    }
    days
}

fn turn(told: &Told, channel: &Channel, is_first_unread: bool, now: Now<'_>) -> Turn {
    Turn {
        own: told.author.is_own(),
        by: by(&told.author),
        mark: Mark::of_author(&told.author, channel.row.0),
        author: author_words(&told.author),
        received: When::new(told.message.received, now),
        is_first_unread,
        says: Vec::new(),
    }
}

fn by(author: &AuthorName) -> String {
    match author {
        AuthorName::Holder => "holder".to_owned(),
        AuthorName::HolderToken(_) => "program".to_owned(),
        AuthorName::Token(contact) => contact.token.0.to_string(),
        AuthorName::Anonymous => "anyone".to_owned(),
    }
}

fn say(told: &Told, channel: &Channel, now: Now<'_>) -> Say {
    let message = &told.message;
    let content = Content::of(message.content_type.as_str(), message.payload.as_bytes());
    Say {
        sequence: message.sequence.0,
        path: format!("{}/{}", channel.id.as_str(), message.sequence),
        unread: told.unread,
        starred: told.starred,
        archived: told.archived,
        received: When::new(message.received, now),
        content_type: media_type(message.content_type.as_str()),
        name: name_of(message.content_type.as_str()),
        size: size(message.payload.as_bytes().len() as u64),
        boxed: Boxed::of(message, content),
        body: body(message, content),
    }
}

fn body(message: &Message, content: Content) -> Presentation {
    let (bytes, content_type) = (message.payload.as_bytes(), message.content_type.as_str());
    let text = || text_of(content_type, bytes).unwrap_or_default();
    match content {
        Content::Text if is_prose(content_type) => prose(&text()),
        Content::Text => {
            let (text, cut) = beginning(text().as_bytes(), CARRIED_BYTES);
            Presentation::Source { text, more: if cut { More::Elsewhere } else { More::Nothing } }
        }
        Content::Json => {
            let text = text();
            let (text, cut) = match understood(text.as_bytes(), PARSED_BYTES) {
                Some(value) => pretty(&value, CARRIED_BYTES),
                None => beginning(text.as_bytes(), CARRIED_BYTES),
            };
            let more = if cut { More::Elsewhere } else { More::Nothing };
            Presentation::Json { line: snippet(message, content), text, more }
        }
        Content::Picture(_) => Presentation::Picture(fitted(bytes, PICTURE)),
        Content::Sealed if media_type(content_type) == SEALED => Presentation::Sealed,
        Content::Sealed => Presentation::File { word: snippet(message, content), icon: "sealed" },
        Content::Opaque => Presentation::File { word: snippet(message, content), icon: "file" },
        Content::Damaged => Presentation::Damaged,
    }
}

fn prose(text: &str) -> Presentation {
    let (carried, cut) = beginning(text.as_bytes(), CARRIED_BYTES);
    let (shown, rest) = parted(pieces(&carried));
    let more = match (cut, rest.is_empty()) {
        (true, _) => More::Elsewhere,
        (false, true) => More::Nothing,
        (false, false) => {
            let characters = u64::try_from(carried.chars().count()).unwrap_or(u64::MAX);
            More::Folded(format!("Show all {} characters", number(characters)))
        }
    };
    let rest = if cut { Vec::new() } else { rest };
    Presentation::Text { shown, rest, more }
}

/// What is shown at once, and the rest. No link is cut, because it would lead elsewhere.
fn parted(pieces: Vec<Piece>) -> (Vec<Piece>, Vec<Piece>) {
    let (mut shown, mut rest) = (Vec::new(), Vec::new());
    let mut room = SHOWN_CHARS;
    for piece in pieces {
        match piece {
            Piece::Plain(text) => match text.char_indices().nth(room) {
                Some((end, _)) => {
                    let (before, after) = text.split_at(end);
                    shown.extend((!before.is_empty()).then(|| Piece::Plain(before.to_owned())));
                    rest.push(Piece::Plain(after.to_owned()));
                    room = 0;
                }
                None => {
                    room -= text.chars().count();
                    shown.push(Piece::Plain(text));
                }
            },
            // Addresses are ASCII.
            Piece::Link(link) if link.len() <= room => {
                room -= link.len();
                shown.push(Piece::Link(link));
            }
            link @ Piece::Link(_) => {
                room = 0;
                rest.push(link);
            }
        }
    }
    (shown, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (usize, usize, More) {
        let length = |pieces: &[Piece]| {
            pieces.iter().map(|(Piece::Plain(part) | Piece::Link(part))| part.chars().count()).sum()
        };
        match prose(text) {
            Presentation::Text { shown, rest, more } => (length(&shown), length(&rest), more),
            _ => panic!("text is text"),
        }
    }

    #[test]
    fn a_long_text_is_folded_and_a_very_long_one_is_elsewhere() {
        assert_eq!(parts(&"ä".repeat(SHOWN_CHARS)), (SHOWN_CHARS, 0, More::Nothing));
        let words = More::Folded("Show all 1\u{202f}501 characters".to_owned());
        assert_eq!(parts(&"ä".repeat(SHOWN_CHARS + 1)), (SHOWN_CHARS, 1, words));
        assert_eq!(parts(&"a".repeat(CARRIED_BYTES + 1)), (SHOWN_CHARS, 0, More::Elsewhere));
        let (shown, rest, _) = parts(&format!("{}https://a.example/ and more", "a ".repeat(745)));
        assert_eq!((shown, rest), (1490, 27), "no link is cut");
    }
}
