//! Text from outside: bytes in one of many encodings, perhaps behind a byte-order mark, which is no part of the text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

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

#[cfg(test)]
mod tests {
    use super::*;

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
