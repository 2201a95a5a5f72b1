//! Every setting in words for people: what `peerbox config keys` prints and the manual page shows.

use std::fmt::Write;

use crate::config::keys::KEYS;

/// Each setting with its default in one line, and what it means in the next.
pub fn explained() -> String {
    let mut text = String::new();
    for key in KEYS {
        let default = if key.default.is_empty() { "(unset)" } else { key.default };
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{} = {default}\n    {}", key.name, key.meaning);
    }
    text
}
