//! How fast a copy is made and looked through: slowly enough for others to work.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;

use crate::store::folder::{self, LOG_NAME};
use crate::store::log_ahead::AHEAD;
use crate::store::reserve;

/// How many times longer than it works a copy rests while others write: they wait for the same disk and processors, of which
/// the copy takes a thirteenth.
const REST_BESIDE_WRITERS: u32 = 12;

/// The same while nobody writes, or when the log takes a large part of the disk: it grows until the copy ends.
const REST: u32 = 1;

/// As much work as is rested from at once.
const LONGEST: Duration = Duration::from_secs(1);

/// How many logs of that length the disk must have room for still, or else the copy hurries.
const ROOM_FOR_LOG: u64 = 4;

/// How long work rests, by whether others write.
pub(super) enum Pace {
    /// Nobody works with the data.
    Alone,
    /// The log of the data, and when it was written last.
    Beside { log: PathBuf, written: Option<SystemTime> },
}

impl Pace {
    pub(super) fn beside(folder: &Path) -> Self {
        Self::Beside { log: folder.join(LOG_NAME), written: None }
    }

    /// The rest after so much work. A disk that stalled is no reason to rest for minutes.
    pub(super) fn rest(&mut self, worked: Duration) -> Duration {
        let Self::Beside { log, written: before } = self else { return Duration::ZERO };
        let now = log.metadata().ok();
        let written = now.as_ref().and_then(|log| log.modified().ok());
        let others_write = written != *before;
        *before = written;
        let grown = now.map_or(0, |log| log.len());
        let hurries = reserve::available(folder::containing(log)).is_some_and(|room| fills(grown, room));
        worked.min(LONGEST) * if others_write && !hurries { REST_BESIDE_WRITERS } else { REST }
    }
}

/// Whether a log of that length takes a large part of what the disk has room for still.
fn fills(log: u64, room: u64) -> bool {
    // Not what it only has ahead.
    log.saturating_sub(AHEAD) > room / ROOM_FOR_LOG
}

/// Works on a connection at a pace. Asked whether to go on, `told` may break it off, which SQLite then says.
#[expect(clippy::disallowed_methods, reason = "machine time: how long the thread worked")]
pub(super) fn slowed<T>(
    connection: &mut Connection,
    mut pace: Pace,
    mut told: impl FnMut() -> bool + Send + 'static,
    work: impl FnOnce(&Connection) -> T,
) -> rusqlite::Result<T> {
    /// Of SQLite, some of its thousands in a millisecond.
    const STEPS: i32 = 1000;
    const WORK: Duration = Duration::from_millis(5);
    let mut begun = Instant::now();
    let rest_or_break_off = move || {
        let worked = begun.elapsed();
        if worked > WORK {
            thread::sleep(pace.rest(worked));
            begun = Instant::now();
        }
        !told()
    };
    connection.progress_handler(STEPS, Some(rest_or_break_off))?;
    let done = work(connection);
    connection.progress_handler(STEPS, None::<fn() -> bool>)?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_stalled_is_not_rested_from_for_minutes() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |text| std::fs::write(folder.path().join(LOG_NAME), text).expect("space");
        let mut pace = Pace::beside(folder.path());
        write("by others");
        assert_eq!(pace.rest(Duration::from_mins(10)), LONGEST * REST_BESIDE_WRITERS);
        assert_eq!(pace.rest(Duration::from_mins(10)), LONGEST * REST, "nobody wrote since");
        assert_eq!(pace.rest(Duration::from_millis(5)), Duration::from_millis(5));
        assert_eq!(Pace::Alone.rest(Duration::from_mins(10)), Duration::ZERO);
    }

    #[test]
    fn a_copy_hurries_when_the_log_beside_it_fills_the_disk() {
        let mib = 1024 * 1024;
        for (log, room, expected) in
            [(16, 190, false), (48, 190, false), (532, 2000, false), (533, 2000, true), (33, 3, true)]
        {
            assert_eq!(fills(log * mib, room * mib), expected, "{log} of log, {room} free");
        }
    }
}
