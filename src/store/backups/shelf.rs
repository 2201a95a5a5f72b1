//! The folder of backups: which are there, by their names, and which are kept.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use nix::unistd::{AccessFlags, access};

use crate::config::Config;
use crate::domain::backup::Keep;
use crate::domain::time::Timestamp;
use crate::store::backups::error::BackupError;

const BEGINNING: &str = "peerbox-";
const BEFORE_UPDATE: &str = "schema-";
const ENDING: &str = ".db";

/// For so long every backup stays: one that was asked for before a mistake is not lost with the next of the day. Those of the
/// schedule are a day apart, so that no more than two of them are as young.
const YOUNG: Duration = Duration::from_hours(48);

/// From so many versions of the schema the way back is kept.
const WAYS_BACK: usize = 2;

/// The folder that backups are kept in.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
    /// It is made when it is needed. A folder elsewhere has to be there: made below the mount point of a disk that is not
    /// plugged in, it would fill the wrong one.
    is_made: bool,
}

/// A backup on the shelf.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Its file.
    pub path: PathBuf,
    /// The moment whose state it has.
    pub made: Timestamp,
    /// The version of the schema from which the data was brought up to date after it. No other backup leads back there.
    pub before_update: Option<i32>,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Backup {
    /// The file's name in the folder, of digits, letters and hyphens.
    pub fn name(&self) -> String {
        name(self.made, self.before_update)
    }
}

impl Shelf {
    /// The one of a configuration. It need not be there yet where it is a part of the data's folder.
    pub fn of(config: &Config) -> Self {
        Self::new(config.backup.dir.clone(), &config.data.dir)
    }

    pub(super) fn new(folder: PathBuf, data: &Path) -> Self {
        // A way that leads out again may end anywhere.
        let leads_in = |rest: &Path| rest.components().all(|part| matches!(part, Component::Normal(_)));
        let is_made = folder.strip_prefix(data).is_ok_and(leads_in);
        Self { folder, is_made }
    }

