//! The program that follows in the same process, when the server is restarted without closing a port.

use std::env::{args_os, current_exe};
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{SigSet, Signal};
use tokio::process;
use tokio::time::timeout;

use crate::cli::output;
use crate::server::HandOver;

/// How long it may take to try the program out.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a program says that would start: one that is something else may end well without it.
const WOULD_START: &str = "peerbox would start";

/// Says that this program would start here.
pub(super) fn say_would_start() -> Result<()> {
    output::line(WOULD_START)
}

/// This program as it was started, or what has taken its place on the disk since.
pub(super) struct Successor {
    program: PathBuf,
    asks: bool,
}

impl Successor {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { program: program().context("nobody knows where this program is")?, asks: false })
    }

    /// The passphrase was typed, and nobody may be there to type it again.
    pub(super) fn would_ask(&mut self) {
        self.asks = true;
    }

    /// Refuses when it would not start: it does not run, takes the configuration for wrong, or does not open what it needs, with the
    /// sockets that it is to take up.
    /// Dropped, it ends what it tries out.
    pub(super) async fn check(&self, sockets: &HandOver) -> Result<()> {
        if self.asks {
            bail!(
                "the passphrase was typed; set data.passphrase_file, or stop the server and start it again"
            );
        }
        let mut program = Command::new(&self.program);
        program.args(args_os().skip(1)).arg("--only-check").stdin(Stdio::null());
        let _lent = sockets.lend_to(&mut program)?;
        let tried = process::Command::from(program).kill_on_drop(true).output();
        let named = || self.program.display();
        let tried = timeout(PATIENCE, tried).await.with_context(|| format!("{} takes too long", named()))?;
        let tried = tried.with_context(|| format!("{} does not run", named()))?;
        if !tried.status.success() {
            bail!("{}", String::from_utf8_lossy(&tried.stderr).trim());
        }
        if !String::from_utf8_lossy(&tried.stdout).lines().any(|line| line == WOULD_START) {
            bail!("{} does not say that it would start", named());
        }
        Ok(())
    }

    /// Starts it in the place of this one. Comes back only when that failed.
    pub(super) fn follow(&self, sockets: HandOver) -> io::Error {
        if let Err(error) = kept_for_it().thread_block() {
            return error.into();
        }
        let mut program = Command::new(&self.program);
        program.args(args_os().skip(1));
        sockets.follow_with(&mut program)
    }
}

/// Signals that are sent again while one program follows another. Nobody listens to them then, and they would end it.
fn kept_for_it() -> SigSet {
    SigSet::from_iter([Signal::SIGHUP, Signal::SIGUSR2])
}

/// Lets in, now that somebody listens, what waited since the program before this one.
pub(super) fn let_signals_in() -> io::Result<()> {
    Ok(kept_for_it().thread_unblock()?)
}

/// By the path that it was called by, so that a link that leads to another version since is followed.
fn program() -> io::Result<PathBuf> {
    match args_os().next().map(PathBuf::from) {
        Some(called) if called.parent().is_some_and(|folder| folder != Path::new("")) => absolute(called),
        _ => current_exe(),
    }
}
