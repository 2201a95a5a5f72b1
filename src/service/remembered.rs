//! Answers that are remembered until anything is committed: whoever polls while nothing happens costs almost nothing.

use std::hash::Hash;

use quick_cache::sync::Cache;

use crate::store::change_mark::ChangeMark;

/// Answers by what was asked, each with the state of the file in which it was true.
pub(super) struct Remembered<K, V> {
    answers: Cache<K, (ChangeMark, V)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Remembered<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { answers: Cache::new(most) }
    }

    /// The answer, if nothing was committed since it was found.
    pub(super) fn get(&self, key: &K, now: ChangeMark) -> Option<V> {
        self.answers.get(key).filter(|(then, _)| *then == now).map(|(_, answer)| answer)
    }

    /// Keeps an answer. The mark was taken before it was looked for: a commit in between makes the answer look older than
    /// it is, never newer.
    pub(super) fn keep(&self, key: &K, mark: ChangeMark, answer: V) {
        self.answers.insert(key.clone(), (mark, answer));
    }
}
