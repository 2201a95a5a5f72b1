//! What is due at its own time: messages that were deleted a minute ago are removed for good.

use crate::domain::time::Timestamp;
use crate::service::error::Error;
use crate::service::retention::Pruner;
use crate::store::deleted;

impl Pruner {
    /// Does all that is due and answers when there will be more.
    pub async fn do_what_is_due(&self) -> Result<Option<Timestamp>, Error> {
        while self.store.write_without_right(|tx| Ok::<_, Error>(deleted::remove_some(tx)?)).await? {
            self.store.rest().await;
        }
        self.store.read(|tx| Ok(deleted::next_removal(tx)?)).await
    }

    /// Waits until there is something that will be due.
    pub async fn due_noted(&self) {
        self.store.due_noted().await;
    }
}
