//! The views of one message's content: text as text, JSON as a foldable tree, bytes in hexadecimal. Nothing is ever
//! rendered as markup.

use std::fmt::Write;

use serde_json::Value;

use crate::domain::content::{Content, is_prose, text_of};
use crate::domain::message::Message;
use crate::domain::size::size;
use crate::web::inbox::report::{ReportView, Wanted, view};
use crate::web::words::format::{Now, beginning};
use crate::web::words::json::{pretty, understood};
use crate::web::words::links::{Piece, pieces};
use crate::web::words::pictures::{Fitted, fitted};

/// Bytes of a text that a view shows. Browsers stand more, people do not read it.
const TEXT_BYTES: usize = 64 * 1024;

/// Bytes that the hexadecimal view shows.
const HEX_BYTES: usize = 4096;

/// Bytes of JSON that are understood; longer ones are shown as the text that they are.
const JSON_BYTES: usize = 1024 * 1024;

/// Lines of a JSON tree; a longer one is shown as its source only.
const JSON_LINES: usize = 5_000;

/// Levels of a JSON tree that are open at first.
const OPEN_LEVELS: usize = 3;

/// The most pixels that a picture takes, across and down.
const PICTURE: (usize, usize) = (880, 560);

/// One way to look at a message.
pub struct Panel {
    pub id: &'static str,
    pub word: &'static str,
    pub body: PanelBody,
    /// What is left out, in a sentence; nothing when all is shown.
    pub rest: String,
}

pub enum PanelBody {
    /// What a program says of transactions.
    Report(Box<ReportView>),
    Text(Vec<Piece>),
    Source(String),
    Json(Vec<JsonLine>),
    /// As large as it is shown, where that is known.
    Picture(Option<Fitted>),
    Hex(String),
    Sealed,
    Opaque,
    Damaged,
    Facts,
}

