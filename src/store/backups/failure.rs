//! Why the server made no backup when it last tried: kept beside the data, so that `doctor` can tell.

use std::fs;
use std::path::Path;

use crate::domain::text::in_one_line;
use crate::domain::time::Timestamp;
use crate::store::folder;

/// Its name in the data folder. It holds two lines: when, and why.
const NAME: &str = "peerbox.no-backup";

/// How long a reason may be, in characters: paths are in it.
const LONGEST: usize = 2000;

/// The last backup was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When it was tried.
    pub at: Timestamp,
    /// Why it failed, in a sentence for the operator.
    pub why: String,
}

impl Failure {
    /// The last one at the data of a folder; `None` where a backup was made since.
    pub fn last(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join(NAME)).ok()?;
        let (at, why) = text.strip_suffix('\n')?.split_once('\n')?;
        Some(Self { at: Timestamp::parse(at)?, why: why.to_owned() })
    }

    /// Keeps what became of the last try. Where that cannot be written, on a full disk, the log has it.
    pub fn keep(failure: Option<&Self>, data: &Path) {
        let _told_in_the_log = match failure {
            Some(Self { at, why }) => {
                folder::put(data, NAME, &format!("{at}\n{}\n", in_one_line(why, LONGEST)))
            }
            None => fs::remove_file(data.join(NAME)),
        };
    }
}
