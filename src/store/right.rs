//! What the store demands of whoever changes something: a right, judged again once it may have ended.

use crate::domain::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// Proof that somebody may do something, as it was judged before. A request's body, a hash and a place in a queue take
/// their time, so the store asks again inside the transaction when anybody's rights have changed since.
pub trait Right: Send + 'static {
    /// Says that the right has ended.
    type Error: From<StoreError>;

    /// The access epoch under which it was judged.
    fn judged_at(&self) -> i64;

    /// Judges it by what the file says now.
    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), Self::Error>;

    /// When it ends by time alone, as far as was known in that epoch.
    fn ends(&self) -> Option<Timestamp> {
        None
    }

    /// Refuses when the right has ended.
    fn require(&self, tx: &ReadTx<'_>) -> Result<(), Self::Error> {
        let is_in_time = self.ends().is_none_or(|end| tx.now() < end);
        if is_in_time && tx.access_epoch()? == self.judged_at() { Ok(()) } else { self.judge(tx) }
    }
}
