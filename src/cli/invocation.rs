//! What a command works with: the configuration that holds for it.

use anyhow::Result;

use crate::config::{self, Config, Environment, Flags};

/// One call of the program.
pub(super) struct Invocation {
    pub(super) config: Config,
}

impl Invocation {
    pub(super) fn new(flags: &Flags, environment: &Environment) -> Result<Self> {
        Ok(Self { config: config::load(flags, environment)?.config })
    }
}
