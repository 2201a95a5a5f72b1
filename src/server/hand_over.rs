//! A restart that closes no port: the listening sockets outlive this program and are taken up by the one that follows in the
//! same process. Whoever connects in between waits in the kernel's queue.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, id};

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use crate::config::Speaks;
use crate::server::listeners::Listeners;

/// Descriptors from here on are not in use, and `listenfd` wants those that are handed over in a row.
const BASES: [i32; 5] = [40, 100, 200, 400, 800];

/// What parts the names of sockets, by which the next program knows what each speaks.
const PART: char = ':';

/// Listening sockets for the program that follows.
pub struct HandOver {
    sockets: Vec<OwnedFd>,
    names: String,
}

impl HandOver {
    /// Keeps them open beside the server that listens on them.
    pub(super) fn of(listeners: &Listeners) -> io::Result<Self> {
        let tcp = listeners.tcp.iter().map(|(listener, speaks)| (listener.as_fd(), name(*speaks)));
        let unix = listeners.unix.iter().map(|listener| (listener.as_fd(), "unix"));
        let (sockets, names): (Vec<_>, Vec<_>) = tcp.chain(unix).unzip();
        let copies: io::Result<_> = sockets.into_iter().map(|socket| socket.try_clone_to_owned()).collect();
        Ok(Self { sockets: copies?, names: names.join(&PART.to_string()) })
    }

    /// Has `program` follow in this process. Comes back only when that failed.
    pub fn follow_with(self, program: &mut Command) -> io::Error {
        match self.in_a_row() {
            Ok(row) => {
                let first = row.first().map_or(0, AsRawFd::as_raw_fd);
                program
                    .env("LISTEN_PID", id().to_string())
                    .env("LISTEN_FDS", row.len().to_string())
                    .env("LISTEN_FDS_FIRST_FD", first.to_string())
                    .env("LISTEN_FDNAMES", &self.names);
                std::os::unix::process::CommandExt::exec(program)
            }
            Err(error) => error,
        }
    }

    fn in_a_row(&self) -> io::Result<Vec<OwnedFd>> {
        for base in BASES {
            let copies: io::Result<Vec<_>> = (base..)
                .zip(&self.sockets)
                .map(|(number, socket)| Ok(fcntl_dupfd_cloexec(socket, number)?))
                .collect();
            let row = copies?;
            if (base..).zip(&row).all(|(number, socket)| socket.as_raw_fd() == number) {
                for socket in &row {
                    fcntl_setfd(socket, FdFlags::empty())?;
                }
                return Ok(row);
            }
        }
        Err(io::Error::other("there are no descriptors in a row for the listening sockets"))
    }
}

/// The names of the sockets that were handed over, by a program like this or by `FileDescriptorName` of systemd.
#[expect(clippy::disallowed_methods, reason = "it belongs to what `listenfd` reads, and is no setting")]
pub(super) fn names() -> Vec<String> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    names.split(PART).map(str::to_owned).collect()
}

/// What a socket of this name speaks; absent where the name does not say.
pub(super) fn speaks(name: &str) -> Option<Speaks> {
    [Speaks::Http, Speaks::Https, Speaks::Redirect].into_iter().find(|speaks| self::name(*speaks) == name)
}

fn name(speaks: Speaks) -> &'static str {
    match speaks {
        Speaks::Https => "https",
        Speaks::Redirect => "redirect",
        Speaks::Http | Speaks::Usual => "http",
    }
}
