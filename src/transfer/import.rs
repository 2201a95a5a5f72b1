//! Reading an export: its lines, one after the other, become what is taken in.

use std::io::BufRead;

use crate::service::imports::Import;
use crate::transfer::error::TransferError;
use crate::transfer::items::{Item, item};
use crate::transfer::line_source::{LineSource, NextLine};
use crate::transfer::shapes::{EndLine, LONGEST, VERSION};

/// An export of which the first line was read.
pub struct ExportFile<R> {
    lines: LineSource<R>,
    /// The name that the account had.
    pub account: String,
    read: EndLine,
    /// Tokens of the channel that came last.
    tokens: u32,
}

impl<R: BufRead> ExportFile<R> {
    /// Reads the first line.
    pub fn begin(source: R) -> Result<Self, TransferError> {
        let mut lines = LineSource::new(source, LONGEST, 0);
        let first = match lines.next()? {
            NextLine::Line { bytes, .. } => item(bytes).ok(),
            NextLine::TooLong | NextLine::End => None,
        };
        let Some(Item::Export(head)) = first else {
            return Err(TransferError::wrong(1, "this is no export; `peerbox export` makes one"));
        };
        if head.version != VERSION {
            let why = format!("the export has version {}, and this program reads {VERSION}", head.version);
            return Err(TransferError::wrong(1, why));
        }
        Ok(Self { lines, account: head.account, read: EndLine::default(), tokens: 0 })
    }

    /// Takes everything in. `told` hears after each line how many bytes were read.
    pub fn take_in(
        mut self,
        import: &mut Import<'_>,
        mut told: impl FnMut(u64),
    ) -> Result<(), TransferError> {
        loop {
            let line = self.lines.number() + 1;
            let wrong = |why: &str| TransferError::wrong(line, why);
            let bytes = match self.lines.next()? {
                NextLine::Line { bytes, .. } => bytes,
                NextLine::TooLong => return Err(wrong("the line is longer than that of any message")),
                NextLine::End => return Err(wrong("the file ends here, without the line of its end")),
            };
            let item = item(bytes).map_err(|why| wrong(&why))?;
            if let Item::End(end) = item {
                if end != self.read {
                    return Err(wrong("the file had more when it was made, or less: it is not whole"));
                }
                break;
            }
            self.take(line, &item, import)?;
            told(self.lines.bytes());
        }
        told(self.lines.bytes());
        match self.lines.next()? {
            NextLine::End => Ok(()),
            _ => Err(TransferError::wrong(self.lines.number(), "something follows the end of the export")),
        }
    }

    fn take(&mut self, line: u64, item: &Item, import: &mut Import<'_>) -> Result<(), TransferError> {
        let wrong = |why| Err(TransferError::wrong(line, why));
        let taken = match item {
            Item::Export(_) | Item::End(_) => return wrong("a second export begins here"),
            Item::Key(key) => {
                self.read.keys += 1;
                import.key(key)
            }
            Item::Channel(number, channel) => {
                self.read.channels += 1;
                self.tokens = 0;
                if u64::try_from(*number) != Ok(self.read.channels) {
                    return wrong("the channels are not numbered from 1 on");
                }
                import.channel(channel)
            }
            Item::Token((channel, number), token) => {
                self.read.tokens += 1;
                self.tokens += 1;
                if *number != self.tokens || u64::try_from(*channel) != Ok(self.read.channels) {
                    return wrong("the tokens do not follow their channel, numbered from 1 on");
                }
                import.token(*channel, token)
            }
            Item::Message(channel, message) => {
                self.read.messages += 1;
                import.message(*channel, message)
            }
        };
        taken.map_err(|refusal| TransferError::of_line(line, refusal))
    }
}
