//! Asks a server as its clients do, over TCP, TLS or a unix socket, with a bound on time and bytes. Blocks the thread.

mod answer;
mod tls;
mod until;

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{BaseUrl, Listen, Speaks};
use crate::domain::plural::counted;

pub use self::answer::DoorAnswer;
use self::until::Until;

/// How long a connection, a piece of an answer or a piece of a request may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an answer is waited for where slow is to be told from silent.
pub const LONG_PATIENCE: Duration = Duration::from_secs(9);

/// The longest answer that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Where a server is asked.
#[derive(Debug, Clone)]
pub struct Door {
    way: Way,
    tls: bool,
    /// What the server is told that it is called.
    host: String,
    /// What paths begin with.
    base: String,
    /// How long a piece of an answer may take.
    patience: Duration,
}

#[derive(Debug, Clone)]
enum Way {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("nothing listens on {at}")]
    NobodyThere { at: String },
    #[error("{at} cannot be reached: {source}")]
    Unreachable { at: String, source: io::Error },
    #[error("{at} does not answer: {source}")]
    Silent { at: String, source: io::Error },
    #[error("{at} does not answer within {}", counted(patience.as_secs(), "second"))]
    Late { at: String, patience: Duration },
    #[error("what listens on {at} is no HTTP server")]
    NoHttp { at: String },
}

impl Door {
    /// A listener, from this machine; `None` where only the server knows its port, and where nothing but an address is told.
    pub fn local(listen: &Listen) -> Option<Self> {
        let (way, tls) = match listen {
            Listen::Unix(path) => (Way::Unix(path.clone()), false),
            Listen::Tcp(_, Speaks::Redirect) => return None,
            Listen::Tcp(address, _) if address.port() == 0 => return None,
            Listen::Tcp(address, speaks) => {
                let host = match address.ip() {
                    // Who listens on all addresses does on this one.
                    IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
                    IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.to_string(),
                    ip => ip.to_string(),
                };
                (Way::Tcp { host, port: address.port() }, *speaks == Speaks::Https)
            }
        };
        let (host, base) = ("localhost".to_owned(), String::new());
        Some(Self { way, tls, host, base, patience: PATIENCE })
    }

    /// The address that people and programs use.
    pub fn public(url: &BaseUrl) -> Self {
        let way = Way::Tcp { host: url.host().to_owned(), port: url.port() };
        let (host, base) = (url.authority().to_owned(), url.path().to_owned());
        Self { way, tls: url.is_https(), host, base, patience: PATIENCE }
    }

    /// The same, where a piece of an answer may take so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks for a path with these headers beside the usual ones.
    ///
    /// # Errors
    /// When nobody answers in time, or not in HTTP.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<DoorAnswer, AskError> {
        self.ask(&format!("GET {}{path}", self.base), headers, "")
    }

    /// Posts JSON without members to a path.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn post(&self, path: &str, headers: &[(&str, &str)]) -> Result<DoorAnswer, AskError> {
        let headers = [&[("Content-Type", "application/json"), ("Content-Length", "2")], headers].concat();
        self.ask(&format!("POST {}{path}", self.base), &headers, "{}")
    }

    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Result<DoorAnswer, AskError> {
        let unreachable = |source: io::Error| match source.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
                AskError::NobodyThere { at: self.to_string() }
            }
            _ => AskError::Unreachable { at: self.to_string(), source },
        };
        let mut request = format!("{line} HTTP/1.1\r\nHost: {}\r\n", self.host);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
            request.push_str("Connection: close\r\n");
        }
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        request.extend(["\r\n", body]);
        match &self.way {
            Way::Unix(path) => {
                let io = UnixStream::connect(path).map_err(unreachable)?;
                io.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
                self.answer(Until::new(io, self.patience, UnixStream::set_read_timeout), &request)
            }
            Way::Tcp { host, port } => {
                let io = connected(host, *port).map_err(unreachable)?;
                let io = Until::new(io, self.patience, TcpStream::set_read_timeout);
                if !self.tls {
                    return self.answer(io, &request);
                }
                let (io, seen) = tls::over(io, host).map_err(unreachable)?;
                let mut answer = self.answer(io, &request)?;
                answer.certificate = seen.certificate();
                Ok(answer)
            }
        }
    }

    fn answer(&self, mut io: impl Read + Write, request: &str) -> Result<DoorAnswer, AskError> {
        let silent = |source: io::Error| match source.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                AskError::Late { at: self.to_string(), patience: self.patience }
            }
            _ => AskError::Silent { at: self.to_string(), source },
        };
        io.write_all(request.as_bytes()).and_then(|()| io.flush()).map_err(silent)?;
        let answer = answer::read(&mut io.take(MOST_BYTES)).map_err(silent)?;
        answer.ok_or_else(|| AskError::NoHttp { at: self.to_string() })
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        match &self.way {
            Way::Unix(path) => write!(f, "unix:{}", path.display()),
            Way::Tcp { host, port } if host.contains(':') => {
                write!(f, "{scheme}://[{host}]:{port}{}", self.base)
            }
            Way::Tcp { host, port } => write!(f, "{scheme}://{host}:{port}{}", self.base),
        }
    }
}

/// A connection to the first address of the name that takes one.
fn connected(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(io) => {
                io.set_write_timeout(Some(PATIENCE))?;
                return Ok(io);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_server_is_asked_where_it_listens() {
        let check = |listen: &str, tls: bool, expected: Option<&str>| {
            let files = if tls { "tls.cert_file = 'c'\ntls.key_file = 'k'" } else { "" };
            let config = format!("data.dir = '/d'\nserver.listen = ['{listen}', '127.0.0.1:1']\n{files}");
            let config = Config::from_toml(&config).expect("usable");
            let door = Door::local(&config.server.listen[0]);
            assert_eq!(door.map(|door| door.to_string()).as_deref(), expected, "{listen}");
        };
        check("0.0.0.0:80", false, Some("http://127.0.0.1:80"));
        check("[::]:443", true, Some("https://[::1]:443"));
        check("192.0.2.1:5010", false, Some("http://192.0.2.1:5010"));
        check("unix:/run/p.sock", true, Some("unix:/run/p.sock"));
        check("127.0.0.1:0", false, None);
        check("http://192.0.2.1:5010", true, Some("http://192.0.2.1:5010"));
        check("redirect://192.0.2.1:80", true, None);
    }

    #[test]
    fn who_says_nothing_is_said_to_be_late() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let way = Way::Tcp { host: "127.0.0.1".to_owned(), port: listener.local_addr().expect("one").port() };
        let (host, base) = ("box".to_owned(), String::new());
        let door = Door { way, tls: false, host, base, patience: Duration::from_millis(1) };
        assert!(matches!(door.get("/", &[]), Err(AskError::Late { .. })));
        let late = AskError::Late { at: "http://box".to_owned(), patience: LONG_PATIENCE };
        assert_eq!(late.to_string(), "http://box does not answer within 9 seconds");
    }

    #[test]
    fn a_public_address_names_host_port_and_path() {
        for (url, expected, host) in [
            ("https://box.example.org/inbox", "https://box.example.org:443/inbox", "box.example.org"),
            ("http://10.0.0.1:5010", "http://10.0.0.1:5010", "10.0.0.1:5010"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:443", "[2001:db8::1]"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ] {
            let config = format!("data.dir = '/d'\nserver.base_url = '{url}'");
            let config = Config::from_toml(&config).expect("usable");
            let door = Door::public(&config.server.base_url.expect("an address"));
            assert_eq!((door.to_string().as_str(), door.host.as_str()), (expected, host));
        }
    }
}
