//! Moving the write-ahead log into the file while the writer goes on, so that nobody's write waits for it.
//!
//! SQLite's own way is to do it inside the commit that makes the log long enough: everybody waits 10 ms and more. Here a
//! thread moves what is there, a part at a time. Only the last few pages are moved by the writer itself, because SQLite
//! begins the log anew only when all of it is moved and nobody adds to it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;

use crate::store::pool;

/// Pages that come to the log before the thread is asked to move them.
const STEP: u32 = 250;

/// Pages after which the log shall begin anew.
const LONG: u32 = 2000;

/// Pages that the writer moves itself, which takes a few milliseconds.
const REST: u32 = 200;

/// Pages after which the writer waits for the move of all of them: it writes faster than the thread moves.
const TOO_LONG: u32 = 8_000;

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
    requests: SyncSender<()>,
    thread: JoinHandle<()>,
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
    pub(super) fn start(connection: &mut Connection, path: PathBuf) -> io::Result<Self> {
        // What a single large change made of the log is given back when it begins anew.
        let page_bytes: rusqlite::Result<i64> =
            connection.query_row("pragma page_size", [], |row| row.get(0));
        page_bytes
            .and_then(|bytes| connection.pragma_update(None, "journal_size_limit", bytes * i64::from(LONG)))
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
        let reported = Arc::clone(&progress);
        let thread = Builder::new()
            .name("peerbox-checkpoints".into())
            .spawn(move || move_when_asked(&path, &asked, &reported))?;
        Ok(Self { logged, seen: 0, asked: 0, progress, requests, thread })
    }

    /// Looks at the log after a commit. On a full disk it must not grow, so all of it is moved at once.
    pub(super) fn follow(&mut self, connection: &Connection, disk_is_full: bool) -> rusqlite::Result<()> {
        let logged = self.logged.load(Ordering::Relaxed);
        let mut progress = lock(&self.progress);
        if logged < self.seen {
            // The log began anew.
            self.asked = 0;
            progress.moved = 0;
        }
        self.seen = logged;
        if progress.moving && logged < TOO_LONG && !disk_is_full {
            return Ok(());
        }
        let left = logged.saturating_sub(progress.moved);
        if disk_is_full || logged >= TOO_LONG || logged >= LONG && left <= REST {
            drop(progress);
            move_log(connection)?;
        } else if logged - self.asked >= STEP {
            self.asked = logged;
            progress.moving = self.requests.try_send(()).is_ok();
        }
        Ok(())
    }

    /// Ends the thread after what it is doing.
    pub(super) fn end(self) {
        drop(self.requests);
        // It has no work that could panic; should it have, the log is moved by the writer's last checkpoint.
        let _ended = self.thread.join();
    }
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread. It opens its connection when first asked: a command-line call never comes to that.
fn move_when_asked(path: &Path, requests: &Receiver<()>, progress: &Mutex<Progress>) {
    let mut connection = None;
    while requests.recv().is_ok() {
        if connection.is_none() {
            connection = pool::connect(path)
                .inspect_err(|error| tracing::warn!(%error, "the write-ahead log cannot be moved"))
                .ok();
        }
        let moved = connection.as_ref().map_or(Ok(0), move_log).unwrap_or_else(|error| {
            // It is asked only after so many pages were stored, so this is seldom.
            tracing::warn!(%error, "{NOT_MOVED}");
            0
        });
        *lock(progress) = Progress { moving: false, moved };
    }
}

/// Moves what no reader still needs, and answers how many of the log's pages are moved now.
fn move_log(connection: &Connection) -> rusqlite::Result<u32> {
    let pages = connection.query_row("pragma wal_checkpoint(passive)", [], |row| row.get::<_, i64>(2))?;
    Ok(u32::try_from(pages).unwrap_or(0))
}
