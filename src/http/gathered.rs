//! A body as it comes together.

use std::io;

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

/// From this length on a body has pages of its own, which go back to the system with it. The allocator would keep them, and
/// while a buffer grows it needs both the old and the new one.
const MAPPED: usize = 256 * 1024;

/// What the system gives at once.
const PAGE: usize = 4096;

/// Memory for a body. It is taken as the bytes come: what was announced alone gets nothing.
pub(super) struct Gathered {
    bytes: Memory,
    /// The longest that it may get.
    most: usize,
}

enum Memory {
    Small(Vec<u8>),
    Mapped { pages: MmapMut, length: usize },
}

impl Gathered {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Memory::Small(Vec::new()), most }
    }

    /// How long it is with so many bytes more, and how much memory it takes then.
    pub(super) fn with(&self, more: usize) -> (usize, usize) {
        let length = self.as_ref().len() + more;
        let memory = match &self.bytes {
            _ if length > MAPPED => length.next_multiple_of(PAGE),
            Memory::Small(bytes) if length <= bytes.capacity() => bytes.capacity(),
            // Twice as much each time.
            _ => (length * 2).min(self.most).min(MAPPED).max(length),
        };
        (length, memory)
    }

    pub(super) fn append(&mut self, more: &[u8]) -> io::Result<()> {
        let (end, memory) = self.with(more.len());
        if let Memory::Small(bytes) = &mut self.bytes {
            if end <= MAPPED {
                bytes.reserve_exact(memory - bytes.len());
                bytes.extend_from_slice(more);
                return Ok(());
            }
            self.bytes = mapped(bytes, self.most)?;
        }
        if let Memory::Mapped { pages, length } = &mut self.bytes {
            let room = pages.get_mut(*length..end).ok_or(io::ErrorKind::FileTooLarge)?;
            room.copy_from_slice(more);
            *length = end;
        }
        Ok(())
    }
}

/// Pages for so many bytes, which exist once something is written to them.
fn mapped(begun: &[u8], most: usize) -> io::Result<Memory> {
    let mut pages = MmapMut::map_anon(most.max(begun.len()))?;
    // A large page would exist as a whole for the first byte in it. Where there are none nothing has to be refused.
    #[cfg(target_os = "linux")]
    let _none = pages.advise(Advice::NoHugePage);
    pages[..begun.len()].copy_from_slice(begun);
    Ok(Memory::Mapped { pages, length: begun.len() })
}

impl AsRef<[u8]> for Gathered {
    fn as_ref(&self) -> &[u8] {
        match &self.bytes {
            Memory::Small(bytes) => bytes,
            Memory::Mapped { pages, length } => &pages[..*length],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_came_however_long_it_gets() {
        let all: Vec<u8> = (0..=250).cycle().take(3 * MAPPED).collect();
        for piece in [1000, 32 * 1024, MAPPED, 2 * MAPPED] {
            let mut body = Gathered::new(all.len());
            for piece in all.chunks(piece) {
                let (length, memory) = body.with(piece.len());
                assert!(memory >= length && memory <= (2 * length).max(length + PAGE));
                body.append(piece).expect("memory");
                assert_eq!(body.as_ref().len(), length);
            }
            assert!(body.as_ref() == all, "{piece} bytes at once");
            assert!(body.append(b"more").is_err(), "more than was announced");
        }
    }
}
