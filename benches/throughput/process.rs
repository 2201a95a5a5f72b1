//! Servers under measurement as processes: started, asked what they used, ended.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A server that listens.
pub struct Process {
    child: Child,
    pub address: String,
    pub log: Option<std::thread::JoinHandle<()>>,
}

/// Where processors are given to whom: `None` lets the kernel choose.
#[derive(Clone, Copy, PartialEq)]
pub enum Pinning {
    None,
    /// The server on processor 0 with one worker, the load on processor 1.
    Apart,
}

impl Pinning {
    pub fn workers(self) -> usize {
        match self {
            Self::None => 2,
            Self::Apart => 1,
        }
    }

    pub fn command(self, processor: u8, program: &Path) -> Command {
        match self {
            Self::None => Command::new(program),
            Self::Apart => {
                let mut command = Command::new("taskset");
                command.arg("-c").arg(processor.to_string()).arg(program);
                command
            }
        }
    }
}

impl Process {
    /// Starts a command that says `listening http://ADDRESS` on its standard error.
    pub fn start(mut command: Command) -> Self {
        let mut child =
            command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
        let address = loop {
            let line = lines.next().expect("the server says where it listens").expect("as text");
            if let Some((_, address)) =
                line.strip_prefix("listening").and_then(|rest| rest.split_once("http://"))
            {
                break address.trim().to_owned();
            }
        };
        let drain = std::thread::Builder::new().spawn(move || lines.for_each(drop)).expect("a thread");
        Self { child, address, log: Some(drain) }
    }

    /// Processor time used so far, in microseconds.
    pub fn cpu_micros(&self) -> f64 {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("its statistics");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) * 10_000.0
    }

    /// Resident memory in MiB.
    pub fn resident_mib(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("resident memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a number") / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it ends");
        if let Some(log) = self.log.take() {
            log.join().expect("its log ends");
        }
    }
}

/// A data folder with an account in it, and the commands that use it.
pub struct Data {
    folder: TempDir,
    program: PathBuf,
}

impl Data {
    pub const USER: &str = "bench";
    pub const PASSWORD: &str = "a long password";

    pub fn new(program: PathBuf) -> Self {
        let data = Self { folder: TempDir::new().expect("a folder"), program };
        let mut command = data.command(Pinning::None);
        command.args(["account", "create", "bench", "--user", Self::USER, "--password-stdin"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        std::io::Write::write_all(&mut child.stdin.take().expect("input"), Self::PASSWORD.as_bytes())
            .expect("a password");
        assert!(child.wait().expect("it ends").success(), "the account is made");
        data
    }

    pub fn serve(&self, pinning: Pinning) -> Process {
        let mut command = self.command(pinning);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        Process::start(command)
    }

    fn command(&self, pinning: Pinning) -> Command {
        let mut command = pinning.command(0, &self.program);
        command
            .env("PEERBOX_DATA_DIR", self.folder.path())
            .env("PEERBOX_KEY_FILE", self.folder.path().join("key"))
            .env("PEERBOX_SERVER__WORKERS", pinning.workers().to_string())
            .env("PEERBOX_LIMITS__CHANNELS_PER_ACCOUNT", "0")
            .env("PEERBOX_LIMITS__TOKENS_PER_CHANNEL", "0")
            .env("PEERBOX_LIMITS__STORAGE_PER_ACCOUNT", "0");
        command
    }
}
