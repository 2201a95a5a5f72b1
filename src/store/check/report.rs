//! What a check found.

/// A file without faults is sound.
#[derive(Debug, Default)]
pub struct Report {
    /// Sealed values that opened.
    pub opened: u64,
    /// Each in a sentence; no names, no contents.
    pub faults: Vec<String>,
    /// What may be a fault, and may have come about by itself.
    pub doubts: Vec<String>,
}

impl Report {
    pub(super) fn count(&mut self, opened: bool, fault: impl FnOnce() -> String) {
        if opened {
            self.opened += 1;
        } else {
            self.faults.push(fault());
        }
    }
}
