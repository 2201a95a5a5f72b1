//! Messages: raw bytes with a content type, numbered per channel.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::domain::id::{InvalidId, TokenId};
use crate::domain::time::Timestamp;

/// The longest content type, in bytes. The reference fails with 500 above 64.
pub const MAX_CONTENT_TYPE_BYTES: usize = 255;

/// A message's number in its channel: starts at 1, grows by one, is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub i64);

impl Sequence {
    /// What a channel has before its first message.
    pub const NONE: Self = Self(0);

    /// The one that the channel's next message gets.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Sequence {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse().map(Self).map_err(|_| InvalidId)
    }
}

/// Who wrote a message. Own messages are never unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// A request without a token, on a channel that allows public writing.
    Anonymous,
    /// The account holder, from the inbox.
    OwnerSide,
    Token(TokenId),
}

/// Which side of a channel wrote a message: all that somebody with a token may know of who did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The holder of the channel, from the inbox or with the `Owner` token.
    Holder,
    /// Whoever asks, with the same token.
    Own,
    /// Anybody else.
    Other,
}

impl Side {
    /// A word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Own => "own",
            Self::Other => "other",
        }
    }
}

/// What a message says it is, verbatim with its parameters; e.g. `application/json; charset=utf-8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType(String);

impl ContentType {
    pub fn new(text: &str) -> Result<Self, InvalidContentType> {
        if text.trim().is_empty() {
            return Err(InvalidContentType::Missing);
        }
        if text.len() > MAX_CONTENT_TYPE_BYTES {
            return Err(InvalidContentType::TooLong);
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(InvalidContentType::NotPrintable);
        }
        Ok(Self(text.to_owned()))
    }

    /// A content type that was checked when the message was written.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A content type that a message cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContentType {
    #[error("the Content-Type header is missing or empty")]
    Missing,
    #[error("the Content-Type header is longer than {MAX_CONTENT_TYPE_BYTES} bytes")]
    TooLong,
    #[error("the Content-Type header has a character outside printable ASCII")]
    NotPrintable,
}

/// The bytes of a message: never empty, unless they are lost. The size limit was applied while the body was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Bytes);

impl Payload {
    /// `None` for no bytes at all, which is not a message.
    pub fn new(bytes: impl Into<Bytes>) -> Option<Self> {
        let bytes = bytes.into();
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// Of a message whose stored bytes do not open.
    pub fn damaged() -> Self {
        Self(Bytes::new())
    }

    /// Whether its bytes are lost.
    pub fn is_damaged(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as they were sent; none if they are lost.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

/// A message to be written.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub content_type: ContentType,
    pub payload: Payload,
}

/// A stored message.
#[derive(Debug, Clone)]
pub struct Message {
    pub sequence: Sequence,
    pub received: Timestamp,
    pub content_type: ContentType,
    pub payload: Payload,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_bounded_and_printable() {
        assert!(ContentType::new("application/json; charset=utf-8").is_ok());
        assert!(ContentType::new(&"x".repeat(MAX_CONTENT_TYPE_BYTES)).is_ok());
        assert_eq!(ContentType::new(" "), Err(InvalidContentType::Missing));
        assert_eq!(ContentType::new(&"x".repeat(256)), Err(InvalidContentType::TooLong));
        assert_eq!(ContentType::new("a\tb"), Err(InvalidContentType::NotPrintable));
    }

    #[test]
    fn no_bytes_are_no_message() {
        assert_eq!(Payload::new(Vec::new()), None);
        assert!(Payload::new(vec![0]).is_some());
    }
}
