//! What a search needs of a message, remembered so that the next search need not open it again: in memory only, so much of
//! it, and wiped when it goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use zeroize::Zeroizing;

use crate::domain::content::{Content, media_type};
use crate::domain::folded::folded;
use crate::domain::id::ChannelRow;
use crate::domain::message::{Message, Sequence};

/// What all of them together may take, in bytes: 100 000 short messages.
const MOST: u64 = 24 * 1024 * 1024;

/// What a block takes, and what each gist takes, beside its letters.
const BESIDE: u64 = 96;

/// Sequences of a channel that are remembered together, so that going through them is going through memory in order.
const BLOCK: i64 = 128;

/// A gist with more letters is not remembered, so that a block is small beside all that may be.
const LETTERS: usize = 8 * 1024;

/// Parts of the cache, each with a lock and a share of what all may take.
const SHARDS: usize = 4;

/// How much more a byte of other letters costs than one of plain ones, which are a byte each: 64 MiB of plain ones take
/// about 0.1 seconds of a processor, and 64 MiB of others would take up to eight.
const FOLDED_COST: usize = 16;

/// A message as searches see it.
pub(super) struct Gist {
    content: Content,
    bytes: usize,
    /// The media type, and from `text` on the folded text, of which a picture has none.
    letters: Zeroizing<Box<str>>,
    text: usize,
}

impl Gist {
    /// Of a message that was opened, with or without its text; and what it took, in bytes of plain letters that could be
    /// looked through meanwhile.
    pub(super) fn of(message: &Message, with_text: bool) -> (Self, usize) {
        let content_type = message.content_type.as_str();
        let bytes = message.payload.as_bytes();
        let (content, text) = Content::with_text(content_type, bytes);
        let text = text.filter(|_| with_text).unwrap_or_default();
        let others = text.bytes().filter(|byte| !byte.is_ascii()).count();
        let mut letters = media_type(content_type);
        let begins = letters.len();
        letters.push_str(&Zeroizing::new(folded(&text)));
        let letters = Zeroizing::new(letters.into_boxed_str());
        (Self { content, bytes: bytes.len(), letters, text: begins }, bytes.len() + FOLDED_COST * others)
    }

    pub(super) fn content(&self) -> Content {
        self.content
    }

    /// How large the message is.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The content type without parameters, in lower case.
    pub(super) fn media(&self) -> &str {
        &self.letters[..self.text]
    }

    /// Its text, folded. What is no text has no words, so none that was to be left out either.
    pub(super) fn text(&self) -> &[u8] {
        &self.letters.as_bytes()[self.text..]
    }
}

/// The gists of messages that were looked through of late.
pub(super) struct Gists(Cache<Key, Weighed, ByBytes>);

/// A block for all times: numbers of a channel are used once, and those of channels too. A message never changes, and
/// of one that is gone nobody asks.
type Key = (ChannelRow, i64);

/// What is known of a block's messages, in their order.
#[derive(Default)]
struct Block(Mutex<Vec<(Sequence, Gist)>>);

/// A block with what it took when it was last put into the cache, as weights must not change there.
#[derive(Clone)]
struct Weighed {
    block: Arc<Block>,
    bytes: u64,
}

impl Gists {
    #[expect(clippy::expect_used, reason = "building fails only where a capacity is missing")]
    pub(super) fn new() -> Self {
        let blocks = usize::try_from(MOST / (8 * BESIDE)).unwrap_or(usize::MAX);
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(blocks).weight_capacity(MOST).shards(SHARDS);
        let options = options.build().expect("both capacities are set");
        Self(Cache::with_options(
            options,
            ByBytes,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ))
    }

    /// What is known of messages around one.
    pub(super) fn around(&self, channel: ChannelRow, sequence: Sequence) -> Around<'_> {
        let key = (channel, sequence.0 / BLOCK);
        let block = self.0.get(&key).map(|known| known.block).unwrap_or_default();
        Around { gists: self, key, block, is_changed: false }
    }
}

/// A block in use. What was added counts when it is dropped.
pub(super) struct Around<'a> {
    gists: &'a Gists,
    key: Key,
    block: Arc<Block>,
    is_changed: bool,
}

impl Around<'_> {
    /// Whether a message of the channel belongs to it.
    pub(super) fn has(&self, sequence: Sequence) -> bool {
        self.key.1 == sequence.0 / BLOCK
    }

    /// What is asked of a message, if it is remembered.
    pub(super) fn ask<T>(&self, sequence: Sequence, question: impl FnOnce(&Gist) -> T) -> Option<T> {
        let known = self.block.known();
        let at = known.binary_search_by_key(&sequence, |(sequence, _)| *sequence).ok()?;
        Some(question(&known[at].1))
    }

    /// Remembers a gist that has its text.
    pub(super) fn add(&mut self, sequence: Sequence, gist: Gist) {
        let mut known = self.block.known();
        if gist.letters.len() <= LETTERS
            && let Err(at) = known.binary_search_by_key(&sequence, |(sequence, _)| *sequence)
        {
            known.insert(at, (sequence, gist));
            self.is_changed = true;
        }
    }
}

impl Drop for Around<'_> {
    fn drop(&mut self) {
        if self.is_changed {
            let (block, bytes) = (Arc::clone(&self.block), self.block.bytes());
            self.gists.0.insert(self.key, Weighed { block, bytes });
        }
    }
}

impl Block {
    fn known(&self) -> MutexGuard<'_, Vec<(Sequence, Gist)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self) -> u64 {
        let known = self.known();
        let letters: usize = known.iter().map(|(_, gist)| gist.letters.len()).sum();
        let gists = 1 + u64::try_from(known.capacity()).unwrap_or(u64::MAX);
        u64::try_from(letters).unwrap_or(u64::MAX) + BESIDE * gists
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Weighed> for ByBytes {
    fn weight(&self, _key: &Key, known: &Weighed) -> u64 {
        known.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{ContentType, Payload};
    use crate::domain::time::Timestamp;

    #[test]
    fn what_is_remembered_is_bounded_and_what_was_used_last_stays() {
        let gists = Gists::new();
        let gist = |text: String| {
            let message = Message {
                sequence: Sequence(1),
                received: Timestamp::from_millis(0),
                content_type: ContentType::stored("Text/Plain; a=b".to_owned()),
                payload: Payload::new(text.into_bytes()).unwrap_or(Payload::damaged()),
            };
            Gist::of(&message, true).0
        };
        for sequence in (1..6_000).map(Sequence) {
            gists
                .around(ChannelRow(1), sequence)
                .add(sequence, gist(format!("{} A {}", "x".repeat(7_000), sequence.0)));
        }
        assert!(gists.0.weight() <= MOST && gists.0.weight() > MOST / 2, "{}", gists.0.weight());
        let last = Sequence(5_999);
        let shown = |gist: &Gist| (gist.media().to_owned(), gist.text().ends_with(b" a 5999"), gist.bytes());
        let told = gists.around(ChannelRow(1), last).ask(last, shown);
        assert_eq!(told, Some(("text/plain".to_owned(), true, 7_007)));
        assert!(gists.around(ChannelRow(2), last).ask(last, shown).is_none());
        let mut around = gists.around(ChannelRow(3), last);
        around.add(last, gist("y".repeat(LETTERS + 1)));
        assert!(around.ask(last, shown).is_none(), "too long");
    }
}
