//! Numbers, sizes and times as people type them: in the forms of the configuration, and refused in its words.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};

use crate::config;

/// A duration of some length.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    config::duration(text)
}

/// The same up to that long.
pub(super) fn duration_up_to(most: Duration) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| match config::duration(text)? {
        Duration::ZERO => Err("that is no time".to_owned()),
        length if length > most => Err(format!("at most {}", humantime::format_duration(most))),
        length => Ok(length),
    }
}

/// A whole number in a range.
pub(super) fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Copy,
{
    move |text| within(&range, config::whole(text)?)
}

/// A number of bytes in a range.
pub(super) fn bytes(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| within(&range, config::bytes(text)?)
}

fn within<T: PartialOrd + Display + Copy>(range: &RangeInclusive<T>, value: T) -> Result<T, String> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(format!("{value} is not from {} to {}", range.start(), range.end()))
    }
}

/// The file of a backup. Other commands take a hyphen for standard input or output; a backup there would be lost unseen.
pub(super) fn backup_file() -> impl TypedValueParser<Value = PathBuf> {
    new_file().try_map(|path| match path.to_str() {
        Some("-") => Err("a backup needs a file of its own; one that is called so is ./-"),
        _ => Ok(path),
    })
}

/// A file that may be made. SQLite would take one beside a database for its own, act on it, and delete it.
pub(super) fn new_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let name = path.to_string_lossy();
        let is_beside = ["-journal", "-wal", "-shm"].iter().any(|ending| name.ends_with(ending));
        if is_beside {
            Err("files of such a name belong to a database; choose another one")
        } else {
            Ok(path)
        }
    })
}

/// A text that says something: a variable of a shell may have nothing in it.
pub(super) fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("there is nothing in it".to_owned()) } else { Ok(text.to_owned()) }
}
