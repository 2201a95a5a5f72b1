//! What kind of thing a message is, judged by its content type and its bytes, for showing it safely.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::domain::file_name::name_of;
use crate::domain::letter;
use crate::domain::text;

/// How a payload may be shown. Nothing else is ever rendered: no HTML, no SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What says it is text, in the charset that it says, or says nothing and reads as text. Markup is shown as its
    /// source.
    Text,
    /// Text that says it is JSON.
    Json,
    /// A picture of a type that cannot carry script, with its first bytes in agreement.
    Picture(&'static str),
    /// Bytes that mean nothing to this server: what an end-to-end encrypted message looks like.
    Sealed,
    /// Anything else, kept as it came.
    Opaque,
    /// Its bytes are lost; see `Payload::damaged`.
    Damaged,
}

/// The overhead of a libsodium sealed box; anything shorter is not one.
const SEALED_BOX_OVERHEAD: usize = 48;

/// Picture types that are safe to show, and how their files begin.
const PICTURES: [(&str, &[u8]); 4] = [
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF8"),
    ("image/webp", b"RIFF"),
];

impl Content {
    /// Judges a payload. What it says it is counts only as far as its bytes agree.
    pub fn of(content_type: &str, payload: &[u8]) -> Self {
        Self::with_text(content_type, payload).0
    }

    /// The same with the text of what is text.
    pub fn with_text<'a>(content_type: &str, payload: &'a [u8]) -> (Self, Option<Cow<'a, str>>) {
        if payload.is_empty() {
            return (Self::Damaged, None);
        }
        let media = media_type(content_type);
        if media == letter::SEALED {
            return (Self::Sealed, None);
        }
        let text = || text_of(content_type, payload);
        if let Some(said) = said(&media) {
            let text = text().filter(|text| is_readable(text));
            return if text.is_some() { (said, text) } else { (Self::Opaque, None) };
        }
        if let Some((picture, _)) =
            PICTURES.iter().find(|(name, start)| *name == media && payload.starts_with(start))
        {
            return (Self::Picture(picture), None);
        }
        if media == "application/octet-stream" || !media.contains('/') {
            // UTF-8 only: what begins like a mark of UTF-16 by chance would be taken for some Chinese.
            if str::from_utf8(payload).is_ok_and(is_readable) {
                return (Self::Text, text());
            }
            // What has the name of a file is one, whatever it was written with.
            if payload.len() >= SEALED_BOX_OVERHEAD && name_of(content_type).is_none() {
                return (Self::Sealed, None);
            }
        }
        (Self::Opaque, None)
    }
}

/// How files begin that nobody takes for random bytes.
const FILES: [&[u8]; 8] =
    [b"%PDF", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"OggS"];

/// Whether a browser should try its keys on a payload: what a page sealed, and whatever else may be a sealed box, since
/// programs give those any type.
pub fn may_be_sealed(content: Content, payload: &[u8]) -> bool {
    let is_long = payload.len() >= SEALED_BOX_OVERHEAD;
    match content {
        Content::Sealed => is_long,
        Content::Opaque => is_long && !FILES.iter().any(|start| payload.starts_with(start)),
        Content::Text | Content::Json | Content::Picture(_) | Content::Damaged => false,
    }
}

/// What a wallet made for another one, which is told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfWallet {
    /// BRC-78.
    Encrypted,
    /// BRC-77.
    Signature,
}

/// How these begin.
const OF_WALLETS: [(&[u8], OfWallet); 3] = [
    (b"\x42\x42\x10\x33", OfWallet::Encrypted),
    (b"\x10\x33\x42\x42", OfWallet::Encrypted),
    (b"\x42\x42\x33\x01", OfWallet::Signature),
];

impl OfWallet {
    /// What a payload is, where its first bytes say so.
    pub fn of(payload: &[u8]) -> Option<Self> {
        OF_WALLETS.iter().find(|(begins, _)| payload.starts_with(begins)).map(|(_, what)| *what)
    }

    /// What such a message is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encrypted => "BRC-78 encrypted message",
            Self::Signature => "BRC-77 signature",
        }
    }
}

/// What kind of text a media type says it is.
fn said(media: &str) -> Option<Content> {
    if is_json(media) {
        return Some(Content::Json);
    }
    let is_text = media.starts_with("text/")
        || media.ends_with("xml")
        || media.ends_with("javascript")
        || media == "application/x-www-form-urlencoded";
    is_text.then_some(Content::Text)
}

/// A payload read as text in the charset that its type declares; UTF-8 where it declares none that is known.
pub fn text_of<'a>(content_type: &str, payload: &'a [u8]) -> Option<Cow<'a, str>> {
    text::decode_as(declared(content_type), payload)
}

/// The name of that charset.
pub fn charset(content_type: &str, payload: &[u8]) -> String {
    text::encoding_of(declared(content_type), payload).name().to_ascii_lowercase()
}

