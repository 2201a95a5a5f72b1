//! One sample: a server, driven by wrk, and what it used for that.

use std::path::Path;

use crate::process::{Pinning, Process};

/// What wrk asks for, again and again.
pub struct Requests {
    pub method: &'static str,
    pub body_bytes: usize,
    /// One per line: path, name of a header, its value.
    pub targets: String,
}

/// How it asks.
#[derive(Clone, Copy)]
pub struct Pace {
    pub connections: u32,
    pub seconds: u32,
    pub pinning: Pinning,
}

/// What one run showed.
pub struct Sample {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Of the server, per request.
    pub cpu_micros: f64,
    /// Per request, like the following.
    pub commits: f64,
    /// To the disk.
    pub written_bytes: f64,
    /// After the run.
    pub resident_kib: f64,
}

/// What wrk itself tells.
struct Outcome {
    requests: f64,
    micros: f64,
    p50_micros: f64,
    p99_micros: f64,
}

impl Requests {
    pub fn drive(&self, server: &Process, pace: Pace) -> Sample {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &self.targets).expect("the targets");
        self.wrk(server, file.path(), Pace { seconds: 1, ..pace });
        let before = server.usage();
        let result = self.wrk(server, file.path(), pace);
        let after = server.usage();
        Sample {
            per_second: result.requests / result.micros * 1e6,
            p50_ms: result.p50_micros / 1000.0,
            p99_ms: result.p99_micros / 1000.0,
            cpu_micros: (after.cpu_micros - before.cpu_micros) / result.requests,
            commits: f64::from(after.commits.wrapping_sub(before.commits)) / result.requests,
            written_bytes: (after.written_bytes - before.written_bytes) / result.requests,
            resident_kib: server.resident_kib(),
        }
    }

    fn wrk(&self, server: &Process, targets: &Path, pace: Pace) -> Outcome {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/throughput/requests.lua");
        let Pace { connections, seconds, pinning } = pace;
        let threads = pinning.workers().min(connections);
        let mut command = pinning.command(1, Path::new("wrk"));
        command.args([format!("-t{threads}"), format!("-c{connections}"), format!("-d{seconds}s")]);
        command.args(["--timeout", "10s", "-s", script]).arg(format!("http://{}", server.address)).arg("--");
        command.arg(targets).arg(self.method).arg(self.body_bytes.to_string());
        let output = command.output().expect("wrk runs; on Debian: apt install wrk");
        let text = String::from_utf8_lossy(&output.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).expect("wrk's result");
        let numbers: Vec<f64> = result.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [requests, micros, p50_micros, p99_micros, errors] = numbers[..] else {
            panic!("five numbers: {result}")
        };
        assert!(errors == 0.0, "{errors} requests failed: {text}");
        Outcome { requests, micros, p50_micros, p99_micros }
    }
}
