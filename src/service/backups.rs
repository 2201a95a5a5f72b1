//! Backups that the server makes by itself, one at a time, and what became of the last.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::{OwnedRwLockReadGuard, OwnedSemaphorePermit, RwLock, Semaphore, watch};

use crate::auth::access::Operator;
use crate::config::{BackupConfig, Config};
use crate::domain::backup::TimeOfDay;
use crate::domain::time::{Clock, Timestamp};
use crate::store::backups::{
    self, Backup, BackupError, Copied, Copying, Damage, Failure, Look, NOT_PRUNED, Shelf, Target,
};
use crate::store::error::{OpenError, StoreError};

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
    turn: Arc<Semaphore>,
    /// The server stops, which no copy holds up.
    stopping: AtomicBool,
    /// Held by each thread that works on a backup.
    at_work: Arc<RwLock<()>>,
    /// The newest that was not looked through yet.
    unseen: watch::Sender<Option<Copied>>,
    failure: Mutex<Option<Failure>>,
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
    /// Why nobody can say what is there, in a sentence for the operator.
    pub trouble: Option<String>,
    /// The last one failed, and none was made since.
    pub failure: Option<Failure>,
}

/// How far the name of a backup may be ahead: of several within one second, each is called by the next one.
const SAME_SECOND: Duration = Duration::from_secs(10);

impl Shared {
    fn copy(self: &Arc<Self>) -> Result<Copied, BackupError> {
        let target = Target::Shelf(&self.shelf, self.clock.now());
        let copying = Copying { folder: &self.data, target, with_key: None };
        let asked = Backups { shared: Arc::clone(self) };
        backups::make(&copying, move |_done, _pages| !asked.is_stopping())
    }

    /// Removes the backups that need not be kept, and answers how many. None goes before a later one was found sound: each
    /// may be the last that has whole what is damaged now.
    fn prune(&self) -> usize {
        let (last, now) = (Look::last(&self.data), self.clock.now());
        let sound = last.filter(|look| look.damage.is_none()).and_then(|look| look.of);
        // What a clock said that was ahead is earlier than nothing.
        let sound = sound.filter(|of| of.since(now) <= SAME_SECOND);
        let Some(sound) = sound else { return 0 };
        let pruned = self.shelf.prune_up_to(sound, self.config.keep, &TimeZone::system(), now);
        match pruned {
            Ok(gone) => gone.len(),
            Err(error) => {
                tracing::warn!(%error, "{NOT_PRUNED}");
                0
            }
        }
    }
}

impl Backups {
    /// Backups of the file of a configuration, which has something to copy since `begun`, or from now on.
    pub fn new(config: &Config, clock: Arc<dyn Clock>, begun: Option<Timestamp>) -> Self {
        let (data, shelf, config) = (config.data.dir.clone(), Shelf::of(config), config.backup.clone());
        let now = clock.now();
        let begun = begun.map_or(now, |begun| begun.min(now));
        let (turn, stopping) = (Arc::new(Semaphore::new(1)), AtomicBool::default());
        let (at_work, unseen, failure) = (Arc::default(), watch::Sender::default(), Mutex::default());
        Self {
            shared: Arc::new(Shared {
                data,
                shelf,
                config,
                clock,
                begun,
                turn,
                stopping,
                at_work,
                unseen,
                failure,
            }),
        }
    }

    /// When the next backup is due: the first scheduled time after the newest one, or after the first account was made, which
    /// is past when a backup was missed while the server was off. `None` when none is scheduled.
    pub fn due(&self) -> Option<Timestamp> {
        let schedule = self.shared.config.schedule?;
        let since = self.newest().map_or(self.shared.begun, |newest| newest.made);
        // One of a time to come was seen by a clock that was wrong: until then nothing would be made.
        let failure = self.failure().filter(|failure| failure.at <= self.shared.clock.now());
        let tried = failure.map_or(since, |failure| failure.at.max(since));
        Some(schedule.next(tried, &TimeZone::system()))
    }

    /// Removes the backups that need not be kept.
    pub async fn prune(&self) {
        let shared = Arc::clone(&self.shared);
        let _told_in_the_log = tokio::task::spawn_blocking(move || shared.prune()).await;
    }

    /// Makes a backup now. Waits for one that is being made.
    pub async fn make(&self) -> Result<Copied, BackupError> {
        let turn = self.turn().await;
        self.make_in(turn).await
    }

