//! What a command works with: the configuration that holds for it, and the data folder if it needs that for itself.

use anyhow::Result;

use crate::config::{self, Config, Environment, Flags, Listen};
use crate::store::folder::{self, Serving};

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

    /// Where the server that is asked about listens. Where nobody typed that, the server has written it down: it knows a port
    /// that it chose itself, and sockets that were handed to it.
    pub(super) fn places(&self, is_typed: bool) -> Vec<Listen> {
        let written = if is_typed { Vec::new() } else { folder::listening(&self.config.data.dir) };
        if written.is_empty() { self.config.server.listen.clone() } else { written }
    }
}
