//! `peerbox doctor` on files: whose they are, and who else may use them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::doctor::{examined, says};
use crate::support::process::Installation;
use crate::support::tls::Tls;

#[test]
fn whatever_others_may_use_is_named() {
    let (installation, tls) = (Installation::with_account(), Tls::new());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let shelf = elsewhere.path().join("backups");
    fs::create_dir(&shelf).expect("a folder");
    let config = format!("{}backup.dir = '{}'", tls.settings(), shelf.display());
    fs::write(installation.root().join("config.toml"), config).expect("space");
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
    mode(&tls.key_file(), 0o640);
    mode(&shelf, 0o755);
    says(&examined(&installation).0, "File modes", &["ok", "ours alone"]);
    let mark = installation.data_dir().join("peerbox.made");
    for (path, right, wrong, words) in [
        (mark, 0o600, 0o666, "others may use"),
        (tls.key_file(), 0o640, 0o644, "everybody may read"),
        (shelf, 0o755, 0o777, "others may remove backups from"),
    ] {
        mode(&path, wrong);
        let name = path.file_name().and_then(|name| name.to_str()).expect("text");
        says(&examined(&installation).0, "File modes", &["bad", words, name, "chmod"]);
        mode(&path, right);
    }
    fs::remove_dir_all(installation.data_dir()).expect("the data");
    says(&examined(&installation).0, "File modes", &["note", "cannot be looked into"]);
}
