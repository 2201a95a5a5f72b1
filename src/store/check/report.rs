//! What a check found.

use crate::crypto::field::Place;
use crate::domain::plural::counted;
use crate::store::check::values;
use crate::store::error::StoreError;

/// How many sentences are kept of each kind. Where all is damaged, they would fill the memory.
const NAMED: usize = 10_000;

/// Sentences without names and contents, one for each fault.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    named: Vec<String>,
    count: u64,
}

impl Faults {
    pub(in crate::store) fn push(&mut self, fault: String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(fault);
        }
    }

    /// Adds those of another list.
    pub(in crate::store) fn extend(&mut self, more: Self) {
        self.count += more.count;
        self.named.extend(more.named.into_iter().take(NAMED.saturating_sub(self.named.len())));
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
    pub fn in_words(&self) -> impl Iterator<Item = String> {
        let more = self.count - self.named.len() as u64;
        let more = (more > 0).then(|| format!("and {}", counted(more, "more fault")));
        self.named.iter().cloned().chain(more)
    }
}

/// A file without faults is sound.
#[derive(Debug, Default)]
pub struct Report {
    /// Sealed values that opened.
    pub opened: u64,
    /// What is wrong with the file as a whole: its pages, and what `schema.sql` lays out. What can be read of it can be
    /// written into a new one.
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

    /// Notes what damage broke a look off, so that the rest is looked at.
    pub(super) fn go_on_after(
        &mut self,
        what: &str,
        looked: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match looked {
            Err(StoreError::Damaged(_)) => {
                self.structure.push(format!("a part of {what} cannot be read"));
                Ok(())
            }
            Err(error) if error.is_damage() => {
                self.values.push(format!("{what}: {error}"));
                Ok(())
            }
            looked => looked,
        }
    }

    /// Counts a sealed value.
    pub(super) fn count(&mut self, place: Place, opened: bool) {
        if opened {
            self.opened += 1;
        } else {
            self.values.push(format!("{} does not open", values::named(place)));
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
        let words: Vec<_> = faults.in_words().collect();
        assert_eq!((words.len(), words.last().map(String::as_str)), (NAMED + 1, Some("and 2 more faults")));
    }
}
