//! A connection that is used until a moment and no longer: whoever sends a little now and then would hold us for ever.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// How long a connection is used, handshake and answer included.
const LONGEST: Duration = Duration::from_secs(10);

/// Sets how long the next read may wait.
type Wait<T> = fn(&T, Option<Duration>) -> io::Result<()>;

pub(super) struct Until<T> {
    io: T,
    end: Instant,
    most: Duration,
    wait: Wait<T>,
}

impl<T> Until<T> {
    /// From now on; no read waits for longer than `most`.
    #[expect(clippy::disallowed_methods, reason = "machine time: the network knows no other")]
    pub(super) fn new(io: T, most: Duration, wait: Wait<T>) -> Self {
        Self { io, end: Instant::now() + LONGEST, most, wait }
    }
}

impl<T: Read> Read for Until<T> {
    #[expect(clippy::disallowed_methods, reason = "machine time: the network knows no other")]
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(Instant::now()).min(self.most);
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        (self.wait)(&self.io, Some(left))?;
        self.io.read(into)
    }
}

impl<T: Write> Write for Until<T> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.io.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "machine time: the network knows no other")]
    fn nothing_is_read_after_the_end() {
        let mut over = Until { io: &b"some"[..], end: Instant::now(), most: LONGEST, wait: |_, _| Ok(()) };
        assert_eq!(over.read(&mut [0; 4]).map_err(|error| error.kind()), Err(ErrorKind::TimedOut));
        let mut open = Until::new(&b"some"[..], LONGEST, |_, _| Ok(()));
        assert_eq!(open.read(&mut [0; 4]).ok(), Some(4));
    }
}
