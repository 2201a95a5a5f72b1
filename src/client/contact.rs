//! Somebody at the other end of a channel: where it is, what opens it, and what to seal with.

use std::fmt;

use crate::client::address::Address;
use crate::crypto::link_proof::LinkSecret;
use crate::crypto::sealed_box::Pair;
use crate::domain::key::PublicKey;
use crate::domain::secret::BearerToken;

/// The most pairs of a contact: what any of them was sealed for is still to be opened.
pub const MOST_PAIRS: usize = 20;

/// The longest name.
const LONGEST_NAME: usize = 64;

/// What a person calls a contact. It stands in commands and files, so it has letters, digits and few signs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContactName(String);

/// A name that a contact cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name begins with a letter or digit; letters, digits, `._@-`, at most {LONGEST_NAME}: {0:?}")]
pub struct InvalidContactName(String);

impl ContactName {
    /// A name as it was typed.
    pub fn parse(text: &str) -> Result<Self, InvalidContactName> {
        let fits = text.chars().count() <= LONGEST_NAME
            && text.starts_with(char::is_alphanumeric)
            && text.chars().all(|c| c.is_alphanumeric() || "._@-".contains(c));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidContactName(text.to_owned())) }
    }

    /// What a channel is called that is no contact. Its id may begin with a sign, and be longer than a name.
    pub fn of_channel(id: &str) -> Result<Self, InvalidContactName> {
        Self::parse(id).or_else(|_| {
            let begin: String = id.chars().take(LONGEST_NAME - "channel.".len()).collect();
            Self::parse(&format!("channel.{begin}"))
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is sealed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    /// With the line that the pages write before the body.
    Envelope,
    /// The bytes themselves, as programs do.
    Raw,
}

impl Sealing {
    /// As it is written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Raw => "raw",
        }
    }

    /// The other way round.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Envelope, Self::Raw].into_iter().find(|one| one.as_str() == text)
    }
}

/// The key of whoever is at the other end.
#[derive(Debug, Clone)]
pub struct SealTo {
    pub key: PublicKey,
    pub sealing: Sealing,
    /// Whether a link or a person named it, and not the server alone.
    pub is_checked: bool,
}

/// A contact.
#[derive(Clone)]
pub struct Contact {
    pub name: ContactName,
    pub address: Address,
    pub token: Option<BearerToken>,
    pub secret: Option<LinkSecret>,
    pub seal_to: Option<SealTo>,
    /// Our own pairs, the newest first.
    pub pairs: Vec<Pair>,
    /// Whether the server knows what ours know, such as keys of repeated messages.
    pub is_ours: bool,
    /// Whether it is our own channel, opened with its `Owner` token.
    pub is_holder: bool,
    /// How many sealed messages were numbered.
    pub sent: u64,
    /// The last letter that a command was run for.
    pub heard: Option<Heard>,
    /// Certificates, in PEM, that are trusted on the way there.
    pub authorities: Option<String>,
}

/// A letter of the holder: which of its letters, and which message of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    pub number: u64,
    pub sequence: u64,
}

impl Contact {
    /// A channel of one's own at one of our servers, opened with its `Owner` token.
    pub fn of_own_channel(name: ContactName, address: Address, token: BearerToken) -> Self {
        Self {
            name,
            address,
            token: Some(token),
            secret: None,
            seal_to: None,
            pairs: Vec::new(),
            is_ours: true,
            is_holder: true,
            sent: 0,
            heard: None,
            authorities: None,
        }
    }

    /// Whether messages are sealed for somebody who is ourselves, so that nobody else could open them.
    pub fn seals_for_itself(&self) -> bool {
        let to = self.seal_to.as_ref().map(|to| &to.key);
        to.is_some_and(|to| self.pairs.iter().any(|pair| pair.public() == to))
    }

    /// The pair that answers are sealed for, made when there is none yet.
    pub fn pair(&mut self) -> &Pair {
        if self.pairs.is_empty() {
            self.pairs.push(Pair::random());
        }
        &self.pairs[0]
    }

    /// Puts a pair before all others. Says whether there was room for it.
    pub fn take(&mut self, pair: Pair) -> bool {
        self.pairs.retain(|one| one.public() != pair.public());
        let has_room = self.pairs.len() < MOST_PAIRS;
        if has_room {
            self.pairs.insert(0, pair);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_commands() {
        for name in ["anna", "Ännchen.2", "me@shop", "a-b_c", "7"] {
            assert!(ContactName::parse(name).is_ok(), "{name}");
        }
        for name in ["", "-a", ".", "a b", "a/b", "a\n", &"a".repeat(65)] {
            assert!(ContactName::parse(name).is_err(), "{name}");
        }
    }
}
