//! Whether somebody pressed ^C or the command was told to end, for work that takes long and leaves nothing half made.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use anyhow::Result;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// Set by the first such signal.
#[derive(Clone)]
pub(super) struct Interrupted(Arc<AtomicBool>);

/// Listens from now on, and completes with the first such signal.
pub(super) fn listen() -> io::Result<impl Future<Output = ()> + Send> {
    let (mut typed, mut told) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _typed = typed.recv() => {}
            _told = told.recv() => {}
        }
    })
}

impl Interrupted {
    /// Listens from now on, for work that is not asynchronous. A second signal finds the work ending already.
    pub(super) fn listen() -> Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let told = runtime.block_on(async { listen() })?;
        let interrupted = Self(Arc::default());
        let shared = interrupted.clone();
        Builder::new().name("peerbox-interrupted".into()).spawn(move || {
            runtime.block_on(told);
            shared.0.store(true, Ordering::Relaxed);
        })?;
        Ok(interrupted)
    }

    /// Whether it came.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
