//! The writer thread: every change of the file, in batches that share one commit.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::crypto::keyring::Keyring;
use crate::domain::time::Clock;
use crate::events::Event;
use crate::store::checkpoints::Checkpoints;
use crate::store::envelopes::Filing;
use crate::store::error::StoreError;
use crate::store::health::Health;
use crate::store::tallies::{self, Tallies};
use crate::store::tx::{ReadTx, WriteTx};

/// Changes that may wait. More would only be answered later than their clients wait.
const QUEUE: usize = 2048;

/// The most changes in one commit; more gain nothing and lengthen the wait of the first.
const BATCH: usize = 512;

/// Where committed events go.
pub(super) type EventSink = mpsc::UnboundedSender<Vec<Event>>;

/// The answer to a change, which comes after its commit.
pub(super) type Answer<T, E> = oneshot::Receiver<Result<T, E>>;

/// How a change that refuses is undone without its neighbours in the same commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    Savepoint,
    /// It refuses before it changes anything.
    Nothing,
}

/// A handle to the writer thread.
pub(super) struct Writer {
    /// `None` once closed. Workers that submit at once do not wait for each other.
    queue: RwLock<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        path: PathBuf,
        health: Arc<Health>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        events: EventSink,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let checkpoints = Checkpoints::start(&mut connection, path)?;
        let batcher = Batcher {
            connection,
            tallies: RefCell::default(),
            epoch: Cell::default(),
            filing: Filing::default(),
            health,
            keyring,
            clock,
            events,
        };
        let thread =
            Builder::new().name("peerbox-writer".into()).spawn(move || batcher.run(&jobs, checkpoints))?;
        Ok(Self { queue: RwLock::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    /// Queues a change. [`StoreError::Busy`] when the queue is full: the client is told to come back.
    pub(super) fn submit<T, E, F>(&self, undo: Undo, work: F) -> Result<Answer<T, E>, StoreError>
    where
        F: FnOnce(&WriteTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job =
            Box::new(Pending { undo, work: Some(work), outcome: None, reply, asker: Handle::current() });
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => Ok(answer),
            Some(Err(TrySendError::Full(_))) => Err(StoreError::Busy),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(StoreError::Closed),
        }
    }

    /// Ends the thread after the changes that are queued. Blocks until then.
    pub(super) fn close(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread contains the panics of its jobs; should it have panicked itself, the file is closed anyway.
            let _ended = thread.join();
        }
    }
}

/// A change whose types are known only to whoever waits for it.
trait Job: Send {
    fn undo(&self) -> Undo;

    /// Does the work; false when it refused and must be undone.
    fn run(&mut self, tx: &WriteTx<'_>) -> bool;

    /// Replaces the outcome, because the work panicked or its commit failed.
    fn fail(&mut self, error: StoreError);

    /// The runtime on which somebody waits for the outcome.
    fn asker(&self) -> &Handle;

    /// Sends the outcome to whoever waits.
    fn answer(self: Box<Self>);
}

struct Pending<F, T, E> {
    undo: Undo,
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    asker: Handle,
}

impl<F, T, E> Job for Pending<F, T, E>
where
    F: FnOnce(&WriteTx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn undo(&self) -> Undo {
        self.undo
    }

    fn run(&mut self, tx: &WriteTx<'_>) -> bool {
        let outcome = self.work.take().map(|work| work(tx));
        let accepted = matches!(outcome, Some(Ok(_)));
        self.outcome = outcome;
        accepted
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error.into()));
    }

    fn asker(&self) -> &Handle {
        &self.asker
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // Whoever asked may have gone away; the change stands all the same.
            let _gone = self.reply.send(outcome);
        }
    }
}

/// Owns the only connection that writes.
struct Batcher {
    connection: Connection,
    /// Empty between commits.
    tallies: RefCell<Tallies>,
    /// The access epoch, which is read once for all messages of a commit.
    epoch: Cell<Option<i64>>,
    filing: Filing,
    health: Arc<Health>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    events: EventSink,
}

impl Batcher {
    fn run(self, jobs: &Receiver<Box<dyn Job>>, mut checkpoints: Checkpoints) {
        // Waiting for company would only delay the first: whoever comes during a commit shares the next one.
        while let Ok(first) = jobs.recv() {
            self.commit_batch(first, jobs);
            checkpoints.follow(&self.connection);
        }
        checkpoints.end();
        if let Err(error) = self.connection.execute_batch("pragma wal_checkpoint(truncate)") {
            tracing::warn!(%error, "the write-ahead log could not be moved into the file; the next start does it");
        }
    }

    fn commit_batch(&self, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
        let mut done: Vec<Box<dyn Job>> = Vec::new();
        let mut events: Vec<Event> = Vec::new();
        self.epoch.take();
        let changes = self.connection.total_changes();
        let mut failure = self.execute("begin immediate").err();
        let mut next = Some(first);
        while let Some(mut job) = next {
            if failure.is_none() {
                failure = self.run_job(&mut *job, &mut events).err();
            }
            done.push(job);
            next = if done.len() < BATCH { next_waiting(jobs) } else { None };
        }
        if failure.is_none() {
            failure = self.finish().err();
        }
        if let Some(failure) = failure {
            self.roll_back();
            self.health.commit_failed(&failure, self.clock.now());
            for job in &mut done {
                job.fail(failure.for_each_change());
            }
            events.clear();
        } else if self.connection.total_changes() != changes {
            self.health.commit_stored(self.clock.now());
        }
        answer_all(done);
        if !events.is_empty() {
            // Nobody listens in command-line calls.
            let _unheard = self.events.send(events);
        }
    }

