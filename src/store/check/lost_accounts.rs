//! Accounts whose rows are lost, and whose channels and users are there: without a stand-in they would go too.

use std::collections::BTreeSet;

use crate::crypto::field::{Field, Place};
use crate::crypto::random;
use crate::domain::account::AccountName;
use crate::domain::id::AccountId;
use crate::store::accounts;
use crate::store::check::report::Faults;
use crate::store::columns::{seal_text, value};
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Makes a row for each, and says so. It is disabled, as nobody knows whether it was.
pub(super) fn make_stand_ins(tx: &ReadTx<'_>) -> Result<Faults, StoreError> {
    const SQL: &str = "insert into account (id, name_blind, name, disabled, created_at)
                       values (?1, ?2, ?3, 1, coalesce((select min(created_at) from channel where account_id = ?1), 0))";
    let mut made = Faults::default();
    for id in lost(tx)? {
        let name = free_name(tx, id)?;
        let sealed = seal_text(tx.keyring().root(), Place::row(Field::AccountName, id.0), name.as_str());
        // Its look-up hash is made with those that are wrong.
        tx.prepare(SQL)?.execute((id, random::bytes::<32>(), sealed))?;
        let name = name.as_str();
        made.push(format!(
            "what was known of account {id}: it is called {name} now, and disabled until `peerbox account enable {name}`, as \
             nobody knows whether it was"
        ));
    }
    Ok(made)
}

/// Those that something belongs to which was sealed for them.
fn lost(tx: &ReadTx<'_>) -> Result<BTreeSet<AccountId>, StoreError> {
    const SEALED: [(&str, Field); 3] = [
        ("select id, account_id, key from channel", Field::ChannelKey),
        ("select id, account_id, password from user where not operator", Field::UserPassword),
        ("select id, account_id, password from user where operator", Field::OperatorPassword),
    ];
    const THERE: &str = "select exists (select 1 from account where id = ?1)";
    let mut lost = BTreeSet::new();
    for (sql, field) in SEALED {
        let mut statement = tx.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, account, sealed): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let is_there: bool = tx.one(THERE, [account], value)?;
            if !is_there && tx.keyring().root().open(Place::owned(field, id, account), &sealed).is_ok() {
                lost.insert(AccountId(account));
            }
        }
    }
    Ok(lost)
}

fn free_name(tx: &ReadTx<'_>, id: AccountId) -> Result<AccountName, StoreError> {
    let mut name = format!("account-{id}");
    loop {
        let wanted = AccountName::new(&name).map_err(|_| StoreError::Malformed("the name of an account"))?;
        if accounts::find_by_name(tx, &wanted)?.is_none() {
            return Ok(wanted);
        }
        name.push_str("-too");
    }
}
