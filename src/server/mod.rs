//! The composition root: opens the store, builds the services, binds the sockets, runs it all and stops it.

mod app;
mod connections;
mod http1;
mod http2;
mod running;
mod tls;
mod upgrade;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Listen, Synchronous};
use crate::domain::time::Clock;
use crate::server::app::App;
pub use crate::server::running::Running;
use crate::server::tls::Certificate;
pub use crate::server::tls::TlsError;
use crate::store::open::{self, KeySource, OpenError, Opened, Options};

/// Connections that blocking reads share: one for each worker, and never fewer than these.
const FEWEST_READERS: u32 = 4;

/// How long a client may take nothing of what is sent to it.
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(30);

/// A server to be made.
pub struct Server;

/// A server that has everything it needs and answers nobody yet.
pub struct Bound {
    config: Config,
    app: App,
    opened: Opened,
    listeners: Listeners,
    certificate: Option<Certificate>,
    workers: usize,
}

/// The open sockets.
struct Listeners {
    tcp: Vec<TcpListener>,
    unix: Vec<UnixListener>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot listen on {listen}: {source}")]
    Bind { listen: String, source: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("no master key: name its file with --key-file, or set HOME so that one can be made")]
    NoKey,
}

impl Server {
    /// Opens the data and binds the sockets. Nothing is served before [`Bound::run`].
    pub fn bind(config: Config, clock: Arc<dyn Clock>) -> Result<Bound, ServerError> {
        let workers = config.server.workers.unwrap_or_else(processors);
        let readers = u32::try_from(workers).unwrap_or(u32::MAX).max(FEWEST_READERS);
        let certificate = config.tls.as_ref().map(Certificate::load).transpose()?;
        let options = Options {
            folder: config.data.dir.clone(),
            key: KeySource::of(&config.data).ok_or(ServerError::NoKey)?,
            synchronous_full: config.data.synchronous == Synchronous::Full,
            readers,
        };
        let opened = open::open(&options, clock)?;
        let listeners = Listeners::bind(&config.server.listen)?;
        let app = App::new(&config, &opened.store).map_err(OpenError::Store)?;
        Ok(Bound { config, app, opened, listeners, certificate, workers })
    }
}

impl Bound {
    /// The TCP addresses with their real ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.tcp.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// The key file that was made just now, whose loss is the loss of the data.
    pub fn new_key_file(&self) -> Option<PathBuf> {
        self.opened.new_key_file.clone()
    }

    /// The code that makes the first account in a browser, while there is none and pages are served.
    pub fn setup_code(&self) -> Option<String> {
        let code = self.app.setup.show().filter(|_| !self.config.ui.disabled)?;
        Some(code.expose().to_owned())
    }

    /// Starts serving. Runs inside an actix system.
    pub fn run(self) -> Result<Running, ServerError> {
        Running::start(self)
    }
}

impl Listeners {
    fn bind(wanted: &[Listen]) -> Result<Self, ServerError> {
        let mut listeners = Self { tcp: Vec::new(), unix: Vec::new() };
        for listen in wanted {
            let failed = |source| ServerError::Bind { listen: listen.to_string(), source };
            match listen {
                Listen::Tcp(address) => {
                    let listener = TcpListener::bind(address).map_err(failed)?;
                    end_stalled_connections(&listener).map_err(failed)?;
                    listeners.tcp.push(listener);
                }
                Listen::Unix(path) => {
                    remove_if_abandoned(path).map_err(failed)?;
                    listeners.unix.push(UnixListener::bind(path).map_err(failed)?);
                }
            }
        }
        Ok(listeners)
    }
}

/// Has the kernel end connections whose client takes nothing. Nothing above it can: while the kernel takes no bytes, the
/// HTTP library asks no body for more and so hears of no error. Accepted connections inherit it.
#[cfg(target_os = "linux")]
fn end_stalled_connections(listener: &TcpListener) -> io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(STALLED))
}

/// Other kernels have their own time-outs, which are longer.
#[cfg(not(target_os = "linux"))]
fn end_stalled_connections(_listener: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Removes the socket that a killed server left behind; one that somebody answers on stays, and binding then fails.
fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Ok(()),
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
