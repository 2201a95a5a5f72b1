//! Backups that are missed or cannot be made: made later, and said where an operator looks.

use std::fs;
use std::future::ready;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::Mutex;

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
    let checked = installation.run(&["config", "check", "--config", config], "");
    let told = String::from_utf8_lossy(&checked.stderr);
    assert!(
        checked.status.success() && told.contains("no backups: /nowhere/backups is not there"),
        "{checked:?}"
    );
    let listed = installation.succeed(&["backup", "list"], "");
    assert_eq!(listed, "MADE  SIZE  FILE\n", "the one in the data folder is made when it is needed");
    symlink("/nowhere/disk", installation.data_dir().join("backups")).expect("a link");
    installation.fails(&["backup", "list"], "", 4, "backups is not there; make it, or plug its disk in");
}

#[test]
fn a_way_that_leads_out_of_the_data_folder_ends_outside_of_it() {
    let installation = Installation::with_account();
    let folder = format!("{}/../elsewhere/backups", installation.data_dir().display());
    let config = installation.root().join("peerbox.toml");
    fs::write(&config, format!("backup.dir = '{folder}'\n")).expect("space");
    let create = ["backup", "create", "--config", config.to_str().expect("text")];
    installation.fails(&create, "", 4, "is not there; make it, or plug its disk in");
    assert!(!installation.data_dir().join("../elsewhere").exists(), "nothing is made on the wrong disk");
    fs::create_dir_all(&folder).expect("the disk is back");
    installation.succeed(&create, "");
}

#[test]
fn that_the_folder_of_backups_cannot_be_written_is_told_before_one_is_made() {
    let installation = Installation::with_account();
    let folder = temporary_folder();
    let settings = format!("backup.dir = '{}'\n", folder.path().display());
    fs::write(installation.root().join("config.toml"), settings).expect("space");
    let run = |arguments: &[&str]| {
        let arguments = [arguments, &["--config", "config.toml"]].concat();
        let output = installation.on_read_only(folder.path(), &arguments).output().expect("the executable");
        [output.stdout, output.stderr].concat()
    };
    let told = |arguments: &[&str]| String::from_utf8(run(arguments)).expect("text");
    let words = format!("{}: Read-only file system", folder.path().display());
    let checked = told(&["config", "check"]);
    assert!(checked.contains(&format!("no backups: {words}")), "{checked}");
    let examined = told(&["doctor"]);
    assert!(examined.contains(&words) && examined.contains("let the server read and write"), "{examined}");
    let created = told(&["backup", "create"]);
    assert!(created.contains(&words), "{created}");
}

#[test]
fn backups_on_a_disk_of_their_own_have_to_have_room_there() {
    let installation = Installation::with_account();
    let shelf = installation.root().join("shelf");
    fs::create_dir(&shelf).expect("a folder");
    let settings = format!("backup.dir = '{}'", shelf.display());
    fs::write(installation.root().join("config.toml"), settings).expect("space");
    for (mib, parts) in [
        (20, ["bad", "20 MiB free in", "make room: the next backup may take"]),
        (200, ["ok", "200 MiB free in", "shelf"]),
    ] {
        let disk = format!("mount -t tmpfs -o size={mib}m none '{}'", shelf.display());
        let doctor = ["doctor", "--json", "--config", "config.toml"];
        let output = installation.mounted(&disk, &doctor).output().expect("the executable");
        let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
        let finding = findings.iter().find(|finding| finding["what"] == "Disk of backups");
        let finding = finding.expect("a finding").to_string();
        assert!(parts.iter().all(|part| finding.contains(part)), "{finding}");
    }
}

#[test]
fn a_copy_that_cannot_be_made_names_the_folder_where_it_would_be() {
    let installation = Installation::with_account();
    let told = installation.run(&["backup", "create", "/nowhere/copy.db"], "");
    let told = String::from_utf8(told.stderr).expect("text");
    assert_eq!(told, "peerbox: /nowhere: No such file or directory (os error 2)\n");
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_backup_leaves_nothing_of_it() {
    let installation = Installation::with_account();
    let database = Connection::open(installation.database()).expect("the database");
    let fill = "create table filler (x blob);
                insert into filler (x) with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)
                select zeroblob(3000) from n;
                update account set created_at = 0";
    database.execute_batch(fill).expect("rows");
    drop(database);
    let folder = installation.data_dir().join("backups");
    let mut server = installation.serve("backup.schedule = '03:15'").await;
    let open = PathBuf::from(format!("/proc/{}/fd", server.id));
    let is_copied = || {
        let files = fs::read_dir(&open).into_iter().flatten().flatten();
        let mut files = files.filter_map(|file| fs::read_link(file.path()).ok());
        files.any(|file| file.to_string_lossy().contains(".peerbox-unfinished-"))
    };
    eventually("a copy under way", || ready(is_copied())).await;
    server.signal("TERM");
    server.end().await;
    let left: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
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
    let toml = format!("[backup]\ndir = '{}'\n", elsewhere.path().display());
    let config = elsewhere.path().join("config.toml");
    fs::write(&config, toml).expect("space");
    // Of a folder that is there, so that nothing else is wrong with it.
    let doctor = || {
        let examined = app.installation.run(&["doctor", "--config", config.to_str().expect("text")], "");
        String::from_utf8_lossy(&examined.stdout).into_owned()
    };
    let told = doctor();
    assert!(told.contains("the last was not made") && told.contains("is not there"), "{told}");
    let page = manager.get("/admin/diagnostics").await.is(200).text();
    assert!(page.contains("are away"), "{page}");

    app.advance(Duration::from_hours(27));
    let mut manager = app.signed_in().await;
    manager.get("/admin/backups").await.is(200);
    let page = manager.get("/admin").await.is(200).text();
    assert!(page.contains("none is made, and those that are kept there are away"), "{page}");

    fs::create_dir(&disk).expect("the disk is back");
    let manager = Mutex::new(manager);
    // The server's own try may be under way, which fails and is then the one that was asked for.
    eventually("a backup on the disk that is back", || async {
        let mut manager = manager.lock().await;
        manager.get("/admin/backups").await.is(200);
        manager.post("/admin/backups", &[]).await.is(303);
        let page = manager.get("/admin").await.is(200).text();
        !page.contains("could not be made") && !page.contains("are away")
    })
    .await;
    let told = doctor();
    assert!(!told.contains("was not made"), "{told}");
    assert!(fs::read_dir(&disk).expect("the disk").count() > 0);
}
