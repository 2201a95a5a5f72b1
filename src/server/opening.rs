//! While the data is opened, which takes long only after an update of the program or a crash: whoever connects by plain
//! http hears that it is not yet time, and does not wait until the own patience ends. Behind TLS they wait, because the
//! certificate may lie in the data.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::config::Speaks;
use crate::server::listeners::Listeners;

/// A shorter opening lets its clients wait.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is looked whether somebody connected.
const LOOKED: Duration = Duration::from_millis(20);

/// How long one client may hold up the others.
const SLOW: Duration = Duration::from_millis(200);

/// The longest head that is waited for, in bytes.
const HEAD: usize = 16 * 1024;

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain\r\n\
    Content-Length: 40\r\nConnection: close\r\n\r\nthe data is being opened; come back soon";

/// Answers until it is dropped.
pub(super) struct Opening {
    goes_on: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Opening {
    /// Begins to answer once the opening takes long.
    pub(super) fn begin(listeners: &Listeners, has_certificate: bool) -> io::Result<Self> {
        let is_plain = |speaks| match speaks {
            Speaks::Http => true,
            Speaks::Usual => !has_certificate,
            Speaks::Https | Speaks::Redirect => false,
        };
        let plain = listeners.tcp.iter().filter(|(_listener, speaks)| is_plain(*speaks));
        let plain: io::Result<Vec<_>> = plain.map(|(listener, _speaks)| listener.try_clone()).collect();
        let plain = plain?;
        let (goes_on, ended) = channel();
        let answer = move || {
            let mut pause = PATIENCE;
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(pause) {
                pause = LOOKED;
                for listener in &plain {
                    while let Ok(true) = answer_one(listener) {}
                }
            }
        };
        let thread = Builder::new().name("peerbox-opening".into()).spawn(answer)?;
        Ok(Self { goes_on: Some(goes_on), thread: Some(thread) })
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.goes_on.take();
        // It has no work that could panic.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// Whether somebody was there.
fn answer_one(listener: &TcpListener) -> io::Result<bool> {
    listener.set_nonblocking(true)?;
    match listener.accept() {
        Ok((connection, _address)) => {
            // Whoever went away need not hear it.
            let _gone = refuse(connection);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

fn refuse(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(SLOW))?;
    connection.set_write_timeout(Some(SLOW))?;
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while head.len() < HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read(&mut part)? {
            0 => break,
            read => head.extend_from_slice(&part[..read]),
        }
    }
    connection.write_all(ANSWER)?;
    connection.shutdown(Shutdown::Write)?;
    // Closed with something unread, the kernel would take the answer back.
    while connection.read(&mut part)? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_connects_while_the_data_is_opened_hears_so_and_later_ones_are_left_for_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let listeners = Listeners { tcp: vec![(listener, Speaks::Usual)], ..Listeners::default() };
        let ask = || {
            let mut connection = TcpStream::connect(address).expect("a connection");
            connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
            connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n").expect("sent");
            connection
        };
        let opening = Opening::begin(&listeners, false).expect("a thread");
        let mut answer = String::new();
        ask().read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("\r\nRetry-After: 5\r\n"), "{answer}");
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{answer}");
        drop(opening);
        let _waiting = ask();
        assert!(listeners.tcp[0].0.accept().is_ok(), "it is there for the server");
    }
}
