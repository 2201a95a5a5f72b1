//! Message API tokens: what they permit and how they are described.

use crate::domain::id::TokenId;
use crate::domain::secret::BearerToken;
use crate::domain::time::Timestamp;

/// The longest token description, in characters; the reference's limit.
pub const MAX_DESCRIPTION_CHARS: usize = 1024;

/// The description of the token that is made with a channel; clients look for it by this name.
pub const OWNER_DESCRIPTION: &str = "Owner";

/// What a token lets its bearer do. All false is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions {
    pub read: bool,
    pub write: bool,
    /// To delete what others wrote. Means nothing without `write`, with which a bearer deletes its own messages.
    pub delete: bool,
}

impl Permissions {
    /// Whether one of them is not among those.
    pub fn exceed(self, those: Self) -> bool {
        (self.read && !those.read) || (self.write && !those.write) || (self.delete && !those.delete)
    }
}

/// What a token is for, in the account holder's words: not blank, at most [`MAX_DESCRIPTION_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    pub fn new(text: &str) -> Result<Self, InvalidDescription> {
        if text.trim().is_empty() {
            return Err(InvalidDescription::Blank);
        }
        if text.chars().count() > MAX_DESCRIPTION_CHARS {
            return Err(InvalidDescription::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// A description that was checked when it was given, perhaps by another rule.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The description of a channel's first token.
    pub fn owner() -> Self {
        Self(OWNER_DESCRIPTION.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A description that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDescription {
    #[error("the description is missing or blank")]
    Blank,
    #[error("the description is longer than {MAX_DESCRIPTION_CHARS} characters")]
    TooLong,
}

/// The longest note about a counterparty, in characters.
pub const MAX_NOTE_CHARS: usize = 4000;

/// What the holder noted of a counterparty: at most [`MAX_NOTE_CHARS`] characters, which may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(String);

impl Note {
    pub fn new(text: &str) -> Result<Self, InvalidNote> {
        if text.chars().count() > MAX_NOTE_CHARS { Err(InvalidNote) } else { Ok(Self(text.to_owned())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A note that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the note is longer than {MAX_NOTE_CHARS} characters")]
pub struct InvalidNote;

/// What becomes of the time at which a token ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewEnd {
    AsBefore,
    Never,
    At(Timestamp),
}

/// The longest wrapped secret of a link, in bytes.
pub const MAX_LINK_BYTES: usize = 256;

/// The secret of a token's link, as the holder's browser wrapped it: only that can open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedLink(String);

impl WrappedLink {
    /// `None` for what no browser makes: empty, too long, or with other signs than base64 and dots.
    pub fn new(text: &str) -> Option<Self> {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let fits = !text.is_empty() && text.len() <= MAX_LINK_BYTES && text.bytes().all(is_sign);
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom a token stands for, as the holder sees it; the token may be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub token: TokenId,
    /// The token's description.
    pub name: String,
    /// The colour that the holder gave it.
    pub hue: Option<u8>,
}

impl Contact {
    /// Of a token of which nothing is left.
    pub fn unknown(token: TokenId) -> Self {
        Self { token, name: String::new(), hue: None }
    }
}

/// Which messages a new token may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// Only what is written after it was issued, as the reference does.
    Hidden,
    /// Also what is there already, as unread.
    Included,
}

/// A token to be issued.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub description: Description,
    pub permissions: Permissions,
    pub history: History,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
}

impl NewToken {
    /// For a program that reports what became of transactions: it writes, and nothing else.
    pub fn for_callbacks() -> Self {
        Self {
            description: Description("Transaction processor".to_owned()),
            permissions: Permissions { read: false, write: true, delete: false },
            history: History::Hidden,
            expires: None,
        }
    }
}

/// An unrevoked token with its secret, which the API shows again on every read of it.
#[derive(Debug, Clone)]
pub struct ApiToken {
    pub id: TokenId,
    pub secret: BearerToken,
    pub description: String,
    pub permissions: Permissions,
    pub created: Timestamp,
    /// When it ends by itself. It is listed afterwards too, and opens nothing.
    pub expires: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_counted_in_characters() {
        assert!(Description::new(&"ä".repeat(MAX_DESCRIPTION_CHARS)).is_ok());
        assert_eq!(
            Description::new(&"ä".repeat(MAX_DESCRIPTION_CHARS + 1)),
            Err(InvalidDescription::TooLong)
        );
        assert_eq!(Description::new(" \t"), Err(InvalidDescription::Blank));
    }

    #[test]
    fn wrapped_links_are_short_and_plain() {
        assert!(WrappedLink::new("1.AAAA_-.b64").is_some());
        assert!(WrappedLink::new(&"x".repeat(MAX_LINK_BYTES)).is_some());
        for wrong in ["", "a b", "a+b", "é", "<", &"x".repeat(MAX_LINK_BYTES + 1)] {
            assert_eq!(WrappedLink::new(wrong), None, "{wrong}");
        }
    }
}
