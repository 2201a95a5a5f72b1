//! The one encrypted SQLite file: all SQL, all row shapes. One writer with group commit, many readers.

pub mod account_keys;
pub mod accounts;
pub mod backups;
mod batch;
pub mod certificate;
pub mod change_mark;
pub mod channel_access;
pub mod channels;
pub mod check;
mod checkpoints;
mod columns;
pub mod contacts;
pub mod counters;
pub mod deleted;
pub mod envelopes;
pub mod error;
pub mod export_source;
pub mod exports;
pub mod figures;
pub mod first_steps;
pub mod folder;
mod health;
pub mod idempotency;
pub mod imports;
pub mod inbox;
mod key_files;
pub mod keys;
pub mod leftovers;
pub mod letters;
mod log_ahead;
pub mod mailboxes;
pub mod mailings;
pub mod messages;
pub mod migrate;
mod news;
pub mod noted;
pub mod notices;
pub mod notification_settings;
pub mod older_marks;
pub mod open;
pub mod outbox;
mod pages;
pub mod phones;
pub mod pictures;
mod pool;
pub mod profiles;
pub mod push;
pub mod range_marks;
mod read_cursor;
pub mod read_states;
pub mod reading;
pub mod receivers;
pub mod reservations;
mod reserve;
pub mod reset_links;
pub mod retention;
pub mod right;
pub mod room;
pub mod rotation;
pub mod saved_searches;
pub mod sessions;
pub mod signals;
pub mod space;
pub mod subscriptions;
mod tallies;
mod tellings;
#[cfg(test)]
mod testing;
pub mod tokens;
pub mod tx;
pub mod undo;
pub mod unread;
pub mod users;
pub mod viewpoint;
mod wal_index;
pub mod webhooks;
mod whole;
mod writer;

pub use self::migrate::SCHEMA_VERSION;

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use crate::crypto::keyring::Keyring;
use crate::domain::time::Clock;
use crate::store::batch::{Batch, Outcome};
use crate::store::change_mark::{ChangeMark, ChangeMarks};
use crate::store::checkpoints::LogMover;
use crate::store::error::{Fails, StoreError};
use crate::store::figures::Figures;
use crate::store::health::Health;
use crate::store::pool::Readers;
use crate::store::right::Right;
use crate::store::tx::{CheckTx, ReadTx, View, WriteTx};
use crate::store::writer::WriterThread;

/// The version of the built-in SQLite.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// How long a probe waits for the writer, which itself waits longer for a lock that another program holds.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long a long work pauses between two parts. Whoever waits meanwhile, a process that
/// looks for the lock of the file every few milliseconds too, gets its turn.
const REST: Duration = Duration::from_millis(20);

/// A cheap handle to the open file.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    readers: Readers,
    health: Arc<Health>,
    /// One probe waits for the writer at a time, whoever asks.
    probes: Arc<Semaphore>,
    writer: WriterThread,
    leftovers: Notify,
    due: Notify,
    /// Last, because these two are dropped after all connections; the writer thread has them too.
    mover: Arc<LogMover>,
    marks: Arc<ChangeMarks>,
}

impl Store {
    /// The keys of this file.
    pub fn keyring(&self) -> &Keyring {
        &self.shared.keyring
    }

    /// The clock that its changes are dated by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// The clock, for whoever outlives a borrow of the store.
    pub fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    /// What the writer did and has to do.
    pub fn figures(&self) -> &Figures {
        self.shared.writer.figures()
    }

    /// The number that grows with every change of who may do what, here or in another process.
    pub fn access_epoch(&self) -> Result<i64, StoreError> {
        self.access_epoch_at(self.change_mark())
    }

