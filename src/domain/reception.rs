//! What whoever comes to a channel sees of its holder: a greeting and a picture.

/// The longest greeting, in characters.
pub const MAX_GREETING_CHARS: usize = 500;

/// The largest picture, in bytes.
pub const MAX_PICTURE_BYTES: usize = 64 * 1024;

/// What the holder says to whoever comes: at most [`MAX_GREETING_CHARS`] characters, in lines; empty for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Greeting(String);

impl Greeting {
    pub fn new(text: &str) -> Result<Self, InvalidGreeting> {
        if text.chars().count() > MAX_GREETING_CHARS
            || text.chars().any(|sign| sign != '\n' && sign.is_control())
        {
            return Err(InvalidGreeting);
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A greeting that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the greeting has more than {MAX_GREETING_CHARS} characters, or some that cannot be shown")]
pub struct InvalidGreeting;

/// A small picture in a format that browsers show without running anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture(Vec<u8>);

impl Picture {
    pub fn new(bytes: Vec<u8>) -> Result<Self, InvalidPicture> {
        if bytes.len() > MAX_PICTURE_BYTES || format(&bytes).is_none() {
            return Err(InvalidPicture);
        }
        Ok(Self(bytes))
    }

    /// Its bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its bytes, to send them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Its content type, by what it begins with.
    pub fn content_type(&self) -> &'static str {
        format(&self.0).unwrap_or("application/octet-stream")
    }
}

fn format(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// A picture that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the picture has to be a PNG, JPEG or WebP of at most 64 KiB")]
pub struct InvalidPicture;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_are_counted_in_characters_and_may_have_lines() {
        assert!(Greeting::new("").is_ok());
        assert!(Greeting::new(&"ä\n".repeat(MAX_GREETING_CHARS / 2)).is_ok());
        assert_eq!(Greeting::new(&"x".repeat(MAX_GREETING_CHARS + 1)), Err(InvalidGreeting));
        assert_eq!(Greeting::new("a\u{7}b"), Err(InvalidGreeting));
    }

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        let picture = |bytes: &[u8]| Picture::new(bytes.to_vec()).map(|picture| picture.content_type());
        assert_eq!(picture(b"\x89PNG\r\n\x1a\nrest"), Ok("image/png"));
        assert_eq!(picture(b"\xff\xd8\xff\xe0"), Ok("image/jpeg"));
        assert_eq!(picture(b"RIFF1234WEBPVP8 "), Ok("image/webp"));
        assert_eq!(picture(b"<svg onload=alert(1)>"), Err(InvalidPicture));
        assert_eq!(picture(b""), Err(InvalidPicture));
        let mut large = b"\xff\xd8\xff".to_vec();
        large.resize(MAX_PICTURE_BYTES + 1, 0);
        assert_eq!(picture(&large), Err(InvalidPicture));
    }
}
