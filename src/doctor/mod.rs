//! How a server and its installation are: asking it as its clients do, and one list of what may be wrong, each with its fix.
//! `peerbox doctor` and the page `/admin/diagnostics` show the same list.

pub mod client;
mod connections;
mod content;
mod data;
mod examination;
mod files;
mod finding;
mod relay;
pub mod seen;
mod subject;

pub use self::data::Data;
pub use self::examination::{Doctor, examine};
pub use self::finding::{Finding, State};
pub use self::subject::Subject;
