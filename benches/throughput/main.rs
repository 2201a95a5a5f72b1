//! How close peerbox comes to a bare actix-web server that stores nothing. Needs `wrk` (Debian's package).
//!
//! `cargo bench` runs everything; `cargo bench -- --only write-1k --rounds 3 --pinned` a part of it. Peerbox and the bare
//! server take turns, each sample with a fresh process and a fresh file, so that the ratios hold on a noisy machine.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

mod bare;
mod process;
mod work;

use std::path::PathBuf;
use std::process::Command;

use process::{Data, Pinning, Process};
use work::{Sample, WORKS, Work};

/// What the command line asks for.
struct Options {
    rounds: usize,
    seconds: u32,
    only: Option<String>,
    pinning: Pinning,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "bare") {
        let workers = arguments[at + 1].parse().expect("a number of workers");
        bare::serve(workers).expect("the bare server serves");
        return;
    }
    // The client that prepares the channels asks for a provider, though nothing here speaks TLS.
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let options = Options::parse(&arguments);
    println!("{} rounds of {} s each, server and load on one machine", options.rounds, options.seconds);
    println!(
        "work        conns   peerbox/s (min-max)      bare/s   ratio  p50 ms  p99 ms  cpu µs  bare cpu µs  MiB"
    );
    for work in WORKS.iter().filter(|work| options.only.as_deref().is_none_or(|only| only == work.name)) {
        for connections in [32, 128] {
            measure(work, connections, &options);
        }
    }
}

impl Options {
    fn parse(arguments: &[String]) -> Self {
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1).cloned()
        };
        Self {
            rounds: value("--rounds").map_or(5, |text| text.parse().expect("a number of rounds")),
            seconds: value("--seconds").map_or(4, |text| text.parse().expect("a number of seconds")),
            only: value("--only"),
            pinning: if arguments.iter().any(|argument| argument == "--pinned") {
                Pinning::Apart
            } else {
                Pinning::None
            },
        }
    }
}

fn measure(work: &Work, connections: u32, options: &Options) {
    let mut peerbox = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..options.rounds {
        let data = Data::new(PathBuf::from(env!("CARGO_BIN_EXE_peerbox")));
        let server = data.serve(options.pinning);
        peerbox.push(work.run(&server, connections, options.seconds, options.pinning));
        drop(server);
        let server = start_bare(options.pinning);
        bare.push(work.run_bare(&server, connections, options.seconds, options.pinning));
    }
    let ratio = median(&peerbox, |sample| sample.per_second) / median(&bare, |sample| sample.per_second);
    println!(
        "{:<10} {connections:>6} {:>9.0} ({:.0}-{:.0}) {:>11.0} {ratio:>7.3} {:>7.2} {:>7.2} {:>7.1} {:>12.1} {:>4.0}",
        work.name,
        median(&peerbox, |sample| sample.per_second),
        peerbox.iter().map(|sample| sample.per_second).fold(f64::MAX, f64::min),
        peerbox.iter().map(|sample| sample.per_second).fold(0.0, f64::max),
        median(&bare, |sample| sample.per_second),
        median(&peerbox, |sample| sample.p50_ms),
        median(&peerbox, |sample| sample.p99_ms),
        median(&peerbox, |sample| sample.cpu_micros),
        median(&bare, |sample| sample.cpu_micros),
        median(&peerbox, |sample| sample.resident_mib),
    );
}

fn start_bare(pinning: Pinning) -> Process {
    let program = std::env::current_exe().expect("this program");
    let mut command: Command = pinning.command(0, &program);
    command.arg("bare").arg(pinning.workers().to_string());
    Process::start(command)
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
