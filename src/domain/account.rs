//! Accounts, which own channels, and the users who sign in to them.

use crate::domain::id::{AccountId, UserId};
use crate::domain::time::Timestamp;

/// The longest account, user or display name, in characters.
pub const MAX_NAME_CHARS: usize = 128;

/// Whether an account or a user may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Enabled,
    /// Sign-in and every token are refused; nothing is deleted.
    Disabled,
}

/// What a user may do beyond the own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Holder,
    /// May also see and manage the other accounts of this server.
    Operator,
}

/// An account as its holder sees it.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub standing: Standing,
    pub created: Timestamp,
    pub channels: u64,
    pub messages: u64,
    /// Bytes of sealed messages stored, which is what the quota counts.
    pub bytes: u64,
}

/// A person or program that signs in to an account.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub standing: Standing,
    pub created: Timestamp,
}

/// The name of an account: printable, not blank, at most [`MAX_NAME_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// Underscores stand for spaces, as in the reference's command line, so `a_b` and `a b` are one account.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let name = printable(text, "account name")?.replace('_', " ");
        if name.trim().is_empty() {
            return Err(InvalidName { what: "account name", why: "is blank" });
        }
        Ok(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that a user signs in with. Two users of one server never share one, whatever their letters' case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// A colon is refused: Basic credentials could not tell where the name ends.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let name = printable(text, "user name")?;
        if name.contains(':') {
            return Err(InvalidName { what: "user name", why: "contains a colon" });
        }
        Ok(Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that look-ups use.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// A name that cannot be taken, and why.
#[derive(Debug, thiserror::Error)]
#[error("the {what} {why}")]
pub struct InvalidName {
    pub what: &'static str,
    pub why: &'static str,
}

fn printable<'a>(text: &'a str, what: &'static str) -> Result<&'a str, InvalidName> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidName { what, why: "is blank" });
    }
    if text.chars().count() > MAX_NAME_CHARS {
        return Err(InvalidName { what, why: "is longer than 128 characters" });
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidName { what, why: "contains a control character" });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_in_account_names_are_spaces() {
        assert_eq!(AccountName::new("a_b").ok(), AccountName::new("a b").ok());
    }

    #[test]
    fn unusable_names_are_refused() {
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        for text in ["", "  ", "a\nb", long.as_str()] {
            assert!(UserName::new(text).is_err(), "{text:?}");
        }
        assert!(AccountName::new("_").is_err());
        assert!(UserName::new("a:b").is_err());
    }
}
