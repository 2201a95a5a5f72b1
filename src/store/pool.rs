//! Connections: the pool of readers, and what every connection is set to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use r2d2::{ManageConnection, Pool, PooledConnection};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::error::StoreError;

/// How long a connection waits for another process, such as a command-line call, to end its change.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepared statements that a connection keeps; there are fewer different ones.
const STATEMENTS: usize = 128;

/// Read-only connections, opened when first needed.
pub(super) struct Readers(Pool<ReaderManager>);

impl Readers {
    pub(super) fn new(path: PathBuf, connections: u32) -> Result<Self, StoreError> {
        Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(BUSY_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .build(ReaderManager { path })
            .map(Self)
            .map_err(|error| StoreError::Pool(error.to_string()))
    }

    pub(super) fn connection(&self) -> Result<PooledConnection<ReaderManager>, StoreError> {
        self.0.get().map_err(|error| StoreError::Pool(error.to_string()))
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
        let connection = connect(&self.path)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        connection.execute_batch("select 1")
    }

    fn has_broken(&self, _connection: &mut Connection) -> bool {
        false
    }
}

/// Opens a connection with the settings that SQLite keeps per connection.
pub(super) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    #[expect(clippy::disallowed_methods, reason = "the one place that opens connections")]
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "secure_delete", "fast")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Without this SQLite plans a statement anew whenever other values are bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}
