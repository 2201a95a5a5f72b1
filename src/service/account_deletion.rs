//! Deleting accounts, a part at a time, so that nobody waits for one with many channels.

use crate::auth::access::{Operator, Owner};
use crate::domain::account::Standing;
use crate::domain::id::AccountId;
use crate::service::accounts::{Accounts, found};
use crate::service::channels::delete_channel;
use crate::service::error::Error;
use crate::store::error::StoreError;
use crate::store::tx::WriteTx;
use crate::store::{Store, accounts, channels, sessions, users};

/// Channels that go in one change with their account; others wait no longer than this takes.
const DELETED_AT_ONCE: usize = 200;

impl Accounts {
    /// Deletes the account with everything it owns.
    pub async fn delete(&self, operator: &Operator, id: AccountId) -> Result<(), Error> {
        let (store, operator) = (self.store.clone(), operator.clone());
        to_the_end(async move {
            let gone = store.write(operator, move |tx, _operator| begin_deletion(tx, id)).await?;
            delete_rest(&store, id, gone).await
        })
        .await
    }

    /// Deletes the own account, unless that would leave other accounts without anybody who manages the server.
    pub async fn delete_own(&self, owner: &Owner) -> Result<(), Error> {
        let (store, owner, id) = (self.store.clone(), owner.clone(), owner.account());
        to_the_end(async move {
            let begin = move |tx: &WriteTx<'_>, _owner: &Owner| {
                if users::holds_operator(tx, id)?
                    && accounts::any_other(tx, id)?
                    && !users::operator_elsewhere(tx, id)?
                {
                    return Err(Error::LastOperator);
                }
                begin_deletion(tx, id)
            };
            let gone = store.write(owner, begin).await?;
            delete_rest(&store, id, gone).await
        })
        .await
    }
}

/// Does it all, also when whoever asked for it does not wait: a request ends with its client, and the holder of an account
/// that is half deleted could not ask again.
async fn to_the_end(work: impl Future<Output = Result<(), Error>> + Send + 'static) -> Result<(), Error> {
    tokio::spawn(work).await.unwrap_or_else(|_panicked| Err(StoreError::Panicked.into()))
}

/// Goes on until the account is gone.
async fn delete_rest(store: &Store, id: AccountId, mut gone: bool) -> Result<(), Error> {
    while !gone {
        store.rest().await;
        gone = store.write_without_right(move |tx| delete_part(tx, id)).await?;
    }
    store.note_leftovers();
    Ok(())
}

/// Ends every right in the account at once. Should the rest of the deletion be cut short, it is a disabled account, to be
/// deleted again.
fn begin_deletion(tx: &WriteTx<'_>, id: AccountId) -> Result<bool, Error> {
    sessions::tell_ended(tx);
    found(accounts::set_standing(tx, id, Standing::Disabled)?, Error::AccountNotFound)?;
    delete_part(tx, id)
}

/// Deletes some channels of the account, and when those were the last the account itself. True when it is gone.
fn delete_part(tx: &WriteTx<'_>, id: AccountId) -> Result<bool, Error> {
    let rows = channels::rows(tx, id, DELETED_AT_ONCE)?;
    for &channel in &rows {
        delete_channel(tx, id, channel)?;
    }
    if rows.len() == DELETED_AT_ONCE {
        return Ok(false);
    }
    accounts::delete(tx, id)?;
    Ok(true)
}
