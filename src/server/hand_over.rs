//! A restart that closes no port: the listening sockets outlive this program and are taken up by the one that follows in the
//! same process. Whoever connects in between waits in the kernel's queue.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, id};

use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use crate::server::listeners::{Listeners, METRICS, OWN, PART};

/// Descriptors from here on are not in use, and `listenfd` wants those that are handed over in a row.
const BASES: [i32; 5] = [40, 100, 200, 400, 800];

/// Listening sockets for the program that follows.
pub struct HandOver {
    sockets: Vec<OwnedFd>,
    names: String,
}

/// Copies that programs started from here on find open.
pub struct Lent {
    _row: Vec<OwnedFd>,
}

impl HandOver {
    /// Keeps them open beside the server that listens on them.
    pub(super) fn of(listeners: &Listeners) -> io::Result<Self> {
        let tcp = listeners.tcp.iter().map(|(listener, speaks)| (listener.as_fd(), speaks.name()));
        let unix = listeners.unix.iter().map(|listener| (listener.as_fd(), "unix"));
        let metrics = listeners.metrics.iter().map(|listener| (listener.as_fd(), METRICS));
        let (sockets, names): (Vec<_>, Vec<_>) = tcp.chain(unix).chain(metrics).unzip();
        let whose = if listeners.handed_over { "" } else { OWN };
        let names: Vec<_> = names.into_iter().map(|name| format!("{whose}{name}")).collect();
        let copies: io::Result<_> = sockets.into_iter().map(|socket| socket.try_clone_to_owned()).collect();
        Ok(Self { sockets: copies?, names: names.join(&PART.to_string()) })
    }

    /// Has `program` follow in this process. Comes back only when that failed.
    pub fn follow_with(self, program: &mut Command) -> io::Error {
        match self.lend_to(program) {
            Ok(_lent) => {
                program.env("LISTEN_PID", id().to_string());
                std::os::unix::process::CommandExt::exec(program)
            }
            Err(error) => error,
        }
    }

    /// Gives `program` copies, which it finds for as long as they are not dropped.
    pub fn lend_to(&self, program: &mut Command) -> io::Result<Lent> {
        let row = self.in_a_row()?;
        let first = row.first().map_or(0, AsRawFd::as_raw_fd);
        program
            .env_remove("LISTEN_PID")
            .env("LISTEN_FDS", row.len().to_string())
            .env("LISTEN_FDS_FIRST_FD", first.to_string())
            .env("LISTEN_FDNAMES", &self.names);
        Ok(Lent { _row: row })
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
