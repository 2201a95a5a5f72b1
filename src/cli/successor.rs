//! The program that follows in the same process, when the server is restarted without closing a port.

use std::env::{args_os, current_exe};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::server::HandOver;

/// This program as it was started, or what has taken its place on the disk since.
pub(super) struct Successor {
    program: PathBuf,
    asks: bool,
}

impl Successor {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { program: current_exe().context("nobody knows where this program is")?, asks: false })
    }

    /// The passphrase was typed, and nobody may be there to type it again.
    pub(super) fn would_ask(&mut self) {
        self.asks = true;
    }

    /// Refuses when it would not start: it does not run, or takes the configuration for wrong.
    pub(super) fn check(&self) -> Result<()> {
        if self.asks {
            bail!(
                "the passphrase was typed; set data.passphrase_file, or stop the server and start it again"
            );
        }
        let arguments: Vec<_> = args_os().skip(1).collect();
        let checked = Command::new(&self.program)
            .args(arguments)
            .arg("--only-check")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} does not run", self.program.display()))?;
        if !checked.status.success() {
            bail!("{}", String::from_utf8_lossy(&checked.stderr).trim());
        }
        Ok(())
    }

    /// Starts it in the place of this one. Comes back only when that failed.
    pub(super) fn follow(&self, sockets: HandOver) -> io::Error {
        let mut program = Command::new(&self.program);
        program.args(args_os().skip(1));
        sockets.follow_with(&mut program)
    }
}
