//! What is due at its own time: messages that were deleted a minute ago are removed for good, and
//! snoozed ones come back.

use crate::domain::time::Timestamp;
use crate::events::Event;
use crate::service::error::Error;
use crate::service::retention::Pruner;
use crate::store::tx::WriteTx;
use crate::store::{deleted, noted};

impl Pruner {
    /// Does all that is due and answers when there will be more.
    pub async fn do_what_is_due(&self) -> Result<Option<Timestamp>, Error> {
        self.store.write_in_parts(|tx| Ok::<_, Error>(deleted::remove_some(tx)?.into())).await?;
        let wake = |tx: &WriteTx<'_>| {
            let accounts = noted::wake_some(tx)?;
            for &account in &accounts {
                tx.emit(Event::ReadStateChanged { account });
            }
            Ok::<_, Error>(accounts.len() as u64)
        };
        self.store.write_in_parts(wake).await?;
        self.store
            .read(|tx| {
                let next = [deleted::next_removal(tx)?, noted::next_waking(tx)?];
                Ok(next.into_iter().flatten().min())
            })
            .await
    }

    /// Waits until there is something that will be due.
    pub async fn due_noted(&self) {
        self.store.due_noted().await;
    }
}
