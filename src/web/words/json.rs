//! JSON as people read it, and no more of it than a page carries.

use std::io;

use serde_json::Value;

use crate::web::words::format::beginning;

/// Bytes of JSON that are understood for a list; of longer ones the beginning is shown.
pub const PARSED_BYTES: usize = 64 * 1024;

/// The JSON, unless it is longer than so many bytes or is none.
pub fn understood(bytes: &[u8], most: usize) -> Option<Value> {
    if bytes.len() > most { None } else { serde_json::from_slice(bytes).ok() }
}

/// JSON with a line for each value, and whether it was cut: indenting can make much of little.
pub fn pretty(value: &Value, most: usize) -> (String, bool) {
    // A letter more than fits, so that the last one is not cut in its middle.
    let mut kept = Kept { bytes: Vec::new(), most: most + char::MAX.len_utf8() };
    // What does not fit even there is refused, and cut below.
    let _refused = serde_json::to_writer_pretty(&mut kept, value);
    beginning(&kept.bytes, most)
}

/// Keeps so many bytes of what is written and refuses the rest.
struct Kept {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if room == 0 && !bytes.is_empty() {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(bytes.len().min(room))
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
