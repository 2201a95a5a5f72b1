//! What somebody wrote for a setting, before it has a type.

use std::fmt;
use std::path::PathBuf;

/// A file can write a list; everywhere else a list is one text with commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SettingValue {
    One(String),
    Many(Vec<String>),
}

impl SettingValue {
    /// Takes a value of the configuration file; a table or a date is not a value of any setting.
    pub(super) fn from_toml(value: &toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Array(items) => items.iter().map(scalar).collect::<Result<_, _>>().map(Self::Many),
            other => scalar(other).map(Self::One),
        }
    }

    /// Whether nothing was written, be it as a text or as a list.
    pub(super) fn is_empty(&self) -> bool {
        self.items().is_empty()
    }

    /// The value of a setting that is always there.
    pub(super) fn one<T>(&self, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
        parse(self.single()?)
    }

    /// The value of a setting that may be left out; an empty text leaves it out.
    pub(super) fn optional<T>(&self, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        match self.single()? {
            "" => Ok(None),
            text => parse(text).map(Some),
        }
    }

    /// The value of a setting whose empty text is its own default.
    pub(super) fn or_blank<T: Default>(
        &self,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        self.optional(parse).map(Option::unwrap_or_default)
    }

    /// The values of a setting that is a list with at least one item.
    pub(super) fn list<T>(&self, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
        let items = self.items();
        if items.is_empty() {
            return Err("the list is empty; write at least one".to_owned());
        }
        items.into_iter().map(parse).collect()
    }

    /// The values of a list whose items may each stand for several, and which may be empty.
    pub(super) fn flat_list<T>(
        &self,
        parse: impl Fn(&str) -> Result<Vec<T>, String>,
    ) -> Result<Vec<T>, String> {
        let parsed: Vec<Vec<T>> = self.items().into_iter().map(parse).collect::<Result<_, _>>()?;
        Ok(parsed.into_iter().flatten().collect())
    }

    fn single(&self) -> Result<&str, String> {
        match self {
            Self::One(text) => Ok(text.trim()),
            Self::Many(_) => Err("takes one value, not a list".to_owned()),
        }
    }

    fn items(&self) -> Vec<&str> {
        match self {
            Self::One(text) => text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
            Self::Many(items) => items.iter().map(|item| item.trim()).collect(),
        }
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(text) => f.write_str(text),
            Self::Many(items) => f.write_str(&items.join(", ")),
        }
    }
}

fn scalar(value: &toml::Value) -> Result<String, String> {
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        other => Err(format!("a {} is not a value here", other.type_str())),
    }
}

/// Any text but none.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// A path, as written; a relative one starts at the working folder.
pub(super) fn path(written: &str) -> Result<PathBuf, String> {
    text(written).map(PathBuf::from)
}

/// `true` or `false`.
pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("{text:?} is neither true nor false"))
}
