//! Moving the write-ahead log into the file while the writer goes on, so that nobody's write waits for it.
//!
//! SQLite's own way is to do it inside the commit that makes the log long enough: everybody waits 10 ms and more. Here a
//! thread moves what is there, a part at a time. Only the last few pages are moved by the writer itself, because SQLite
//! begins the log anew only when all of it is moved and nobody adds to it.
//!
//! SQLite syncs the file only with the move that comes to the log's end, and counts the parts before it as moved all the
//! same. When that sync fails, Linux takes the pages for written, and no later sync brings them to the disk. So after a
//! move that failed all of the log is moved once more; until then it is not begun anew. Where commits are not synced the
//! log's own sync may be what failed. A power cut would then leave a log that ends before what is in the file. So the log is
//! first written once more too, as it stands.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use rusqlite::Connection;

use crate::store::log_ahead::LogAhead;
use crate::store::wal_index::WalIndex;
use crate::store::{folder, pages, pool};

/// Pages that come to the log before the thread is asked to move them.
const STEP: u32 = 250;

/// Pages after which the log shall begin anew.
const LONG: u32 = 2000;

/// Pages that the writer moves itself, which takes a few milliseconds.
const REST: u32 = 200;

/// Pages after which the writer waits for the move of all of them: it writes faster than the thread moves. Where more than
/// that is left, a reader held it back, and the thread catches up.
const TOO_LONG: u32 = 8_000;

/// Bytes of the log that are written again at once.
const PIECE: usize = 256 * 1024;

/// How many times longer than a move took in vain the thread waits before it tries again. Where a reader came while all of the
/// log was moved, SQLite sorts what was added since each time, only to find that nothing of it can be moved.
const VAIN: u32 = 20;

/// What the log of the server says where it fails.
pub(super) const NOT_MOVED: &str =
    "the write-ahead log was not moved into the file; the next commits try again";

/// Follows the log's length and has it moved. Lives on the writer thread.
pub(super) struct Checkpoints {
    /// Pages in the log, told by SQLite at every commit.
    logged: Arc<AtomicU32>,
    /// The log's length after the last commit.
    seen: u32,
    /// The log's length when the thread was last asked.
    asked: u32,
    progress: Arc<Mutex<Progress>>,
    mover: Arc<LogMover>,
    requests: SyncSender<()>,
    thread: JoinHandle<()>,
}

/// Moves the log, one thread at a time.
pub(super) struct LogMover {
    wal_index: Arc<WalIndex>,
    /// The last move failed, and what was moved before may not be on the disk.
    doubtful: Mutex<bool>,
}

/// How much of the log is moved.
#[derive(Clone, Copy)]
pub(super) enum Extent {
    /// What no reader still needs, without waiting for anybody.
    Passive,
    /// All of it, and the log's file is cut to nothing.
    Truncate,
}

impl LogMover {
    pub(super) fn of(wal_index: Arc<WalIndex>) -> Self {
        Self { wal_index, doubtful: Mutex::new(false) }
    }

    /// Moves it over this connection, and answers how many of the log's pages are moved now; nothing where another program is
    /// at it.
    pub(super) fn move_log(&self, connection: &Connection, extent: Extent) -> Result<Option<u32>, MoveError> {
        let mut doubtful = lock(&self.doubtful);
        if *doubtful {
            self.begin_again(connection, &mut doubtful)?;
        }
        let sql = match extent {
            Extent::Passive => "pragma wal_checkpoint(passive)",
            Extent::Truncate => "pragma wal_checkpoint(truncate)",
        };
        let moved = connection.query_row(sql, [], |row| row.get::<_, i64>(2)).inspect_err(|_failed| {
            *doubtful = true;
            // At once, because whoever closes the file last moves the log too. If not now, then before the next move.
            let _not_yet = self.begin_again(connection, &mut doubtful);
        })?;
        Ok(u32::try_from(moved).ok())
    }

    fn begin_again(&self, connection: &Connection, doubtful: &mut bool) -> Result<(), MoveError> {
        // Nobody adds to the log meanwhile. Zeros that are appended as room ahead stay what they are.
        connection.execute_batch("begin immediate")?;
        let written = connection.path().map_or(Ok(()), |file| write_again(&folder::log_of(Path::new(file))));
        connection.execute_batch("rollback")?;
        written.map_err(MoveError::NotWritten)?;
        self.wal_index.forget_moved()?;
        *doubtful = false;
        Ok(())
    }
}

