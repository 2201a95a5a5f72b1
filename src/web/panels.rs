//! The views of one message's content: text as text, JSON as a foldable tree, bytes in hexadecimal. Nothing is ever
//! rendered as markup.

use std::fmt::Write;

use serde_json::Value;

use crate::domain::content::Content;
use crate::domain::message::Message;
use crate::web::format::number;

/// Bytes that the hexadecimal view shows.
const HEX_BYTES: usize = 4096;

/// Lines of a JSON tree; a longer one is shown as its source only.
const JSON_LINES: usize = 5_000;

/// Levels of a JSON tree that are open at first.
const OPEN_LEVELS: usize = 3;

/// One way to look at a message.
pub struct Panel {
    pub id: &'static str,
    pub word: &'static str,
    pub body: PanelBody,
}

pub enum PanelBody {
    Text(String),
    Source(String),
    Json(Vec<JsonLine>),
    Picture,
    /// The lines, and what is left out.
    Hex(String, String),
    Sealed,
    Opaque,
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

/// The views that suit a message, the best first.
pub fn panels(message: &Message) -> Vec<Panel> {
    let bytes = message.payload.as_bytes();
    let text = || String::from_utf8_lossy(bytes).into_owned();
    let mut panels = match Content::of(message.content_type.as_str(), bytes) {
        Content::Text => vec![Panel { id: "text", word: "Text", body: PanelBody::Text(text()) }],
        Content::Json => json(bytes, text()),
        Content::Picture(_) => vec![Panel { id: "picture", word: "Picture", body: PanelBody::Picture }],
        Content::Sealed => vec![Panel { id: "sealed", word: "Message", body: PanelBody::Sealed }],
        Content::Opaque => vec![Panel { id: "opaque", word: "File", body: PanelBody::Opaque }],
    };
    let (lines, rest) = hex(bytes);
    panels.push(Panel { id: "hex", word: "Bytes", body: PanelBody::Hex(lines, rest) });
    panels.push(Panel { id: "facts", word: "Details", body: PanelBody::Facts });
    panels
}

fn json(bytes: &[u8], text: String) -> Vec<Panel> {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return vec![Panel { id: "source", word: "Text", body: PanelBody::Source(text) }];
    };
    let pretty = serde_json::to_string_pretty(&value).unwrap_or(text);
    let source = Panel { id: "source", word: "Source", body: PanelBody::Source(pretty) };
    let mut lines = Vec::new();
    tree(&mut lines, String::new(), &value, 0);
    if lines.len() > JSON_LINES {
        return vec![source];
    }
    vec![Panel { id: "json", word: "JSON", body: PanelBody::Json(lines) }, source]
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

fn hex(bytes: &[u8]) -> (String, String) {
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
    let rest = if bytes.len() > HEX_BYTES {
        let (shown, all) = (number(HEX_BYTES as u64), number(bytes.len() as u64));
        format!("The first {shown} of {all} bytes. Download the message for the rest.")
    } else {
        String::new()
    };
    (text, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_hexadecimal() {
        let (text, rest) = hex(b"Good morning!\n\xff");
        assert_eq!(text, "00000000  47 6f 6f 64 20 6d 6f 72  6e 69 6e 67 21 0a ff     |Good morning!..|\n");
        assert!(rest.is_empty());
        assert!(hex(&[0; 5000]).1.contains("5\u{202f}000"));
    }

    #[test]
    fn huge_trees_are_shown_as_source() {
        let big = format!("[{}1]", "1,".repeat(6000));
        assert_eq!(json(big.as_bytes(), String::new()).len(), 1);
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(json(deep.as_bytes(), deep.clone()).len(), 1);
        assert_eq!(json(b"{\"a\":[1]}", String::new()).len(), 2);
    }
}
