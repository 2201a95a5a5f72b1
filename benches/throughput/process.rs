//! Servers under measurement as processes: started, asked what they used, ended.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A server that listens.
pub struct Process {
    child: Child,
    pub address: String,
    log: Option<std::thread::JoinHandle<()>>,
    /// Where SQLite counts transactions; the bare server has none.
    wal_index: Option<PathBuf>,
}

/// What a server has used since its start.
pub struct Usage {
    pub cpu_micros: f64,
    pub written_bytes: f64,
    /// Counted modulo 2^32.
    pub commits: u32,
}

/// Where processors are given to whom: `None` lets the kernel choose.
#[derive(Clone, Copy, PartialEq)]
pub enum Pinning {
    None,
    /// The server on processor 0 with one worker, the load on processor 1.
    Apart,
}

impl Pinning {
    pub fn workers(self) -> u32 {
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
    /// Starts the server that peerbox is compared with, which is this program.
    pub fn bare(pinning: Pinning) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = pinning.command(0, &program);
        command.arg("bare").arg(pinning.workers().to_string());
        Self::start(command, None)
    }

    /// Starts a command that says `listening http://ADDRESS` on its standard error.
    fn start(mut command: Command, wal_index: Option<PathBuf>) -> Self {
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
        Self { child, address, log: Some(drain), wal_index }
    }

    pub fn usage(&self) -> Usage {
        Usage {
            cpu_micros: self.cpu_micros(),
            written_bytes: self.number("io", "write_bytes:"),
            commits: self.commits(),
        }
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> f64 {
        self.number("status", "VmRSS:")
    }

    /// Ends it as an administrator would, so that the write-ahead log is moved into the file. How long that may take is
    /// the server's own affair (`server.shutdown_grace`).
    pub fn stop(mut self) {
        let ended = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        assert!(ended.expect("a shell").success(), "the server gets its signal");
        assert!(self.child.wait().expect("it ends").success(), "the server stops gracefully");
    }

    fn cpu_micros(&self) -> f64 {
        let stat = self.statistics("stat");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) * 10_000.0
    }

    /// `iChange` of the wal-index header: SQLite's "WAL-mode File Format", section 2.2.
    fn commits(&self) -> u32 {
        let Some(path) = &self.wal_index else { return 0 };
        let header = std::fs::read(path).expect("the wal-index");
        u32::from_ne_bytes(header[8..12].try_into().expect("four bytes"))
    }

    fn number(&self, file: &str, name: &str) -> f64 {
        let text = self.statistics(file);
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("the line");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }

    fn statistics(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("its statistics")
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
}

impl Data {
    pub const USER: &str = "bench";
    pub const PASSWORD: &str = "a long password";

    pub fn new() -> Self {
        let data = Self { folder: TempDir::new().expect("a folder") };
        data.add_account(Self::USER);
        data
    }

    /// Adds an account with a user of the same name, and tells its number.
    pub fn add_account(&self, user: &str) -> u64 {
        let mut command = self.command(Pinning::None);
        command.args(["account", "create", user, "--user", user, "--password-stdin"]);
        let (input, output) = (Stdio::piped(), Stdio::piped());
        let mut child = command.stdin(input).stdout(output).stderr(Stdio::null()).spawn().expect("it runs");
        std::io::Write::write_all(&mut child.stdin.take().expect("input"), Self::PASSWORD.as_bytes())
            .expect("a password");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "the account is made");
        let said = String::from_utf8(output.stdout).expect("text");
        let (_, number) = said.trim().rsplit_once("account-id:").expect("its number");
        number.trim().parse().expect("a number")
    }

    /// The same again in a folder of its own. Its server must have stopped.
    pub fn copy(&self) -> Self {
        let copy = Self { folder: TempDir::new().expect("a folder") };
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder") {
            let entry = entry.expect("an entry");
            let to = copy.folder.path().join(entry.file_name());
            std::fs::copy(entry.path(), &to).expect("a copy");
            // Otherwise the kernel would write it while the server is measured.
            std::fs::File::open(to).and_then(|file| file.sync_all()).expect("it reaches the disk");
        }
        copy
    }

    /// Starts peerbox, perhaps with a library that takes the place of some of its functions.
    pub fn serve(&self, pinning: Pinning, preloaded: Option<&Path>) -> Process {
        let mut command = self.command(pinning);
        if let Some(library) = preloaded {
            command.env("LD_PRELOAD", library);
        }
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        Process::start(command, Some(self.folder.path().join("peerbox.db-shm")))
    }

    /// Begins a backup beside the server.
    pub fn back_up(&self) -> BackingUp {
        let mut command = self.command(Pinning::None);
        command.args(["backup", "create"]).arg(self.folder.path().join("copy.db"));
        BackingUp(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs"))
    }

    fn command(&self, pinning: Pinning) -> Command {
        let mut command = pinning.command(0, Path::new(env!("CARGO_BIN_EXE_peerbox")));
        command
            .env("PEERBOX_DATA_DIR", self.folder.path())
            .env("PEERBOX_KEY_FILE", self.folder.path().join("key"))
            .env("PEERBOX_SERVER__WORKERS", pinning.workers().to_string())
            .env("PEERBOX_PUSH__ALLOW_PRIVATE", "loopback")
            .env("PEERBOX_LIMITS__LOGIN", "100000 per 1m")
            .env("PEERBOX_LIMITS__CHANNELS_PER_ACCOUNT", "0")
            .env("PEERBOX_LIMITS__TOKENS_PER_CHANNEL", "0")
            .env("PEERBOX_LIMITS__STORAGE_PER_ACCOUNT", "0")
            .env("PEERBOX_LIMITS__SOCKETS_PER_TOKEN", "20000");
        command
    }
}

/// A backup that is being made.
pub struct BackingUp(Child);

impl BackingUp {
    /// Breaks it off. It must not have come to its end, or else a part of the sample was without it.
    pub fn break_off(mut self) {
        assert!(self.0.try_wait().expect("its state").is_none(), "the backup ended before the sample did");
        self.0.kill().expect("it can be ended");
        self.0.wait().expect("it ends");
    }
}
