//! Whether a file that was not closed and the log beside it make a whole.

use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use crate::store::error::OpenError;
use crate::store::pool;

/// How long a start may look. What lies beyond is found out when it is read.
pub(super) const LOOKED_THROUGH: Duration = Duration::from_secs(2);

/// Looks through the structure for as long as that. A copy that was put beside the log of another has none. Refused, the
/// file and the log stay as they are: together they would be lost, and each may still be of use.
#[expect(clippy::disallowed_methods, reason = "machine time: how long a start may take")]
pub(super) fn check(connection: &mut Connection, longest: Duration) -> Result<(), OpenError> {
    const STEPS: i32 = 100;
    pool::leave_log(connection, true)?;
    let begun = Instant::now();
    connection.progress_handler(STEPS, Some(move || begun.elapsed() > longest))?;
    let verdict = connection.query_row("pragma integrity_check(1)", [], |row| row.get::<_, String>(0));
    connection.progress_handler(STEPS, None::<fn() -> bool>)?;
    match verdict {
        Ok(verdict) if verdict == "ok" => {}
        Ok(_) => return Err(OpenError::Torn),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {}
            Some(ErrorCode::DatabaseCorrupt) => return Err(OpenError::Torn),
            _ => return Err(error.into()),
        },
    }
    Ok(pool::leave_log(connection, false)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::store::columns::value;
    use crate::store::error::StoreError;
    use crate::store::folder::{FILE_NAME, LOG_NAME, Serving};
    use crate::store::testing::{Lasting, StoppedClock, options};
    use crate::store::tx::ReadTx;
    use crate::store::{open, space};

    #[tokio::test]
    async fn a_foreign_log_that_is_not_found_out_at_the_start_is_at_the_first_damage() {
        let folder = TempDir::new().expect("a folder");
        drop(open::prepare(&options(&folder), LOOKED_THROUGH).expect("a database"));
        put_an_old_copy_beside_a_later_log(folder.path());

        let files = || [FILE_NAME, LOG_NAME].map(|name| fs::read(folder.path().join(name)).expect("a file"));
        let before = files();
        let options = options(&folder);
        let found_out = open::open(&options, Arc::new(StoppedClock));
        assert!(matches!(found_out, Err(OpenError::Torn)), "{:?}", found_out.err());
        assert!(files() == before, "what is refused is not mixed");
        let serving = Serving::claim(folder.path()).expect("the folder");
        let compacted = space::compact(folder.path(), &serving);
        assert!(matches!(compacted, Err(OpenError::Torn)), "{compacted:?}");
        assert!(files() == before, "nor is it compacted");
        let store = open::open_within(&options, Arc::new(StoppedClock), Duration::ZERO)
            .expect("no time to look")
            .store;
        let right = Lasting(store.access_epoch().expect("an epoch"));
        let write = || store.write(right, |_tx, _right| Ok::<_, StoreError>(()));
        write().await.expect("nobody knows yet");
        let read =
            store.read_now(|tx: &ReadTx<'_>| tx.one::<i64>("select sum(length(x)) from filler", [], value));
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
        let late = write().await.expect_err("nothing is stored from then on");
        assert_eq!(late.to_string(), StoreError::Unsound.for_each_change().to_string());
    }

    /// The log began anew after the copy was made, so it lacks most of what came in between.
    fn put_an_old_copy_beside_a_later_log(folder: &Path) {
        let (file, log) = (folder.join(FILE_NAME), folder.join(LOG_NAME));
        let database = pool::connect(&file).expect("the database");
        let insert = |rows: u32| {
            let sql = format!(
                "insert into filler (x) with recursive n (i) as (select 1 union all select i + 1 from n where i < {rows})
                 select randomblob(3000) from n"
            );
            database.execute_batch(&sql).expect("room");
        };
        let move_all =
            || database.query_row("pragma wal_checkpoint(truncate)", [], |_row| Ok(())).expect("moved");
        database.pragma_update(None, "journal_mode", "wal").expect("a log");
        database.execute_batch("create table filler (id integer primary key, x blob)").expect("a table");
        insert(1000);
        move_all();
        let old = fs::read(&file).expect("the file");
        insert(1000);
        move_all();
        insert(1);
        let later = fs::read(&log).expect("the log");
        drop(database);
        fs::write(file, old).expect("space");
        fs::write(log, later).expect("space");
    }
}
