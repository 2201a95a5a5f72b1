//! Identifiers: integers of the account API, and the random public id of a channel.

use std::fmt;
use std::str::FromStr;

use crate::domain::time::Timestamp;

/// How many random bytes stand behind a channel id or a token: 256 bits cannot be guessed.
pub const PUBLIC_ID_BYTES: usize = 32;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Decimal digits only, as every client sends them.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(InvalidId);
                }
                text.parse().map($name).map_err(|_| InvalidId)
            }
        }
    };
}

integer_id! {
    /// An account. On the wire a decimal integer; the first account of a file is 1, which existing deployments rely on.
    AccountId
}
integer_id! {
    /// A user, who signs in to one account with a name and a password.
    UserId
}
integer_id! {
    /// A message API token's id, which is not its secret. On the wire a decimal integer inside a JSON string.
    TokenId
}

integer_id! {
    /// Of a message among those of its account: higher than those of all messages before it, and than any given since a
    /// backup that was put back.
    ArrivalId
}
impl ArrivalId {
    /// That of a message that comes now. It tells the time, so that no file of before, put back in the place of a later one,
    /// gives an id that was given already.
    pub fn next(self, now: Timestamp) -> Self {
        Self(now.as_millis().max(self.0 + 1))
    }
}

integer_id! {
    /// A key that an account is written to with.
    KeyId
}
integer_id! {
    /// A browser's session, which is not its secret.
    SessionId
}

integer_id! {
    /// An address that is told of what comes to a channel.
    WebhookId
}

integer_id! {
    /// A browser in which a person is told of messages.
    SubscriptionId
}
integer_id! {
    /// A device of a token's bearer, registered to be told of messages.
    RegistrationId
}

integer_id! {
    /// Something that was done in the inbox and may be taken back.
    UndoId
}

/// The row of a channel in the store. It has no wire form, so it cannot leak into an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelRow(pub i64);

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, thiserror::Error)]
#[error("not an identifier")]
pub struct InvalidId;

/// The public id of a channel: base64url without padding, safe to put unescaped into a path as every client does.
///
/// Knowing it is needed to reach the channel, so it is sealed in the file and never logged; `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(String);

impl ChannelId {
    /// Makes the id from random bytes.
    pub fn from_random(bytes: &[u8; PUBLIC_ID_BYTES]) -> Self {
        Self(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > 128 || !text.bytes().all(safe) {
            return Err(InvalidId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_ids_are_plain_digits() {
        assert_eq!("42".parse::<TokenId>().ok(), Some(TokenId(42)));
        for text in ["", "abc", "-1", "+1", " 1", "1.0", "99999999999999999999"] {
            assert!(text.parse::<TokenId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn channel_ids_are_path_safe() {
        let id = ChannelId::from_random(&[255; PUBLIC_ID_BYTES]);
        assert_eq!(id.as_str().len(), 43);
        assert!(id.as_str().parse::<ChannelId>().is_ok());
        for text in ["", "..", "a/b", "a=b", "ä"] {
            assert!(text.parse::<ChannelId>().is_err(), "{text:?}");
        }
    }
}