/// Why the log was not moved.
#[derive(Debug, thiserror::Error)]
pub(super) enum MoveError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("after a failure it must be written again, and that failed: {0}")]
    NotWritten(io::Error),
    #[error("after a failure it must be moved from its begin, and another program moves it: {0}")]
    Elsewhere(#[from] io::Error),
}

#[derive(Default)]
struct Progress {
    /// The thread is at it.
    moving: bool,
    /// Pages from the log's begin on that the thread has moved.
    moved: u32,
}

impl Checkpoints {
    /// Takes the place of SQLite's own checkpoints on the writer's connection.
    pub(super) fn start(
        connection: &mut Connection,
        path: PathBuf,
        mover: Arc<LogMover>,
    ) -> io::Result<Self> {
        // What a single large change made of the log is given back when it begins anew.
        let page_bytes = pages::page(connection).map_err(io::Error::other)?;
        connection
            .pragma_update(None, "journal_size_limit", (page_bytes * u64::from(LONG)).cast_signed())
            .map_err(io::Error::other)?;
        let logged = Arc::new(AtomicU32::new(0));
        let told = Arc::clone(&logged);
        connection
            .wal_hook(Some(move |_: &mut _, pages| {
                told.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(io::Error::other)?;
        let progress = Arc::new(Mutex::default());
        let (requests, asked) = sync_channel(1);
        let work = Work {
            path,
            page_bytes,
            logged: Arc::clone(&logged),
            progress: Arc::clone(&progress),
            mover: Arc::clone(&mover),
        };
        let thread =
            Builder::new().name("peerbox-checkpoints".into()).spawn(move || work.do_when_asked(&asked))?;
        Ok(Self { logged, seen: 0, asked: 0, progress, mover, requests, thread })
    }

    /// Looks at the log after a commit. On a full disk it must not grow, so all of it is moved at once.
    pub(super) fn follow(&mut self, connection: &Connection, disk_is_full: bool) -> Result<(), MoveError> {
        let logged = self.logged.load(Ordering::Relaxed);
        let mut progress = lock(&self.progress);
        if logged < self.seen {
            // The log began anew.
            self.asked = 0;
            progress.moved = 0;
        }
        self.seen = logged;
        let state = State { logged, asked: self.asked, moved: progress.moved, moving: progress.moving };
        match if disk_is_full { Next::Writer } else { state.next() } {
            Next::Wait => {}
            Next::Thread => {
                self.asked = logged;
                progress.moving = self.requests.try_send(()).is_ok();
            }
            Next::Writer => {
                drop(progress);
                self.mover.move_log(connection, Extent::Passive).inspect_err(|_failed| {
                    // It is moved from its begin now, which is the thread's.
                    self.asked = 0;
                    lock(&self.progress).moved = 0;
                })?;
            }
        }
        Ok(())
    }

    /// Ends the thread after what it is doing, and moves what is left.
    pub(super) fn end(self, connection: &Connection) -> Result<(), MoveError> {
        drop(self.requests);
        // It has no work that could panic; should it have, the log is moved all the same.
        let _ended = self.thread.join();
        self.mover.move_log(connection, Extent::Truncate).map(|_pages| ())
    }
}

/// Where the log and its move stand, in pages from the log's begin.
#[derive(Clone, Copy)]
struct State {
    logged: u32,
    asked: u32,
    moved: u32,
    moving: bool,
}

/// Who moves the log after a commit.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Wait,
    Thread,
    Writer,
}

impl State {
    fn next(self) -> Next {
        let Self { logged, asked, moved, moving } = self;
        let left = logged.saturating_sub(moved);
        // So much is left only where a reader stayed long, as a backup does. Should the writer move that, everybody would
        // wait for seconds; so the thread does, unless more is added meanwhile than it had to move.
        let is_catching_up = left > TOO_LONG;
        let is_too_long = if is_catching_up {
            moving && logged - asked > asked.saturating_sub(moved).max(TOO_LONG)
        } else {
            logged >= TOO_LONG
        };
        if is_too_long || !moving && logged >= LONG && left <= REST {
            Next::Writer
        } else if !moving && logged - asked >= STEP {
            Next::Thread
        } else {
            Next::Wait
        }
    }
}

/// Has the disk take all that is in the log, what it holds and what it was believed to hold. SQLite keeps no locks on the
/// log, so it may be opened here.
fn write_again(log: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(log)?;
    let (mut at, mut piece) = (0, vec![0; PIECE]);
    loop {
        let read = file.read_at(&mut piece, at)?;
        if read == 0 {
            return Ok(());
        }
        file.write_all_at(&piece[..read], at)?;
        at += read as u64;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread does.
struct Work {
    path: PathBuf,
    page_bytes: u64,
    logged: Arc<AtomicU32>,
    progress: Arc<Mutex<Progress>>,
    mover: Arc<LogMover>,
}

impl Work {
    /// Its connection is opened when first asked: a command-line call never comes to that.
    #[expect(clippy::disallowed_methods, reason = "machine time: how long the thread worked in vain")]
    fn do_when_asked(&self, requests: &Receiver<()>) {
        let (mut connection, mut ahead) = (None, None);
        let mut in_vain_until = Instant::now();
        while requests.recv().is_ok() {
            if connection.is_none() {
                connection = pool::connect(&self.path)
                    .inspect_err(|error| tracing::warn!(%error, "the write-ahead log cannot be moved"))
                    .ok();
            }
            let logged = self.logged.load(Ordering::Relaxed);
            let (before, begun) = (lock(&self.progress).moved, Instant::now());
            let is_held_back = |moved| logged.saturating_sub(moved) >= LONG;
            let moved = if begun < in_vain_until && is_held_back(before) {
                lock(&self.progress).moving = false;
                Some(before)
            } else {
                let moved = self.moved(connection.as_ref());
                *lock(&self.progress) = Progress { moving: false, moved: moved.unwrap_or(0) };
                if moved == Some(before) {
                    in_vain_until = begun + begun.elapsed() * (1 + VAIN);
                }
                moved
            };
            // What is left of what was there is held back by a reader.
            if moved.is_some_and(is_held_back) {
                let made = self.make_room(&mut ahead, logged);
                // Without it commits only take longer.
                made.unwrap_or_else(|error| tracing::debug!(%error, "the log has no room ahead"));
            }
        }
    }

    fn moved(&self, connection: Option<&Connection>) -> Option<u32> {
        let move_log = |connection| self.mover.move_log(connection, Extent::Passive);
        connection.map_or(Ok(None), move_log).unwrap_or_else(|error| {
            // It is asked only after so many pages were stored, so this is seldom.
            tracing::warn!(%error, "{NOT_MOVED}");
            None
        })
    }

    fn make_room(&self, ahead: &mut Option<LogAhead>, logged: u32) -> io::Result<()> {
        let ahead = match ahead {
            Some(ahead) => ahead,
            None => ahead.insert(LogAhead::of(&self.path, self.page_bytes)?),
        };
        ahead.reach(logged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_moves_what_a_long_reader_held_back_and_the_writer_only_what_is_short() {
        let next = |logged, asked, moved, moving| State { logged, asked, moved, moving }.next();
        assert_eq!(next(STEP - 1, 0, 0, false), Next::Wait);
        assert_eq!(next(STEP, 0, 0, false), Next::Thread);
        assert_eq!(next(2 * STEP, STEP, 0, true), Next::Wait);
        assert_eq!(next(LONG, LONG - 10, LONG - REST, false), Next::Writer);
        assert_eq!(next(LONG, LONG - 10, LONG - REST - 1, false), Next::Wait);
        assert_eq!(next(TOO_LONG, TOO_LONG - STEP, TOO_LONG - STEP, true), Next::Writer);
        // A reader stayed long: nothing of this can be moved in a moment.
        let long = 100 * TOO_LONG;
        assert_eq!(next(long, long - STEP, 100, false), Next::Thread);
        assert_eq!(next(long, long - STEP, 100, true), Next::Wait);
        assert_eq!(next(long + long, long, 100, true), Next::Writer, "more comes than is moved");
        assert_eq!(next(long, long - STEP, long - TOO_LONG, false), Next::Writer);
    }
}