    /// It is never closed, so there always is one.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.shared.turn).acquire_owned().await.ok()
    }

    /// The turn ends once it is known what became of the backup.
    async fn make_in(&self, _turn: Option<OwnedSemaphorePermit>) -> Result<Copied, BackupError> {
        let outcome = self.copied().await;
        match &outcome {
            Ok(copied) => {
                self.shared.unseen.send_replace(Some(copied.clone()));
            }
            Err(error) => tracing::warn!(%error, "no backup was made"),
        }
        let failure = outcome.as_ref().err();
        let failure = failure.map(|error| Failure { at: self.shared.clock.now(), why: error.to_string() });
        if !self.is_stopping() {
            let (kept, data) = (failure.clone(), self.shared.data.clone());
            let keep = move || Failure::keep(kept.as_ref(), &data);
            let _told_in_the_log = tokio::task::spawn_blocking(keep).await;
        }
        *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
        outcome
    }

    async fn copied(&self) -> Result<Copied, BackupError> {
        let (shared, at_work) = (Arc::clone(&self.shared), self.at_work().await);
        let made = move || {
            let _until_its_end = at_work;
            match shared.copy() {
                // Where backups fill the disk there would never be room, and so never a copy after which they are pruned.
                Err(BackupError::Open(OpenError::NoRoom { .. })) if shared.prune() > 0 => shared.copy(),
                outcome => outcome,
            }
        };
        match tokio::task::spawn_blocking(made).await {
            Ok(outcome) => outcome,
            Err(_panicked) => Err(StoreError::Panicked.into()),
        }
    }

    /// Makes a backup for somebody, who waits for a short while only. It is made also when nobody waits any more. Where one is
    /// under way, that is the one: each is a whole copy, and so many as somebody presses would fill the disk.
    pub async fn begin(&self, _operator: &Operator) -> Begun {
        self.made_or_joined().await
    }

    async fn made_or_joined(&self) -> Begun {
        let backups = self.clone();
        let turn = Arc::clone(&self.shared.turn).try_acquire_owned();
        let making = tokio::spawn(async move {
            if let Ok(turn) = turn {
                return backups.make_in(Some(turn)).await.is_ok();
            }
            let _it_is_over = backups.turn().await;
            backups.failure().is_none()
        });
        match tokio::time::timeout(PATIENCE, making).await {
            Ok(Ok(true)) => Begun::Made,
            Ok(_) => Begun::Failed,
            Err(_late) => Begun::UnderWay,
        }
    }

    /// Breaks off what is done with backups.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
    }

    /// Waits until it is broken off: what there is of a copy is gone then.
    pub async fn stopped(&self) {
        let _nobody_works = self.shared.at_work.write().await;
    }

    /// For a thread that works on a backup, so that a stop waits for it.
    pub(super) async fn at_work(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.shared.at_work).read_owned().await
    }

    /// The newest backup that was not looked through yet. Waits until there is one.
    pub async fn unseen(&self) -> Copied {
        let mut unseen = self.shared.unseen.subscribe();
        loop {
            // It fails when whoever makes backups is gone, which this holds.
            let _ = unseen.wait_for(Option::is_some).await;
            if let Some(newest) = self.shared.unseen.send_replace(None) {
                return newest;
            }
        }
    }

    /// Keeps what a look through a backup found that has come to its end now.
    pub(super) fn note(&self, looked_through: &Copied, damage: Option<Damage>) {
        let look = Look { ended: self.shared.clock.now(), of: Shelf::made(&looked_through.path), damage };
        if let Err(error) = look.keep(&self.shared.data) {
            tracing::warn!(%error, "what the look through the backup found cannot be kept; no backup is removed until the next one");
        }
    }

    /// What the last look found, also one before this start.
    pub fn last_look(&self) -> Option<Look> {
        Look::last(&self.shared.data)
    }

    /// Whether to break off what is done with backups.
    pub(super) fn is_stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::Relaxed)
    }

    /// How the backups stand.
    pub fn standing(&self, _operator: &Operator) -> Shelved {
        let (backups, trouble) = match self.shared.shelf.list() {
            Ok(backups) => (backups, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Shelved {
            folder: self.shared.shelf.folder().to_owned(),
            schedule: self.shared.config.schedule,
            backups,
            next: self.due(),
            trouble,
            failure: self.failure(),
        }
    }

    /// The newest backup, where there is one.
    pub fn newest(&self) -> Option<Backup> {
        self.shared.shelf.newest(self.shared.clock.now()).ok()?
    }

    /// The last try, where it failed.
    pub fn failure(&self) -> Option<Failure> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::domain::time::Sleep;

    /// A clock that stands where it is set.
    #[derive(Clone, Default)]
    struct SetClock(Arc<AtomicI64>);

    impl SetClock {
        fn set(&self, millis: i64) {
            self.0.store(millis, Ordering::Relaxed);
        }
    }

    impl Clock for SetClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::Relaxed))
        }

        fn sleep(&self, _duration: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    fn backups(clock: &SetClock) -> Backups {
        let config = Config::from_toml("data.dir = '/nowhere'\nbackup.schedule = '03:15'").expect("usable");
        Backups::new(&config, Arc::new(clock.clone()), None)
    }

    #[tokio::test]
    async fn whoever_asks_while_a_copy_is_under_way_gets_that_one() {
        let backups = backups(&SetClock::default());
        let under_way = backups.turn().await;
        let over = async { drop(under_way) };
        let (one, other, ()) = tokio::join!(backups.made_or_joined(), backups.made_or_joined(), over);
        // One of its own would fail: there is nothing to copy.
        assert_eq!((one, other), (Begun::Made, Begun::Made));
        assert_eq!(backups.made_or_joined().await, Begun::Failed);
    }

    #[tokio::test]
    async fn a_failure_of_a_time_to_come_holds_up_no_backup() {
        let clock = SetClock::default();
        let backups = backups(&clock);
        let due = backups.due();
        clock.set(365 * 24 * 60 * 60 * 1000);
        assert_eq!(backups.made_or_joined().await, Begun::Failed);
        assert!(backups.due() > Some(clock.now()), "it is tried again the next day");
        clock.set(0);
        assert_eq!(backups.due(), due);
    }
}
