//! A store for the tests of single files of this folder.

use std::sync::Arc;

use tempfile::TempDir;

use crate::domain::time::{Clock, Sleep, Timestamp};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::open::{self, KeySource, Missing, Older, Options};
use crate::store::right::Right;
use crate::store::tx::ReadTx;

/// A right that never ends, judged at that epoch.
#[derive(Clone, Copy)]
pub(super) struct Lasting(pub(super) i64);

impl Right for Lasting {
    type Error = StoreError;

    fn judged_at(&self) -> i64 {
        self.0
    }

    fn judge(&self, _tx: &ReadTx<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A clock that stands still.
pub(super) struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn sleep(&self, _duration: std::time::Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}

/// How to open the store of a folder, which is made when there is none.
pub(super) fn options(folder: &TempDir) -> Options {
    Options {
        folder: folder.path().to_owned(),
        key: KeySource::File(folder.path().join("key")),
        synchronous_full: true,
        readers: 1,
        missing: Missing::Make,
        older: Older::Refuse,
        is_ours: true,
    }
}

pub(super) fn open_in(folder: &TempDir) -> Store {
    open::open(&options(folder), Arc::new(StoppedClock)).expect("a store").store
}
