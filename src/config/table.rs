//! The table of settings for people: what `peerbox config keys` prints and the README shows.

use std::fmt::Write;

use crate::config::keys::KEYS;

/// All settings as a Markdown table.
pub fn settings_table() -> String {
    let mut table = "| key | default | meaning |\n| --- | --- | --- |\n".to_owned();
    for key in KEYS {
        let default = if key.default.is_empty() { "unset".to_owned() } else { format!("`{}`", key.default) };
        // Writing to a `String` cannot fail.
        let _ = writeln!(table, "| `{}` | {default} | {} |", key.name, key.meaning);
    }
    table
}
