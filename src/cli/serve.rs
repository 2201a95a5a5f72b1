//! `serve`: runs the server until it is told to stop.

use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::announce;
use crate::cli::arguments::Serve;
use crate::cli::configuration::require_usable_files;
use crate::cli::open::{ask_for_passphrase, key_source, require_own};
use crate::cli::successor::{self, Successor};
use crate::cli::supervisor;
use crate::clock::SystemClock;
use crate::config::{self, Config, Environment, Flags, Loaded};
use crate::observe::standard_error::StandardError;
use crate::observe::{self, Log};
use crate::server::{self, Bound, HandOver, Process, Running, Server, ServerError};
use crate::store::backups;
use crate::store::error::OpenError;
use crate::store::folder::Serving;
use crate::store::open;

pub(super) fn run(serve: Serve, flags: Flags, environment: &Environment) -> Result<()> {
    let flags = flags
        .with_list("--listen", "server.listen", serve.listen)
        .with_list("--domain", "tls.domains", serve.domain)
        .with("--base-url", "server.base_url", serve.base_url);
    let Loaded { config, settings, .. } = config::load(&flags, environment)?;
    if serve.only_check {
        require_usable_files(&config)?;
        open::try_out(&config.data.dir, &key_source(&config.data)?)?;
        backups::require_update_possible(&config)?;
        server::require_usable_sockets(&config)?;
        return successor::say_would_start();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before anything that may take a while: sent to a program that does not listen yet, they would end it.
    let early = runtime.block_on(async { Early::listen() }).context("signals cannot be listened to")?;
    let Log { standard_error, recent } = observe::start(&config.log);
    // What is made now, the user whose folder it is could not read.
    require_own(&config.data.dir)?;
    let serving = Serving::claim(&config.data.dir)?;
    // Before the file of the program is exchanged for another.
    let mut successor = Successor::new()?;
    let bound = bind(Process { settings, log: recent }, config.clone(), &mut successor)?;
    if let Err(error) = serving.listens_at(&bound.listening().places()) {
        tracing::warn!(%error, "`peerbox health` and `peerbox doctor` are not told where the server listens");
    }
    let served = runtime.block_on(serve_until_stopped(bound, &config, &standard_error, &successor, early));
    // Nobody waits for a name that is still looked up.
    runtime.shutdown_background();
    match served? {
        None => Ok(()),
        Some(sockets) => {
            supervisor::wait_for_successor();
            Err(successor.follow(sockets)).context("the program could not be started again")
        }
    }
}

fn bind(process: Process, mut config: Config, successor: &mut Successor) -> Result<Bound> {
    let clock = Arc::new(SystemClock);
    let bound = match Server::bind_in(process.clone(), config.clone(), Arc::clone(&clock) as _) {
        Err(ServerError::Open(OpenError::WantsPassphrase)) if ask_for_passphrase(&mut config.data)? => {
            successor.would_ask();
            Server::bind_in(process, config, clock)?
        }
        outcome => outcome?,
    };
    Ok(bound)
}

/// Serves until told to stop. Told to restart, it gives the sockets for the program that follows.
async fn serve_until_stopped(
    bound: Bound,
    config: &Config,
    standard_error: &StandardError,
    successor: &Successor,
    early: Early,
) -> Result<Option<HandOver>> {
    if let Some(path) = bound.new_key_file() {
        announce::key_was_made(standard_error, config, &path);
    }
    let mut signals = Signals::listen(early).context("signals cannot be listened to")?;
    let listening = bound.listening();
    let setup_code = bound.setup_code();
    let open_channels = bound.channels_open_to_anyone()?;
    let mut running = bound.run()?;
    announce::started(standard_error, config, &listening, open_channels);
    if let Some(code) = setup_code {
        announce::first_account(standard_error, config, &listening.tcp, &code);
    }
    supervisor::tell(NotifyState::Ready);
    let alive = tokio::spawn(supervisor::stay_alive(running.readiness()));
    let mut restart = loop {
        match signals.next(&mut running).await {
            Wake::Reload => match running.reload_certificate() {
                Ok(true) => tracing::info!("read the certificate again"),
                Ok(false) => tracing::info!("no file holds a certificate, so none was read again"),
                Err(error) => tracing::error!(%error, "the certificate in use stays"),
            },
            Wake::Failed(what) => bail!("{what}"),
            Wake::Restart => tokio::select! {
                tried = successor.check(running.sockets()) => match tried {
                    Ok(()) => break true,
                    Err(error) => tracing::error!("not restarted, and serving on: {error:#}"),
                },
                () = signals.stop() => break false,
            },
            Wake::Stop => break false,
        }
    };
    if restart {
        tracing::info!("restarting; new connections wait until the data is open again");
    } else {
        supervisor::tell(NotifyState::Stopping);
        tracing::info!("stopping; a second signal ends at once");
    }
    let mut stopping = pin!(running.stop());
    let sockets = loop {
        tokio::select! {
            sockets = &mut stopping => break sockets,
            () = signals.stop() => {
                if !restart {
                    bail!("ended at once by a second signal; what was acknowledged is on disk");
                }
                tracing::info!("stopping instead of restarting; a second signal ends at once");
                supervisor::tell(NotifyState::Stopping);
                restart = false;
            }
        }
    };
    alive.abort();
    Ok(restart.then_some(sockets))
}

/// What the running server is woken by.
enum Wake {
    Stop,
    Restart,
    Reload,
    Failed(String),
}

/// Signals that are for a running server and must not end one that is just starting.
struct Early {
    hang_up: Signal,
    restart: Signal,
}

impl Early {
    fn listen() -> std::io::Result<Self> {
        let early =
            Self { hang_up: signal(SignalKind::hangup())?, restart: signal(SignalKind::user_defined2())? };
        successor::let_signals_in()?;
        Ok(early)
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    early: Early,
}

impl Signals {
    fn listen(early: Early) -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            early,
        })
    }

    async fn next(&mut self, running: &mut Running) -> Wake {
        tokio::select! {
            _ = self.terminate.recv() => Wake::Stop,
            _ = self.interrupt.recv() => Wake::Stop,
            _ = self.early.hang_up.recv() => Wake::Reload,
            _ = self.early.restart.recv() => Wake::Restart,
            what = running.failed() => Wake::Failed(what),
        }
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
