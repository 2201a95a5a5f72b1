//! Retention: removing what is past its channel's maximum age, in slices that do not hold the writer for long.

use crate::events::Event;
use crate::service::error::Error;
use crate::service::messages::IDEMPOTENCY_FOR;
use crate::store::{Store, retention};

/// Messages removed in one change; others wait no longer than this takes.
const SLICE: u32 = 250;

/// Prunes when told to.
#[derive(Clone)]
pub struct Retention {
    store: Store,
}

impl Retention {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// One pass over every channel that prunes; answers how many messages were removed.
    pub async fn prune(&self) -> Result<u64, Error> {
        let oldest_answer = self.store.clock().now().before(IDEMPOTENCY_FOR);
        self.store
            .write_without_right(move |tx| Ok::<_, Error>(retention::forget_answers(tx, oldest_answer)?))
            .await?;
        let mut removed = 0;
        for prunable in self.store.read(|tx| Ok::<_, Error>(retention::prunable(tx)?)).await? {
            loop {
                let slice = self
                    .store
                    .write_without_right(move |tx| {
                        let slice = retention::prune(tx, &prunable, SLICE)?;
                        if slice > 0 {
                            tx.emit(Event::ReadStateChanged { account: prunable.account });
                        }
                        Ok::<_, Error>(slice)
                    })
                    .await?;
                removed += slice;
                if slice == 0 {
                    break;
                }
            }
        }
        Ok(removed)
    }
}
