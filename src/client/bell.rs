//! What wakes the listeners of many channels that have one socket together, and lets few of them read at once.

use std::rc::Rc;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// How many read at once: after a restart all of them have something to look for.
const AT_ONCE: usize = 4;

/// Turns to read, which all bells of an account share.
#[derive(Clone)]
pub struct Turns(Rc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Rc::new(Semaphore::new(AT_ONCE)))
    }
}

/// The bell of one channel.
pub struct Bell {
    rung: Notify,
    turns: Turns,
}

impl Bell {
    /// One whose listener takes turns with others.
    pub fn new(turns: &Turns) -> Self {
        Self { rung: Notify::new(), turns: turns.clone() }
    }

    /// Something may have come. Who does not listen just now hears of it later.
    pub fn ring(&self) {
        self.rung.notify_one();
    }

    /// Waits until it rings.
    pub async fn rings(&self) {
        self.rung.notified().await;
    }

    /// Waits for a turn to read, which lasts as long as the answer is kept.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.0.acquire().await.ok()
    }
}
