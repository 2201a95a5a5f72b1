//! What the command line says about the configuration.

use std::path::PathBuf;

use crate::config::value::SettingValue;

/// The flags that were given, each with the setting that it stands for.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub(super) config: Option<PathBuf>,
    pub(super) settings: Vec<(&'static str, &'static str, SettingValue)>,
}

impl Flags {
    /// Starts with the configuration file that `--config` names.
    pub fn reading(config: Option<PathBuf>) -> Self {
        Self { config, settings: Vec::new() }
    }

    /// Adds a flag's value, if it was given, for the setting `key`.
    #[must_use]
    pub fn with(mut self, flag: &'static str, key: &'static str, value: Option<String>) -> Self {
        self.settings.extend(value.map(|value| (flag, key, SettingValue::One(value))));
        self
    }

    /// Adds the values of a flag that may be repeated.
    #[must_use]
    pub fn with_list(mut self, flag: &'static str, key: &'static str, values: Vec<String>) -> Self {
        if !values.is_empty() {
            self.settings.push((flag, key, SettingValue::Many(values)));
        }
        self
    }
}
