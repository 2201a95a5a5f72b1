//! The files of an installation: who may read them, whether there is room, how old the newest backup is.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::Config;
use crate::doctor::finding::Finding;
use crate::doctor::subject::{Subject, shown};
use crate::domain::plural::counted;
use crate::domain::size::size;
use crate::domain::time::Timestamp;
use crate::store::backups::{BackupError, Damage, Failure, Look, Shelf};
use crate::store::folder;
use crate::store::open::KeySource;
use crate::store::{room, space};

/// A daily backup that is older was missed.
const MISSED: Duration = Duration::from_hours(26);

/// So long after the last look, some were broken off.
const BROKEN_OFF: Duration = Duration::from_hours(7 * 24);

/// What systemd puts there for a unit may be of root, and the unit may read it all the same.
const CREDENTIALS: &str = "/run/credentials";

pub(super) fn examine(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let config = subject.config;
    findings.push(room(config));
    findings.extend(room_for_backups(config));
    findings.push(modes(config));
    findings.push(key(config));
    findings.push(backups(config, subject.data.as_ref().ok().and_then(|data| data.begun), subject.now));
    findings.push(damage(Look::last(&config.data.dir), config.backup.schedule.is_some(), subject.now));
}

fn room(config: &Config) -> Finding {
    const WHAT: &str = "Disk";
    let folder = &config.data.dir;
    let sizes = space::sizes(folder);
    let Some(available) = sizes.available else {
        return Finding::note(
            WHAT,
            format!("nobody knows what {} has free", shown(folder)),
            "look with `df`",
        );
    };
    let whole = sizes.file + sizes.log;
    let wanted = room::demanded(room::for_update(whole, folder, &config.backup.dir));
    let says = format!("{} free, the data takes {}", size(available), size(whole));
    if available < room::demanded(0) {
        return Finding::bad(WHAT, says, "make room: nothing is stored on a full disk");
    }
    if available < wanted {
        let fix = format!("make room: a backup and an update together may take {}", size(wanted));
        return Finding::note(WHAT, says, fix);
    }
    Finding::good(WHAT, says)
}

/// Of a disk of their own; on the one of the data they are reckoned with.
fn room_for_backups(config: &Config) -> Option<Finding> {
    const WHAT: &str = "Disk of backups";
    let (data, backups) = (&config.data.dir, &config.backup.dir);
    if folder::is_same_disk(data, backups) {
        return None;
    }
    let sizes = space::sizes(data);
    let (next, available) = (room::demanded(sizes.file + sizes.log), space::sizes(backups).available?);
    let says = format!("{} free in {}", size(available), shown(backups));
    Some(if available < next {
        Finding::bad(WHAT, says, format!("make room: the next backup may take {}", size(next)))
    } else {
        Finding::good(WHAT, says)
    })
}

/// Whether everything is of the user who owns the folder, and nobody else may use it.
fn modes(config: &Config) -> Finding {
    const WHAT: &str = "File modes";
    let folder = &config.data.dir;
    let entries = match fs::read_dir(folder) {
        // What others keep there is theirs.
        Ok(entries) => entries.flatten().map(|entry| entry.path()).filter(|path| is_named_after_us(path)),
        Err(error) => {
            let says = format!("{} cannot be looked into: {error}", shown(folder));
            return Finding::note(WHAT, says, "run this as the user who owns it, once a server was started");
        }
    };
    let shelf = Shelf::of(config);
    let backups = shelf.list().unwrap_or_default().into_iter().map(|backup| backup.path);
    let paths: Vec<PathBuf> = [folder.clone()].into_iter().chain(entries).chain(backups).collect();
    let named = |found: &[&PathBuf]| {
        let more = if found.len() > 1 { format!(" and {} more", found.len() - 1) } else { String::new() };
        format!("{}{more}", found.first().map(|first| shown(first)).unwrap_or_default())
    };
    let foreign: Vec<_> = paths.iter().filter(|path| is_of_another(owner(path), owner(folder))).collect();
    if !foreign.is_empty() {
        let fix = format!("chown -R --reference={0} {0}", shown(folder));
        let says =
            format!("of another user than the folder, whose server may not use it: {}", named(&foreign));
        return Finding::bad(WHAT, says, fix);
    }
    let open: Vec<_> = paths.iter().filter(|path| is_open_to_others(path)).collect();
    if let Some(first) = open.first() {
        let fix = format!("chmod -R go= {}", shown(first));
        return Finding::bad(WHAT, format!("others may use {}", named(&open)), fix);
    }
    if let Some(path) = config.tls.as_ref().map(|tls| &tls.key_file).filter(|path| may_be_read_by_all(path)) {
        let fix = format!("chmod o= {}", shown(path));
        return Finding::bad(WHAT, format!("everybody may read {}", shown(path)), fix);
    }
    if may_be_changed_by_others(shelf.folder()) {
        let fix = format!("chmod go-w {}", shown(shelf.folder()));
        return Finding::bad(WHAT, format!("others may remove backups from {}", shown(shelf.folder())), fix);
    }
    Finding::good(WHAT, format!("{} and what is in it is ours alone", shown(folder)))
}

