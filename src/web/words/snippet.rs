//! A message in one line.

use crate::callbacks::report::Report;
use crate::domain::content::{Content, OfWallet, media_type, text_of};
use crate::domain::file_name::name_of;
use crate::domain::folded::{first_found, found};
use crate::domain::message::Message;
use crate::web::words::format::beginning;
use crate::web::words::json::PARSED_BYTES;
use crate::web::words::reports::{Allowance, in_one_line};

/// Characters of a message that a list shows.
const SNIPPET_CHARS: usize = 140;

/// Members of a JSON object that a list shows.
const SNIPPET_MEMBERS: usize = 4;

/// A fragment of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    pub text: String,
    /// Whether this is what was looked for.
    pub is_found: bool,
}

/// Characters before what was found, where a line does not begin with the message; a phone has room for both.
const BEFORE: usize = 16;

/// A line in which something is found no later than this begins as the message does.
const SEEN: usize = 24;

/// A message in one line, with what was found in it: the line is cut around that. The words are folded; `report` is what the
/// message is, if it is one.
pub fn found_in(
    message: &Message,
    content: Content,
    report: Option<&Report>,
    words: &[String],
) -> Vec<Fragment> {
    let line = match report {
        Some(report) => line_of(report),
        None => plain_snippet(message, content),
    };
    if words.is_empty() {
        return parts(&line, &[]);
    }
    let ranges = found(&line, words);
    if let Some((start, _)) = ranges.first() {
        if line[..*start].chars().count() <= SEEN {
            return parts(&line, &ranges);
        }
        let line = around(&line, *start);
        return parts(&line, &found(&line, words));
    }
    if !matches!(content, Content::Text | Content::Json) {
        return parts(&line, &ranges);
    }
    let text = text_of(message.content_type.as_str(), message.payload.as_bytes()).unwrap_or_default();
    let Some(start) = first_found(&text, words) else { return parts(&line, &[]) };
    let line = around(&text, start);
    parts(&line, &found(&line, words))
}

/// The part of a text that begins a little before a place in it.
fn around(text: &str, start: usize) -> String {
    let from = text[..start].char_indices().rev().take(BEFORE).last().map_or(start, |(at, _)| at);
    // Words are left whole.
    let from = if from == 0 { 0 } else { text[from..start].find(' ').map_or(start, |space| from + space) };
    let end = text[start..].char_indices().nth(SNIPPET_CHARS).map_or(text.len(), |(at, _)| start + at);
    format!("{}{}", if from > 0 { "… " } else { "" }, one_line(&text[from..end]))
}

fn parts(line: &str, ranges: &[(usize, usize)]) -> Vec<Fragment> {
    let mut parts = Vec::new();
    let mut at = 0;
    let mut add = |from: usize, to: usize, is_found| {
        parts.extend((from < to).then(|| Fragment { text: line[from..to].to_owned(), is_found }));
    };
    for (start, end) in ranges {
        add(at, *start, false);
        add(*start, *end, true);
        at = *end;
    }
    add(at, line.len(), false);
    parts
}

/// Its first words, the first members of JSON, or what kind of thing it is.
pub fn snippet(message: &Message, content: Content) -> String {
    match Allowance::of_a_line().report(message, content) {
        Some(report) => line_of(&report),
        None => plain_snippet(message, content),
    }
}

fn line_of(report: &Report) -> String {
    in_one_line(report).chars().take(SNIPPET_CHARS).collect()
}

fn plain_snippet(message: &Message, content: Content) -> String {
    let content_type = message.content_type.as_str();
    let text = || text_of(content_type, message.payload.as_bytes()).unwrap_or_default();
    let of_wallet = || OfWallet::of(message.payload.as_bytes()).map(OfWallet::name);
    match content {
        Content::Text | Content::Json => {
            let text = text();
            if content == Content::Json && text.len() <= PARSED_BYTES {
                json_line(text.as_bytes())
            } else {
                one_line(&beginning(text.as_bytes(), SNIPPET_CHARS * 8).0)
            }
        }
        Content::Picture(_) => name_of(content_type).unwrap_or_else(|| "Picture".to_owned()),
        Content::Sealed => of_wallet().unwrap_or("Sealed message").to_owned(),
        Content::Opaque => name_of(content_type)
            .unwrap_or_else(|| of_wallet().map_or_else(|| opaque_words(content_type), str::to_owned)),
        Content::Damaged => "Damaged message".to_owned(),
    }
}

