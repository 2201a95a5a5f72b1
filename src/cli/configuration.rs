//! `config`: is it usable, what does it say and why, what could it say.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::cli::arguments::ConfigCommand;
use crate::cli::exit::CommandError;
use crate::cli::{announce, output};
use crate::clock::SystemClock;
use crate::config::{self, Config, Environment, Flags, PublicAccessMode, Setting};
use crate::server;
use crate::store::backups::Shelf;
use crate::store::channels;
use crate::store::error::OpenError;
use crate::store::open::{self, KeySource, Missing, Older, Options};

pub(super) fn run(command: ConfigCommand, flags: &Flags, environment: &Environment) -> Result<()> {
    match command {
        ConfigCommand::Keys => output::raw(config::explained().as_bytes()),
        ConfigCommand::Check => {
            let loaded = config::load(flags, environment)?;
            require_usable_files(&loaded.config)?;
            match loaded.file {
                Some(path) => output::say(&format!("{} and the environment are in order", path.display())),
                None => output::say("there is no configuration file; the environment is in order"),
            }
            announce::foreseen(&loaded.config).into_iter().for_each(output::say);
            say_what_is_open(&loaded.config);
            if let Err(error) = Shelf::of(&loaded.config).require() {
                output::say(&format!("no backups: {error}"));
            }
            Ok(())
        }
        ConfigCommand::Show(form) => {
            let loaded = config::load(flags, environment)?;
            let lines: Vec<SettingLine<'_>> = loaded.settings.iter().map(SettingLine::from).collect();
            output::listing(form, &lines, &["key", "value", "from"], |line| {
                let value = if line.value.is_empty() { "-" } else { line.value };
                vec![line.key.to_owned(), value.to_owned(), line.from.clone()]
            })
        }
    }
}

/// Refuses where a server would not start with the files that the configuration names.
pub(super) fn require_usable_files(config: &Config) -> Result<()> {
    let mistakes = server::mistakes_in_files(config);
    if !mistakes.is_empty() {
        bail!(CommandError::Configuration(config::together(&mistakes)));
    }
    Ok(())
}

/// Counts the channels that strangers may use, as `serve` does. A configuration is in order whether or not the data can
/// be looked at: it may not be there yet, or on another machine.
fn say_what_is_open(config: &Config) {
    let Some(key) = KeySource::of(&config.data) else { return };
    if config.api.public_access == PublicAccessMode::Off {
        return;
    }
    let folder = config.data.dir.clone();
    let options = Options {
        folder,
        key,
        synchronous_full: true,
        readers: 1,
        missing: Missing::Refuse,
        older: Older::Refuse,
        is_ours: false,
    };
    match open::look_into(&options, &SystemClock, channels::count_public) {
        Ok(channels) => announce::open_to_anyone(channels).iter().for_each(|warning| output::say(warning)),
        Err(OpenError::NoDatabase(_)) => {}
        Err(error) => output::say(&format!("the data was not looked at: {error}")),
    }
}

#[derive(Serialize)]
struct SettingLine<'a> {
    key: &'static str,
    /// As it was written; empty when unset.
    value: &'a str,
    from: String,
}

impl<'a> From<&'a Setting> for SettingLine<'a> {
    fn from(setting: &'a Setting) -> Self {
        Self { key: setting.key.name, value: &setting.value, from: setting.origin.to_string() }
    }
}
