//! The real executable, for what only a process of its own can show.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::support::app::{PASSWORD, USER, temporary_folder};
use crate::support::bearer::Bearer;
use crate::support::owner::Owner;
use crate::support::site::Site;
use crate::support::{eventually, soon};

/// Somebody who has the token and keeps the channel as `shop`.
pub fn with_contact(bearer: &Bearer) -> Installation {
    let client = Installation::empty();
    let link = format!("{}/c/{}#{}", bearer.site.base(), bearer.channel, bearer.secret);
    client.succeed(&["contact", "add", "shop"], &format!("Come in:\n{link}\n"));
    client
}

/// What a command printed with `--json`.
pub fn json_lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The folders of one installation: data and key where the executable puts them by itself.
pub struct Installation {
    folder: TempDir,
}

impl Installation {
    pub fn empty() -> Self {
        Self { folder: temporary_folder() }
    }

    /// An installation with the account that cases sign in to.
    pub fn with_account() -> Self {
        let installation = Self::empty();
        assert_eq!(installation.create_account("first", USER, PASSWORD), 1);
        installation
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.root().join("data/peerbox")
    }

    pub fn database(&self) -> PathBuf {
        self.data_dir().join("peerbox.db")
    }

    pub fn key_file(&self) -> PathBuf {
        self.root().join("config/peerbox/master.key")
    }

    /// The executable with no environment but this installation's folders.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peerbox"));
        command.args(arguments).env_clear().current_dir(self.root());
        command.env("HOME", self.root());
        command.env("XDG_DATA_HOME", self.root().join("data"));
        command.env("XDG_CONFIG_HOME", self.root().join("config"));
        command
    }

    /// Runs to the end with this on standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the executable");
        // A command that reads nothing may be gone before this is written.
        let _ = child.stdin.take().expect("standard input").write_all(input.as_bytes());
        child.wait_with_output().expect("an end")
    }

    /// Runs a command that must succeed, and gives its standard output.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} ended with {}: {errors}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command that must end with this code and say these words.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str], input: &str, code: i32, words: &str) {
        let output = self.run(arguments, input);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(words), "{told}");
    }

    /// Makes an account and tells its id.
    #[track_caller]
    pub fn create_account(&self, name: &str, user: &str, password: &str) -> i64 {
        let line = self.succeed(
            &["account", "create", name, "--user", user, "--password-stdin"],
            &format!("{password}\n"),
        );
        let id = line.trim().rsplit_once("account-id:").map(|(_, id)| id.trim().parse());
        id.and_then(Result::ok).unwrap_or_else(|| panic!("no account id in {line:?}"))
    }

    /// As the reference's scripts call it: standard output and error as one text, and the exit code.
    pub fn createaccount(&self, name: &str, user: &str, password: &str) -> (String, Option<i32>) {
        let output = self.run(&["-createaccount", name, user, password], "");
        let joined = [output.stdout, output.stderr].concat();
        (String::from_utf8(joined).expect("text").trim().to_owned(), output.status.code())
    }

    /// Starts the server with these lines of configuration, and waits until it has said where it listens.
    pub async fn serve(&self, toml: &str) -> Process {
        self.serve_with(&format!("server.listen = \"127.0.0.1:0\"\n{toml}")).await
    }

    /// The same with `server.listen` among the lines.
    pub async fn serve_with(&self, toml: &str) -> Process {
        self.serve_limited("", toml).await
    }

    /// The same as `serve` with `ulimit -n` and these arguments before.
    pub async fn serve_with_files(&self, ulimit: &str, toml: &str) -> Process {
        let toml = format!("server.listen = \"127.0.0.1:0\"\n{toml}");
        self.serve_limited(&format!("ulimit -n {ulimit} && "), &toml).await
    }

    /// The same as `serve` where a file that would grow past the limit is an error and not the end.
    pub async fn serve_past_file_limits(&self, toml: &str) -> Process {
        let toml = format!("server.listen = \"127.0.0.1:0\"\n{toml}");
        self.serve_limited("trap '' XFSZ && ", &toml).await
    }

    /// The same as `serve` with its data on a disk of so many MiB, which only this process and those it is followed by
    /// [`Self::on_disk_of`] see, and which ends with them.
    pub async fn serve_on_disk(&self, mib: u32, toml: &str) -> Process {
        let toml = format!("server.listen = \"127.0.0.1:0\"\n{toml}");
        let mount = format!(
            "cp -a data data-before; mount -t tmpfs -o size={mib}m none data && cp -a data-before/. data && exec \"$0\" \"$@\""
        );
        self.serve_limited(
            &format!("exec unshare --map-root-user --mount sh -c '{mount}' \"$0\" \"$@\" && "),
            &toml,
        )
        .await
    }

    /// A command in whose sight these words of a shell have mounted something.
    pub fn mounted(&self, mount: &str, arguments: &[&str]) -> Command {
        let inside = self.command(arguments);
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &format!("{mount} && exec \"$0\" \"$@\"")]);
        command.arg(inside.get_program()).args(inside.get_args()).current_dir(self.root()).env_clear();
        command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// A command for which this folder is on a disk that cannot be written.
    pub fn on_read_only(&self, folder: &Path, arguments: &[&str]) -> Command {
        let folder = folder.display();
        self.mounted(
            &format!("mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}'"),
            arguments,
        )
    }

    /// A command that sees the disk of that server.
    pub fn on_disk_of(&self, server: &Process, arguments: &[&str]) -> Command {
        let inside = self.command(arguments);
        let mut command = Command::new("nsenter");
        command.args(["--target", &server.id.to_string(), "--user", "--mount", "--preserve-credentials"]);
        command.arg(format!("--wd={}", self.root().display())).arg("--");
        command.arg(inside.get_program()).args(inside.get_args()).env_clear();
        command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// Serves as systemd starts it: this socket listens already, and these variables are set.
    pub async fn serve_handed(
        &self,
        listener: TcpListener,
        variables: &[(&str, &str)],
        toml: &str,
    ) -> Process {
        let set: Vec<String> =
            variables.iter().map(|(name, value)| format!("export {name}='{value}'; ")).collect();
        let set = set.concat();
        let before = format!("{set}export LISTEN_FDS=1 LISTEN_PID=$$; exec 3<&0 0</dev/null; ");
        self.serve_from(Stdio::from(OwnedFd::from(listener)), &before, toml).await
    }

    /// Serves as a link to the executable, which may be exchanged for something else.
    pub async fn serve_as(&self, link: &Path, toml: &str) -> Process {
        std::os::unix::fs::symlink(self.command(&[]).get_program(), link).expect("a link");
        let toml = format!("server.listen = '127.0.0.1:0'\n{toml}");
        self.serve_limited(&format!("exec '{}' \"$@\"; ", link.display()), &toml).await
    }

    async fn serve_limited(&self, before: &str, toml: &str) -> Process {
        self.serve_from(Stdio::null(), before, toml).await
    }

    async fn serve_from(&self, input: Stdio, before: &str, toml: &str) -> Process {
        let config = self.root().join("config.toml");
        std::fs::write(&config, toml).expect("space");
        let serve = self.command(&["serve", "--config"]);
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{before}exec \"$0\" \"$@\"")])
            .arg(serve.get_program())
            .args(serve.get_args());
        command.arg(config).env_clear().current_dir(self.root());
        command.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        Process::start(command).await
    }
}

