//! How much an account may store.

use crate::config::LimitsConfig;
use crate::domain::id::AccountId;
use crate::service::error::Error;
use crate::store::counters;
use crate::store::tx::WriteTx;

/// Does `work`, and refuses it when the account then holds more than before and more than it may: `quota`, unless it has its
/// own.
pub(super) fn within<T>(
    tx: &WriteTx<'_>,
    account: AccountId,
    quota: i64,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let before = counters::of_account(tx, account)?.bytes;
    let outcome = work()?;
    let after = counters::of_account(tx, account)?;
    let quota = after.quota.unwrap_or(quota);
    if quota != 0 && after.bytes > before && after.bytes > quota {
        Err(Error::StorageFull)
    } else {
        Ok(outcome)
    }
}

/// The quota of an account that has none of its own, in bytes as they are counted; 0 is unlimited.
pub(super) fn of_config(limits: &LimitsConfig) -> i64 {
    i64::try_from(limits.storage_per_account).unwrap_or(i64::MAX)
}
