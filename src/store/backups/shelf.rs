//! The folder of backups: which are there, by their names, and which are kept.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::backup::Keep;
use crate::domain::time::Timestamp;
use crate::store::backups::error::BackupError;

const BEGINNING: &str = "peerbox-";
const ENDING: &str = ".db";

/// The folder that backups are kept in.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// A backup on the shelf.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// The moment whose state it has.
    pub made: Timestamp,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Backup {
    /// The file's name in the folder, of digits, letters and hyphens.
    pub fn name(&self) -> String {
        name(self.made)
    }
}

impl Shelf {
    /// A folder of backups, which need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder if there is none, readable by its owner only, and names a backup of this moment: of the next second
    /// for which there is none yet.
    pub fn place(&self, mut now: Timestamp) -> Result<PathBuf, BackupError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(BackupError::file(&self.folder))?;
        while self.folder.join(name(now)).exists() {
            now = now.after(Duration::from_secs(1));
        }
        Ok(self.folder.join(name(now)))
    }

    /// The backups, newest first. Other files are none of ours.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(BackupError::file(&self.folder))?,
        };
        let mut backups = Vec::new();
        for entry in entries {
            let entry = entry.map_err(BackupError::file(&self.folder))?;
            // One that is removed in this moment is none.
            let (Some(made), Ok(about)) = (moment(&entry.file_name().to_string_lossy()), entry.metadata())
            else {
                continue;
            };
            if about.is_file() {
                backups.push(Backup { path: entry.path(), made, bytes: about.len() });
            }
        }
        backups.sort_unstable_by_key(|backup| std::cmp::Reverse(backup.made));
        Ok(backups)
    }

    /// The backups that need not be kept.
    pub fn surplus(&self, keep: Keep, zone: &TimeZone) -> Result<Vec<Backup>, BackupError> {
        let mut backups = self.list()?;
        let made: Vec<Timestamp> = backups.iter().map(|backup| backup.made).collect();
        let kept = keep.kept(&made, zone);
        backups.retain(|backup| !kept.contains(&backup.made));
        Ok(backups)
    }

    /// Removes the backups that need not be kept, and answers which.
    pub fn prune(&self, keep: Keep, zone: &TimeZone) -> Result<Vec<Backup>, BackupError> {
        let surplus = self.surplus(keep, zone)?;
        for backup in &surplus {
            fs::remove_file(&backup.path).map_err(BackupError::file(&backup.path))?;
        }
        Ok(surplus)
    }
}

/// `peerbox-2026-11-26T031500Z.db`: no sign in it that some file system refuses.
fn name(made: Timestamp) -> String {
    format!("{BEGINNING}{}Z{ENDING}", made.to_string()[..19].replace(':', ""))
}

fn moment(name: &str) -> Option<Timestamp> {
    let text = name.strip_prefix(BEGINNING)?.strip_suffix(ENDING)?;
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    if time.len() != 6 || !time.is_ascii() {
        return None;
    }
    Timestamp::parse(&format!("{day}T{}:{}:{}Z", &time[..2], &time[2..4], &time[4..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_backups_of_a_second_have_two_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let (shelf, now) = (Shelf::new(folder.path().to_owned()), Timestamp::from_millis(0));
        let first = shelf.place(now).expect("a place");
        fs::write(&first, "taken").expect("space");
        assert_eq!(shelf.place(now).expect("a place"), folder.path().join("peerbox-1970-01-01T000001Z.db"));
        assert_eq!(first, folder.path().join("peerbox-1970-01-01T000000Z.db"));
    }

    #[test]
    fn a_backup_is_known_by_its_name() {
        let made = Timestamp::parse("2026-11-26T03:15:00.999Z").expect("an instant");
        assert_eq!(name(made), "peerbox-2026-11-26T031500Z.db");
        assert_eq!(moment(&name(made)).map(|at| at.to_string()), Some("2026-11-26T03:15:00.000Z".to_owned()));
        for other in
            ["peerbox.db", "peerbox-2026-11-26.db", "peerbox-2026-11-26T0315é0Z.db", "x", "peerbox-T.db"]
        {
            assert_eq!(moment(other), None, "{other}");
        }
    }
}
