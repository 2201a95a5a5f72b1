//! What the holder's pages seal in the browser, as far as the server has to know of it.

use bytes::Bytes;

use crate::domain::message::NewMessage;

/// The content type of what a page sealed. Everything else about it is inside.
pub const SEALED: &str = "application/vnd.peerbox.sealed";

/// The longest wrapped reply key, in bytes.
pub const MAX_REPLY_BYTES: usize = 1024;

/// A message that the holder's page sealed for somebody else.
#[derive(Debug, Clone)]
pub struct NewLetter {
    pub message: NewMessage,
    /// The same, sealed for the holder.
    pub copy: Bytes,
    /// Which of the holder's letters in the channel it is; `None` for one that says nothing of that.
    pub number: Option<i64>,
}

/// The key that the holder's pages seal answers with, and what the holder thinks of it, as the browser wrapped it: only
/// that can open it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrappedReply(String);

impl WrappedReply {
    /// `None` for what no browser makes: empty, too long, or with other signs than base64 and dots.
    pub fn new(text: &str) -> Option<Self> {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let fits = !text.is_empty() && text.len() <= MAX_REPLY_BYTES && text.bytes().all(is_sign);
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