    /// The same as it was at the mark or later, for whoever took one already.
    pub fn access_epoch_at(&self, mark: ChangeMark) -> Result<i64, StoreError> {
        self.shared.marks.epoch(mark, || {
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method is of one lifetime only"
            )]
            self.peek(|tx| tx.access_epoch())
        })
    }

    /// The state of the file at this moment, to compare with a later one.
    pub fn change_mark(&self) -> ChangeMark {
        self.shared.marks.now()
    }

    /// Opens this thread's connection now, while there are descriptors for it.
    pub fn open_reader(&self) -> Result<(), StoreError> {
        self.shared.readers.own().map(|_connection| ())
    }

    /// Runs a read of one statement on the calling thread. A statement is a view of its own, so no transaction is begun.
    pub fn peek<T, E>(&self, work: impl FnOnce(&ReadTx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: Fails,
    {
        let outcome = work(&self.read_tx(self.shared.readers.own()?));
        outcome.inspect_err(|failure| self.shared.health.notice(failure))
    }

    /// Runs a read on a blocking thread, inside one read transaction: a consistent view.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&ReadTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Fails + Send + 'static,
    {
        let store = self.clone();
        let read = move || {
            let connection = store.shared.readers.shared()?;
            let tx = store.read_tx(&connection);
            let read = View::begin(&tx).map_err(E::from).and_then(|_view| work(&tx));
            read.inspect_err(|failure| store.shared.health.notice(failure))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(outcome) => outcome,
            Err(_panicked) => Err(StoreError::Panicked.into()),
        }
    }

    /// The same on the calling thread, for reads of a few index look-ups: a thread hop would cost more than the read.
    pub fn read_now<T, E>(&self, work: impl FnOnce(&ReadTx<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: Fails,
    {
        self.peek(|tx| {
            let _view = View::begin(tx)?;
            work(tx)
        })
    }

    fn read_tx<'a>(&'a self, connection: &'a Connection) -> ReadTx<'a> {
        ReadTx::new(connection, &self.shared.keyring, self.shared.clock.now(), None)
    }

    /// Runs a change on the writer thread, for somebody whose right still stands there. Answers after the commit that made
    /// it durable; whatever `work` refuses is undone alone, without its neighbours in the same commit.
    pub async fn write<R, T, E, F>(&self, right: R, work: F) -> Result<T, E>
    where
        R: Right,
        F: FnOnce(&WriteTx<'_>, &R) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Fails + From<R::Error> + Send + 'static,
    {
        self.submit(move |batch| {
            batch.undoable(|tx| {
                right.require(tx)?;
                work(tx, &right)
            })
        })
        .await
    }

    /// The same for nobody in particular: the server's own upkeep, and changes that look at their proof themselves, such
    /// as the code of a link.
    pub async fn write_without_right<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Fails + Send + 'static,
    {
        self.submit(|batch| batch.undoable(work)).await
    }

    /// Makes a long change in parts, of which each does no more than others can wait for, and says how much. Between them
    /// others write, here and in other processes. Answers how much was done in all when a part did nothing.
    pub async fn write_in_parts<E, F>(&self, part: F) -> Result<u64, E>
    where
        F: Fn(&WriteTx<'_>) -> Result<u64, E> + Clone + Send + 'static,
        E: Fails + Send + 'static,
    {
        let mut all = 0;
        loop {
            match self.write_without_right(part.clone()).await? {
                0 => return Ok(all),
                some => all += some,
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// As [`Self::write`] for a change that can be checked beforehand: nothing is changed before `check` has agreed, so
    /// there is nothing to undo, and many of them cost less. What `check` finds out goes to `apply`, which must change
    /// nobody's rights. Should it fail, every change of that commit is undone and refused.
    pub async fn write_checked<R, C, T, E>(
        &self,
        right: R,
        check: impl FnOnce(&CheckTx<'_>, &R) -> Result<C, E> + Send + 'static,
        apply: impl FnOnce(&WriteTx<'_>, &R, C) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, E>
    where
        R: Right,
        T: Send + 'static,
        E: Fails + From<R::Error> + Send + 'static,
    {
        self.submit(move |batch| {
            batch.checked(
                |tx| {
                    right.require(tx)?;
                    check(tx, &right)
                },
                |tx, checked| apply(tx, &right, checked),
            )
        })
        .await
    }

    async fn submit<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Batch) -> Outcome<T, E> + Send + 'static,
        T: Send + 'static,
        E: Fails + Send + 'static,
    {
        self.shared.writer.submit(work)?.await.unwrap_or_else(|_ended| Err(StoreError::Closed.into()))
    }

    /// Tells whoever removes leftovers that there are some.
    pub fn note_leftovers(&self) {
        self.shared.leftovers.notify_one();
    }

    /// Waits until somebody calls `note_leftovers`; returns at once if that happened since the last wait.
    pub async fn leftovers_noted(&self) {
        self.shared.leftovers.notified().await;
    }

    /// Tells whoever does what is due that something will be.
    pub fn note_due(&self) {
        self.shared.due.notify_one();
    }

    /// Waits until somebody calls `note_due`; returns at once if that happened since the last wait.
    pub async fn due_noted(&self) {
        self.shared.due.notified().await;
    }

    /// Whether the disk is full, so that what is deleted must make room at once.
    pub fn is_short_of_room(&self) -> bool {
        self.shared.health.is_short_of_room()
    }

    /// Whether a change would be stored now: the writer gets the file's lock within a moment, and the last commit reached
    /// the disk, or one does now. It changes nothing that anybody sees.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let probe = async {
            let turn = Arc::clone(&self.shared.probes).acquire_owned().await;
            let turn = turn.map_err(|_closed| StoreError::Closed)?;
            let health = Arc::clone(&self.shared.health);
            self.write_without_right(move |tx| {
                // It lasts until the writer comes to it, though nobody may be waiting any more.
                let _turn = turn;
                if health.is_doubtful() {
                    health.require_room(tx.connection())?;
                    tx.touch_disk()?;
                }
                Ok(())
            })
            .await
        };
        timeout(PATIENCE, probe).await.unwrap_or_else(|_late| {
            self.shared.health.writer_stalled(self.clock().now());
            Err(StoreError::Stalled)
        })
    }

    /// Finishes the changes under way, moves the log into the file and ends the writer. Later changes are refused.
    pub async fn close(&self) {
        let store = self.clone();
        // A panic of the writer has been logged where it happened; closing has nothing to add.
        let _ended = tokio::task::spawn_blocking(move || store.shared.writer.close()).await;
    }
}
