//! Telling a person once that something does not work, and once that it works again.

use std::cell::Cell;

/// Something that may stop working for a while.
pub struct Outage {
    notice: fn(&str),
    is_told: Cell<bool>,
}

impl Outage {
    /// It works now; `notice` tells the person.
    pub fn new(notice: fn(&str)) -> Self {
        Self { notice, is_told: Cell::new(false) }
    }

    /// It does not work.
    pub fn begins(&self, words: impl FnOnce() -> String) {
        if !self.is_told.replace(true) {
            (self.notice)(&words());
        }
    }

    /// It works.
    pub fn ends(&self, words: impl FnOnce() -> String) {
        if self.is_told.replace(false) {
            (self.notice)(&words());
        }
    }
}
