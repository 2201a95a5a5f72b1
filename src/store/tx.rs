//! Transactions as the query functions see them.

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use rusqlite::{CachedStatement, Connection, Params, Row};

use crate::crypto::keyring::Keyring;
use crate::domain::time::Timestamp;
use crate::events::Event;
use crate::store::columns::value;
use crate::store::error::{StoreError, readable};
use crate::store::tallies::Tallies;

/// A read transaction: a consistent view, the keys to open what it holds, and one instant for all of it.
pub struct ReadTx<'a> {
    connection: &'a Connection,
    keyring: &'a Keyring,
    now: Timestamp,
    /// The access epoch, once it was asked for.
    epoch: Cell<Option<i64>>,
}

impl<'a> ReadTx<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        keyring: &'a Keyring,
        now: Timestamp,
        epoch: Option<i64>,
    ) -> Self {
        Self { connection, keyring, now, epoch: Cell::new(epoch) }
    }

    /// The instant of this transaction.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The keys of this file.
    pub fn keyring(&self) -> &'a Keyring {
        self.keyring
    }

    /// The number that grows with every change of who may do what. What was remembered under another number is stale.
    pub fn access_epoch(&self) -> Result<i64, StoreError> {
        const SQL: &str = "select value from access_epoch where id = 1";
        if let Some(epoch) = self.epoch.get() {
            return Ok(epoch);
        }
        let epoch = self.one(SQL, [], value)?;
        self.epoch.set(Some(epoch));
        Ok(epoch)
    }

    /// The access epoch, if it was asked for.
    pub(super) fn known_epoch(&self) -> Option<i64> {
        self.epoch.get()
    }

    /// The one row that a statement always has.
    pub(super) fn one<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let row = self.first(sql, parameters, read)?;
        row.ok_or(StoreError::Sqlite(rusqlite::Error::QueryReturnedNoRows))
    }

    /// The first row, if there is one.
    pub(super) fn first<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        rows.next()?.map(read).transpose()
    }

    /// All rows. Where one cannot be read, there is only that error.
    pub(super) fn all<T, C: FromIterator<T>>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<C, StoreError> {
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_and_then(parameters, read)?;
        rows.collect()
    }

    /// The rows that open: a damaged one is told in the log, and does not take its neighbours down.
    pub(super) fn all_readable<T>(
        &self,
        sql: &'static str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows: Vec<Option<T>> = self.all(sql, parameters, |row| readable(read(row)))?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// A statement that is prepared once per connection, for rows of which some may do.
    pub(super) fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'a>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    pub(super) fn connection(&self) -> &'a Connection {
        self.connection
    }
}

/// A read transaction of several statements with one consistent view; ends when dropped.
pub(super) struct View<'a> {
    tx: &'a ReadTx<'a>,
}

impl<'a> View<'a> {
    pub(super) fn begin(tx: &'a ReadTx<'a>) -> Result<Self, StoreError> {
        tx.prepare("begin")?.execute([])?;
        Ok(Self { tx })
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        let ended = self.tx.prepare("commit").and_then(|mut commit| Ok(commit.execute([])?));
        match ended {
            // Whoever read has the same error, which is told once.
            Ok(_) | Err(StoreError::Damaged(_)) => {}
            Err(error) => tracing::error!(%error, "a read transaction did not end"),
        }
    }
}

/// A write transaction before it changes anything: also knows what the messages before it in the same commit add.
pub struct CheckTx<'a> {
    read: ReadTx<'a>,
    tallies: &'a RefCell<Tallies>,
}

impl CheckTx<'_> {
    pub(super) fn tallies(&self) -> &RefCell<Tallies> {
        self.tallies
    }
}

impl<'a> Deref for CheckTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.read
    }
}

/// A write transaction: also reads, and collects events that leave only after the commit.
pub struct WriteTx<'a> {
    check: CheckTx<'a>,
    events: RefCell<Vec<Event>>,
}

impl<'a> WriteTx<'a> {
    pub(super) fn new(read: ReadTx<'a>, tallies: &'a RefCell<Tallies>) -> Self {
        Self { check: CheckTx { read, tallies }, events: RefCell::default() }
    }

    /// Tells an event once this transaction is committed, in commit order.
    pub fn emit(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    pub(super) fn into_events(self) -> Vec<Event> {
        self.events.into_inner()
    }

    /// Changes rows, and answers how many.
    pub(super) fn change(&self, sql: &'static str, parameters: impl Params) -> Result<usize, StoreError> {
        Ok(self.prepare(sql)?.execute(parameters)?)
    }

    /// Has a page written whose values stay. SQLite writes none for a row that becomes what it is, so it is another one in
    /// between.
    pub(super) fn touch_disk(&self) -> Result<(), StoreError> {
        const SQL: &str = "update access_epoch set value = -value where id = 1";
        let mut turn_over = self.prepare(SQL)?;
        turn_over.execute([])?;
        turn_over.execute([])?;
        Ok(())
    }

    /// The id that the next row of an autoincrement table gets. Known beforehand because sealed columns are bound to it.
    pub(super) fn next_id(&self, table: &'static str) -> Result<i64, StoreError> {
        const SQL: &str = "select coalesce((select seq from sqlite_sequence where name = ?1), 0) + 1";
        self.one(SQL, [table], value)
    }
}

impl<'a> Deref for WriteTx<'a> {
    type Target = CheckTx<'a>;

    fn deref(&self) -> &CheckTx<'a> {
        &self.check
    }
}
