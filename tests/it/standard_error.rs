//! Standard error and output that nobody reads: nothing waits for them, and nothing fails.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use tokio::net::unix::pipe::Sender;

use crate::support::DEADLINE;
use crate::support::process::Installation;

/// More than the kernel and the log together keep for a reader, in requests of which each is a line.
const TOO_MANY: usize = 12_000;

/// A server that listens on a Unix socket only and tells about each request; killed when it is dropped.
struct Server {
    child: Child,
    socket: PathBuf,
}

impl Server {
    fn start(installation: &Installation, standard_error: Stdio) -> Self {
        let socket = installation.root().join("peerbox.sock");
        let config = installation.root().join("config.toml");
        let toml = format!("server.listen = \"unix:{}\"\nlog.access = \"all\"", socket.display());
        std::fs::write(&config, toml).expect("space");
        let mut command = installation.command(&["serve", "--config"]);
        command.arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(standard_error);
        Self { child: command.spawn().expect("the executable"), socket }
    }

    /// A connection, once the server listens.
    fn connect(&self) -> UnixStream {
        let begun = std::time::SystemTime::now();
        loop {
            match UnixStream::connect(&self.socket) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
                    return stream;
                }
                Err(_) if begun.elapsed().is_ok_and(|passed| passed < DEADLINE) => std::thread::yield_now(),
                Err(error) => panic!("it does not listen: {error}"),
            }
        }
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
    }

    fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("an end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks whether the server lives, so many times.
fn ask(stream: &mut UnixStream, times: usize) {
    for _ in 0..times {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"alive") {
            let mut bytes = [0; 1024];
            let read = stream.read(&mut bytes).expect("an answer in time");
            assert!(read > 0, "cut after {}", answer.escape_ascii());
            answer.extend_from_slice(&bytes[..read]);
        }
    }
}

/// A pipe without any room left, and its other end.
fn full_pipe() -> (PipeReader, OwnedFd) {
    let (reader, writer) = pipe().expect("a pipe");
    let sender = Sender::from_owned_fd(writer.into()).expect("a pipe");
    while sender.try_write(&[b'\n'; 4096]).is_ok() {}
    while sender.try_write(b"\n").is_ok() {}
    (reader, sender.into_blocking_fd().expect("a pipe"))
}

/// A pipe that nobody will ever read.
fn abandoned_pipe() -> PipeWriter {
    pipe().expect("a pipe").1
}

#[tokio::test]
async fn a_server_whose_log_nobody_reads_goes_on_and_stops_as_told() {
    let (_unread, full) = full_pipe();
    for standard_error in [Stdio::from(full), Stdio::from(abandoned_pipe())] {
        let installation = Installation::with_account();
        let mut server = Server::start(&installation, standard_error);
        ask(&mut server.connect(), 500);
        server.signal("HUP");
        ask(&mut server.connect(), 1);
        server.signal("TERM");
        assert_eq!(server.ended().code(), Some(0));
    }
}

#[test]
fn lines_that_were_lost_are_counted_and_told_to_whoever_reads_again() {
    let installation = Installation::with_account();
    let (reader, writer) = pipe().expect("a pipe");
    let mut server = Server::start(&installation, Stdio::from(writer));
    ask(&mut server.connect(), TOO_MANY);
    let mut lines = BufReader::new(reader).lines();
    let told = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("were lost")));
    let told = told.expect("a line about it").expect("text");
    let lost: usize =
        told.split("lines=").nth(1).and_then(|rest| rest.trim().parse().ok()).expect("a number");
    assert!((1..TOO_MANY).contains(&lost), "{told}");
    ask(&mut server.connect(), 1);
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("/healthz"))), "the log goes on");
    server.signal("TERM");
    // Read on, so that nothing is waited for.
    assert_eq!(
        std::thread::scope(|scope| {
            scope.spawn(|| lines.for_each(drop));
            server.ended().code()
        }),
        Some(0)
    );
}

#[tokio::test]
async fn commands_end_as_ever_when_nobody_reads_what_they_say() {
    let installation = Installation::with_account();
    for (arguments, code) in [
        (&["check"][..], 0),
        (&["account", "disable", "first"], 0),
        (&["account", "enable", "first"], 0),
        (&["account", "show", "nobody"], 7),
        (&["frobnicate"], 2),
    ] {
        let (_unread, full) = full_pipe();
        for standard_error in [Stdio::from(full), Stdio::from(abandoned_pipe())] {
            let mut command = installation.command(arguments);
            let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(standard_error).status();
            assert_eq!(status.expect("the executable").code(), Some(code), "{arguments:?}");
        }
        let quoted = arguments.join(" ");
        let script = format!("exec {} {quoted} >&- 2>&-", env!("CARGO_BIN_EXE_peerbox"));
        let settings = installation.command(&[]);
        let settings = settings.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let mut closed = std::process::Command::new("sh");
        let status = closed.args(["-c", &script]).env_clear().envs(settings).stdin(Stdio::null()).status();
        assert_eq!(status.expect("a shell").code(), Some(code), "{arguments:?} with both closed");
    }
}

#[test]
fn a_reader_of_data_that_has_seen_enough_is_no_failure() {
    let installation = Installation::with_account();
    for arguments in [
        &["channel", "list"][..],
        &["user", "list", "--json"],
        &["account", "show", "1"],
        &["config", "show"],
        &["config", "keys"],
        &["key", "where"],
        &["man"],
        &["completions", "bash"],
        &["version"],
        &["check", "--json"],
        &["--help"],
    ] {
        let mut command = installation.command(arguments);
        let output = command.stdin(Stdio::null()).stdout(abandoned_pipe()).stderr(Stdio::piped()).output();
        let output = output.expect("the executable");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("pipe") && !said.contains("panicked"), "{arguments:?}: {said}");
    }
}
