//! What holders said of the first steps, and what of them can be seen.

use crate::domain::id::AccountId;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::tx::{ReadTx, WriteTx};

/// What a holder said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepNotes {
    pub key_copied: bool,
    pub put_away: bool,
}

/// What the holder said so far.
pub fn noted(tx: &ReadTx<'_>, account: AccountId) -> Result<StepNotes, StoreError> {
    const SQL: &str = "select key_copied, steps_away from account where id = ?1";
    let noted =
        tx.one(SQL, [account], |row| Ok(StepNotes { key_copied: row.get(0)?, put_away: row.get(1)? }))?;
    Ok(noted)
}

/// Notes what the holder says now.
pub fn note(tx: &WriteTx<'_>, account: AccountId, noted: StepNotes) -> Result<(), StoreError> {
    const SQL: &str = "update account set key_copied = ?2, steps_away = ?3 where id = ?1";
    tx.change(SQL, (account, noted.key_copied, noted.put_away))?;
    Ok(())
}

/// Whether a channel of the account has an unrevoked token beside the one made with it.
pub fn any_counterparty(tx: &ReadTx<'_>, account: AccountId) -> Result<bool, StoreError> {
    const SQL: &str = "select exists (select 1
                                        from channel c
                                        join token t on t.channel_id = c.id and t.id is not c.owner_token
                                       where c.account_id = ?1 and t.secret is not null)";
    tx.one(SQL, [account], value)
}