    /// Runs one job. An error means that the whole transaction is lost.
    fn run_job(&self, job: &mut dyn Job, events: &mut Vec<Event>) -> Result<(), StoreError> {
        match job.undo() {
            Undo::Savepoint => {
                // It may look at the rows.
                self.settle()?;
                self.execute("savepoint job")?;
                if !self.attempt(job, events)? {
                    self.execute("rollback to job")?;
                }
                // It may have moved the epoch.
                self.epoch.take();
                self.execute("release job")
            }
            Undo::Nothing => {
                let changes = self.connection.total_changes();
                let accepted = self.attempt(job, events)?;
                let undone = accepted || self.connection.total_changes() == changes;
                if undone { Ok(()) } else { Err(StoreError::HalfDone) }
            }
        }
    }

    /// False when the job refused.
    fn attempt(&self, job: &mut dyn Job, events: &mut Vec<Event>) -> Result<bool, StoreError> {
        let tx = self.tx();
        let accepted = match catch_unwind(AssertUnwindSafe(|| job.run(&tx))) {
            Ok(accepted) => accepted,
            Err(panic) => {
                tracing::error!(panic = panic_text(&*panic), "a change panicked and was undone");
                job.fail(StoreError::Panicked);
                false
            }
        };
        if self.connection.is_autocommit() {
            // SQLite gives up the whole transaction on some errors, such as a full disk.
            return Err(StoreError::GivenUp);
        }
        self.epoch.set(tx.known_epoch());
        if accepted {
            events.extend(tx.into_events());
        }
        Ok(accepted)
    }

    fn tx(&self) -> WriteTx<'_> {
        let read = ReadTx::new(&self.connection, &self.keyring, self.clock.now(), self.epoch.get());
        WriteTx::new(read, &self.tallies)
    }

    /// Commits, with what belongs to the commit as a whole.
    fn finish(&self) -> Result<(), StoreError> {
        self.settle()?;
        self.filing.go_on(&self.tx())?;
        self.health.check_files()?;
        self.execute("commit")
    }

    fn settle(&self) -> Result<(), StoreError> {
        tallies::settle(&self.tx())
    }

    fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn roll_back(&self) {
        self.tallies.take();
        self.filing.begin_again();
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute("rollback")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

/// Answers what was asked from each runtime by one task there: to wake it for each answer would be a system call each.
fn answer_all(mut done: Vec<Box<dyn Job>>) {
    while let Some(job) = done.last() {
        let asker = job.asker().clone();
        let (there, elsewhere): (Vec<_>, Vec<_>) =
            done.into_iter().partition(|job| job.asker().id() == asker.id());
        asker.spawn(async move {
            for job in there {
                job.answer();
            }
        });
        done = elsewhere;
    }
}

fn next_waiting(jobs: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
    jobs.try_recv().ok()
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::domain::time::{Sleep, Timestamp};
    use crate::store::Store;
    use crate::store::open::{self, KeySource, Missing, Options};
    use crate::store::right::Right;

    #[tokio::test]
    async fn a_change_that_refuses_too_late_leaves_nothing() {
        let folder = TempDir::new().expect("a folder");
        let store = open_in(&folder);
        let before = store.access_epoch().expect("an epoch");
        let right = Standing(before);
        let late = store.write_after_checks(right, |tx, _right| {
            tx.prepare("update access_epoch set value = value + 1")?.execute([])?;
            Err::<(), _>(StoreError::Malformed("a refusal"))
        });
        assert!(matches!(late.await, Err(StoreError::CommitFailed { .. })));
        assert_eq!(store.access_epoch().expect("an epoch"), before);
        let early =
            store.write_after_checks(right, |_tx, _right| Err::<(), _>(StoreError::Malformed("a refusal")));
        assert!(matches!(early.await, Err(StoreError::Malformed(_))), "a refusal in time stays as it is");
        store.probe().await.expect("the writer goes on");
    }

    /// A right that never ends.
    #[derive(Clone, Copy)]
    struct Standing(i64);

    impl Right for Standing {
        type Refusal = StoreError;

        fn judged_at(&self) -> i64 {
            self.0
        }

        fn judge(&self, _tx: &ReadTx<'_>) -> Result<(), StoreError> {
            Ok(())
        }
    }

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn sleep(&self, _duration: std::time::Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    fn open_in(folder: &TempDir) -> Store {
        let options = Options {
            folder: folder.path().to_owned(),
            key: KeySource::File(folder.path().join("key")),
            synchronous_full: true,
            readers: 1,
            missing: Missing::Make,
        };
        open::open(&options, Arc::new(Stopped)).expect("a store").store
    }
}
