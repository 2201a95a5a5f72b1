//! What a command works with: the configuration that holds for it, and the data folder if it needs that for itself.

use anyhow::Result;

use crate::config::{self, Config, Environment, Flags};
use crate::store::folder::Serving;

/// One call of the program.
pub(super) struct Invocation {
    pub(super) config: Config,
    /// The right to serve the data folder, once it is taken.
    pub(super) serving: Option<Serving>,
}

impl Invocation {
    pub(super) fn new(flags: &Flags, environment: &Environment) -> Result<Self> {
        Ok(Self { config: config::load(flags, environment)?.config, serving: None })
    }
}