fn opaque_words(content_type: &str) -> String {
    match media_type(content_type).as_str() {
        "application/pdf" => "PDF document".to_owned(),
        "application/zip" => "ZIP archive".to_owned(),
        "application/octet-stream" => "Bytes".to_owned(),
        media => one_line(media),
    }
}

fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.chars().count() > SNIPPET_CHARS {
            line = line.chars().take(SNIPPET_CHARS).collect();
            line.push('…');
            break;
        }
    }
    line
}

fn json_line(bytes: &[u8]) -> String {
    let shown = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => format!("[{}]", items.len()),
        serde_json::Value::Object(members) => format!("{{{}}}", members.len()),
        plain => plain.to_string(),
    };
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(serde_json::Value::Object(members)) if !members.is_empty() => {
            let members = members.iter().take(SNIPPET_MEMBERS);
            one_line(
                &members
                    .map(|(key, value)| format!("{key}: {}", shown(value)))
                    .collect::<Vec<_>>()
                    .join(" · "),
            )
        }
        Ok(value) => one_line(&shown(&value)),
        // It says it is JSON and is not: shown as the text that it is.
        Err(_) => one_line(&String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{ContentType, Payload, Sequence};
    use crate::domain::time::Timestamp;

    #[test]
    fn json_is_told_by_its_first_members() {
        let line = json_line(br#"{"order":10492,"status":"paid","lines":[1,2],"to":{"a":1},"more":1}"#);
        assert_eq!(line, "order: 10492 · status: paid · lines: [2] · to: {1}");
        assert_eq!(json_line(b"{broken"), "{broken");
        assert_eq!(json_line(b"42"), "42");
    }

    #[test]
    fn what_was_found_is_cut_out_and_marked() {
        let shown = |content_type: &str, text: &str, words: &[&str]| {
            let message = Message {
                sequence: Sequence(1),
                received: Timestamp::from_millis(0),
                content_type: ContentType::stored(content_type.to_owned()),
                payload: Payload::new(text.as_bytes().to_vec()).unwrap_or(Payload::damaged()),
            };
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let content = Content::of(content_type, text.as_bytes());
            let parts = found_in(&message, content, None, &words);
            parts
                .iter()
                .map(|part| if part.is_found { format!("[{}]", part.text) } else { part.text.clone() })
                .collect::<String>()
        };
        assert_eq!(shown("text/plain", "Der Schlüssel liegt da", &["schlussel"]), "Der [Schlüssel] liegt da");
        let long = format!("{} the Key is here {}", "word ".repeat(100), "more ".repeat(100));
        let line = shown("text/plain", &long, &["key"]);
        assert!(line.starts_with("… ") && line.contains("the [Key] is here"), "{line}");
        assert!(line.chars().count() < SNIPPET_CHARS + BEFORE, "{line}");
        let line = "The seedlings you asked about are back in stock, shall I reserve a tray of tomatoes?";
        assert_eq!(shown("text/plain", line, &["tomatoes"]), "… a tray of [tomatoes]?");
        let both = shown("text/plain", line, &["seedlings", "tomatoes"]);
        assert!(both.starts_with("The [seedlings] you") && both.ends_with("of [tomatoes]?"), "{both}");
        let json = r#"{"a":1,"b":2,"c":3,"d":4,"deep":{"note":"the key"}}"#;
        assert!(shown("application/json", json, &["key"]).contains("[key]"));
        assert_eq!(shown("text/plain", "nothing", &[]), "nothing");
    }

    #[test]
    fn long_text_is_cut() {
        assert!(one_line(&"word ".repeat(100)).chars().count() <= SNIPPET_CHARS + 1);
        assert_eq!(one_line(" a \n\t b "), "a b");
    }
}
