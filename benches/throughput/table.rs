//! The table: a row for each work at each number of connections, medians over the rounds.

use crate::drive::Sample;
use crate::turns::Samples;
use crate::work::{Other, Work};

/// Commits and bytes are per message and of peerbox; the memory is that of its process.
pub fn header() -> String {
    let headings = [
        "work",
        "conns",
        "against",
        "peerbox/s",
        "(min-max)",
        "other/s",
        "ratio",
        "p50 ms",
        "p99 ms",
        "cpu µs",
        "other cpu",
        "commits",
        "bytes",
        "MiB",
    ];
    row(&headings.map(str::to_owned))
}

pub fn line(work: &Work, connections: u32, samples: &Samples) -> String {
    let Samples { peerbox, other } = samples;
    let rates = || peerbox.iter().map(|sample| sample.per_second);
    let rate = median(peerbox, |sample| sample.per_second);
    let compared = |text: fn(&Sample) -> f64| (!other.is_empty()).then(|| median(other, text));
    let other_rate = compared(|sample| sample.per_second);
    let written = |of: fn(&Sample) -> f64| work.writes().then(|| median(peerbox, of));
    let (least, most) = (rates().fold(f64::MAX, f64::min), rates().fold(0.0, f64::max));
    row(&[
        work.name.to_owned(),
        connections.to_string(),
        against(&work.other).to_owned(),
        format!("{rate:.0}"),
        format!("({least:.0}-{most:.0})"),
        number(other_rate, 0),
        number(other_rate.map(|other_rate| rate / other_rate), 3),
        number(Some(median(peerbox, |sample| sample.p50_ms)), 2),
        number(Some(median(peerbox, |sample| sample.p99_ms)), 2),
        number(Some(median(peerbox, |sample| sample.cpu_micros)), 1),
        number(compared(|sample| sample.cpu_micros), 1),
        number(written(|sample| sample.commits), 4),
        number(written(|sample| sample.written_bytes), 0),
        number(Some(median(peerbox, |sample| sample.resident_kib / 1024.0)), 0),
    ])
}

/// The middle of what the samples say.
pub fn median<T>(samples: &[T], of: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn against(other: &Other) -> &'static str {
    match other {
        Other::Bare => "bare",
        Other::File(name, _) => name,
        Other::OneConnection => "one conn",
        Other::WithoutBackup => "no backup",
        Other::Nothing => "-",
    }
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}

fn row(cells: &[String; 14]) -> String {
    let [
        work,
        connections,
        against,
        rate,
        range,
        other,
        ratio,
        p50,
        p99,
        cpu,
        other_cpu,
        commits,
        bytes,
        mib,
    ] = cells;
    format!(
        "{work:<17} {connections:>5} {against:<10} {rate:>9} {range:<15} {other:>8} {ratio:>6} {p50:>7} {p99:>7} \
         {cpu:>7} {other_cpu:>9} {commits:>7} {bytes:>6} {mib:>4}"
    )
}
