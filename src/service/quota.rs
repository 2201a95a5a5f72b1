//! How much an account may store.

use crate::config::LimitsConfig;
use crate::domain::id::AccountId;
use crate::service::error::Error;
use crate::store::counters;
use crate::store::tx::WriteTx;

/// Fails if a change made the account larger than its quota, which is `quota` unless it has its own. A change that frees space is always allowed.
pub(super) fn require_space(
    tx: &WriteTx<'_>,
    account: AccountId,
    before: i64,
    quota: i64,
) -> Result<(), Error> {
    let (after, own) = counters::with_quota(tx, account)?;
    let quota = own.unwrap_or(quota);
    if quota != 0 && after > before && after > quota { Err(Error::StorageFull) } else { Ok(()) }
}

/// The quota of an account that has none of its own, in bytes as they are counted; 0 is unlimited.
pub(super) fn of_config(limits: &LimitsConfig) -> i64 {
    i64::try_from(limits.storage_per_account).unwrap_or(i64::MAX)
}
