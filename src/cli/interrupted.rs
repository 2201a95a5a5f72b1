//! Whether somebody pressed ^C or the command was told to end, for work that takes long and leaves nothing half made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use anyhow::Result;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// Set by the first such signal.
#[derive(Clone)]
pub(super) struct Interrupted(Arc<AtomicBool>);

impl Interrupted {
    /// Listens from now on. A second signal finds the work ending already.
    pub(super) fn listen() -> Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut typed, mut told) = runtime.block_on(async {
            Ok::<_, std::io::Error>((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
        })?;
        let interrupted = Self(Arc::default());
        let shared = interrupted.clone();
        Builder::new().name("peerbox-interrupted".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _typed = typed.recv() => {}
                    _told = told.recv() => {}
                }
            });
            shared.0.store(true, Ordering::Relaxed);
        })?;
        Ok(interrupted)
    }

    /// Whether it came.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
