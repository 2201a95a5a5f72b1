//! The writer thread: every change of the file, in batches that share one commit.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::crypto::keyring::Keyring;
use crate::domain::time::Clock;
use crate::events::Event;
use crate::store::batch::{Batch, Outcome};
use crate::store::change_mark::ChangeMarks;
use crate::store::checkpoints::Checkpoints;
use crate::store::error::{Fails, StoreError};
use crate::store::figures::Figures;
use crate::store::health::Health;

/// Changes that may wait. More would only be answered later than their clients wait.
const QUEUE: usize = 2048;

/// The most changes in one commit; more gain nothing and lengthen the wait of the first.
const BATCH: usize = 512;

/// Where committed events go.
pub(super) type EventSink = mpsc::UnboundedSender<Vec<Event>>;

/// The answer to a change, which comes after its commit.
pub(super) type Answer<T, E> = oneshot::Receiver<Result<T, E>>;

/// A handle to the writer thread.
pub(super) struct WriterThread {
    /// `None` once closed. Workers that submit at once do not wait for each other.
    queue: RwLock<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    figures: Figures,
}

impl WriterThread {
    pub(super) fn start(
        connection: Connection,
        checkpoints: Checkpoints,
        health: Arc<Health>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        events: EventSink,
        marks: Arc<ChangeMarks>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let batch = Batch::new(connection, Arc::clone(&health), keyring, Arc::clone(&clock));
        let figures = Figures::new();
        let told = figures.clone();
        let batcher = Batcher { batch, health, clock, events, figures: told, marks };
        let thread =
            Builder::new().name("peerbox-writer".into()).spawn(move || batcher.run(&jobs, checkpoints))?;
        Ok(Self { queue: RwLock::new(Some(queue)), thread: Mutex::new(Some(thread)), figures })
    }

    /// What was done, and what waits.
    pub(super) fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Queues a change. [`StoreError::Busy`] when the queue is full: the client is told to come back.
    pub(super) fn submit<T, E, F>(&self, work: F) -> Result<Answer<T, E>, StoreError>
    where
        F: FnOnce(&Batch) -> Outcome<T, E> + Send + 'static,
        T: Send + 'static,
        E: Fails + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { work: Some(work), outcome: None, reply, asker: Handle::current() });
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        // Before it is there, because it may be taken at once.
        self.figures.waiting.inc();
        let sent = queue.as_ref().map(|queue| queue.try_send(job));
        if !matches!(sent, Some(Ok(()))) {
            self.figures.waiting.dec();
        }
        match sent {
            Some(Ok(())) => Ok(answer),
            Some(Err(TrySendError::Full(_))) => {
                self.figures.busy.inc();
                Err(StoreError::Busy)
            }
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
    /// Does the work. An error means that the whole commit is lost.
    fn run(&mut self, batch: &Batch) -> Result<(), StoreError>;

    /// Replaces the outcome, because the commit failed.
    fn fail(&mut self, error: StoreError);

    /// The runtime on which somebody waits for the outcome.
    fn asker(&self) -> &Handle;

    /// Sends the outcome to whoever waits.
    fn answer(self: Box<Self>);
}

struct Pending<F, T, E> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    asker: Handle,
}

