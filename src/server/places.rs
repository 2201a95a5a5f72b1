//! How many connections have a place, without taking the descriptors that files need.

use crate::config::LimitsConfig;

/// Descriptors that are not for connections. Idle, a process with two workers has 30 in all; the readers and the writer of
/// the database open their files when they are needed, three each, and SQLite a few more for what it sorts.
const DESCRIPTORS: u64 = 64;
const DESCRIPTORS_OF_A_WORKER: u64 = 16;

/// Connections that are taken beyond those that have a place: newcomers on their way to one, and others on their way out.
/// A small server has fewer of them, but each worker has one.
const PASSING: usize = 32;
const PASSING_SHARE: usize = 8;

/// The share of all places that is kept for clients that have said nothing yet. So they have some time to speak, however
/// many come, and close none of those that did.
const SILENT_SHARE: usize = 8;

/// Connections at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// That have a place.
    pub(super) all: usize,
    /// Of them, those whose client said something.
    pub(super) used: usize,
    /// That a worker may have taken and not ended yet, with or without a place.
    pub(super) of_worker: usize,
}

impl Places {
    /// As many as are set, and never so many that there is no descriptor left for a file.
    pub(super) fn of(limits: &LimitsConfig, workers: usize, descriptors: u64) -> Self {
        let shares = u64::try_from(workers).unwrap_or(u64::MAX);
        let others = DESCRIPTORS.saturating_add(DESCRIPTORS_OF_A_WORKER.saturating_mul(shares));
        let room = descriptors.saturating_sub(others).max(descriptors / 4);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let passing = (room / PASSING_SHARE).min(PASSING).max(workers);
        let all = room.saturating_sub(passing).max(1).min(number(limits.connections));
        Self { all, used: all - all / SILENT_SHARE, of_worker: ((all + passing) / workers).max(1) }
    }
}

/// A limit as a number to compare with; 0 is none.
pub(super) fn number(limit: u32) -> usize {
    if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_left_for_files() {
        let most = |connections, descriptors| {
            let limits = LimitsConfig { connections, ..LimitsConfig::default() };
            Places::of(&limits, 2, descriptors).all
        };
        assert_eq!(most(10_000, 1_000_000), 10_000);
        assert_eq!(most(10_000, 1024), 896);
        assert_eq!(most(10_000, 128), 28);
        assert_eq!(most(10_000, 0), 1);
        assert_eq!(most(5, 1024), 5);
        for descriptors in [256, 512, 1024, 1_000_000] {
            let places = Places::of(&LimitsConfig::default(), 2, descriptors);
            assert!(places.of_worker * 2 > places.all, "a newcomer is always taken");
            assert!(places.of_worker as u64 * 2 + DESCRIPTORS + 2 * DESCRIPTORS_OF_A_WORKER <= descriptors);
        }
    }
}
