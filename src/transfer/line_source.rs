//! Lines of a long file, one at a time and none longer than is bearable.

use std::io::{self, BufRead, Read};

/// The lines of a file, counted from 1.
pub(super) struct LineSource<R> {
    source: R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
    longest: usize,
}

/// What is next in a file.
pub(super) enum NextLine<'a> {
    Line {
        /// Without the line break.
        bytes: &'a [u8],
        /// How many bytes of the file were read, with this line.
        end: u64,
    },
    TooLong,
    End,
}

impl<R: BufRead> LineSource<R> {
    /// Reads lines of at most so many bytes. The first has the number after this one.
    pub(super) fn new(source: R, longest: usize, number: u64) -> Self {
        Self { source, line: Vec::new(), number, bytes: 0, longest }
    }

    /// The next line. One that is too long is not read to its end.
    pub(super) fn next(&mut self) -> io::Result<NextLine<'_>> {
        self.line.clear();
        let most = u64::try_from(self.longest).unwrap_or(u64::MAX).saturating_add(1);
        if self.source.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(NextLine::End);
        }
        self.number += 1;
        self.bytes += self.line.len() as u64;
        let end = self.bytes;
        match self.line.strip_suffix(b"\n") {
            Some(line) => Ok(NextLine::Line { bytes: line.strip_suffix(b"\r").unwrap_or(line), end }),
            None if self.line.len() > self.longest => Ok(NextLine::TooLong),
            None => Ok(NextLine::Line { bytes: &self.line, end }),
        }
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file, to be read otherwise.
    pub(super) fn into_source(self) -> R {
        self.source
    }

    /// The number of the line that was read last.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_line_is_longer_than_is_bearable(
            file in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..300),
            longest in 1_usize..40, buffer in 1_usize..20,
        ) {
            let mut lines = LineSource::new(BufReader::with_capacity(buffer, file.as_slice()), longest, 0);
            let mut expected = file.split(|byte| *byte == b'\n').enumerate();
            let mut start = 0;
            loop {
                let (line, end) = match lines.next().expect("bytes in memory") {
                    NextLine::Line { bytes, end } => (bytes.to_vec(), end),
                    NextLine::TooLong => {
                        prop_assert!(expected.next().expect("a line").1.len() > longest);
                        return Ok(());
                    }
                    NextLine::End => break,
                };
                let (position, whole) = expected.next().expect("a line");
                prop_assert!(line.len() <= longest);
                prop_assert_eq!(lines.number(), u64::try_from(position + 1).expect("few"));
                let stripped = if start + whole.len() < file.len() || file.last() == Some(&b'\n') {
                    whole.strip_suffix(b"\r").unwrap_or(whole)
                } else {
                    whole
                };
                prop_assert_eq!(&line, stripped);
                start += whole.len() + 1;
                prop_assert_eq!(usize::try_from(end).expect("few"), start.min(file.len()));
            }
            prop_assert!(expected.all(|(_, rest)| rest.is_empty()));
        }
    }
}
