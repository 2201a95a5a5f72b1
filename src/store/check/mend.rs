//! Mending what does not fit together in a copy of which something is lost or was edited, so that a server can work with
//! the rest. Sealed values that do not open stay as they are.

use rusqlite::Connection;

use crate::domain::id::ChannelRow;
use crate::store::check::strays::STRAYS;
use crate::store::check::{blinds, numbers};
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::messages;
use crate::store::tx::ReadTx;

/// Mends all that [`run`](super::run) names and that is no sealed value. What a row lost goes with it.
pub(in crate::store) fn mend(tx: &ReadTx<'_>) -> Result<(), StoreError> {
    let transaction = tx.connection().unchecked_transaction()?;
    while orphans(&transaction)? > 0 {}
    for sql in numbers::MENDS {
        transaction.execute(sql, [])?;
    }
    for strays in STRAYS {
        transaction.execute(&strays.mend_sql(), [])?;
    }
    blinds::mend(tx)?;
    counts(tx)?;
    Ok(transaction.commit()?)
}

/// Removes rows that refer to one that is gone, as its deletion would have, or makes them refer to none.
fn orphans(connection: &Connection) -> Result<usize, StoreError> {
    const KEYS: &str = "select t.name, k.[table], k.[from], k.[to], k.on_delete
                          from pragma_table_list t
                          join pragma_foreign_key_list(t.name) k
                         where t.schema = 'main'";
    let mut statement = connection.prepare(KEYS)?;
    let mut keys = statement.query([])?;
    let mut mended = 0;
    while let Some(key) = keys.next()? {
        let text = |column| key.get::<_, String>(column);
        let (table, parent, from, to) = (text(0)?, text(1)?, text(2)?, text(3)?);
        let change = if text(4)? == "SET NULL" {
            format!("update {table} set {from} = null")
        } else {
            format!("delete from {table}")
        };
        mended += connection.execute(
            &format!("{change} where {from} is not null and {from} not in (select {to} from {parent})"),
            [],
        )?;
    }
    Ok(mended)
}

/// Counts anew what channels and accounts hold.
fn counts(tx: &ReadTx<'_>) -> Result<(), StoreError> {
    const CHANNEL: &str = "update channel set messages = ?2, bytes = ?3 where id = ?1";
    const ACCOUNTS: &str = "update account
                               set (messages, bytes) = (select coalesce(sum(messages), 0), coalesce(sum(bytes), 0)
                                                          from channel
                                                         where account_id = account.id)";
    for row in tx.all::<_, Vec<ChannelRow>>("select id from channel", [], value)? {
        let (messages, bytes) = messages::tally(tx, row)?;
        tx.prepare(CHANNEL)?.execute((row, messages, bytes))?;
    }
    tx.prepare(ACCOUNTS)?.execute([])?;
    Ok(())
}