/// A running executable, killed when it is dropped.
pub struct Process {
    pub site: Site,
    pub id: u32,
    log: Arc<Mutex<String>>,
    ended: Option<oneshot::Receiver<ExitStatus>>,
}

impl Process {
    async fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the executable");
        let id = child.id();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, port) = oneshot::channel();
        let found = Arc::new(Mutex::new(Some(found)));
        let output = child.stdout.take().expect("standard output");
        let errors = child.stderr.take().expect("standard error");
        let readers = [collect(output, &log, &found), collect(errors, &log, &found)];
        drop(found);
        let (ending, ended) = oneshot::channel();
        std::thread::spawn(move || {
            let status = child.wait().expect("an end");
            for reader in readers {
                reader.join().expect("a reader");
            }
            let _ = ending.send(status);
        });
        let port = soon("listening", port).await;
        let mut process = Self { site: Site::new(""), id, log, ended: Some(ended) };
        let Ok(port) = port else { panic!("it ended with {}: {}", process.end().await, process.log()) };
        process.site.moved_to(&format!("http://127.0.0.1:{port}"));
        process
    }

    pub fn owner(&self) -> Owner {
        Owner::new(&self.site, 1, USER, PASSWORD)
    }

    /// All that it wrote so far, standard output and error.
    pub fn log(&self) -> String {
        self.log.lock().expect("a log").clone()
    }

    /// Waits until it has written this, and gives all that it wrote so far.
    pub async fn says(&self, text: &str) -> String {
        eventually(text, async || self.log().contains(text)).await;
        self.log()
    }

    /// The memory that it holds, in bytes.
    pub fn resident(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id)).expect("a running process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a figure");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
    }

    /// Sends a signal by name, e.g. `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id)]).status();
        assert!(status.expect("a shell").success(), "no process to signal");
    }

    /// Waits for the end, within the deadline.
    pub async fn end(&mut self) -> ExitStatus {
        soon("the end of the process", self.ended.take().expect("not ended yet")).await.expect("a status")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut ended) = self.ended.take()
            && ended.try_recv().is_err()
        {
            let _ = Command::new("sh").args(["-c", &format!("kill -KILL {}", self.id)]).status();
            // On another thread, because the test's own runtime refuses to block.
            let _ = std::thread::spawn(|| ended.blocking_recv()).join();
        }
    }
}

type Found = Arc<Mutex<Option<oneshot::Sender<u16>>>>;

fn collect(
    pipe: impl Read + Send + 'static,
    log: &Arc<Mutex<String>>,
    found: &Found,
) -> std::thread::JoinHandle<()> {
    let (log, found) = (Arc::clone(log), Arc::clone(found));
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if let Some(port) = port_in(&line)
                && let Some(found) = found.lock().expect("a sender").take()
            {
                let _ = found.send(port);
            }
            let mut log = log.lock().expect("a log");
            log.push_str(&line);
            log.push('\n');
        }
    })
}

/// The port in a line that says `127.0.0.1:PORT`, once it is a real one.
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|port| *port != 0)
}
