//! What a search of the inbox asks for, and whether a message answers it.

use std::collections::HashSet;

use memchr::memmem::Finder;

use crate::domain::content::Content;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::message::{Author, Sequence};
use crate::domain::time::Timestamp;
use crate::service::gists::Gist;
use crate::store::inbox::Envelope;

/// Conditions that a message must all meet. The default asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Folded.
    pub words: Vec<Word>,
    pub channel: Option<ChannelId>,
    /// A part of the channel's private name, folded.
    pub label: Option<String>,
    /// A part of the name of whoever wrote a message, folded.
    pub author: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
    /// What the content type begins with, in lower case.
    pub media: Option<String>,
    pub unread: Option<bool>,
    /// All of it.
    pub noted: Vec<Noted>,
    pub sealed: bool,
    pub json: bool,
    pub larger: Option<usize>,
    pub sequences: Option<(Sequence, Sequence)>,
}

/// Something that the holder did with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    Starred,
    Archived,
    Snoozed,
}

/// A word or phrase that the text must contain or, negated, must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub negated: bool,
}

impl Criteria {
    /// Whether anything is asked for.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    /// The words that were looked for.
    pub fn wanted_words(&self) -> Vec<String> {
        self.words.iter().filter(|word| !word.negated).map(|word| word.text.clone()).collect()
    }

    /// Whether it is about channels that somebody names.
    pub fn names_a_channel(&self) -> bool {
        self.channel.is_some() || self.label.is_some()
    }

    /// Whether a message has to be opened to be judged.
    fn looks_inside(&self) -> bool {
        !self.words.is_empty() || self.media.is_some() || self.sealed || self.json || self.larger.is_some()
    }
}

/// Criteria made ready for many messages.
pub(super) struct Sought<'a> {
    criteria: &'a Criteria,
    /// The tokens that the author may be.
    authors: Option<HashSet<TokenId>>,
    words: Vec<(Finder<'a>, bool)>,
}

impl<'a> Sought<'a> {
    pub(super) fn new(criteria: &'a Criteria, authors: Option<HashSet<TokenId>>) -> Self {
        let words = criteria.words.iter().map(|word| (Finder::new(&word.text), word.negated)).collect();
        Self { criteria, authors, words }
    }

    /// Whether a message has to be opened to be judged.
    pub(super) fn looks_inside(&self) -> bool {
        self.criteria.looks_inside()
    }

    /// Whether its text matters.
    pub(super) fn reads(&self) -> bool {
        !self.words.is_empty()
    }

    /// What can be told from outside.
    pub(super) fn fits_envelope(&self, envelope: &Envelope) -> bool {
        let Criteria { from, until, sequences, .. } = self.criteria;
        until.is_none_or(|until| envelope.received < until)
            && from.is_none_or(|from| envelope.received >= from)
            && self.authors.as_ref().is_none_or(|authors| match envelope.author {
                Author::Token(token) => authors.contains(&token),
                Author::OwnerSide | Author::Anonymous => false,
            })
            && sequences.is_none_or(|(low, high)| envelope.sequence >= low && envelope.sequence <= high)
    }

    /// What needs the opened message.
    pub(super) fn fits(&self, gist: &Gist) -> bool {
        let Criteria { larger, media, sealed, json, .. } = self.criteria;
        if larger.is_some_and(|larger| gist.bytes() <= larger) {
            return false;
        }
        // What type a damaged one was is lost with it.
        let is_of =
            |media: &String| gist.media().starts_with(media.as_str()) && gist.content() != Content::Damaged;
        media.as_ref().is_none_or(is_of)
            && (!sealed || gist.content() == Content::Sealed)
            && (!json || gist.content() == Content::Json)
            && self.words.iter().all(|(word, negated)| word.find(gist.text()).is_some() != *negated)
    }
}
