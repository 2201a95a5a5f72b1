//! Why a configuration cannot be used: where, which setting, what is wrong, what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::domain::plural::counted;

/// Where a setting's value comes from, the strongest last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// Derived from what the system or the desktop says about folders, named by the variable that said it.
    System(&'static str),
    /// The configuration file; without a path when it was handed over as text.
    File(Option<PathBuf>),
    /// A file named by a variable that ends in `_FILE`.
    VariableFile {
        variable: String,
        path: PathBuf,
    },
    Variable(String),
    Flag(&'static str),
    /// Another setting, which names a file.
    Setting(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(Some(path)) => write!(f, "{}", path.display()),
            Self::File(None) => f.write_str("the configuration"),
            Self::VariableFile { variable, path } => write!(f, "{variable} ({})", path.display()),
            Self::Variable(variable) => f.write_str(variable),
            Self::System(name) | Self::Flag(name) | Self::Setting(name) => f.write_str(name),
        }
    }
}

/// Why a configuration is refused; each names the place where the value stands.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{origin}: cannot read {}: {reason}; check the path and its permissions", path.display())]
    Unreadable { origin: Origin, path: PathBuf, reason: io::Error },

    #[error("{origin}: not valid TOML: {}", detail.trim_end())]
    Syntax { origin: Origin, detail: String },

    #[error("{origin}: there is no setting {key:?}; {}", advice(nearest.as_deref()))]
    UnknownKey { origin: Origin, key: String, nearest: Option<String> },

    #[error("{origin}: {key}: {why}")]
    Value { origin: Origin, key: &'static str, why: String },

    #[error("{key} is set by both {first} and {second}; remove one of them")]
    Twice { key: String, first: String, second: String },

    #[error("{0}")]
    Together(&'static str),
}

/// All that is wrong with a configuration, which is something.
#[derive(Debug)]
pub struct Mistakes(Vec<Error>);

impl Mistakes {
    /// Refuses when there are some.
    pub(super) fn refuse(found: Vec<Error>) -> Result<(), Self> {
        if found.is_empty() { Ok(()) } else { Err(Self(found)) }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&together(&self.0))
    }
}

impl std::error::Error for Mistakes {}

/// One mistake as a sentence, several as a list.
pub fn together(mistakes: &[impl fmt::Display]) -> String {
    if let [alone] = mistakes {
        return alone.to_string();
    }
    let lines = mistakes.iter().map(|mistake| format!("\n  {mistake}"));
    format!(
        "the configuration has {}:{}",
        counted(mistakes.len() as u64, "mistake"),
        lines.collect::<String>()
    )
}

fn advice(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => "`peerbox config keys` lists them all".to_owned(),
    }
}

/// The candidate that a mistyped name most likely means, if any is close.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let names = ["server.listen", "server.base_url", "ui.title"];
        let check = |name, expect| assert_eq!(nearest(name, names.into_iter()), expect, "{name}");
        check("server.lisen", Some("server.listen"));
        check("server.baseurl", Some("server.base_url"));
        check("titel", None);
        check("zzz", None);
    }
}
