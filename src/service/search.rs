//! What a search of the inbox asks for, and whether a message answers it.

use std::collections::HashSet;

use crate::domain::content::{Content, media_type, text_of};
use crate::domain::folded::folded;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::time::Timestamp;
use crate::store::inbox::Envelope;

/// How much more a byte of other letters costs than one of plain ones, which are a byte each: 64 MiB of plain ones take
/// about 0.1 seconds of a processor, and 64 MiB of others would take up to eight.
const FOLDED_COST: usize = 16;

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

    /// What can be told from outside. `authors` are the tokens that the author may be.
    pub fn fits_envelope(&self, envelope: &Envelope, authors: Option<&HashSet<TokenId>>) -> bool {
        self.until.is_none_or(|until| envelope.received < until)
            && self.from.is_none_or(|from| envelope.received >= from)
            && authors.is_none_or(|authors| match envelope.author {
                Author::Token(token) => authors.contains(&token),
                Author::OwnerSide | Author::Anonymous => false,
            })
            && self.sequences.is_none_or(|(low, high)| envelope.sequence >= low && envelope.sequence <= high)
    }

    /// Whether it is about channels that somebody names.
    pub fn names_a_channel(&self) -> bool {
        self.channel.is_some() || self.label.is_some()
    }

    /// What looking at an opened message costs, in bytes of plain letters looked through. Other letters are folded one by
    /// one, and some become many.
    pub fn cost(&self, message: &Message) -> usize {
        let bytes = message.payload.as_bytes();
        if self.words.is_empty() {
            return bytes.len();
        }
        let text = text_of(message.content_type.as_str(), bytes).unwrap_or_default();
        bytes.len() + FOLDED_COST * text.bytes().filter(|byte| !byte.is_ascii()).count()
    }

    /// What needs the opened message.
    pub fn fits_content(&self, message: &Message) -> bool {
        let bytes = message.payload.as_bytes();
        let content_type = message.content_type.as_str();
        if self.larger.is_some_and(|larger| bytes.len() <= larger)
            || self.media.as_ref().is_some_and(|media| !media_type(content_type).starts_with(media.as_str()))
        {
            return false;
        }
        let content = Content::of(content_type, bytes);
        if content == Content::Damaged && self.media.is_some() {
            // What type it was is lost with it.
            return false;
        }
        if (self.sealed && content != Content::Sealed) || (self.json && content != Content::Json) {
            return false;
        }
        self.words.is_empty() || self.contains_words(content, message)
    }

    fn contains_words(&self, content: Content, message: &Message) -> bool {
        let text = match content {
            Content::Text | Content::Json => {
                let text = text_of(message.content_type.as_str(), message.payload.as_bytes());
                folded(&text.unwrap_or_default())
            }
            // They have no words, so none that was to be left out either.
            Content::Picture(_) | Content::Sealed | Content::Opaque | Content::Damaged => String::new(),
        };
        self.words.iter().all(|word| text.contains(&word.text) != word.negated)
    }
}
