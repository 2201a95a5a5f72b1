//! A body as it comes together.

use std::io;

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

/// Bodies that may be longer than this many bytes use mapped memory, which goes back to the system at once. The allocator
/// would keep it, and a growing buffer would be there twice.
const MAPPED: usize = 128 * 1024;

/// What the system gives at once.
const PAGE: usize = 4096;

/// Memory for a body. It is taken as the bytes come: what was announced alone gets nothing.
pub(super) enum Gathered {
    Small { bytes: Vec<u8>, most: usize },
    Mapped { pages: MmapMut, length: usize },
}

impl Gathered {
    /// For a body that gets no longer than that.
    pub(super) fn new(most: usize) -> io::Result<Self> {
        if most <= MAPPED {
            return Ok(Self::Small { bytes: Vec::new(), most });
        }
        let pages = MmapMut::map_anon(most)?;
        // A large page would exist as a whole for the first byte in it. Where there are none nothing has to be refused.
        #[cfg(target_os = "linux")]
        let _none = pages.advise(Advice::NoHugePage);
        Ok(Self::Mapped { pages, length: 0 })
    }

    /// How long it is with so many bytes more, and how much memory it takes then.
    pub(super) fn with(&self, more: usize) -> (usize, usize) {
        let length = self.as_ref().len() + more;
        let memory = match self {
            Self::Mapped { .. } => length.next_multiple_of(PAGE),
            Self::Small { bytes, .. } if length <= bytes.capacity() => bytes.capacity(),
            // Twice as much each time.
            Self::Small { most, .. } => (length * 2).min(*most).max(length),
        };
        (length, memory)
    }

    pub(super) fn append(&mut self, more: &[u8]) -> io::Result<()> {
        let (end, memory) = self.with(more.len());
        match self {
            Self::Small { bytes, .. } => {
                bytes.reserve_exact(memory - bytes.len());
                bytes.extend_from_slice(more);
            }
            Self::Mapped { pages, length } => {
                let room = pages.get_mut(*length..end).ok_or(io::ErrorKind::FileTooLarge)?;
                room.copy_from_slice(more);
                *length = end;
            }
        }
        Ok(())
    }
}

impl AsRef<[u8]> for Gathered {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Small { bytes, .. } => bytes,
            Self::Mapped { pages, length } => &pages[..*length],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_came_however_long_it_gets() {
        for length in [1, MAPPED, 3 * MAPPED] {
            let all: Vec<u8> = (0..=250).cycle().take(length).collect();
            for piece in [1000, 32 * 1024, MAPPED] {
                let mut body = Gathered::new(all.len()).expect("memory");
                for piece in all.chunks(piece) {
                    let (length, memory) = body.with(piece.len());
                    assert!(memory >= length && memory <= (2 * length).max(length + PAGE));
                    body.append(piece).expect("memory");
                    assert_eq!(body.as_ref().len(), length);
                }
                assert!(body.as_ref() == all, "{length} bytes, {piece} at once");
            }
        }
    }

    #[test]
    fn nothing_is_written_behind_the_pages() {
        let mut body = Gathered::new(2 * MAPPED).expect("memory");
        body.append(&vec![0; 2 * MAPPED]).expect("memory");
        assert!(body.append(b"more").is_err());
    }
}
