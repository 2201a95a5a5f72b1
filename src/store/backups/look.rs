//! What the last look through a backup found: kept beside the data, so that neither a restart nor another process has to
//! read all of it again.

use std::fs;
use std::io;
use std::path::Path;

use crate::domain::time::Timestamp;
use crate::store::folder;

/// Its name in the data folder. It holds three lines: when and of which backup, how many faults, and the first of them.
const NAME: &str = "peerbox.looked-through";

/// What stands between the two times of the first line.
const OF: &str = " of ";

/// A look through a backup that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When it did.
    pub ended: Timestamp,
    /// When the backup was made; `None` where an earlier version looked, which did not note it.
    pub of: Option<Timestamp>,
    /// What it found. The data has it as the backup has.
    pub damage: Option<Damage>,
}

/// What is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// How many faults there are.
    pub faults: u64,
    /// The first, in a sentence.
    pub first: String,
}

impl Look {
    /// The last one at the data of a folder; `None` where nobody knows of one.
    pub fn last(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(data.join(NAME)).ok()?)
    }

    /// Keeps it in place of the one before. Where that fails none is kept: the one before may say that all was sound.
    pub fn keep(&self, data: &Path) -> io::Result<()> {
        folder::put(data, NAME, &self.text()).inspect_err(|_failed| Self::forget(data))
    }

    /// Forgets it: there is other data now.
    pub(super) fn forget(data: &Path) {
        let _it_was_not_there = fs::remove_file(data.join(NAME));
    }

    fn text(&self) -> String {
        let (faults, first) =
            self.damage.as_ref().map_or((0, ""), |Damage { faults, first }| (*faults, first.as_str()));
        let of = self.of.map(|of| format!("{OF}{of}")).unwrap_or_default();
        format!("{}{of}\n{faults}\n{first}\n", self.ended)
    }

    fn parse(text: &str) -> Option<Self> {
        let (when, found) = text.strip_suffix('\n')?.split_once('\n')?;
        let (ended, of) = match when.split_once(OF) {
            Some((ended, of)) => (ended, Some(Timestamp::parse(of)?)),
            None => (when, None),
        };
        let (faults, first) = found.split_once('\n')?;
        let faults = faults.parse().ok()?;
        let damage = (faults > 0).then(|| Damage { faults, first: first.to_owned() });
        Some(Self { ended: Timestamp::parse(ended)?, of, damage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_look_is_kept_and_one_that_cannot_be_is_not_taken_for_the_one_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        assert_eq!(Look::last(data), None);
        let ended = Timestamp::from_millis(1_763_836_980_120);
        let damage = Damage { faults: 2, first: "the trigger of\ntwo lines is missing".to_owned() };
        let of = Some(Timestamp::from_millis(1_763_836_900_000));
        for (of, damage) in [(of, Some(damage.clone())), (of, None), (None, Some(damage))] {
            let look = Look { ended, of, damage };
            look.keep(data).expect("space");
            assert_eq!(Look::last(data), Some(look));
        }
        fs::write(data.join(NAME), "2026-11-26T03:15:00.999Z\n").expect("space");
        assert_eq!(Look::last(data), None, "half of one is none");
        let elsewhere = data.join("elsewhere");
        assert!(Look { ended, of, damage: None }.keep(&elsewhere).is_err());
        assert_eq!(Look::last(&elsewhere), None);
    }
}
