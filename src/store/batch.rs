//! One commit in the making: what its changes share, and the two ways in which a change is made.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rusqlite::Connection;

use crate::crypto::keyring::Keyring;
use crate::domain::time::Clock;
use crate::events::Event;
use crate::store::counters;
use crate::store::envelopes::Filing;
use crate::store::error::{Fails, StoreError};
use crate::store::health::Health;
use crate::store::tallies::Tallies;
use crate::store::tx::{CheckTx, ReadTx, WriteTx};

/// The transaction on the only connection that writes. Empty between commits.
pub(super) struct Batch {
    connection: Connection,
    tallies: RefCell<Tallies>,
    events: RefCell<Vec<Event>>,
    /// The access epoch, which is read once for all messages of a commit.
    epoch: Cell<Option<i64>>,
    filing: Filing,
    health: Arc<Health>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
}

/// What a change came to: done, or refused and without a trace. An error outside means that the whole commit is lost.
pub(super) type Outcome<T, E> = Result<Result<T, E>, StoreError>;

impl Batch {
    pub(super) fn new(
        connection: Connection,
        health: Arc<Health>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            connection,
            tallies: RefCell::default(),
            events: RefCell::default(),
            epoch: Cell::default(),
            filing: Filing::default(),
            health,
            keyring,
            clock,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn begin(&self) -> Result<(), StoreError> {
        self.health.require_sound()?;
        self.epoch.take();
        self.execute("begin immediate")?;
        self.health.make_room(&self.connection, self.clock.now())
    }

    /// A change that may refuse half way: a savepoint undoes what it did, without its neighbours.
    pub(super) fn undoable<T, E>(&self, work: impl FnOnce(&WriteTx<'_>) -> Result<T, E>) -> Outcome<T, E>
    where
        E: Fails,
    {
        // It may look at the rows.
        self.settle()?;
        self.execute("savepoint change")?;
        let tx = self.tx();
        let outcome = self.attempt(|| work(&tx))?;
        if outcome.is_ok() {
            self.keep(tx);
        } else {
            self.execute("rollback to change")?;
        }
        // It may have moved the epoch.
        self.epoch.take();
        self.execute("release change")?;
        Ok(outcome)
    }

    /// A change that refuses before it changes anything. There is nothing to undo, which saves a savepoint and its copies
    /// of pages; should applying it fail all the same, the commit is lost. It must change nobody's rights, and needs room:
    /// on a full disk it is refused.
    pub(super) fn checked<C, T, E>(
        &self,
        check: impl FnOnce(&CheckTx<'_>) -> Result<C, E>,
        apply: impl FnOnce(&WriteTx<'_>, C) -> Result<T, StoreError>,
    ) -> Outcome<T, E>
    where
        E: Fails,
    {
        if let Err(full) = self.health.require_room(&self.connection) {
            return Ok(Err(full.into()));
        }
        let tx = self.tx();
        let checked = match self.attempt(|| check(&tx))? {
            Ok(checked) => checked,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let done = self.attempt(|| apply(&tx, checked))??;
        self.keep(tx);
        Ok(Ok(done))
    }

    /// Commits, with what belongs to the commit as a whole, and answers the events that may be told now.
    pub(super) fn commit(&self) -> Result<Vec<Event>, StoreError> {
        self.settle()?;
        self.filing.go_on(&self.tx())?;
        self.health.check_files()?;
        self.health.require_sound()?;
        self.execute("commit")?;
        Ok(self.events.take())
    }

    pub(super) fn roll_back(&self) {
        self.tallies.take();
        self.events.take();
        self.filing.begin_again();
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("rollback")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// Contains a panic, which is a refusal. An error means that SQLite gave up the transaction, as it does when the disk
    /// is full.
    fn attempt<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Outcome<T, E>
    where
        E: Fails,
    {
        let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            tracing::error!(panic = panic_text(&*panic), "a change panicked and was undone");
            Err(StoreError::Panicked.into())
        });
        if let Err(failure) = &outcome {
            self.health.notice(failure);
            self.health.require_sound()?;
        }
        if self.connection.is_autocommit() { Err(StoreError::GivenUp) } else { Ok(outcome) }
    }

    /// Remembers what a change did that was not refused.
    fn keep(&self, tx: WriteTx<'_>) {
        self.epoch.set(tx.known_epoch());
        self.events.borrow_mut().extend(tx.into_events());
    }

    fn tx(&self) -> WriteTx<'_> {
        let read = ReadTx::new(&self.connection, &self.keyring, self.clock.now(), self.epoch.get());
        WriteTx::new(read, &self.tallies)
    }

    fn settle(&self) -> Result<(), StoreError> {
        counters::settle(&self.tx())
    }

    fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}
