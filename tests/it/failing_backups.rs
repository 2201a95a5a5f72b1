//! Backups that are missed or cannot be made: made later, and said where an operator looks.

use std::fs;
use std::future::ready;
use std::os::unix::fs::symlink;
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::app::{App, temporary_folder};
use crate::support::eventually;
use crate::support::process::Installation;

#[tokio::test]
async fn a_server_that_is_off_at_the_time_of_its_first_backup_makes_it_at_the_next_start() {
    let mut app = App::with("backup.schedule = '03:15'").await;
    let folder = app.installation.data_dir().join("backups");
    app.stop().await;
    // By the clock of this test, which the command that made the account did not have.
    app.edit("update account set created_at = 1772390580120");
    app.advance(Duration::from_hours(24));
    assert!(!folder.exists(), "nobody was there to make one");
    app.restart().await;
    eventually("the backup that was missed", || {
        ready(fs::read_dir(&folder).is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".db")))
        }))
    })
    .await;
}

#[test]
fn a_disk_that_is_not_plugged_in_is_no_folder_without_backups() {
    let installation = Installation::with_account();
    let config = installation.root().join("peerbox.toml");
    fs::write(&config, "backup.dir = '/nowhere/backups'\n").expect("space");
    let config = config.to_str().expect("text");
    for command in ["list", "prune", "create"] {
        let words = "/nowhere/backups is not there; make it, or plug its disk in";
        installation.fails(&["backup", command, "--config", config], "", 4, words);
    }
    installation.succeed(&["config", "check", "--config", config], "");
    let listed = installation.succeed(&["backup", "list"], "");
    assert_eq!(listed, "MADE  SIZE  FILE\n", "the one in the data folder is made when it is needed");
    symlink("/nowhere/disk", installation.data_dir().join("backups")).expect("a link");
    installation.fails(&["backup", "list"], "", 4, "backups is not there; make it, or plug its disk in");
}

#[test]
fn a_pipe_is_no_backup() {
    let installation = Installation::with_account();
    let pipe = installation.root().join("pipe.db");
    mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
    let pipe = pipe.to_str().expect("text");
    for command in [&["backup", "verify", pipe][..], &["restore", pipe, "--dry-run"], &["restore", pipe]] {
        installation.fails(command, "", 5, &format!("{pipe} is not a backup of peerbox"));
    }
}

#[tokio::test]
async fn that_no_backup_can_be_made_is_said_from_the_first_try_on_and_made_good_when_the_disk_is_back() {
    let elsewhere = temporary_folder();
    let disk = elsewhere.path().join("disk");
    let app = App::with(&format!("backup.schedule = '03:15'\nbackup.dir = '{}'", disk.display())).await;
    let mut manager = app.signed_in().await;
    app.edit("update account set created_at = 1772390580120");
    let page = manager.get("/admin/backups").await.is(200).text();
    assert!(page.contains("Nobody can say which backups there are") && !page.contains("none yet"), "{page}");
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin").await.is(200).text();
    assert!(page.contains("the last one could not be made") && page.contains("plug its disk in"), "{page}");
    assert!(!disk.exists(), "nothing is made on the wrong disk");

    app.advance(Duration::from_hours(27));
    let mut manager = app.signed_in().await;
    manager.get("/admin/backups").await.is(200);
    let page = manager.get("/admin").await.is(200).text();
    assert!(page.contains("none is made, and those that are kept there are away"), "{page}");

    fs::create_dir(&disk).expect("the disk is back");
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin").await.is(200).text();
    assert!(!page.contains("could not be made") && !page.contains("are away"), "{page}");
    assert!(fs::read_dir(&disk).expect("the disk").count() > 0);
}
