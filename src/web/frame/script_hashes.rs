//! What the scripts of the pages are, for whoever compares them: the SHA-256 of each, and of all.

use std::fmt::Write;

use ring::digest::{SHA256, digest};

use crate::web::frame::source::{Static, served};

/// A script as it is served, without compression.
pub struct HashedScript {
    /// Its name in the folder of the assets.
    pub name: String,
    /// SHA-256 in hexadecimal digits.
    pub hash: String,
}

/// The scripts of all pages, in the order of their names.
pub fn scripts() -> Vec<HashedScript> {
    let names = Static::iter().filter(|name| name.ends_with(".mjs"));
    let of = |name: &str| HashedScript {
        name: name.to_owned(),
        hash: hexadecimal(digest(&SHA256, &served(name)).as_ref()),
    };
    let mut scripts: Vec<_> = names.map(|name| of(&name)).collect();
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    scripts
}

/// The lines that `sha256sum` prints for these.
pub fn lines(scripts: &[HashedScript]) -> String {
    scripts.iter().flat_map(|script| [&script.hash, "  ", &script.name, "\n"]).collect()
}

/// The hash of all: what `sha256sum` makes of these lines.
pub fn hash_of(lines: &str) -> String {
    hexadecimal(digest(&SHA256, lines.as_bytes()).as_ref())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}
