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
        let failed = |listen: String| move |source| ServerError::Bind { listen, source };
        let handed = handed_over(&mut ListenFd::from_env(), config);
        let mut listeners = match handed.map_err(failed("a socket that was handed over".to_owned()))? {
            Some(listeners) => listeners,
            None => Self::bind(&config.server)?,
        };
        if let Some(address) = config.metrics.listen
            && listeners.metrics.is_none()
        {
            listeners.metrics =
                Some(bind_tcp(address, false).map_err(failed(format!("{address} (metrics.listen)")))?);
        }
        Ok(listeners)
    }

    /// Where all of them are.
    pub(super) fn listening(&self) -> Listening {
        let file = |listener: &UnixListener| Some(listener.local_addr().ok()?.as_pathname()?.to_owned());
        Listening {
            tcp: self
                .tcp
                .iter()
                .filter_map(|(listener, speaks)| Some((listener.local_addr().ok()?, *speaks)))
                .collect(),
            unix: self.unix.iter().filter_map(file).collect(),
            metrics: self.metrics.as_ref().and_then(|listener| listener.local_addr().ok()),
            handed_over: self.handed_over,
        }
    }

    fn bind(config: &ServerConfig) -> Result<Self, ServerError> {
        let mut listeners = Self::default();
        for listen in &config.listen {
            let failed = |source| ServerError::Bind { listen: listen.to_string(), source };
            match listen {
                Listen::Tcp(address, speaks) => {
                    let leave_ipv4 = has_ipv4_of_its_own(*address, &config.listen);
                    listeners.tcp.push((bind_tcp(*address, leave_ipv4).map_err(failed)?, *speaks));
                }
                Listen::Unix(path) => {
                    listeners.unix.push(bind_unix(path, config.unix_mode).map_err(failed)?);
                }
            }
        }
        Ok(listeners)
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
    let mut listeners = Listeners { handed_over: true, ..Listeners::default() };
    let names = names();
    for index in 0..passed.len() {
        match passed.take_tcp_listener(index) {
            Ok(None) => {}
            Ok(Some(listener)) => {
                set_up(&SockRef::from(&listener))?;
                let own = listener.local_addr()?;
                if names.get(index).is_some_and(|name| name == METRICS) {
                    // One that is not configured any more is closed.
                    listeners.metrics = Some(listener).filter(|_| config.metrics.listen == Some(own));
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
            Err(_of_another_kind) => listeners.unix.extend(passed.take_unix_listener(index)?),
        }
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
