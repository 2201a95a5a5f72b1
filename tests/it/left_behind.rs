//! What commands that were broken off leave behind goes, and nothing is written where it would be taken for another thing.

use std::fs;
use std::future::ready;
use std::os::unix::fs::chown;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};

use crate::support::app::App;
use crate::support::eventually;
use crate::support::process::Installation;

#[test]
fn nothing_is_written_under_a_name_that_belongs_to_a_database() {
    let installation = Installation::with_account();
    for ending in ["-journal", "-wal", "-shm"] {
        let file = format!("{}{ending}", installation.database().display());
        for command in [&["backup", "create", &file][..], &["export", "--account", "first", &file]] {
            installation.fails(command, "", 2, "belong to a database; choose another one");
        }
        assert!(!fs::exists(&file).expect("a folder"));
    }
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn an_export_that_is_broken_off_leaves_nothing_readable() {
    let app = App::start().await;
    let peer = app.channel().await.two_way().await;
    for _ in 0..60 {
        peer.wrote(&"some text ".repeat(100_000)).await;
    }
    let folder = app.installation.root().join("exports");
    fs::create_dir(&folder).expect("a folder");
    let file = folder.join("export.jsonl").display().to_string();
    let mut command = app.installation.command(&["export", "--account", "first", "--with-secrets", &file]);
    let export = command.stderr(Stdio::piped()).spawn().expect("the program");
    let names = || fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.file_name());
    eventually("an export under way", || ready(names().next().is_some())).await;
    kill(Pid::from_raw(i32::try_from(export.id()).expect("a number")), Signal::SIGTERM).expect("it runs");
    let ended = export.wait_with_output().expect("its end");
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code() == Some(1) && told.contains("the export was broken off"), "{ended:?}");
    assert_eq!(names().collect::<Vec<_>>(), [""; 0]);
}

#[tokio::test]
async fn what_kills_left_half_written_goes_with_the_next_work() {
    let installation = Installation::with_account();
    let (data, key) = (installation.data_dir(), installation.key_file());
    let half = [
        data.join(".peerbox-half-written-x"),
        data.join("restore-unfinished-x/peerbox.db"),
        key.with_file_name(".peerbox-key-x"),
    ];
    for file in &half {
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, "half").expect("space");
    }
    installation.succeed(&["key", "rotate"], "");
    let mut server = installation.serve("").await;
    for file in &half {
        assert!(!file.exists(), "{}", file.display());
    }
    server.signal("TERM");
    assert!(server.end().await.success());
}

#[test]
fn root_serves_nobody_elses_data() {
    if !Uid::effective().is_root() {
        return;
    }
    let installation = Installation::with_account();
    let nobody = Some(65534);
    for path in [installation.data_dir(), installation.database()] {
        chown(path, nobody, nobody).expect("root may");
    }
    let before: Vec<_> = fs::read_dir(installation.data_dir())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    installation.fails(&["serve", "--listen", "127.0.0.1:0"], "", 4, "belongs to the user nobody");
    let after: Vec<_> = fs::read_dir(installation.data_dir())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    assert_eq!(before, after);
}
