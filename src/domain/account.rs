//! Accounts, which own channels, and the users who sign in to them.

use std::time::Duration;

use crate::domain::id::{AccountId, UserId};
use crate::domain::normal_form;
use crate::domain::time::Timestamp;

/// The longest account, user or display name, in characters.
pub const MAX_NAME_CHARS: usize = 128;

/// The longest that somebody may have, who brought it along from the reference.
const LONGEST_NAME_CHARS: usize = 256;

/// Whether an account or a user may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Enabled,
    /// Sign-in and every token are refused; nothing is deleted.
    Disabled,
}

/// Whose doing a link to a new password is. One does not take the place of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkBy {
    Operator,
    /// Sent to the user's address. Anybody may ask for it.
    Mail,
}

impl LinkBy {
    /// For how long it works. While one that was sent does, no other is sent: so letters are few, and nobody who asks for them
    /// in the user's place leaves the user without one.
    pub fn lasts(self) -> Duration {
        match self {
            Self::Operator => Duration::from_hours(1),
            Self::Mail => Duration::from_hours(6),
        }
    }
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
    /// Bytes that it may store, 0 for no limit; `None` when what the server allows everybody holds for it.
    pub quota: Option<u64>,
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

/// The name of an account: not blank, at most [`MAX_NAME_CHARS`] characters, each of which can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(Name);

impl AccountName {
    /// A name to be given. It is no number: in commands that would be another account's id.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        let name = Self::of_the_reference(text)?;
        if name.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidName {
                what: "account name",
                why: "is a number, which would be an account's id",
            });
        }
        Ok(name)
    }

    /// A name to be given as the reference's command line does. Underscores stand for spaces, so `a_b` and `a b` are one
    /// account.
    pub fn of_the_reference(text: &str) -> Result<Self, InvalidName> {
        Name::to_be_given(&text.replace('_', " "), "account name").map(Self)
    }

    /// A name that an account may have already, perhaps from a time when more was allowed.
    pub fn wanted(text: &str) -> Result<Self, InvalidName> {
        Name::wanted(&text.replace('_', " "), "account name").map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0.written
    }

    /// The form by which two names are told apart.
    pub fn key(&self) -> String {
        normal_form::plain(self.as_str())
    }

    /// The forms under which an account of that name may be filed: [`key`](Self::key), and those of earlier versions.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys(self.key(), str::to_owned)
    }
}

/// The name that a user signs in with. Two users of one server never share one, whatever their letters' case and however
/// they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(Name);

impl UserName {
    /// A name to be given.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        Self::without_colon(Name::to_be_given(text, "user name")?)
    }

    /// A name that a user may have already, perhaps from a time when more was allowed.
    pub fn wanted(text: &str) -> Result<Self, InvalidName> {
        Self::without_colon(Name::wanted(text, "user name")?)
    }

    pub fn as_str(&self) -> &str {
        &self.0.written
    }

    /// The form by which two names are told apart.
    pub fn key(&self) -> String {
        normal_form::folded(self.as_str())
    }

    /// The forms under which a user of that name may be filed: [`key`](Self::key), and those of earlier versions.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys(self.key(), str::to_lowercase)
    }

    /// A colon is refused: Basic credentials could not tell where the name ends.
    fn without_colon(name: Name) -> Result<Self, InvalidName> {
        if name.written.contains(':') {
            return Err(InvalidName { what: "user name", why: "contains a colon" });
        }
        Ok(Self(name))
    }
}

/// A name that cannot be taken, and why.
#[derive(Debug, thiserror::Error)]
#[error("the {what} {why}")]
pub struct InvalidName {
    pub what: &'static str,
    pub why: &'static str,
}

/// A name as it is shown and as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    written: String,
    typed: String,
}

impl Name {
    fn to_be_given(text: &str, what: &'static str) -> Result<Self, InvalidName> {
        let name = Self::wanted(text, what)?;
        let why = if name.written.chars().count() > MAX_NAME_CHARS {
            "is longer than 128 characters"
        } else if name.written.chars().any(normal_form::is_unseen) {
            "contains a character that cannot be seen"
        } else if normal_form::mixes_alphabets(&name.written) {
            "mixes letters of several alphabets"
        } else if normal_form::passes_for_latin(&name.written) {
            "looks like one in Latin letters and is not"
        } else {
            return Ok(name);
        };
        Err(InvalidName { what, why })
    }

    fn wanted(text: &str, what: &'static str) -> Result<Self, InvalidName> {
        let typed = text.trim().to_owned();
        let written = normal_form::composed(&normal_form::spaced(text));
        if written.is_empty() {
            return Err(InvalidName { what, why: "is blank" });
        }
        if written.chars().count() > LONGEST_NAME_CHARS {
            return Err(InvalidName { what, why: "is longer than 256 characters" });
        }
        if typed.chars().any(char::is_control) {
            return Err(InvalidName { what, why: "contains a control character" });
        }
        Ok(Self { written, typed })
    }

    /// The key of today, and those that earlier versions made of the name: they knew no normal forms.
    fn keys(&self, today: String, earlier: fn(&str) -> String) -> Vec<String> {
        let typed = self.typed.as_str();
        let forms = [typed.to_owned(), normal_form::composed(typed), normal_form::decomposed(typed)];
        let mut keys = vec![today];
        for key in forms.iter().map(|form| earlier(form)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_in_account_names_are_spaces() {
        assert_eq!(AccountName::new("a_b").ok(), AccountName::new("a b").ok());
    }

    #[test]
    fn names_are_found_under_what_earlier_versions_made_of_them() {
        let keys = |text: &str| UserName::wanted(text).map(|name| name.keys()).unwrap_or_default();
        assert_eq!(keys("Plain Name"), ["plain name"]);
        assert_eq!(keys("José"), ["josé", "jose\u{301}"]);
        assert_eq!(keys("Jose\u{301}"), ["josé", "jose\u{301}"]);
        assert_eq!(keys("a\u{200b}b"), ["a\u{200b}b"]);
    }

    #[test]
    fn unusable_names_are_refused() {
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        for text in ["", "  ", "a\nb", "a\u{200b}b", "a\u{202e}b", "\u{430}dmin", long.as_str()] {
            assert!(UserName::new(text).is_err(), "{text:?}");
        }
        assert!(AccountName::new("_").is_err());
        assert!(AccountName::new("12").is_err() && AccountName::new("12 a").is_ok());
        assert!(UserName::new("a:b").is_err());
    }
}
