//! How close peerbox comes to a bare actix-web server that stores nothing. Needs `wrk` and `cc` (Debian's packages `wrk`
//! and `gcc`).
//!
//! `cargo bench` runs everything, in some twenty minutes; `cargo bench -- --only write-1k,sockets --rounds 3 --pinned` a part
//! of it. Peerbox and what it is compared with take turns, each sample with a fresh process and a fresh file, so that the
//! ratios hold on a noisy machine. Then come lines about sockets, changing lists and memory.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the table is what it is run for")]

mod bare;
mod changing;
mod drive;
mod prepare;
mod process;
mod sockets;
mod table;
mod turns;
mod webhooks;
mod work;

use drive::Pace;
use prepare::{Filling, Holding, Prepared};
use process::Pinning;
use turns::Turns;
use work::Work;

/// What follows the table.
const SOCKETS: &str = "sockets";
const FAN_OUT: &str = "fan-out";
const LIST_CHANGING: &str = "list-changing";
const MEMORY: &str = "memory";

/// What the command line asks for.
struct Options {
    rounds: usize,
    seconds: u32,
    /// Empty is all.
    only: Vec<String>,
    pinning: Pinning,
    million: usize,
}

/// The most memory that was seen, and after what.
struct Peak {
    kib: f64,
    after: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "bare") {
        let workers = arguments[at + 1].parse().expect("a number of workers");
        bare::serve(workers).expect("the bare server serves");
        return;
    }
    // The client that fills the files asks for a provider, though nothing here speaks TLS.
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let options = Options::parse(&arguments);
    let works = work::all(options.million);
    options.require_known(&works);
    let chosen: Vec<&Work> = works.iter().filter(|work| options.asks_for(work.name)).collect();
    if !chosen.is_empty() {
        println!("{} rounds of {} s each, server and load on one machine", options.rounds, options.seconds);
        println!("{}", table::header());
    }
    let mut peak = Peak { kib: 0.0, after: "its start".to_owned() };
    for work in chosen {
        measure(work, &options, &mut peak);
    }
    if options.asks_for(SOCKETS) {
        let finding = sockets::idle(options.pinning);
        println!("{}", finding.line);
        peak.see(finding.resident_kib, SOCKETS);
    }
    if options.asks_for(FAN_OUT) {
        let finding = sockets::fan_out(options.pinning);
        println!("{}", finding.line);
        peak.see(finding.resident_kib, FAN_OUT);
    }
    if options.asks_for(LIST_CHANGING) {
        let finding = changing::lists(options.pinning);
        println!("{}", finding.line);
        peak.see(finding.resident_kib, LIST_CHANGING);
    }
    if options.asks_for(MEMORY) {
        let data = Prepared::new(&Filling::channels(1)).copy();
        let server = data.serve(options.pinning, None);
        block_on(Holding::new(&server.address).ready());
        let idle = server.resident_kib();
        println!(
            "memory: {:.1} MiB resident when idle, at most {:.1} MiB, after {}",
            idle / 1024.0,
            idle.max(peak.kib) / 1024.0,
            peak.after
        );
    }
}

fn measure(work: &Work, options: &Options, peak: &mut Peak) {
    let turns = Turns::prepare(work);
    for &connections in work.connections {
        let pace = Pace { connections, seconds: options.seconds, pinning: options.pinning };
        let samples = turns.take(options.rounds, pace);
        for sample in &samples.peerbox {
            peak.see(sample.resident_kib, work.name);
        }
        println!("{}", table::line(work, connections, &samples));
    }
}

impl Options {
    fn parse(arguments: &[String]) -> Self {
        let value = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1)
        };
        Self {
            rounds: value("--rounds").map_or(5, |text| text.parse().expect("a number of rounds")),
            seconds: value("--seconds").map_or(4, |text| text.parse().expect("a number of seconds")),
            only: value("--only")
                .map_or_else(Vec::new, |names| names.split(',').map(str::to_owned).collect()),
            pinning: if arguments.iter().any(|argument| argument == "--pinned") {
                Pinning::Apart
            } else {
                Pinning::None
            },
            million: value("--million").map_or(1_000_000, |text| text.parse().expect("a number of messages")),
        }
    }

    fn asks_for(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    fn require_known(&self, works: &[Work]) {
        let mut names: Vec<&str> = works.iter().map(|work| work.name).collect();
        names.extend([SOCKETS, FAN_OUT, LIST_CHANGING, MEMORY]);
        for name in &self.only {
            assert!(names.contains(&name.as_str()), "there is no {name}, only {}", names.join(", "));
        }
    }
}

impl Peak {
    fn see(&mut self, kib: f64, after: &str) {
        if kib > self.kib {
            *self = Self { kib, after: after.to_owned() };
        }
    }
}

/// Does this side's own part, on this thread.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}
