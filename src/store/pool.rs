//! Connections: those of the readers, and what every connection is set to.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use r2d2::{ManageConnection, Pool, PooledConnection};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use thread_local::ThreadLocal;

use crate::store::error::StoreError;
use crate::store::folder;

/// How long a connection waits for another process, such as a command-line call, to end its change.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepared statements that a connection keeps; there are fewer different ones.
const STATEMENTS: usize = 128;

/// Read-only connections, opened when first needed: one for each thread that reads on the spot, which therefore never
/// waits, and a few for all the blocking threads together.
pub(super) struct Readers {
    own: ThreadLocal<Connection>,
    shared: Pool<ReaderManager>,
    path: PathBuf,
}

impl Readers {
    pub(super) fn new(path: PathBuf, shared: u32) -> Result<Self, StoreError> {
        let shared = Pool::builder()
            .max_size(shared)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(BUSY_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .build(ReaderManager { path: path.clone() })
            .map_err(|error| StoreError::Pool(error.to_string()))?;
        Ok(Self { own: ThreadLocal::new(), shared, path })
    }

    /// The file that they read.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The connection of this thread.
    pub(super) fn own(&self) -> Result<&Connection, StoreError> {
        Ok(self.own.get_or_try(|| connect_reader(&self.path))?)
    }

    /// One of those that blocking threads share; waits until one is free.
    pub(super) fn shared(&self) -> Result<PooledConnection<ReaderManager>, StoreError> {
        self.shared.get().map_err(|error| StoreError::Pool(error.to_string()))
    }
}

/// Opens readers. The published adapter for rusqlite lags behind it, and this is all there is to it.
pub(super) struct ReaderManager {
    path: PathBuf,
}

impl ManageConnection for ReaderManager {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        connect_reader(&self.path)
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        connection.execute_batch("select 1")
    }

    fn has_broken(&self, _connection: &mut Connection) -> bool {
        false
    }
}

fn connect_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a connection to a file, with the log beside it, that leaves both as they are, also when it is the last one to be
/// closed. Where it can, it holds SQLite's locks: a server may be started at any moment.
pub(super) fn connect_untouching(file: &Path) -> Result<Connection, rusqlite::Error> {
    let (is_open, has_log) = (folder::is_open(file), folder::has_log(file));
    let can_lock = is_open || folder::may_write_beside(file);
    if !can_lock && !has_log {
        return connect_alone(file);
    }
    let connection = connect_reader(file)?;
    if is_open || has_log {
        leave_log(&connection, true)?;
    }
    if !can_lock {
        // The log's index is made in memory instead of in a file.
        connection.pragma_update(None, "locking_mode", "exclusive")?;
    }
    Ok(connection)
}

/// Whether the log stays beside the file when this is the last connection to be closed.
pub(super) fn leave_log(connection: &Connection, stays: bool) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, stays).map(drop)
}

/// Opens a file alone, whatever lies beside it: without lock and log, SQLite makes nothing there.
pub(super) fn connect_alone(path: &Path) -> Result<Connection, rusqlite::Error> {
    let encoded = percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let address = format!("file:{encoded}?immutable=1");
    connect_with(Path::new(&address), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
}

/// Opens a connection that may write.
pub(super) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    connect_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

/// Opens a connection with the settings that SQLite keeps per connection.
fn connect_with(path: &Path, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    #[expect(clippy::disallowed_methods, reason = "the one place that opens connections")]
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The log is moved by `checkpoints`, which sees a move that fails.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "secure_delete", "fast")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Without this SQLite plans a statement anew whenever other values are bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