/// A JSON tree as the lines of its markup, so that the template needs no recursion.
pub enum JsonLine {
    /// Key, what is inside, and whether it starts folded.
    Open(String, String, bool),
    /// Key, kind of value, value.
    Leaf(String, &'static str, String),
    OpenItem,
    CloseItem,
    Close,
}

/// The views that suit a message, the best first. None shows more than a page can carry.
pub fn panels(message: &Message, wanted: &Wanted, now: Now<'_>) -> Vec<Panel> {
    let bytes = message.payload.as_bytes();
    let content_type = message.content_type.as_str();
    let text = || text_of(content_type, bytes).unwrap_or_default();
    let whole = |id, word, body| Panel { id, word, body, rest: String::new() };
    let mut panels = match Content::of(content_type, bytes) {
        Content::Text => {
            let (text, cut) = beginning(text().as_bytes(), TEXT_BYTES);
            // What is no prose is the source of something.
            let (word, body) = if is_prose(content_type) {
                ("Text", PanelBody::Text(pieces(&text)))
            } else {
                ("Source", PanelBody::Source(text))
            };
            vec![Panel { id: "text", word, body, rest: rest(cut, bytes) }]
        }
        Content::Json => {
            let text = text();
            let report = view(&text, wanted, now);
            let report =
                report.map(|view| whole("report", "Transactions", PanelBody::Report(Box::new(view))));
            report.into_iter().chain(json(text.as_bytes())).collect()
        }
        Content::Picture(_) => vec![whole("picture", "Picture", PanelBody::Picture(fitted(bytes, PICTURE)))],
        Content::Sealed => vec![whole("sealed", "Message", PanelBody::Sealed)],
        Content::Opaque => vec![whole("opaque", "File", PanelBody::Opaque)],
        Content::Damaged => {
            let facts = whole("facts", "Details", PanelBody::Facts);
            return vec![whole("damaged", "Message", PanelBody::Damaged), facts];
        }
    };
    let lines = PanelBody::Hex(hex(bytes));
    panels.push(Panel { id: "hex", word: "Bytes", body: lines, rest: rest(bytes.len() > HEX_BYTES, bytes) });
    panels.push(whole("facts", "Details", PanelBody::Facts));
    panels
}

fn rest(cut: bool, bytes: &[u8]) -> String {
    if cut { format!("This is only the beginning of {}.", size(bytes.len() as u64)) } else { String::new() }
}

fn json(bytes: &[u8]) -> Vec<Panel> {
    let Some(value) = understood(bytes, JSON_BYTES) else {
        let (text, cut) = beginning(bytes, TEXT_BYTES);
        let body = PanelBody::Source(text);
        return vec![Panel { id: "source", word: "Text", body, rest: rest(cut, bytes) }];
    };
    let (pretty, cut) = pretty(&value, TEXT_BYTES);
    let source =
        Panel { id: "source", word: "Source", body: PanelBody::Source(pretty), rest: rest(cut, bytes) };
    let mut lines = Vec::new();
    tree(&mut lines, String::new(), &value, 0);
    // A tree cannot be cut: without its end its parts would mean something else.
    if lines.len() > JSON_LINES || bytes.len() > TEXT_BYTES {
        return vec![source];
    }
    let body = PanelBody::Json(lines);
    vec![Panel { id: "json", word: "JSON", body, rest: String::new() }, source]
}

/// serde refuses nesting deeper than 128 levels, so this recursion ends.
fn tree(lines: &mut Vec<JsonLine>, key: String, value: &Value, level: usize) {
    if lines.len() > JSON_LINES {
        return;
    }
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        Value::String(text) => return lines.push(JsonLine::Leaf(key, "str", format!("\"{text}\""))),
        Value::Number(number) => return lines.push(JsonLine::Leaf(key, "num", number.to_string())),
        plain => return lines.push(JsonLine::Leaf(key, "lit", plain.to_string())),
    };
    let (what, noun) = if value.is_object() { ("object", "member") } else { ("list", "item") };
    let plural = if members.len() == 1 { "" } else { "s" };
    let note = format!("{what}, {} {noun}{plural}", members.len());
    lines.push(JsonLine::Open(key, note, level >= OPEN_LEVELS));
    for (key, member) in members {
        let nests = member.is_object() || member.is_array();
        if nests {
            lines.push(JsonLine::OpenItem);
        }
        tree(lines, key, member, level + 1);
        if nests {
            lines.push(JsonLine::CloseItem);
        }
    }
    lines.push(JsonLine::Close);
}

fn hex(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(HEX_BYTES)];
    let mut text = String::with_capacity(shown.len() * 5);
    for (line, chunk) in shown.chunks(16).enumerate() {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{:08x}  ", line * 16);
        for at in 0..16 {
            let _infallible = match chunk.get(at) {
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
            if at == 7 {
                text.push(' ');
            }
        }
        text.push_str(" |");
        text.extend(
            chunk.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' }),
        );
        text.push_str("|\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_hexadecimal() {
        let text = hex(b"Good morning!\n\xff");
        assert_eq!(text, "00000000  47 6f 6f 64 20 6d 6f 72  6e 69 6e 67 21 0a ff     |Good morning!..|\n");
        assert_eq!(hex(&[0; 5000]).lines().count(), 4096 / 16);
    }

    #[test]
    fn huge_trees_are_shown_as_source() {
        let big = format!("[{}1]", "1,".repeat(6000));
        assert_eq!(json(big.as_bytes()).len(), 1);
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(json(deep.as_bytes()).len(), 1);
        assert_eq!(json(b"{\"a\":[1]}").len(), 2);
    }

    #[test]
    fn what_indenting_makes_of_little_is_cut() {
        let value: Value =
            serde_json::from_str(&format!("{}{}1{}", "[".repeat(100), "1,".repeat(9), "]".repeat(100)))
                .unwrap_or_default();
        let (text, cut) = pretty(&value, 500);
        assert_eq!((text.len(), cut), (500, true));
        assert_eq!(pretty(&Value::from("é"), 3), ("\"é".to_owned(), true));
        assert_eq!(pretty(&Value::from("é"), 2), ("\"".to_owned(), true));
        assert_eq!(pretty(&Value::from("é"), 4), ("\"é\"".to_owned(), false));
    }
}