fn declared(content_type: &str) -> &'static Encoding {
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    charset.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8)
}

/// The content type without parameters, in lower case.
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is one of JSON, or of something written in it.
pub fn is_json(media: &str) -> bool {
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}

/// Text without control characters other than white space.
fn is_readable(text: &str) -> bool {
    if text.is_ascii() {
        // Byte by byte, which is much quicker.
        return text.bytes().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\n' | b'\r' | b'\t'));
    }
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

/// Whether text is for people, rather than the source of something.
pub fn is_prose(content_type: &str) -> bool {
    let media = media_type(content_type);
    !media.contains('/') || ["text/plain", "application/octet-stream"].contains(&media.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_dangerous_is_shown_as_itself() {
        for (content_type, payload, content) in [
            ("text/html", &b"<script>alert(1)</script>"[..], Content::Text),
            ("image/svg+xml", b"<svg onload=alert(1)>", Content::Text),
            ("image/png", b"<script>", Content::Opaque),
            ("image/png", b"\x89PNG\r\n\x1a\nrest", Content::Picture("image/png")),
            ("Application/JSON; charset=utf-8", b"{}", Content::Json),
            ("application/json", b"\xff", Content::Opaque),
            ("application/octet-stream", b"\xff\xfea\0", Content::Opaque),
            ("text/plain", b"a\0b", Content::Opaque),
            ("application/octet-stream", &[200; 60], Content::Sealed),
            ("application/octet-stream; name=\"almost.bin\"", &[200; 60], Content::Opaque),
            ("application/octet-stream", b"plain words", Content::Text),
            ("application/pdf", b"%PDF", Content::Opaque),
            ("text/plain; charset=iso-8859-1", b"caf\xe9", Content::Text),
            ("text/plain; charset=utf-8", b"caf\xe9", Content::Opaque),
            ("text/plain; charset=iso-8859-1", b"a\0b", Content::Opaque),
            ("application/json; charset=utf-16le", b"{\0}\0", Content::Json),
        ] {
            assert_eq!(Content::of(content_type, payload), content, "{content_type}");
        }
    }

    #[test]
    fn only_what_may_be_a_box_is_tried() {
        let random = [200; 60];
        let pdf = [b"%PDF-1.7\xff".as_slice(), &random].concat();
        for (content_type, payload, tried) in [
            ("application/vnd.peerbox.sealed", random.as_slice(), true),
            ("Application/vnd.Peerbox.Sealed; x=y", &random, true),
            ("application/vnd.peerbox.sealed", &random[..47], false),
            ("application/octet-stream", &random, true),
            ("application/octet-stream; name=\"almost.bin\"", &random, true),
            ("application/json", &random, true),
            ("text/plain", &random, true),
            ("image/png", &random, true),
            ("application/pdf", &pdf, false),
            ("text/plain", b"plain words that are long enough to be a box, but are none", false),
        ] {
            let content = Content::of(content_type, payload);
            assert_eq!(may_be_sealed(content, payload), tried, "{content_type}");
        }
    }

    #[test]
    fn messages_of_wallets_are_named() {
        let sealed = [b"\x42\x42\x10\x33".as_slice(), &[200; 60]].concat();
        assert_eq!(Content::of("application/octet-stream", &sealed), Content::Sealed);
        let name = |payload: &[u8]| OfWallet::of(payload).map(OfWallet::name);
        assert_eq!(name(&sealed), Some("BRC-78 encrypted message"));
        assert_eq!(name(b"\x10\x33\x42\x42"), Some("BRC-78 encrypted message"));
        assert_eq!(name(b"\x42\x42\x33\x01\x02"), Some("BRC-77 signature"));
        assert_eq!((name(b"BB"), name(b"")), (None, None));
    }

    #[test]
    fn text_is_read_in_the_charset_that_was_declared() {
        for (content_type, payload, text, name) in [
            ("text/plain; charset=iso-8859-1", &b"caf\xe9"[..], "café", "windows-1252"),
            ("text/plain; Charset=\"Shift_JIS\"; format=flowed", b"\x93\xfa\x96\x7b", "日本", "shift_jis"),
            ("text/plain; charset=koi8-r", b"\xcd\xc9\xd2", "мир", "koi8-r"),
            ("text/plain", b"\xef\xbb\xbfcaf\xc3\xa9", "café", "utf-8"),
            ("text/plain", b"\xff\xfec\0a\0f\0\xe9\0", "café", "utf-16le"),
            ("text/plain; charset=no-such-thing", b"caf\xc3\xa9", "café", "utf-8"),
        ] {
            assert_eq!(text_of(content_type, payload).as_deref(), Some(text), "{content_type}");
            assert_eq!(charset(content_type, payload), name, "{content_type}");
        }
    }
}
