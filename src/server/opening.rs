//! While the data is opened, which takes long only after an update of the program or a crash: whoever connects by plain
//! http hears that it is not yet time, and does not wait until the own patience ends. Behind TLS they wait, because the
//! certificate may lie in the data.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

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
        let plain = plain.map(|(listener, _speaks)| {
            let listener = listener.try_clone()?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        let plain: Vec<TcpListener> = plain.collect::<io::Result<_>>()?;
        let (goes_on, ended) = channel();
        let answer = move || {
            let mut pause = PATIENCE;
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(pause) {
                let answered = plain.iter().filter(|listener| answer_one(listener)).count();
                pause = if answered > 0 { Duration::ZERO } else { LOOKED };
            }
        };
        let thread = Builder::new().name("peerbox-opening".into()).spawn(answer)?;
        Ok(Self { goes_on: Some(goes_on), thread: Some(thread) })
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.goes_on.take();
        // It has no work that could panic, and is done with a client soon.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// Whether somebody was there.
fn answer_one(listener: &TcpListener) -> bool {
    let Ok((connection, _address)) = listener.accept() else { return false };
    // Whoever went away need not hear it.
    let _gone = refuse(connection);
    true
}

#[expect(clippy::disallowed_methods, reason = "machine time: how long a client may hold up the others")]
fn refuse(mut connection: TcpStream) -> io::Result<()> {
    let until = Instant::now() + SLOW;
    connection.set_nonblocking(false)?;
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while head.len() < HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match read_until(until, &mut connection, &mut part)? {
            0 => break,
            read => head.extend_from_slice(&part[..read]),
        }
    }
    connection.set_write_timeout(Some(SLOW))?;
    connection.write_all(ANSWER)?;
    connection.shutdown(Shutdown::Write)?;
    // Closed with something unread, the kernel would take the answer back.
    while read_until(until, &mut connection, &mut part)? > 0 {}
    Ok(())
}

/// Reads what there is, and waits no longer than until then for it, however often something comes.
#[expect(clippy::disallowed_methods, reason = "machine time: how long a client may hold up the others")]
fn read_until(until: Instant, connection: &mut TcpStream, part: &mut [u8]) -> io::Result<usize> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    connection.set_read_timeout(Some(left))?;
    connection.read(part)
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
        listeners.tcp[0].0.set_nonblocking(false).expect("set");
        assert!(listeners.tcp[0].0.accept().is_ok(), "it is there for the server");
    }

    #[test]
    fn who_never_comes_to_an_end_holds_up_neither_others_nor_the_start() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let listeners = Listeners { tcp: vec![(listener, Speaks::Http)], ..Listeners::default() };
        let opening = Opening::begin(&listeners, false).expect("a thread");
        let going = ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n"].map(|begun| {
            let mut connection = TcpStream::connect(address).expect("a connection");
            connection.write_all(begun.as_bytes()).expect("sent");
            Builder::new()
                .spawn(move || while connection.write_all(b"x").is_ok() {})
                .expect("a thread that goes on sending")
        });
        let mut answer = String::new();
        let mut connection = TcpStream::connect(address).expect("a connection");
        connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
        connection.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        let (told, ended) = channel();
        let ending = Builder::new().spawn(move || {
            drop(opening);
            told.send(())
        });
        ended.recv_timeout(Duration::from_secs(20)).expect("the start goes on");
        ending.expect("a thread").join().expect("no panic").expect("told");
        for one in going {
            one.join().expect("its connection was closed");
        }
    }
}
