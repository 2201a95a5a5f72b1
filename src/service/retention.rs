//! Retention: removing what is past its time or was left behind, in slices that do not hold the writer for long.

use crate::events::Event;
use crate::service::account_deletion;
use crate::service::error::Error;
use crate::service::messages::IDEMPOTENCY_FOR;
use crate::store::change_mark::ChangeMark;
use crate::store::tx::WriteTx;
use crate::store::{Store, idempotency, leftovers, retention, space};

/// Remembered answers that are forgotten in one change; others wait no longer than this takes.
const ANSWERS: u32 = 500;

/// Prunes when told to.
#[derive(Clone)]
pub struct Pruner {
    pub(super) store: Store,
}

impl Pruner {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// One pass over every channel that prunes; answers how many messages were removed.
    pub async fn prune(&self) -> Result<u64, Error> {
        let oldest_answer = self.store.clock().now().before(IDEMPOTENCY_FOR);
        let forget = move |tx: &WriteTx<'_>| {
            Ok::<_, Error>(idempotency::forget_old(tx, oldest_answer, ANSWERS)? as u64)
        };
        self.store.write_in_parts(forget).await?;
        let mut removed = 0;
        for prunable in self.store.read(|tx| Ok::<_, Error>(retention::prunable(tx)?)).await? {
            let prune = move |tx: &WriteTx<'_>| {
                let some = retention::prune(tx, &prunable)?;
                if some > 0 {
                    tx.emit(Event::ReadStateChanged { account: prunable.account });
                }
                Ok::<_, Error>(some)
            };
            let some = self.store.write_in_parts(prune).await?;
            self.store.figures().pruned.inc_by(some);
            removed += some;
        }
        Ok(removed)
    }

    /// Removes all that deleted accounts, deleted channels and revoked tokens left behind.
    pub async fn remove_leftovers(&self) -> Result<(), Error> {
        account_deletion::finish(&self.store).await?;
        self.store.write_in_parts(|tx| Ok::<_, Error>(leftovers::go_on(tx)?.into())).await?;
        Ok(())
    }

    /// Gives back to the disk what deletions left free.
    pub async fn give_space_back(&self) -> Result<(), Error> {
        if self.store.peek(space::is_spare)? {
            self.store.write_in_parts(give_part_back).await?;
        }
        // Also what a reader held back before.
        Ok(self.store.give_log_back().await?)
    }

    /// Gives a part of it back. Answers whether there is more.
    pub async fn give_some_space_back(&self) -> Result<bool, Error> {
        if self.store.peek(space::is_spare)? {
            self.store.write_without_right(give_part_back).await?;
        }
        Ok(self.store.peek(space::is_spare)?)
    }

    /// The state of the file at this moment.
    pub fn change_mark(&self) -> ChangeMark {
        self.store.change_mark()
    }

    /// Waits until something is left behind.
    pub async fn leftovers_noted(&self) {
        self.store.leftovers_noted().await;
    }
}

fn give_part_back(tx: &WriteTx<'_>) -> Result<u64, Error> {
    let is_spare = space::is_spare(tx)?;
    if is_spare {
        space::give_back(tx)?;
    }
    Ok(is_spare.into())
}