fn key(config: &Config) -> Finding {
    const WHAT: &str = "Master key";
    let path = match KeySource::of(&config.data) {
        Some(KeySource::File(path)) => path,
        Some(KeySource::Passphrase(_)) => match &config.data.passphrase_file {
            Some(path) if is_open_to_others(path) => {
                let fix = format!("chmod go= {}", shown(path));
                return Finding::bad(WHAT, format!("others may read {}", shown(path)), fix);
            }
            _ => {
                return Finding::good(
                    WHAT,
                    "from the passphrase; keep it where it is not lost with this machine",
                );
            }
        },
        None => {
            return Finding::bad(WHAT, "there is no place for it", "set data.key_file or PEERBOX_KEY_FILE");
        }
    };
    if !path.exists() {
        let fix = "put the copy back that you keep; without it the data is lost";
        return Finding::bad(WHAT, format!("{} is not there", shown(&path)), fix);
    }
    if is_open_to_others(&path) {
        let fix = format!("chmod go= {}", shown(&path));
        return Finding::bad(WHAT, format!("others may read {}", shown(&path)), fix);
    }
    if !lies_in(&path, Path::new(CREDENTIALS)) && is_of_another(owner(&path), owner(&config.data.dir)) {
        let fix = format!("chown --reference={} {}", shown(&config.data.dir), shown(&path));
        let says = format!("{} is of another user than the data: the server may not read it", shown(&path));
        return Finding::bad(WHAT, says, fix);
    }
    let beside = [&config.data.dir, &config.backup.dir];
    if let Some(folder) = beside.into_iter().find(|folder| lies_in(&path, folder)) {
        return Finding::bad(
            WHAT,
            format!(
                "{} lies in {}: whoever gets a copy of that has data and key",
                shown(&path),
                shown(folder)
            ),
            "move it to another folder, name it with data.key_file, and copy it to another place",
        );
    }
    Finding::good(
        WHAT,
        format!(
            "{} is ours alone; nobody here can see whether there is a copy, without which the data is lost with it",
            shown(&path)
        ),
    )
}

