//! What kind of thing a message is, judged by its content type and its bytes, for showing it safely.

/// How a payload may be shown. Nothing else is ever rendered: no HTML, no SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// UTF-8 that says it is text, or says nothing and reads as text. Markup is shown as its source.
    Text,
    /// UTF-8 that says it is JSON.
    Json,
    /// A picture of a type that cannot carry script, with its first bytes in agreement.
    Picture(&'static str),
    /// Bytes that mean nothing to this server: what an end-to-end encrypted message looks like.
    Sealed,
    /// Anything else, kept as it came.
    Opaque,
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
    pub fn of(content_type: &str, payload: &[u8]) -> Self {
        let media = media_type(content_type);
        let text = || std::str::from_utf8(payload).is_ok_and(is_readable);
        if media == "application/json" || media == "text/json" || media.ends_with("+json") {
            return if text() { Self::Json } else { Self::Opaque };
        }
        if let Some((picture, _)) =
            PICTURES.iter().find(|(name, start)| *name == media && payload.starts_with(start))
        {
            return Self::Picture(picture);
        }
        let says_text = media.starts_with("text/") || media.ends_with("xml") || media.ends_with("javascript");
        if says_text || media == "application/x-www-form-urlencoded" {
            return if text() { Self::Text } else { Self::Opaque };
        }
        if media == "application/octet-stream" || !media.contains('/') {
            if text() {
                return Self::Text;
            }
            if payload.len() >= SEALED_BOX_OVERHEAD {
                return Self::Sealed;
            }
        }
        Self::Opaque
    }
}

/// The content type without parameters, in lower case.
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Text without control characters other than white space.
fn is_readable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
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
            ("application/json", b"\xff\xfe", Content::Opaque),
            ("text/plain", b"a\0b", Content::Opaque),
            ("application/octet-stream", &[200; 60], Content::Sealed),
            ("application/octet-stream", b"plain words", Content::Text),
            ("application/pdf", b"%PDF", Content::Opaque),
        ] {
            assert_eq!(Content::of(content_type, payload), content, "{content_type}");
        }
    }
}
