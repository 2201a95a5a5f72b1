//! What is looked at, and how it is put into words.

use std::path::Path;

use crate::config::Config;
use crate::doctor::data::Data;
use crate::doctor::seen::Seen;
use crate::domain::time::Timestamp;

/// What is looked at.
pub struct Subject<'a> {
    /// The configuration that the server has, as far as whoever looks knows.
    pub config: &'a Config,
    /// What the file says, else why it could not be read.
    pub data: Result<Data, String>,
    /// How the request came that asks for this, if one did.
    pub asked_by: Option<Seen>,
    /// The time of the machine.
    pub now: Timestamp,
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
