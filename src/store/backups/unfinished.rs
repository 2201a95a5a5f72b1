//! What is beside backups for a while only. Whoever works on it holds a lock on it, so what a kill left is known by that it
//! is not locked, and goes with the next work there.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// What a copy is named until it is whole.
pub(super) const COPY: &str = ".peerbox-unfinished-";

/// The folder in which a backup of an earlier version is brought up to date.
pub(super) const EXAMINED: &str = ".peerbox-examined-";

/// The folder that a file is in.
pub fn beside(file: &Path) -> &Path {
    file.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Begins a file there; what was left there goes first. Whoever finds it knows by its lock that it is being written.
pub fn begin(folder: &Path) -> io::Result<NamedTempFile> {
    let _turn = turn(folder);
    remove_left(folder);
    let file = tempfile::Builder::new().prefix(COPY).tempfile_in(folder)?;
    file.as_file().try_lock()?;
    Ok(file)
}

/// Removes what was left in the folder.
pub(super) fn remove(folder: &Path) {
    let _turn = turn(folder);
    remove_left(folder);
}

/// One at a time makes and removes there, so that nobody takes what another just made, and has not locked yet, for left.
fn turn(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    // Where folders cannot be locked, nobody has to wait.
    folder.lock().ok().map(|()| folder)
}

fn remove_left(folder: &Path) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let is = |beginning| name.to_string_lossy().starts_with(beginning);
        if !(is(COPY) || is(EXAMINED)) || !File::open(&path).is_ok_and(|left| left.try_lock().is_ok()) {
            continue;
        }
        // Another one may have removed it in this moment.
        let _gone = if is(COPY) { fs::remove_file(&path) } else { fs::remove_dir_all(&path) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_works_on_any_more_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in [".peerbox-examined-old", ".peerbox-examined-new", "other"] {
            fs::create_dir(at(name)).expect("a folder");
            fs::write(at(name).join("peerbox.db"), "some").expect("space");
        }
        fs::write(at(".peerbox-unfinished-old"), "some").expect("space");
        let working = File::open(at(".peerbox-examined-new")).expect("a folder");
        working.try_lock().expect("a lock");
        remove(folder.path());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, [".peerbox-examined-new", "other"]);
    }
}
