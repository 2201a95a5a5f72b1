//! Backups: copies of the file while it is in use, what they hold, which are kept, and one put back in its place.

mod before_update;
mod contents;
mod copy;
mod error;
mod restore;
mod shelf;
pub mod unfinished;

pub use self::before_update::before_update;
pub use self::contents::{Contents, examine, require_backup};
pub use self::copy::{Copied, Copying, make};
pub use self::error::BackupError;
pub use self::restore::{candidate, opens_data};
pub use self::shelf::{Backup, Shelf};
