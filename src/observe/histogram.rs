//! How values are spread, counted in atomics: whoever adds one waits for nobody.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// What is counted, and where its buckets end.
#[derive(Debug, Clone, Copy)]
pub enum Scale {
    /// Times, with these ends in microseconds. They are shown in seconds.
    Micros(&'static [u32]),
    /// Numbers of things.
    Count(&'static [u32]),
}

/// A cheap handle.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    scale: Scale,
    /// One for each end, and one for what is above all.
    counts: Vec<AtomicU64>,
    sum: AtomicU64,
}

impl Scale {
    fn ends(self) -> &'static [u32] {
        match self {
            Self::Micros(ends) | Self::Count(ends) => ends,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum that is shown, not reckoned with")]
    fn shown(self, value: u64) -> f64 {
        match self {
            Self::Micros(_) => value as f64 / 1e6,
            Self::Count(_) => value as f64,
        }
    }
}

impl Histogram {
    /// Nothing was counted yet.
    pub fn new(scale: Scale) -> Self {
        let counts = (0..=scale.ends().len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Shared { scale, counts, sum: AtomicU64::new(0) }))
    }

    /// Counts a number of things.
    pub fn add(&self, value: u64) {
        let ends = self.0.scale.ends();
        let place = ends.partition_point(|end| u64::from(*end) < value);
        self.0.counts[place].fetch_add(1, Ordering::Relaxed);
        self.0.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a time.
    pub fn add_time(&self, time: Duration) {
        self.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let Shared { scale, counts, sum } = &*self.0;
        let ends = scale.ends().iter().map(|end| scale.shown(u64::from(*end))).chain([f64::INFINITY]);
        let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = ends.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = scale.shown(sum.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn a_value_counts_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::new(Scale::Micros(&[1_000, 10_000]));
        for micros in [1_000, 1_001, 2_500_000] {
            histogram.add_time(Duration::from_micros(micros));
        }
        let mut registry = Registry::default();
        registry.register("took", "A time", histogram);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).expect("text");
        for line in [
            "took_bucket{le=\"0.001\"} 1\n",
            "took_bucket{le=\"0.01\"} 2\n",
            "took_bucket{le=\"+Inf\"} 3\n",
            "took_count 3\n",
            "took_sum 2.502001\n",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert_eq!(text.matches("took_bucket").count(), 3, "{text}");
    }
}
