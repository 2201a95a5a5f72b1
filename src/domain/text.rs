//! Text from outside: bytes in one of many encodings, perhaps behind a byte-order mark, which is no part of the text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::domain::normal_form::is_unseen;

/// Reads text of which nobody said how it is encoded: as its byte-order mark says, and as UTF-8 without one. `None` for
/// bytes that are no such text.
pub fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    decode_as(UTF_8, bytes)
}

/// The same where an encoding was declared, which counts unless a byte-order mark says otherwise.
pub fn decode_as<'a>(declared: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    let encoding = encoding_of(declared, bytes);
    let mark = Encoding::for_bom(bytes).map_or(0, |(_, length)| length);
    encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..])
}

/// The encoding in which [`decode_as`] reads these bytes.
pub fn encoding_of(declared: &'static Encoding, bytes: &[u8]) -> &'static Encoding {
    Encoding::for_bom(bytes).map_or(declared, |(encoding, _)| encoding)
}

/// The value that is the only content of a file or pipe: its text without the last line break.
pub fn only_value(bytes: &[u8]) -> Option<String> {
    Some(decode(bytes)?.trim_end_matches(['\r', '\n']).to_owned())
}

/// What others wrote, for a line of a log, a terminal or a page: in one line, without characters that nobody sees, and no
/// longer than so many.
pub fn in_one_line(text: &str, most: usize) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let words = words.map(|word| word.chars().filter(|character| !is_unseen(*character)).collect::<String>());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_one_line() {
        let check = |text: &str, expect: &str| assert_eq!(in_one_line(text, 10), expect, "{text:?}");
        check(" a\r\n\tb ", "a b");
        check("a\u{1b}[1m\u{2028}b", "a [1m b");
        check("a\u{202e}b\u{0}", "ab");
        check("0123456789", "0123456789");
        check("0123456789a", "012345678…");
    }

    #[test]
    fn marks_are_no_part_of_the_text() {
        for bytes in [&b"p\xc3\xa4ss\n"[..], b"\xef\xbb\xbfp\xc3\xa4ss\r\n", b"\xff\xfep\0\xe4\0s\0s\0\n\0"] {
            assert_eq!(only_value(bytes).as_deref(), Some("päss"), "{bytes:?}");
        }
        assert_eq!(decode(b"p\xe4ss"), None);
        assert_eq!(decode(b"\xff\xfe\0"), None, "half a character");
    }

    #[test]
    fn a_mark_beats_what_was_declared() {
        assert_eq!(decode_as(encoding_rs::WINDOWS_1252, b"p\xe4ss").as_deref(), Some("päss"));
        assert_eq!(decode_as(encoding_rs::WINDOWS_1252, b"\xef\xbb\xbfp\xc3\xa4ss").as_deref(), Some("päss"));
    }
}
