//! What the first bytes of a file say of it, before SQLite opens it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The beginning of each file of SQLite's.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// As much of a file as is looked at.
const BYTES: usize = 100;

/// A database that says of itself that it is written without a log. All of it is in the one file.
pub(super) struct OneFile {
    /// The length that the file should have at least, in bytes.
    pub(super) length: u64,
}

impl OneFile {
    /// `None` for one that may have a log, and for what is no database.
    pub(super) fn read(file: &Path) -> io::Result<Option<Self>> {
        let mut bytes = [0; BYTES];
        match File::open(file)?.read_exact(&mut bytes) {
            Ok(()) => Ok(Self::of(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of(bytes: &[u8; BYTES]) -> Option<Self> {
        /// SQLite's number of the way to write without a log.
        const WITHOUT_LOG: u8 = 1;
        let page = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65536,
            page => u64::from(page),
        };
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        // Whoever does not know of the number of pages leaves an old one there, and not this mark beside it.
        let pages = if number(24) == number(92) { number(28) } else { 0 };
        let is_one_file = bytes.starts_with(MAGIC) && bytes[18] == WITHOUT_LOG;
        is_one_file.then_some(Self { length: page * u64::from(pages) })
    }
}
