//! Standard error that holds nobody up. Lines wait in a bounded queue for the one thread that writes them; a reader that
//! went away or does not read costs lines, which are counted, and nothing else.

use std::collections::VecDeque;
use std::io::{self, Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::observe::line;

/// What may wait to be written.
const MOST_BYTES: usize = 1024 * 1024;

/// How long the end waits for a reader that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Standard error while it is written to. Dropped, it lets what waits be written, for a short while.
pub struct StandardError {
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
    writing: bool,
    ended: bool,
    /// Lines that were not written and of which nobody was told yet.
    lost: u64,
}

impl StandardError {
    /// Starts the thread that writes.
    pub fn open() -> Self {
        let queue = Arc::new(Queue::default());
        let written = Arc::clone(&queue);
        let started =
            thread::Builder::new().name("standard error".to_owned()).spawn(move || written.write_all());
        if started.is_err() {
            // Nothing would ever be written, so nothing is waited for.
            queue.lock().ended = true;
        }
        Self { queue }
    }

    /// Tells people something in lines of its own.
    pub fn say(&self, text: &str) {
        self.queue.push(format!("{text}\n").into_bytes());
    }

    /// What the log writes to, each event at once.
    pub fn lines(&self) -> impl Fn() -> Lines + Send + Sync + use<> {
        let queue = Arc::clone(&self.queue);
        move || Lines(Arc::clone(&queue))
    }
}

impl Drop for StandardError {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.ended = true;
        self.queue.changed.notify_all();
        let unwritten = |state: &mut State| state.writing || !state.waiting.is_empty();
        let _written_or_late = self.queue.changed.wait_timeout_while(state, PATIENCE, unwritten);
    }
}

/// Takes a whole line at each writing, and never fails.
pub struct Lines(Arc<Queue>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line::of_event(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: Vec<u8>) {
        let mut state = self.lock();
        if state.ended || state.bytes + line.len() > MOST_BYTES {
            state.lost += 1;
            return;
        }
        state.bytes += line.len();
        state.waiting.push_back(line);
        self.changed.notify_all();
    }

    /// Writes line after line until the end. When one is written after others were lost, the log says how many.
    fn write_all(&self) {
        while let Some(line) = self.next() {
            let is_written = stderr().write_all(&line).is_ok();
            let lost = {
                let mut state = self.lock();
                state.writing = false;
                if is_written {
                    std::mem::take(&mut state.lost)
                } else {
                    state.lost += 1;
                    0
                }
            };
            if lost > 0 {
                tracing::error!(lines = lost, "lines of this log were lost: nobody read them");
            }
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<Vec<u8>> {
        let idle = |state: &mut State| state.waiting.is_empty() && !state.ended;
        let waited = self.changed.wait_while(self.lock(), idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let line = state.waiting.pop_front()?;
        state.bytes -= line.len();
        state.writing = true;
        Some(line)
    }
}
