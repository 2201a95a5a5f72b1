//! The last lines of the log that are warnings or worse, kept in memory for whoever manages the server. They are those of the
//! log, so nothing secret is among them.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::observe::line;

/// Lines that are kept.
const LINES: usize = 200;

/// What they take together, in bytes.
const MOST_BYTES: usize = 128 * 1024;

/// The longest line that is kept whole; of a longer one its beginning.
const LONGEST: usize = 4 * 1024;

/// A cheap handle to the lines.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Recent {
    /// The lines, newest first.
    pub fn lines(&self) -> Vec<String> {
        self.kept().lines.iter().rev().cloned().collect()
    }

    /// What the log writes to, each event at once.
    pub(super) fn writer(&self) -> impl Fn() -> Keeping + Send + Sync + use<> {
        let recent = self.clone();
        move || Keeping(recent.clone())
    }

    fn keep(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(&line[..line.len().min(LONGEST)]).trim_end().to_owned();
        let mut kept = self.kept();
        kept.bytes += line.len();
        kept.lines.push_back(line);
        while kept.lines.len() > LINES || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a whole line at each writing, and never fails.
pub struct Keeping(Recent);

impl Write for Keeping {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.keep(&line::of_event(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stay_within_their_bounds() {
        let recent = Recent::default();
        for number in 0..1000 {
            recent.keep(format!("line {number}\n").as_bytes());
        }
        let lines = recent.lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[199].as_str()), (200, "line 999", "line 800"));
        let long = vec![b'x'; 10 * LONGEST];
        for _ in 0..100 {
            recent.keep(&long);
        }
        let bytes: usize = recent.lines().iter().map(String::len).sum();
        assert!(bytes <= MOST_BYTES && bytes > MOST_BYTES - LONGEST, "{bytes} bytes");
        assert_eq!(recent.kept().bytes, bytes);
    }
}
