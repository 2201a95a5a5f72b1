//! Room behind the end of a log that grows, which the disk knows of before commits come to it.
//!
//! While a reader stays, as a backup does, the log cannot begin anew and its file becomes longer with every commit. To sync
//! such a file takes the disk about twice as long, because it also notes where the new part lies. So zeros are written behind
//! the log's end and synced, a few at a time. SQLite writes over them, and takes them for no part of the log, whose frames
//! carry sums (SQLite, "WAL-mode File Format", section 4).
//!
//! SQLite may write to the same file meanwhile. Zeros are only ever appended, and to append is one step (POSIX, `write` with
//! `O_APPEND`): they come behind all that was written before them, however far that is.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::store::{folder, room};

/// How far the file reaches beyond the log's end.
pub(super) const AHEAD: u64 = 32 * 1024 * 1024;

/// Bytes that are synced at once. Commits wait for as much.
const PIECE: usize = 1024 * 1024;

/// Pieces that are written in a row, and then the log is moved again: more than comes to it meanwhile.
const PIECES: u32 = 8;

/// Of the file, and of each page in it.
const FILE_HEADER: u64 = 32;
const PAGE_HEADER: u64 = 24;

/// The log's file, appended to.
pub(super) struct LogAhead {
    path: PathBuf,
    file: File,
    page_bytes: u64,
    zeros: Box<[u8]>,
}

impl LogAhead {
    /// Of the log of that database, which is there as long as a connection is open. SQLite keeps no locks on it, which
    /// opening it here could take away.
    pub(super) fn of(database: &Path, page_bytes: u64) -> io::Result<Self> {
        let path = folder::log_of(database);
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self { path, file, page_bytes, zeros: vec![0; PIECE].into_boxed_slice() })
    }

    /// Has the file reach further beyond so many pages, until it is far enough. Not where that would leave the disk little
    /// room.
    pub(super) fn reach(&mut self, pages: u32) -> io::Result<()> {
        let needed = FILE_HEADER + u64::from(pages) * (PAGE_HEADER + self.page_bytes) + AHEAD;
        for _ in 0..PIECES {
            let length = self.file.metadata()?.len();
            if length >= needed {
                break;
            }
            // The database must have room for all that is in the log, too.
            room::require(folder::containing(&self.path), length + AHEAD).map_err(io::Error::other)?;
            self.file.write_all(&self.zeros)?;
            self.file.sync_data()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::*;
    use crate::store::{pages, pool};

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("select count(*) from t", [], |row| row.get(0)).expect("rows")
    }

    #[test]
    fn what_is_written_into_the_room_ahead_is_kept_and_the_room_is_no_part_of_the_log() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("file");
        File::create(&path).expect("a file");
        let writer = pool::connect(&path).expect("a connection");
        let sql = "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; create table t (x blob)";
        writer.execute_batch(sql).expect("a table");
        // A reader that stays.
        let reader = pool::connect(&path).expect("a connection");
        reader.execute_batch("begin").expect("a moment");
        assert_eq!(rows(&reader), 0);
        let file = folder::log_of(&path);
        let length = |path: &Path| path.metadata().expect("a file").len();
        let mut ahead = LogAhead::of(&path, pages::page(&writer).expect("a length")).expect("the log");
        let before = length(&file);
        for _ in 0..AHEAD / PIECE as u64 / u64::from(PIECES) {
            ahead.reach(1).expect("room");
        }
        let long = length(&file);
        assert!(long >= before + AHEAD - 2 * PIECE as u64, "{before} {long}");
        ahead.reach(1).expect("room");
        assert_eq!(length(&file), long, "there is enough");
        let insert = "insert into t values (zeroblob(100000))";
        for _ in 0..20 {
            writer.execute_batch(insert).expect("a row");
        }
        assert_eq!(length(&file), long, "it was used");
        // What another process finds, and what a crash leaves: the files as they are.
        let left = folder.path().join("left");
        std::fs::copy(&path, &left).expect("a copy");
        std::fs::copy(&file, folder::log_of(&left)).expect("a copy");
        assert_eq!(rows(&pool::connect(&left).expect("a connection")), 20);
        for _ in 0..500 {
            writer.execute_batch(insert).expect("a row");
        }
        assert!(length(&file) > long, "it goes on behind the room");
        ahead.reach(1).expect("nothing to do");
        assert_eq!((rows(&writer), rows(&reader)), (520, 0));
        reader.execute_batch("rollback").expect("its end");
        let moved = writer.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0));
        assert_eq!((moved.expect("a move"), rows(&writer)), (0, 520));
        assert_eq!(
            writer.query_row("pragma integrity_check", [], |row| row.get::<_, String>(0)).expect("a check"),
            "ok"
        );
    }
}
