//! What the writer did and what waits for it, counted for whoever watches over the server.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::observe::histogram::{Histogram, Scale};
use crate::observe::per_minute::PerMinute;

/// Ends of the times of commits, in microseconds.
const COMMITS: Scale =
    Scale::Micros(&[250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000]);

/// Ends of the numbers of changes in a commit.
const BATCHES: Scale = Scale::Count(&[1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);

/// Cheap handles to atomics; all of them begin with the process.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Changes that wait for the writer.
    pub waiting: Gauge,
    /// Changes that were refused because too many waited.
    pub busy: Counter,
    /// Changes that shared a commit.
    pub batches: Histogram,
    /// How long a commit took with all its changes, until it was on the disk.
    pub commits: Histogram,
    /// Messages that were written.
    pub messages: Counter,
    /// The same, by the minute of the server's clock.
    pub rate: Arc<PerMinute>,
    /// Messages that were removed because of their channel's retention.
    pub pruned: Counter,
}

impl Figures {
    pub(super) fn new() -> Self {
        Self {
            waiting: Gauge::default(),
            busy: Counter::default(),
            batches: Histogram::new(BATCHES),
            commits: Histogram::new(COMMITS),
            messages: Counter::default(),
            pruned: Counter::default(),
            rate: Arc::default(),
        }
    }
}
