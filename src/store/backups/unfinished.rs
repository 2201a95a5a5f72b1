//! What is beside backups for a while only. Whoever works on it holds a lock on it, so what a kill left is known by that it
//! is not locked, and goes with the next work there.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::store::folder;

/// What a copy is named until it is whole.
pub(super) const COPY: &str = ".peerbox-unfinished-";

/// The folder in which a backup of an earlier version is brought up to date.
pub(super) const EXAMINED: &str = ".peerbox-examined-";

/// Begins a file there; what was left there goes first. Whoever finds it knows by its lock that it is being written.
pub fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    remove(folder);
    // Not by the crate's own hand: where it fails, it names a file that nobody knows.
    let make = |path: &Path| folder::private().read(true).create_new(true).open(path);
    let file = tempfile::Builder::new().prefix(COPY).make_in(folder, make)?;
    file.as_file().try_lock()?;
    Ok(file)
}

/// For how long what is empty may have been made just now, and not be locked yet.
const YOUNG: Duration = Duration::from_hours(1);

/// Removes what was left in the folder.
pub(super) fn remove(folder: &Path) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let is = |beginning| name.to_string_lossy().starts_with(beginning);
        // What is anybody else's is not even looked into: it may be on a disk that does not answer, or a pipe.
        let kind = entry.file_type();
        let is_ours = kind.is_ok_and(|kind| (is(COPY) && kind.is_file()) || (is(EXAMINED) && kind.is_dir()));
        if !is_ours {
            continue;
        }
        let is_empty = if is(COPY) {
            entry.metadata().is_ok_and(|file| file.len() == 0)
        } else {
            path.read_dir().is_ok_and(|mut inside| inside.next().is_none())
        };
        if (is_empty && is_young(&entry)) || !File::open(&path).is_ok_and(|left| left.try_lock().is_ok()) {
            continue;
        }
        // Another one may have removed it in this moment.
        let _gone = if is(COPY) { fs::remove_file(&path) } else { fs::remove_dir_all(&path) };
    }
}

fn is_young(entry: &DirEntry) -> bool {
    let made = entry.metadata().and_then(|file| file.modified()).ok();
    made.and_then(|made| made.elapsed().ok()).is_none_or(|age| age < YOUNG)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn what_nobody_works_on_any_more_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in [".peerbox-examined-old", ".peerbox-examined-new", "other"] {
            fs::create_dir(at(name)).expect("a folder");
            fs::write(at(name).join("peerbox.db"), "some").expect("space");
        }
        mkfifo(&at(".peerbox-unfinished-pipe"), Mode::S_IRWXU).expect("a pipe");
        fs::write(at(".peerbox-unfinished-old"), "some").expect("space");
        fs::write(at(".peerbox-unfinished-begun"), "").expect("space");
        fs::create_dir(at(".peerbox-examined-begun")).expect("a folder");
        let long_ago = File::create(at(".peerbox-unfinished-empty")).expect("space");
        long_ago.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
        drop(long_ago);
        let working = File::open(at(".peerbox-examined-new")).expect("a folder");
        working.try_lock().expect("a lock");
        remove(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        let begun = [".peerbox-examined-begun", ".peerbox-unfinished-begun"];
        assert_eq!(left, [begun[0], ".peerbox-examined-new", begun[1], ".peerbox-unfinished-pipe", "other"]);
    }
}
