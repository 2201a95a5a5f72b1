//! The works that are measured: what is prepared, what is asked again and again.

use std::fmt::Write as _;
use std::path::Path;

use reqwest::Client;
use serde_json::{Value, json};

use crate::process::{Data, Pinning, Process};

/// One kind of request.
pub struct Work {
    pub name: &'static str,
    method: &'static str,
    body_bytes: usize,
    channels: usize,
    /// Messages of 1 KiB in every channel beforehand, written by the owner's token.
    messages: usize,
    path: fn(&Channel) -> String,
    credentials: Credentials,
}

enum Credentials {
    Owner,
    Counterparty,
    Account,
}

/// A channel that was made for the work.
pub struct Channel {
    id: String,
    owner: String,
    counterparty: String,
}

/// What one run showed.
pub struct Sample {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Of the server, per request.
    pub cpu_micros: f64,
    /// After the run.
    pub resident_mib: f64,
}

pub const WORKS: &[Work] = &[
    Work {
        name: "write-1k",
        method: "POST",
        body_bytes: 1024,
        channels: 64,
        messages: 0,
        path: |channel| format!("/api/v1/channel/{}", channel.id),
        credentials: Credentials::Owner,
    },
    Work {
        name: "write-32k",
        method: "POST",
        body_bytes: 32 * 1024,
        channels: 64,
        messages: 0,
        path: |channel| format!("/api/v1/channel/{}", channel.id),
        credentials: Credentials::Owner,
    },
    Work {
        name: "read-10",
        method: "GET",
        body_bytes: 0,
        channels: 64,
        messages: 10,
        path: |channel| format!("/api/v1/channel/{}?unread=true", channel.id),
        credentials: Credentials::Counterparty,
    },
    Work {
        name: "head",
        method: "HEAD",
        body_bytes: 0,
        channels: 64,
        messages: 1,
        path: |channel| format!("/api/v1/channel/{}", channel.id),
        credentials: Credentials::Counterparty,
    },
    Work {
        name: "list-100",
        method: "GET",
        body_bytes: 0,
        channels: 100,
        messages: 0,
        path: |_| "/api/v1/account/1/channel/list".to_owned(),
        credentials: Credentials::Account,
    },
];

impl Work {
    /// Prepares a fresh peerbox and drives it.
    pub fn run(&self, server: &Process, connections: u32, seconds: u32, pinning: Pinning) -> Sample {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let channels = runtime.block_on(self.prepare(&server.address));
        self.drive(server, &channels, connections, seconds, pinning)
    }

    /// Drives the bare server, which needs no preparation.
    pub fn run_bare(&self, server: &Process, connections: u32, seconds: u32, pinning: Pinning) -> Sample {
        let channel = |number: usize| Channel {
            id: format!("{number:043}"),
            owner: "x".repeat(43),
            counterparty: "x".repeat(43),
        };
        let channels: Vec<Channel> = (0..self.channels).map(channel).collect();
        self.drive(server, &channels, connections, seconds, pinning)
    }

    async fn prepare(&self, address: &str) -> Vec<Channel> {
        let client = Client::new();
        let account = format!("http://{address}/api/v1/account/1/channel");
        let post = async |url: &str, body: Value| -> Value {
            let request = client.post(url).basic_auth(Data::USER, Some(Data::PASSWORD)).json(&body);
            request.send().await.expect("an answer").json().await.expect("JSON")
        };
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        let mut channels = Vec::new();
        for _ in 0..self.channels {
            let made = post(&account, json!({"sequenced": false, "retention": {}})).await;
            let id = text(&made["id"]);
            let token = json!({"description": "counterparty", "can_read": true, "can_write": true});
            let issued = post(&format!("{account}/{id}/api-token"), token).await;
            let owner = text(&made["access_tokens"][0]["token"]);
            for _ in 0..self.messages {
                let url = format!("http://{address}/api/v1/channel/{id}");
                let write = client.post(url).bearer_auth(&owner).header("content-type", "text/plain");
                let written = write.body("x".repeat(1024)).send().await.expect("an answer");
                assert!(written.status().is_success(), "{}", written.status());
            }
            channels.push(Channel { id, owner, counterparty: text(&issued["token"]) });
        }
        channels
    }

    fn drive(
        &self,
        server: &Process,
        channels: &[Channel],
        connections: u32,
        seconds: u32,
        pinning: Pinning,
    ) -> Sample {
        let mut targets = String::new();
        for channel in channels {
            let credentials = match self.credentials {
                Credentials::Owner => format!("Bearer {}", channel.owner),
                Credentials::Counterparty => format!("Bearer {}", channel.counterparty),
                Credentials::Account => {
                    let plain = format!("{}:{}", Data::USER, Data::PASSWORD);
                    format!("Basic {}", base64_simd::STANDARD.encode_to_string(plain))
                }
            };
            writeln!(targets, "{} {credentials}", (self.path)(channel)).expect("memory");
        }
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), targets).expect("the targets");
        self.wrk(server, file.path(), connections, 1, pinning);
        let before = server.cpu_micros();
        let (requests, sample) = self.wrk(server, file.path(), connections, seconds, pinning);
        Sample {
            cpu_micros: (server.cpu_micros() - before) / requests,
            resident_mib: server.resident_mib(),
            ..sample
        }
    }

    fn wrk(
        &self,
        server: &Process,
        targets: &Path,
        connections: u32,
        seconds: u32,
        pinning: Pinning,
    ) -> (f64, Sample) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/throughput/requests.lua");
        let threads = pinning.workers();
        let mut command = pinning.command(1, Path::new("wrk"));
        command.args([format!("-t{threads}"), format!("-c{connections}"), format!("-d{seconds}s")]);
        command.args(["--timeout", "10s", "-s", script]).arg(format!("http://{}", server.address)).arg("--");
        command.arg(targets).arg(self.method).arg(self.body_bytes.to_string());
        let output = command.output().expect("wrk runs; on Debian: apt install wrk");
        let text = String::from_utf8_lossy(&output.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT ")).expect("wrk's result");
        let numbers: Vec<f64> = result.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [requests, micros, p50, p99, errors] = numbers[..] else { panic!("five numbers: {result}") };
        assert!(errors == 0.0, "{errors} requests failed: {text}");
        let sample = Sample {
            per_second: requests / micros * 1e6,
            p50_ms: p50 / 1000.0,
            p99_ms: p99 / 1000.0,
            cpu_micros: 0.0,
            resident_mib: 0.0,
        };
        (requests, sample)
    }
}