    /// When a backup was made, by the name of its file.
    pub fn made(file: &Path) -> Option<Timestamp> {
        Some(named(&file.file_name()?.to_string_lossy())?.0)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names a backup of this moment, or of the next second for which there is none yet: one of every day, or the one before
    /// data of that version is brought up to date. The folder is made where it may be, readable by its owner only.
    pub(super) fn place(
        &self,
        mut now: Timestamp,
        before_update: Option<i32>,
    ) -> Result<PathBuf, BackupError> {
        self.require()?;
        if self.is_made {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
            made.map_err(BackupError::file(&self.folder))?;
        }
        loop {
            let place = self.folder.join(name(now, before_update));
            // Also where a link leads to nothing.
            if place.symlink_metadata().is_err() {
                return Ok(place);
            }
            now = now.after(Duration::from_secs(1));
        }
    }

    /// Refuses a folder in which no backup can be made. Makes nothing.
    pub fn require(&self) -> Result<(), BackupError> {
        let failed = BackupError::file(&self.folder);
        match fs::metadata(&self.folder) {
            Ok(found) if !found.is_dir() => Err(failed(ErrorKind::NotADirectory.into())),
            Ok(_) => access(&self.folder, AccessFlags::R_OK | AccessFlags::W_OK | AccessFlags::X_OK)
                .map_err(|error| failed(error.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => self.when_missing(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// What a folder that is not there stands for: one that is made when it is needed, or a disk that is not plugged in.
    fn when_missing<T>(&self, nothing: T) -> Result<T, BackupError> {
        let is_link = self.folder.symlink_metadata().is_ok();
        if self.is_made && !is_link {
            Ok(nothing)
        } else {
            Err(BackupError::NoShelf { path: self.folder.clone() })
        }
    }

    /// The backups, newest first. Other files are none of ours.
    pub fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return self.when_missing(Vec::new()),
            entries => entries.map_err(BackupError::file(&self.folder))?,
        };
        let mut backups = Vec::new();
        for entry in entries {
            let entry = entry.map_err(BackupError::file(&self.folder))?;
            // One that is removed in this moment is none.
            let named = named(&entry.file_name().to_string_lossy());
            let (Some((made, before_update)), Ok(about)) = (named, entry.metadata()) else { continue };
            if about.is_file() {
                backups.push(Backup { path: entry.path(), made, before_update, bytes: about.len() });
            }
        }
        backups.sort_unstable_by_key(|backup| std::cmp::Reverse(backup.made));
        Ok(backups)
    }

    /// The backups made until now, newest first. A time to come was named by a clock that was wrong then or is wrong now:
    /// nothing is reckoned from such a backup, and it is not touched.
    pub fn until(&self, now: Timestamp) -> Result<Vec<Backup>, BackupError> {
        let mut backups = self.list()?;
        backups.retain(|backup| backup.made <= now);
        Ok(backups)
    }

    /// The newest backup.
    pub fn newest(&self, now: Timestamp) -> Result<Option<Backup>, BackupError> {
        Ok(self.until(now)?.into_iter().next())
    }

    /// The backups that need not be kept.
    pub fn surplus(&self, keep: Keep, zone: &TimeZone, now: Timestamp) -> Result<Vec<Backup>, BackupError> {
        self.surplus_up_to(now, keep, zone, now)
    }

    /// The same of those made up to a moment. Later ones stay, and are not counted.
    fn surplus_up_to(
        &self,
        up_to: Timestamp,
        keep: Keep,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Vec<Backup>, BackupError> {
        let (before_updates, mut surplus) = self.parted(up_to)?;
        let made: Vec<Timestamp> = surplus.iter().map(|backup| backup.made).collect();
        let kept = keep.kept(&made, zone);
        surplus.retain(|backup| !kept.contains(&backup.made) && now.since(backup.made) >= YOUNG);
        surplus.extend(surplus_before_updates(before_updates));
        Ok(surplus)
    }

    /// Removes the backups that need not be kept, and answers which.
    pub fn prune(&self, keep: Keep, zone: &TimeZone, now: Timestamp) -> Result<Vec<Backup>, BackupError> {
        self.prune_up_to(now, keep, zone, now)
    }

    /// The same of those made up to a moment.
    pub fn prune_up_to(
        &self,
        up_to: Timestamp,
        keep: Keep,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Vec<Backup>, BackupError> {
        removed(self.surplus_up_to(up_to, keep, zone, now)?)
    }

    /// The same of those that were made before an update.
    pub fn prune_before_updates(&self, now: Timestamp) -> Result<Vec<Backup>, BackupError> {
        removed(surplus_before_updates(self.parted(now)?.0))
    }

    /// The backups before updates, and the others.
    fn parted(&self, up_to: Timestamp) -> Result<(Vec<Backup>, Vec<Backup>), BackupError> {
        Ok(self.until(up_to)?.into_iter().partition(|backup| backup.before_update.is_some()))
    }
}

/// All but the last of each of the versions that were left last.
fn surplus_before_updates(mut newest_first: Vec<Backup>) -> Vec<Backup> {
    let mut versions = BTreeSet::new();
    newest_first.retain(|backup| versions.len() == WAYS_BACK || !versions.insert(backup.before_update));
    newest_first
}

/// What the log says where it fails beside a backup that was made.
pub const NOT_PRUNED: &str = "an earlier backup that need not be kept is kept";

/// One that cannot be removed keeps no other; it is told at the end.
fn removed(surplus: Vec<Backup>) -> Result<Vec<Backup>, BackupError> {
    let (mut gone, mut failure) = (Vec::new(), None);
    for backup in surplus {
        match fs::remove_file(&backup.path) {
            Ok(()) => gone.push(backup),
            // Somebody else prunes too.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => failure = failure.or_else(|| Some(BackupError::file(&backup.path)(error))),
        }
    }
    failure.map_or(Ok(gone), Err)
}

/// `peerbox-2026-11-26T031500Z.db`, or `peerbox-schema-24-2026-11-26T031500Z.db` before an update.
fn name(made: Timestamp, before_update: Option<i32>) -> String {
    let version = before_update.map(|version| format!("{BEFORE_UPDATE}{version}-")).unwrap_or_default();
    format!("{BEGINNING}{version}{}{ENDING}", made.for_file_names())
}

/// When a backup of this name was made, and from which version the data was brought up to date after it.
fn named(name: &str) -> Option<(Timestamp, Option<i32>)> {
    let text = name.strip_prefix(BEGINNING)?.strip_suffix(ENDING)?;
    match text.strip_prefix(BEFORE_UPDATE) {
        None => Some((moment(text)?, None)),
        Some(text) => {
            let (version, text) = text.split_once('-')?;
            Some((moment(text)?, Some(version.parse().ok()?)))
        }
    }
}

fn moment(text: &str) -> Option<Timestamp> {
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
    fn what_cannot_be_removed_keeps_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let backup = |name: &str| {
            let (made, before_update) = (Timestamp::from_millis(0), None);
            Backup { path: folder.path().join(name), made, before_update, bytes: 0 }
        };
        fs::create_dir(folder.path().join("fast")).expect("a folder");
        fs::write(folder.path().join("last"), "some").expect("space");
        let failure = removed(["gone", "fast", "last"].map(backup).into());
        assert!(matches!(failure, Err(BackupError::File { path, .. }) if path.ends_with("fast")));
        assert!(!folder.path().join("last").exists());
        assert!(removed(["gone", "last"].map(backup).into()).expect("nothing to do").is_empty());
    }

    #[test]
    fn two_backups_of_a_second_have_two_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let (shelf, now) = (Shelf::new(folder.path().to_owned(), folder.path()), Timestamp::from_millis(0));
        let first = shelf.place(now, None).expect("a place");
        fs::write(&first, "taken").expect("space");
        assert_eq!(
            shelf.place(now, None).expect("a place"),
            folder.path().join("peerbox-1970-01-01T000001Z.db")
        );
        assert_eq!(first, folder.path().join("peerbox-1970-01-01T000000Z.db"));
    }

    #[test]
    fn a_backup_is_known_by_its_name() {
        let made = Timestamp::parse("2026-11-26T03:15:00.999Z").expect("an instant");
        for (version, expected) in
            [(None, "peerbox-2026-11-26T031500Z.db"), (Some(24), "peerbox-schema-24-2026-11-26T031500Z.db")]
        {
            assert_eq!(name(made, version), expected);
            let (moment, before_update) = named(expected).expect("one of ours");
            assert_eq!((moment.to_string().as_str(), before_update), ("2026-11-26T03:15:00.000Z", version));
        }
        for other in [
            "peerbox.db",
            "peerbox-2026-11-26.db",
            "peerbox-2026-11-26T0315é0Z.db",
            "x",
            "peerbox-T.db",
            "peerbox-schema-2026-11-26T031500Z.db",
            "peerbox-schema-x-2026-11-26T031500Z.db",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
