//! Backups that the server makes by itself, one at a time, and what became of the last.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::Semaphore;

use crate::auth::access::Operator;
use crate::config::{BackupConfig, Config};
use crate::domain::backup::TimeOfDay;
use crate::domain::time::{Clock, Timestamp};
use crate::store::backups::{self, Backup, BackupError, Copied, Copying, NOT_PRUNED, Shelf, Target};

/// How long somebody waits for a backup.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes backups of one data folder.
#[derive(Clone)]
pub struct Backups {
    shared: Arc<Shared>,
}

struct Shared {
    data: PathBuf,
    shelf: Shelf,
    config: BackupConfig,
    clock: Arc<dyn Clock>,
    /// From when on there was something to copy.
    begun: Timestamp,
    /// One copy at a time.
    turn: Semaphore,
    /// The server stops, which no copy holds up.
    stopping: AtomicBool,
    failure: Mutex<Option<BackupFailure>>,
}

/// The last backup was not made.
#[derive(Debug, Clone)]
pub struct BackupFailure {
    /// When it was tried.
    pub at: Timestamp,
    /// Why it failed, in a sentence for the operator.
    pub why: String,
}

/// What became of a backup that somebody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is there.
    Made,
    /// It could not be made; the standing says why.
    Failed,
    /// It takes longer, and goes on.
    UnderWay,
}

/// How the backups stand.
#[derive(Debug)]
pub struct Shelved {
    /// Where they are.
    pub folder: PathBuf,
    /// At what time of the day one is made by itself.
    pub schedule: Option<TimeOfDay>,
    /// What is there, newest first.
    pub backups: Vec<Backup>,
    /// When the next one is made by itself; `None` where none is.
    pub next: Option<Timestamp>,
    /// The last one failed, and none was made since.
    pub failure: Option<BackupFailure>,
}

impl Backups {
    /// Backups of the file of a configuration, which has something to copy since `begun`, or from now on.
    pub fn new(config: &Config, clock: Arc<dyn Clock>, begun: Option<Timestamp>) -> Self {
        let (data, shelf, config) = (config.data.dir.clone(), Shelf::of(config), config.backup.clone());
        let now = clock.now();
        let begun = begun.map_or(now, |begun| begun.min(now));
        let (turn, stopping, failure) = (Semaphore::new(1), AtomicBool::new(false), Mutex::default());
        Self { shared: Arc::new(Shared { data, shelf, config, clock, begun, turn, stopping, failure }) }
    }

    /// When the next backup is due: the first scheduled time after the newest one, or after the first account was made, which
    /// is past when a backup was missed while the server was off. `None` when none is scheduled.
    pub fn due(&self) -> Option<Timestamp> {
        let schedule = self.shared.config.schedule?;
        let since = self.newest().map_or(self.shared.begun, |newest| newest.made);
        let tried = self.failure().map_or(since, |failure| failure.at.max(since));
        Some(schedule.next(tried, &TimeZone::system()))
    }

    /// Makes a backup now and removes those that need not be kept. Waits for one that is being made.
    pub async fn make(&self) -> Result<Copied, BackupError> {
        let outcome = self.copied().await;
        if let Err(error) = &outcome {
            tracing::warn!(%error, "no backup was made");
        }
        let failure = outcome.as_ref().err();
        let failure =
            failure.map(|error| BackupFailure { at: self.shared.clock.now(), why: error.to_string() });
        *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
        outcome
    }

    async fn copied(&self) -> Result<Copied, BackupError> {
        // It is never closed, so there always is a turn.
        let _turn = self.shared.turn.acquire().await;
        let shared = Arc::clone(&self.shared);
        let copy = move || {
            let target = Target::Shelf(&shared.shelf, shared.clock.now());
            let copying = Copying { folder: &shared.data, target, with_key: None };
            let asked = Arc::clone(&shared);
            let goes_on = move |_done, _pages| !asked.stopping.load(Ordering::Relaxed);
            let copied = backups::make(&copying, goes_on)?;
            let pruned = shared.shelf.prune(shared.config.keep, &TimeZone::system(), shared.clock.now());
            if let Err(error) = pruned {
                tracing::warn!(%error, "{NOT_PRUNED}");
            }
            Ok(copied)
        };
        match tokio::task::spawn_blocking(copy).await {
            Ok(outcome) => outcome,
            Err(_panicked) => Err(crate::store::error::StoreError::Panicked.into()),
        }
    }

    /// Makes a backup for somebody, who waits for a short while only. It is made also when nobody waits any more.
    pub async fn begin(&self, _operator: &Operator) -> Begun {
        let backups = self.clone();
        let making = tokio::spawn(async move { backups.make().await.is_ok() });
        match tokio::time::timeout(PATIENCE, making).await {
            Ok(Ok(true)) => Begun::Made,
            Ok(_) => Begun::Failed,
            Err(_late) => Begun::UnderWay,
        }
    }

    /// Breaks off a copy that is being made; what there is of it goes.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
    }

    /// How the backups stand.
    pub fn standing(&self, _operator: &Operator) -> Result<Shelved, BackupError> {
        Ok(Shelved {
            folder: self.shared.shelf.folder().to_owned(),
            schedule: self.shared.config.schedule,
            backups: self.shared.shelf.list()?,
            next: self.due(),
            failure: self.failure(),
        })
    }

    /// The newest backup, where there is one.
    pub fn newest(&self) -> Option<Backup> {
        self.shared.shelf.newest(self.shared.clock.now()).ok()?
    }

    /// The last try, where it failed.
    pub fn failure(&self) -> Option<BackupFailure> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
