//! Deleting accounts: every right in one ends at once, and what it owns goes a part at a time, so that nobody waits for one
//! with many channels. The file says that a deletion has begun, so whoever comes next goes on with it.

use crate::auth::access::{Operator, Owner};
use crate::domain::id::AccountId;
use crate::service::accounts::{Accounts, found};
use crate::service::channels::delete_channel;
use crate::service::error::Error;
use crate::store::tx::WriteTx;
use crate::store::{Store, accounts, channels, sessions, users};

/// Channels that go in one change; others wait no longer than this takes.
const CHANNELS: usize = 100;

impl Accounts {
    /// Deletes the account with everything it owns.
    pub async fn delete(&self, operator: &Operator, id: AccountId) -> Result<(), Error> {
        self.store.write(operator.clone(), move |tx, _operator| begin(tx, id)).await?;
        self.store.note_leftovers();
        finish(&self.store).await
    }

    /// Deletes the own account, unless that would leave other accounts without anybody who manages the server. A job
    /// removes what it owned.
    pub async fn delete_own(&self, owner: &Owner) -> Result<(), Error> {
        let id = owner.account();
        let begin = move |tx: &WriteTx<'_>, _owner: &Owner| {
            if users::holds_operator(tx, id)?
                && accounts::any_other(tx, id)?
                && !users::operator_elsewhere(tx, id)?
            {
                return Err(Error::LastOperator);
            }
            begin(tx, id)
        };
        self.store.write(owner.clone(), begin).await?;
        self.store.note_leftovers();
        Ok(())
    }
}

/// Goes on with every deletion that has begun until the accounts are gone.
pub(super) async fn finish(store: &Store) -> Result<(), Error> {
    store.write_in_parts(|tx| go_on(tx).map(u64::from)).await?;
    Ok(())
}

/// Ends every right in the account, and removes as much as goes at once.
fn begin(tx: &WriteTx<'_>, id: AccountId) -> Result<(), Error> {
    sessions::tell_ended(tx);
    found(accounts::delete(tx, id)?, Error::AccountNotFound)?;
    go_on(tx).map(|_more| ())
}

/// Removes some channels of a deleted account, and after the last the account itself; false when there is none.
fn go_on(tx: &WriteTx<'_>) -> Result<bool, Error> {
    let Some(id) = accounts::next_deleted(tx)? else { return Ok(false) };
    let rows = channels::rows(tx, id, CHANNELS)?;
    for &channel in &rows {
        delete_channel(tx, id, channel)?;
    }
    if rows.len() < CHANNELS {
        accounts::remove(tx, id)?;
    }
    Ok(true)
}
