//! The sockets that clients connect to.

use std::fs::{self, Permissions};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::time::Duration;

use listenfd::ListenFd;
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use crate::config::{Config, Listen, ServerConfig, Speaks};
use crate::server::error::ServerError;

/// Connections that may wait to be accepted; the kernel has a limit of its own beside this one.
const WAITING: i32 = 4096;

/// How long a client may take nothing of what is sent to it.
#[cfg(target_os = "linux")]
const STALLED: Duration = Duration::from_secs(30);

/// What parts the names of sockets that are handed over, by which the next program knows what each speaks.
pub(super) const PART: char = ':';

/// The name of the socket for metrics among them.
pub(super) const METRICS: &str = "metrics";

/// What the names of those begin with that the program before this one opened by itself: which they are is for the
/// configuration to say, as it is for the one who starts us of all others.
pub(super) const OWN: &str = "own-";

/// The open sockets.
#[derive(Default)]
pub(super) struct Listeners {
    pub(super) tcp: Vec<(TcpListener, Speaks)>,
    pub(super) unix: Vec<UnixListener>,
    /// Where metrics are asked for, and nothing else is served.
    pub(super) metrics: Option<TcpListener>,
    /// They were opened by whoever started us, and the configured ones were not.
    pub(super) handed_over: bool,
}

/// Where a server listens.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    /// With real ports, and what is spoken there.
    pub tcp: Vec<(SocketAddr, Speaks)>,
    /// Files of unix sockets.
    pub unix: Vec<PathBuf>,
    /// Where metrics are told.
    pub metrics: Option<SocketAddr>,
    /// The sockets were handed over, so that `server.listen` was not looked at.
    pub handed_over: bool,
}

impl Listening {
    /// The same as somebody would configure it.
    pub fn places(&self) -> Vec<Listen> {
        let tcp = self.tcp.iter().map(|&(address, speaks)| Listen::Tcp(address, speaks));
        tcp.chain(self.unix.iter().cloned().map(Listen::Unix)).collect()
    }
}

impl Listeners {
    /// The sockets that systemd opened and hands over, else those that are configured.
    pub(super) fn open(config: &Config) -> Result<Self, ServerError> {
        Self::with(ListenFd::from_env(), config)
    }

    fn with(mut passed: ListenFd, config: &Config) -> Result<Self, ServerError> {
        let failed = |listen: String| move |source| ServerError::Bind { listen, source };
        let handed = handed_over(&mut passed, config);
        let mut listeners = match handed.map_err(failed("a socket that was handed over".to_owned()))? {
            Some(listeners) if listeners.handed_over => listeners,
            listeners => listeners.unwrap_or_default().and_bind(&config.server)?,
        };
        if let Some(address) = config.metrics.listen
            && listeners.metrics.is_none()
        {
            listeners.metrics =
                Some(bind_tcp(address, false).map_err(failed(format!("{address} (metrics.listen)")))?);
        }
        // Last: where one is refused before, nothing has changed for the program that serves on.
        if !listeners.handed_over {
            for file in listeners.unix.iter().filter_map(file_of) {
                let failed = failed(format!("unix:{}", file.display()));
                require_mode(&file, config.server.unix_mode).map_err(failed)?;
            }
        }
        Ok(listeners)
    }

    /// Where all of them are.
    pub(super) fn listening(&self) -> Listening {
        Listening {
            tcp: self
                .tcp
                .iter()
                .filter_map(|(listener, speaks)| Some((listener.local_addr().ok()?, *speaks)))
                .collect(),
            unix: self.unix.iter().filter_map(file_of).collect(),
            metrics: self.metrics.as_ref().and_then(|listener| listener.local_addr().ok()),
            handed_over: self.handed_over,
        }
    }

    /// Opens those that are configured and not open yet.
    fn and_bind(mut self, config: &ServerConfig) -> Result<Self, ServerError> {
        let open = self.listening().places();
        for listen in config.listen.iter().filter(|listen| !open.iter().any(|open| is_at(listen, open))) {
            let failed = |source| ServerError::Bind { listen: listen.to_string(), source };
            match listen {
                Listen::Tcp(address, speaks) => {
                    let leave_ipv4 = has_ipv4_of_its_own(*address, &config.listen);
                    self.tcp.push((bind_tcp(*address, leave_ipv4).map_err(failed)?, *speaks));
                }
                Listen::Unix(path) => {
                    self.unix.push(bind_unix(path, config.unix_mode).map_err(failed)?);
                }
            }
        }
        Ok(self)
    }
}

/// Refuses a configuration that cannot be served on the sockets that were handed over, or that names others which cannot be
/// opened beside them. Where none were, nothing is tried: a server may be listening.
pub fn require_usable_sockets(config: &Config) -> Result<(), ServerError> {
    match ListenFd::from_env() {
        passed if passed.len() > 0 => Listeners::with(passed, config).map(drop),
        _ => Ok(()),
    }
}

/// The file of a unix socket, where it has one.
fn file_of(listener: &UnixListener) -> Option<PathBuf> {
    Some(listener.local_addr().ok()?.as_pathname()?.to_owned())
}

