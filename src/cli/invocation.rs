//! What a command works with: the configuration that holds for it, and the environment of the process.

use anyhow::Result;

use crate::config::{self, Config, Environment, Flags};

/// One call of the program.
pub(super) struct Invocation {
    pub(super) config: Config,
    pub(super) environment: Environment,
}

impl Invocation {
    pub(super) fn new(flags: &Flags, environment: Environment) -> Result<Self> {
        let config = config::load(flags, &environment)?.config;
        Ok(Self { config, environment })
    }
}
