//! The process that a server runs in, as its pages tell of it.

use crate::config::Setting;
use crate::observe::recent::Recent;

/// What the pages tell of the process that the server runs in.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// The settings, with where they come from.
    pub settings: Vec<Setting>,
    /// The last lines of the log.
    pub log: Recent,
}
