//! A server before it answers: its settings, its data, its sockets.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Config, PublicAccessMode, Synchronous};
use crate::crypto::master_key::MasterKey;
use crate::domain::time::Clock;
use crate::notify::outbox::fcm::Fcm;
use crate::outbound;
use crate::outbound::mail::Relay;
use crate::server::admission::Admission;
use crate::server::app::App;
use crate::server::error::ServerError;
use crate::server::listeners::{Listeners, Listening};
use crate::server::opening::Opening;
use crate::server::process::Process;
use crate::server::tls::Certificate;
use crate::store::backups;
use crate::store::channels;
use crate::store::error::OpenError;
use crate::store::open::{self, KeySource, Missing, Opened, Options};

/// Connections that blocking reads share: one for each worker, and never fewer than these.
const FEWEST_READERS: u32 = 4;

/// Descriptors that every process may be thought to have, where the system does not tell.
const FEWEST_DESCRIPTORS: u64 = 256;

/// A server to be made.
pub struct Server;

/// A server that has everything it needs and answers nobody yet.
pub struct Bound {
    pub(super) config: Config,
    pub(super) app: App,
    pub(super) opened: Opened,
    pub(super) listeners: Listeners,
    pub(super) certificate: Option<Certificate>,
    pub(super) admission: Admission,
    pub(super) workers: usize,
}

impl Server {
    /// Binds the sockets and opens the data. Nothing is served before [`Bound::run`].
    pub fn bind(config: Config, clock: Arc<dyn Clock>) -> Result<Bound, ServerError> {
        Self::bind_in(Process::default(), config, clock)
    }

    /// The same in a process whose log and settings the pages show.
    pub fn bind_in(
        process: Process,
        mut config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Bound, ServerError> {
        let descriptors = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(FEWEST_DESCRIPTORS);
        let workers = config.server.workers.unwrap_or_else(processors);
        let readers = u32::try_from(workers).unwrap_or(u32::MAX).max(FEWEST_READERS);
        let certificate = config.tls.as_ref().map(Certificate::load).transpose()?;
        let options = Options {
            folder: config.data.dir.clone(),
            key: KeySource::of(&config.data).ok_or(ServerError::NoKey)?,
            synchronous_full: config.data.synchronous == Synchronous::Full,
            readers,
            missing: Missing::Make,
            older: backups::before_update(&config, Arc::clone(&clock)),
            is_ours: true,
        };
        let fcm = Fcm::of(&config)?;
        let relay = Relay::of(&config)?;
        require_roots(&config)?;
        // Before the data: an address that is taken leaves no new database and key behind.
        let listeners = Listeners::open(&config)?;
        backups::remove_unfinished(&config.data.dir, &config.backup.dir);
        let opening = Opening::begin(&listeners, config.tls.is_some());
        if let Err(error) = &opening {
            tracing::warn!(%error, "clients wait until the data is open");
        }
        let opened = open::open(&options, clock)?;
        drop(opening);
        // With real ports, and those that were handed over.
        config.server.listen = listeners.listening().places();
        let app = App::new(&config, &opened.store, process, fcm, relay).map_err(OpenError::Store)?;
        let admission = Admission::new(&config.server, &config.limits, workers, descriptors);
        Ok(Bound { config, app, opened, listeners, certificate, admission, workers })
    }
}

impl Bound {
    /// The TCP addresses with their real ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listening().tcp.into_iter().map(|(address, _)| address).collect()
    }

    /// Where the server will answer.
    pub fn listening(&self) -> Listening {
        self.listeners.listening()
    }

    /// The key file that was made just now, whose loss is the loss of the data.
    pub fn new_key_file(&self) -> Option<PathBuf> {
        self.opened.new_key_file.clone()
    }

    /// How many channels strangers may use, where they may at all.
    pub fn channels_open_to_anyone(&self) -> Result<u64, ServerError> {
        if self.config.api.public_access == PublicAccessMode::Off {
            return Ok(0);
        }
        Ok(self.opened.store.read_now(channels::count_public).map_err(OpenError::Store)?)
    }

    /// The code that makes the first account in a browser, while there is none and pages are served.
    pub fn setup_code(&self) -> Option<String> {
        let code = self.app.setup.show().filter(|_| !self.config.ui.disabled)?;
        Some(code.expose().to_owned())
    }
}

/// All that is wrong with the files that the configuration names, without any further look at the data.
pub fn mistakes_in_files(config: &Config) -> Vec<ServerError> {
    let certificate = config.tls.as_ref().map(Certificate::load).transpose().map(drop);
    let key = match KeySource::of(&config.data) {
        Some(KeySource::File(path)) if path.exists() => MasterKey::read(&path).map(drop),
        _ => Ok(()),
    };
    let looked_at = [
        certificate.map_err(ServerError::from),
        key.map_err(|error| OpenError::from(error).into()),
        Fcm::of(config).map(drop).map_err(ServerError::from),
        Relay::of(config).map(drop).map_err(ServerError::from),
        require_roots(config),
    ];
    looked_at.into_iter().filter_map(Result::err).collect()
}

/// Files with roots, which are read only when somebody is called.
fn require_roots(config: &Config) -> Result<(), ServerError> {
    let authority = config.tls.as_ref().and_then(|tls| tls.acme_root_file.as_ref());
    let named = [("push.root_file", config.push.root_file.as_ref()), ("tls.acme_root_file", authority)];
    for (setting, path) in named {
        let Some(path) = path else { continue };
        outbound::roots(path).map_err(|why| ServerError::Root { setting, path: path.clone(), why })?;
    }
    Ok(())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
