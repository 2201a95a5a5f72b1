//! What a check sorts and remembers of each message. It is put aside in temporary files, as it would take more memory the
//! more messages there are. They hold ids, numbers and times, which are as plain in the database.

use crate::store::columns::counted;
use crate::store::error::StoreError;
use crate::store::room;
use crate::store::tx::ReadTx;

/// Bytes for each message, at most.
const EACH: u64 = 32;

/// So much SQLite keeps in memory.
const LITTLE: u64 = 2 * 1024 * 1024;

/// Has it put aside, where there is room: the disk may be the one that a server needs. It comes first, as SQLite looks for a
/// place once.
pub(super) fn prepare(tx: &ReadTx<'_>) -> Result<(), StoreError> {
    tx.connection().pragma_update(None, "temp_store", "file")?;
    // What keeps them from being counted is found by who looks at them.
    let messages: u64 = tx.one("select count(*) from envelope", [], counted).unwrap_or(0);
    let bytes = EACH * messages;
    if bytes > LITTLE { room::require_temporary(bytes) } else { Ok(()) }
}
