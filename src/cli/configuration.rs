//! `config`: is it usable, what does it say and why, what could it say.

use anyhow::Result;
use serde::Serialize;

use crate::cli::arguments::ConfigCommand;
use crate::cli::output;
use crate::config::{self, Environment, Flags, Setting};

pub(super) fn run(command: ConfigCommand, flags: &Flags, environment: &Environment) -> Result<()> {
    match command {
        ConfigCommand::Keys => output::raw(config::reference().as_bytes()),
        ConfigCommand::Check => {
            let loaded = config::load(flags, environment)?;
            match loaded.file {
                Some(path) => output::say(&format!("{} and the environment are in order", path.display())),
                None => output::say("there is no configuration file; the environment is in order"),
            }
            Ok(())
        }
        ConfigCommand::Show(form) => {
            let loaded = config::load(flags, environment)?;
            let lines: Vec<Line<'_>> = loaded.settings.iter().map(Line::from).collect();
            output::listing(form, &lines, &["key", "value", "from"], |line| {
                let value = if line.value.is_empty() { "-" } else { line.value };
                vec![line.key.to_owned(), value.to_owned(), line.from.clone()]
            })
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    key: &'static str,
    /// As it was written; empty when unset.
    value: &'a str,
    from: String,
}

impl<'a> From<&'a Setting> for Line<'a> {
    fn from(setting: &'a Setting) -> Self {
        Self { key: setting.key.name, value: &setting.value, from: setting.origin.to_string() }
    }
}
