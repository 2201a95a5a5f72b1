//! How long the file is that a connection sees, which the file itself is only once the log is moved into it.

use rusqlite::Connection;

/// The length of a page, in bytes.
pub(super) fn page(connection: &Connection) -> rusqlite::Result<u64> {
    number(connection, "pragma page_size")
}

/// All pages, in bytes.
pub(super) fn whole(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(number(connection, "pragma page_count")? * page(connection)?)
}

/// Those that nothing is in, in bytes.
pub(super) fn free(connection: &Connection) -> rusqlite::Result<u64> {
    Ok(number(connection, "pragma freelist_count")? * page(connection)?)
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<u64> {
    connection.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}
