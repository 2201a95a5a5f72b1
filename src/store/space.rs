//! Giving back to the disk what deletions left free in the file, and making a file of an earlier version able to.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::store::Store;
use crate::store::checkpoints::{Extent, MoveError};
use crate::store::error::{OpenError, StoreError};
use crate::store::folder::{self, FILE_NAME, LOG_NAME, Serving};
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{migrate, pages, pool, reserve, room, whole};

/// What stays free in the file for the next writes.
const KEPT: u64 = 2 * 1024 * 1024;

/// Pages that one change gives back, so that others wait for a few milliseconds only.
const PAGES: u32 = 64;

/// Whether the file has more free than it keeps, and can give it back.
pub fn is_spare(tx: &ReadTx<'_>) -> Result<bool, StoreError> {
    let way = tx.connection().query_row("pragma auto_vacuum", [], |row| row.get::<_, i64>(0))?;
    Ok(way == INCREMENTAL && pages::free(tx.connection())? > KEPT)
}

/// Gives a part of it back.
pub fn give_back(tx: &WriteTx<'_>) -> Result<(), StoreError> {
    // It works as it is read.
    let mut statement = tx.connection().prepare(&format!("pragma incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// What SQLite calls the way of giving back when it is asked to.
const INCREMENTAL: i64 = 2;

/// Lets a new file, which has nothing in it yet, give back what is deleted.
pub(super) fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)
}

/// Writes the file anew without anything free in it. One of an earlier version can give back by itself afterwards. The
/// file is ours alone meanwhile. Answers its length before and after, in bytes.
pub fn compact(folder: &Path, _serving: &Serving) -> Result<(u64, u64), OpenError> {
    let path = folder.join(FILE_NAME);
    let length = || std::fs::metadata(&path).map_or(0, |file| file.len());
    let before = length();
    let mut connection = pool::connect(&path)?;
    if folder::has_log(&path) {
        whole::check(&mut connection, Duration::MAX)?;
    }
    migrate::inspect(&connection)?;
    // Anew among the temporary files, where it is as sealed as here, and once more in the log.
    connection.pragma_update(None, "temp_store", "file")?;
    let whole = pages::whole(&connection)?;
    room::require(folder, 2 * whole)?;
    room::require(&room::temporary_folder(), whole)?;
    prepare(&connection)?;
    connection.execute_batch("vacuum")?;
    connection.close().map_err(|(_connection, error)| error)?;
    Ok((before, length()))
}

/// How long the files are, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// The database.
    pub file: u64,
    /// Its write-ahead log.
    pub log: u64,
    /// What the disk has left for us, where the system tells.
    pub available: Option<u64>,
}

/// The files of a data folder.
pub fn sizes(folder: &Path) -> Sizes {
    let length = |name| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    Sizes { file: length(FILE_NAME), log: length(LOG_NAME), available: reserve::available(folder) }
}

impl Store {
    /// The data folder.
    pub(super) fn folder(&self) -> &Path {
        folder::containing(self.shared.readers.path())
    }

    /// The files of this store.
    pub fn sizes(&self) -> Sizes {
        sizes(self.folder())
    }

    /// Gives the room of a long log back. Where it is short, or somebody reads at this moment, it stays.
    pub async fn give_log_back(&self) -> Result<(), StoreError> {
        let whole = self.peek(|tx| Ok::<_, StoreError>(pages::whole(tx.connection())?))?;
        let Sizes { file, log, .. } = self.sizes();
        // A file that is longer than it has to be becomes short with the move of a log that may be short itself.
        if log <= KEPT && file <= whole {
            return Ok(());
        }
        let store = self.clone();
        let shorten = move || {
            let connection = pool::connect(store.shared.readers.path())?;
            connection.busy_timeout(Duration::ZERO)?;
            // Nobody can write while it is cut, so what a long reader left there is moved before that.
            let move_log = |extent| store.shared.mover.move_log(&connection, extent);
            match move_log(Extent::Passive).and_then(|_pages| move_log(Extent::Truncate)) {
                Ok(_pages) => Ok(()),
                Err(MoveError::Sqlite(error)) => Err(error.into()),
                // Another program is at it, or the disk fails.
                Err(MoveError::Elsewhere(_) | MoveError::NotWritten(_)) => Ok(()),
            }
        };
        tokio::task::spawn_blocking(shorten).await.unwrap_or(Err(StoreError::Panicked))
    }
}