fn backups(config: &Config, begun: Option<Timestamp>, now: Timestamp) -> Finding {
    const WHAT: &str = "Backups";
    let backup = &config.backup;
    let shelf = Shelf::of(config);
    let newest = match shelf.require().and_then(|()| shelf.newest(now)) {
        Ok(newest) => newest,
        Err(BackupError::NoShelf { path }) => {
            let says = format!(
                "{} is not there: none is made, and those that are kept there are away",
                shown(&path)
            );
            return Finding::bad(
                WHAT,
                says,
                "plug its disk in, make it, or name another folder with backup.dir",
            );
        }
        Err(error) => {
            let fix = "let the server read and write the folder (under systemd name it in ReadWritePaths= too), or name \
                       another one with backup.dir";
            return Finding::bad(WHAT, error.to_string(), fix);
        }
    };
    let made = newest.map(|newest| newest.made);
    let age = made.map(|made| now.since(made));
    // One that was made by hand since is as good.
    let failure = Failure::last(&config.data.dir).filter(|failure| made.is_none_or(|made| made < failure.at));
    if let Some(Failure { at, why }) = failure {
        let says = format!("the last was not made, {} ago: {why}", hours(now.since(at)));
        return Finding::bad(WHAT, says, "mend that; Back up now on the page of backups then makes one");
    }
    match (backup.schedule, age) {
        (None, None) => Finding::note(
            WHAT,
            "none is there, and none is made by itself",
            "set backup.schedule, or make sure that something else copies the data",
        ),
        (None, Some(age)) => Finding::note(
            WHAT,
            format!("none is made by itself; the newest is {} old", hours(age)),
            "set backup.schedule, or make sure that something else copies the data",
        ),
        (Some(schedule), None) if begun.is_some_and(|begun| now.since(begun) > MISSED) => Finding::bad(
            WHAT,
            format!("none was ever made, although one is made every day at {schedule}"),
            "the log of the server says why; `peerbox backup create` makes one now",
        ),
        (Some(schedule), None) => Finding::note(
            WHAT,
            format!("none is there yet; one is made every day at {schedule}"),
            "make one now: `peerbox backup create`, or Back up now on the page of backups",
        ),
        (Some(_), Some(age)) if age > MISSED => Finding::bad(
            WHAT,
            format!("the newest is {} old, although one is made every day", hours(age)),
            "the log of the server says why; `peerbox backup create`, or Back up now on the page of backups, makes one",
        ),
        (Some(_), Some(age)) if folder::is_same_disk(&config.data.dir, &backup.dir) => Finding::note(
            WHAT,
            format!("the newest is {} old, on the disk of the data", hours(age)),
            "name another disk with backup.dir (under systemd name it in ReadWritePaths= too), or copy the backups to \
             another machine",
        ),
        (Some(_), Some(age)) => Finding::good(WHAT, format!("the newest is {} old", hours(age))),
    }
}

fn hours(age: Duration) -> String {
    counted(age.as_secs() / 3600, "hour")
}

/// What the server found in the backup that it looked through last, which it does every day where one is made every day.
fn damage(look: Option<Look>, is_daily: bool, now: Timestamp) -> Finding {
    const WHAT: &str = "Damage";
    let Some(Look { ended, damage, .. }) = look else {
        return Finding::note(
            WHAT,
            "nobody knows: no backup was looked through yet",
            "the server does it with each that it makes, as after Back up now on the page of backups; `peerbox check` looks \
             through the data itself",
        );
    };
    let age = now.since(ended);
    let ago = hours(age);
    match damage {
        None if is_daily && age > BROKEN_OFF => Finding::note(
            WHAT,
            format!(
                "none in the backup that was looked through {ago} ago; no look since then came to its end"
            ),
            "the log of the server says why: where it is stopped every time, move backup.schedule to another hour; \
             `peerbox check` looks through the data itself",
        ),
        None => Finding::good(WHAT, format!("none in the backup that was looked through {ago} ago")),
        Some(Damage { faults, first }) => Finding::bad(
            WHAT,
            format!("{}, the first: {first}; found in a backup {ago} ago", counted(faults, "fault")),
            "`peerbox check` names all, and an earlier backup may have them whole: the server removes none until it finds one \
             sound, and only `peerbox backup prune` does; `peerbox restore --damaged` mends what can be mended, and \
             removes with --discard what no backup has; Back up now on the page of backups has the server look again",
        ),
    }
}

/// Whether anybody but the owner may read, write or enter it.
fn is_open_to_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.mode() & 0o077 != 0)
}

fn is_named_after_us(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("peerbox"))
}

fn may_be_read_by_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.mode() & 0o004 != 0)
}

fn may_be_changed_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.mode() & 0o022 != 0)
}

fn owner(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|file| file.uid())
}

fn is_of_another(key: Option<u32>, data: Option<u32>) -> bool {
    key.is_some() && data.is_some() && key != data
}

fn lies_in(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(path).starts_with(real(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn looks_that_are_broken_off_every_day_are_told_of() {
        let at = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
        let check = |ended, is_daily, expected| {
            let look = Look { ended: at(ended), of: None, damage: None };
            assert_eq!(damage(Some(look), is_daily, at(1000)).state, expected, "{ended}");
        };
        check(1000 - 7 * 24, true, State::Good);
        check(999 - 7 * 24, true, State::Note);
        check(0, false, State::Good);
    }

    #[test]
    fn a_key_is_of_whom_the_data_is() {
        assert!(is_of_another(Some(0), Some(999)));
        assert!(!is_of_another(Some(999), Some(999)));
        assert!(!is_of_another(Some(0), None), "no data is there yet");
    }
}