/// Whether an open socket is what is configured. One whose port was left to the system has one by now.
fn is_at(configured: &Listen, open: &Listen) -> bool {
    match (configured, open) {
        (Listen::Tcp(configured, _), Listen::Tcp(open, _)) => {
            configured == open || (configured.port() == 0 && configured.ip() == open.ip())
        }
        (Listen::Unix(configured), Listen::Unix(open)) => configured == open,
        _ => false,
    }
}

/// Sockets that listen already, so that nobody is refused between one server and the next; `None` where there are none.
/// What each speaks is what the configuration says of its address, else what its name says, else the configuration of its
/// port.
fn handed_over(passed: &mut ListenFd, config: &Config) -> io::Result<Option<Listeners>> {
    let said = |is_it: &dyn Fn(&SocketAddr) -> bool| {
        config.server.listen.iter().find_map(|listen| match listen {
            Listen::Tcp(address, speaks) if is_it(address) => Some(*speaks),
            _ => None,
        })
    };
    let names = names();
    let is_own = names.first().is_some_and(|name| name.starts_with(OWN));
    let names: Vec<_> = names.iter().map(|name| name.strip_prefix(OWN).unwrap_or(name)).collect();
    let is_wanted = |open: &Listen| !is_own || config.server.listen.iter().any(|listen| is_at(listen, open));
    let mut listeners = Listeners { handed_over: !is_own, ..Listeners::default() };
    for index in 0..passed.len() {
        match passed.take_tcp_listener(index) {
            Ok(None) => {}
            Ok(Some(listener)) => {
                if !SockRef::from(&listener).is_listener()? {
                    return Err(io::Error::other("it does not listen"));
                }
                set_up(&SockRef::from(&listener))?;
                let own = listener.local_addr()?;
                if names.get(index) == Some(&METRICS) {
                    // One that is not configured any more is closed.
                    listeners.metrics = Some(listener).filter(|_| config.metrics.listen == Some(own));
                    continue;
                }
                if !is_wanted(&Listen::Tcp(own, Speaks::Usual)) {
                    continue;
                }
                let speaks = said(&|address| *address == own)
                    .or_else(|| names.get(index).and_then(|name| Speaks::named(name)))
                    .or_else(|| said(&|address| address.port() == own.port()))
                    .unwrap_or(Speaks::Usual)
                    .settled(config.tls.is_some());
                if speaks != Speaks::Http && config.tls.is_none() {
                    return Err(io::Error::other("it is for https, and no certificate is configured"));
                }
                listeners.tcp.push((listener, speaks));
            }
            Err(_of_another_kind) => {
                let listener = passed.take_unix_listener(index)?;
                let is_wanted = |file| is_wanted(&Listen::Unix(file));
                listeners.unix.extend(listener.filter(|listener| file_of(listener).is_none_or(is_wanted)));
            }
        }
    }
    if listeners.handed_over && passed.len() > 0 && listeners.tcp.is_empty() && listeners.unix.is_empty() {
        return Err(io::Error::other("it is for metrics, and none is for clients"));
    }
    Ok((passed.len() > 0).then_some(listeners))
}

/// The names of the sockets that were handed over, by a program like this or by `FileDescriptorName` of systemd.
#[expect(clippy::disallowed_methods, reason = "it belongs to what `listenfd` reads, and is no setting")]
fn names() -> Vec<String> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    names.split(PART).map(str::to_owned).collect()
}

/// Whether the port's IPv4 side is listened to apart. Without that `[::]` takes both, as people expect of it.
fn has_ipv4_of_its_own(address: SocketAddr, all: &[Listen]) -> bool {
    let takes =
        |listen: &Listen| matches!(listen, Listen::Tcp(SocketAddr::V4(v4), _) if v4.port() == address.port());
    all.iter().any(takes)
}

fn bind_tcp(address: SocketAddr, leave_ipv4: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() && leave_ipv4 {
        socket.set_only_v6(true)?;
    }
    // A server that starts again takes its port back from connections that are just ending.
    socket.set_reuse_address(true)?;
    set_up(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

/// Sets what the connections of a listener inherit.
fn set_up(socket: &Socket) -> io::Result<()> {
    // Answers are written at once, so nothing is gained by waiting for more.
    socket.set_tcp_nodelay(true)?;
    // The kernel ends connections whose client takes nothing. Other kernels have time-outs of
    // their own, which are longer.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(STALLED))?;
    Ok(())
}

fn bind_unix(path: &Path, mode: u32) -> io::Result<UnixListener> {
    remove_if_abandoned(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // Nobody can connect before it listens, so nobody comes in by the mode that it was made with.
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

/// A socket that the program before this one opened has the mode that was configured then. One whose file is gone needs none.
fn require_mode(path: &Path, mode: u32) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o7777 != mode => {
            fs::set_permissions(path, Permissions::from_mode(mode))
        }
        _ => Ok(()),
    }
}

/// Removes the socket that a killed server left behind; one that somebody answers on stays, and binding then fails.
fn remove_if_abandoned(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn answers_do_not_wait_for_more_to_send() {
        let listener = bind_tcp("127.0.0.1:0".parse().expect("an address"), false).expect("a listener");
        let _client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a client");
        let (connection, _) = listener.accept().expect("a connection");
        assert!(connection.nodelay().expect("an option of the socket"));
    }
}