impl<F, T, E> Job for Pending<F, T, E>
where
    F: FnOnce(&Batch) -> Outcome<T, E> + Send,
    T: Send,
    E: Fails + Send,
{
    fn run(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.outcome = self.work.take().map(|work| work(batch)).transpose()?;
        Ok(())
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

/// The thread's own.
struct Batcher {
    batch: Batch,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    events: EventSink,
    figures: Figures,
    /// Kept until the connection is closed.
    marks: Arc<ChangeMarks>,
}

impl Batcher {
    fn run(self, jobs: &Receiver<Box<dyn Job>>, mut checkpoints: Checkpoints) {
        let connection = self.batch.connection();
        // Waiting for company would only delay the first: whoever comes during a commit shares the next one.
        while let Ok(first) = jobs.recv() {
            self.commit_batch(first, jobs);
            if let Err(error) = checkpoints.follow(connection, self.health.is_short_of_room()) {
                self.health.log_not_moved(&error, self.clock.now());
            }
        }
        if let Err(error) = checkpoints.end(connection) {
            tracing::warn!(%error, "the write-ahead log could not be moved into the file; the next start does it");
        }
    }

    #[expect(clippy::disallowed_methods, reason = "machine time: how long a commit took")]
    fn commit_batch(&self, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
        let begun = Instant::now();
        let mut done: Vec<Box<dyn Job>> = Vec::new();
        let mut outcome = self.batch.begin();
        let mark = self.marks.now();
        let mut next = Some(first);
        while let Some(mut job) = next {
            outcome = outcome.and_then(|()| job.run(&self.batch));
            done.push(job);
            next = if done.len() < BATCH { jobs.try_recv().ok() } else { None };
        }
        let committed = outcome.and_then(|()| self.batch.commit());
        self.count(done.len(), begun.elapsed(), committed.as_deref().unwrap_or_default());
        match &committed {
            Err(failure) => {
                self.batch.roll_back();
                self.health.commit_failed(failure, self.clock.now());
                for job in &mut done {
                    job.fail(failure.for_each_change());
                }
            }
            Ok(_) if self.marks.now() != mark => {
                self.health.commit_stored(self.clock.now());
            }
            Ok(_) => {}
        }
        answer_all(done);
        if let Ok(events) = committed
            && !events.is_empty()
        {
            // Nobody listens in command-line calls.
            let _unheard = self.events.send(events);
        }
    }

    fn count(&self, changes: usize, took: Duration, events: &[Event]) {
        let changes = u32::try_from(changes).unwrap_or(u32::MAX);
        self.figures.waiting.dec_by(i64::from(changes));
        self.figures.batches.add(u64::from(changes));
        self.figures.commits.add_time(took);
        let written = events.iter().filter(|event| matches!(event, Event::MessageWritten(_))).count();
        if let Some(written) = u64::try_from(written).ok().filter(|written| *written > 0) {
            self.figures.messages.inc_by(written);
            self.figures.rate.add(written, self.clock.now());
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use futures_util::future::join;
    use tempfile::TempDir;
    use tokio::time::{Instant, timeout};

    use super::*;
    use crate::store::REST;
    use crate::store::testing::{Lasting, open_in};

    #[tokio::test]
    async fn a_change_that_fails_after_its_checks_leaves_nothing() {
        let folder = TempDir::new().expect("a folder");
        let store = open_in(&folder);
        let before = store.access_epoch().expect("an epoch");
        let right = Lasting(before);
        let late = store.write_checked(
            right,
            |_tx, _right| Ok::<_, StoreError>(()),
            |tx, _right, ()| {
                tx.change("update access_epoch set value = value + 1", [])?;
                Err::<(), _>(StoreError::Malformed("a failure"))
            },
        );
        assert!(matches!(late.await, Err(StoreError::CommitFailed { .. })));
        assert_eq!(store.access_epoch().expect("an epoch"), before);
        let early = store.write_checked(
            right,
            |_tx, _right| Err::<(), _>(StoreError::Malformed("a refusal")),
            |_tx, _right, ()| Ok(()),
        );
        assert!(matches!(early.await, Err(StoreError::Malformed(_))), "a refusal in time stays as it is");
        let before = store.change_mark();
        store.probe().await.expect("the writer goes on");
        assert_ne!(store.change_mark(), before, "after a failure a probe writes");
        let before = store.change_mark();
        store.probe().await.expect("the writer goes on");
        assert_eq!(
            store.change_mark(),
            before,
            "strangers may probe, so it writes nothing while all is well"
        );
    }

    #[tokio::test]
    async fn others_write_between_the_parts_of_a_long_change() {
        const OTHERS: u32 = 3;
        let folder = TempDir::new().expect("a folder");
        let store = open_in(&folder);
        let written = Arc::new(AtomicU32::new(0));
        let known = Arc::clone(&written);
        // It goes on until others have written that often.
        let long = store.write_in_parts(move |_tx| {
            Ok::<_, StoreError>(u64::from(known.load(Ordering::Relaxed) < OTHERS))
        });
        let others = async {
            for _ in 0..OTHERS {
                store.write_without_right(|_tx| Ok::<_, StoreError>(())).await.expect("a change");
                written.fetch_add(1, Ordering::Relaxed);
            }
        };
        let begun = Instant::now();
        let both = timeout(Duration::from_secs(30), join(long, others)).await;
        let (parts, ()) = both.expect("an end");
        let parts = u32::try_from(parts.expect("an end")).expect("few parts");
        assert!(parts > 0 && begun.elapsed() >= REST * parts, "{parts} parts without a rest");
    }
}
