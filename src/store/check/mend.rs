//! Mending what does not fit together in a copy of which something is lost or was edited, so that a server can work with
//! the rest. Sealed values that do not open stay as they are.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::id::ChannelRow;
use crate::domain::plural;
use crate::store::check::report::Faults;
use crate::store::check::strays::STRAYS;
use crate::store::check::{blinds, given, lost_accounts, numbers};
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{messages, migrate};

/// Mends all that [`run`](super::run) names and that is no sealed value. What a row lost goes with it. Answers what went.
pub(in crate::store) fn mend(tx: &ReadTx<'_>) -> Result<Faults, StoreError> {
    let transaction = tx.connection().unchecked_transaction()?;
    let mut gone = lost_accounts::make_stand_ins(tx)?;
    orphans(&transaction, &mut gone)?;
    for sql in numbers::MENDS {
        transaction.execute(sql, [])?;
    }
    for strays in STRAYS {
        gone.extend(strays.mend(tx)?);
    }
    given::mend(tx)?;
    blinds::mend(tx)?;
    counts(tx)?;
    transaction.commit()?;
    Ok(gone)
}

/// Removes rows that refer to one that is gone, as its deletion would have, or makes them refer to none.
fn orphans(connection: &Connection, gone: &mut Faults) -> Result<(), StoreError> {
    const KEYS: &str = "select k.[table], k.[from], k.[to], k.on_delete = 'SET NULL'
                          from pragma_foreign_key_list(?1) k";
    // What others made in the file is theirs.
    let ours = migrate::laid_out()?;
    let mut removed = BTreeMap::<_, usize>::new();
    loop {
        let mut mended = 0;
        for table in ours.iter().filter(|object| object.kind == "table").map(|table| &table.name) {
            let mut statement = connection.prepare(KEYS)?;
            let mut keys = statement.query([table])?;
            while let Some(key) = keys.next()? {
                let (parent, from, to): (String, String, String) = (key.get(0)?, key.get(1)?, key.get(2)?);
                let lacking = format!("{from} is not null and {from} not in (select {to} from {parent})");
                if key.get(3)? {
                    let sql = format!("update {table} set {from} = null where {lacking}");
                    mended += connection.execute(&sql, [])?;
                } else {
                    let rows = connection.execute(&format!("delete from {table} where {lacking}"), [])?;
                    mended += rows;
                    *removed.entry((table, parent)).or_default() += rows;
                }
            }
        }
        if mended == 0 {
            break;
        }
    }
    for ((table, parent), rows) in removed.into_iter().filter(|(_, rows)| *rows > 0) {
        let rows = plural::counted(rows as u64, "row");
        gone.push(format!("{rows} of {table} without the {parent} that they belong to"));
    }
    Ok(())
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
