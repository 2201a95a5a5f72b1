//! What a check found.

use crate::domain::plural::counted;

/// How many sentences are kept of each kind. Where all is damaged, they would fill the memory.
const NAMED: usize = 10_000;

/// Sentences without names and contents, one for each fault.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    named: Vec<String>,
    count: u64,
}

impl Faults {
    pub(super) fn push(&mut self, fault: String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(fault);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first.
    pub fn first(&self) -> Option<&str> {
        self.named.first().map(String::as_str)
    }

    /// The first ten thousand, and how many more there are.
    pub fn in_words(mut self) -> Vec<String> {
        match self.count - self.named.len() as u64 {
            0 => {}
            more => self.named.push(format!("and {}", counted(more, "more fault"))),
        }
        self.named
    }
}

/// A file without faults is sound.
#[derive(Debug, Default)]
pub struct Report {
    /// Sealed values that opened.
    pub opened: u64,
    /// What is wrong with the file as a whole, so that nobody can rely on what is in it.
    pub structure: Faults,
    /// What is wrong with single values and rows. The rest is as it was written.
    pub values: Faults,
    /// What may be a fault, and may have come about by itself.
    pub doubts: Faults,
}

impl Report {
    /// How many faults there are of both kinds.
    pub fn faults(&self) -> u64 {
        self.structure.count() + self.values.count()
    }

    /// The first fault.
    pub fn first(&self) -> Option<&str> {
        self.structure.first().or(self.values.first())
    }

    pub(super) fn count(&mut self, opened: bool, fault: impl FnOnce() -> String) {
        if opened {
            self.opened += 1;
        } else {
            self.values.push(fault());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_counted() {
        let mut faults = Faults::default();
        for fault in 0..NAMED + 2 {
            faults.push(format!("fault {fault}"));
        }
        assert_eq!((faults.count(), faults.first()), (NAMED as u64 + 2, Some("fault 0")));
        let words = faults.in_words();
        assert_eq!((words.len(), words.last().map(String::as_str)), (NAMED + 1, Some("and 2 more faults")));
    }
}
