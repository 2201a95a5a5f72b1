//! What a check found.

/// A file without faults is sound. Each fault is told in a sentence without names and contents.
#[derive(Debug, Default)]
pub struct Report {
    /// Sealed values that opened.
    pub opened: u64,
    /// What is wrong with the file as a whole, so that nobody can rely on what is in it.
    pub structure: Vec<String>,
    /// What is wrong with single values and rows. The rest is as it was written.
    pub values: Vec<String>,
    /// What may be a fault, and may have come about by itself.
    pub doubts: Vec<String>,
}

impl Report {
    pub(super) fn count(&mut self, opened: bool, fault: impl FnOnce() -> String) {
        if opened {
            self.opened += 1;
        } else {
            self.values.push(fault());
        }
    }
}
