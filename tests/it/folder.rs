//! The data folder: one server at a time, no new database over a lost one, no start that a killed rotation spoils.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;

use crate::support::app::files_below;
use crate::support::bearer::Bearer;
use crate::support::process::Installation;

/// Ends with this code and a sentence that has this in it.
#[track_caller]
fn refused(output: &Output, code: i32, part: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(part), "{part} is not in {told}");
}

fn serve(installation: &Installation) -> Output {
    installation.run(&["serve", "--listen", "127.0.0.1:0"], "")
}

/// All files of the installation.
fn files(installation: &Installation) -> BTreeMap<PathBuf, Vec<u8>> {
    files_below(installation.root())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

#[tokio::test]
async fn a_second_server_is_refused_and_commands_go_on() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    refused(&serve(&installation), 4, &format!("process {} ", server.id));
    installation.create_account("second", "anna", "a good password");
    installation.succeed(&["check"], "");
    server.owner().list().await.ok();
    server.signal("KILL");
    server.end().await;
    installation.serve("").await.owner().list().await.ok();
}

#[test]
fn a_trial_of_a_start_refuses_a_folder_that_cannot_be_written_as_the_start_does() {
    let installation = Installation::with_account();
    for data in [installation.data_dir(), installation.root().join("new")] {
        let data_dir = data.to_str().expect("text");
        for more in [&["--only-check"][..], &[]] {
            let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir];
            let key = installation.key_file();
            let key = ["--key-file", key.to_str().expect("text")];
            let arguments = [&serve[..], &key, more].concat();
            let place = data.ancestors().find(|place| place.exists()).expect("a folder");
            let output = installation.on_read_only(place, &arguments).output().expect("the executable");
            refused(&output, 4, &format!("the data folder {data_dir} cannot be used: Read-only file system"));
        }
    }
}

#[test]
fn who_comes_second_by_a_moment_hears_who_was_first() {
    let installation = Installation::with_account();
    let path = installation.data_dir().join("peerbox.lock");
    fs::write(&path, "").expect("space");
    let lock = fs::File::open(&path).expect("a file");
    lock.try_lock().expect("nobody has it");
    refused(&serve(&installation), 4, "is in use by another process already");
    let mut second = installation.command(&["serve", "--listen", "127.0.0.1:0"]);
    let second = second.stderr(Stdio::piped()).spawn().expect("the executable");
    fs::write(&path, "4711\n").expect("space");
    refused(&second.wait_with_output().expect("an end"), 4, "is in use by process 4711 already");
}

#[test]
fn an_address_in_use_leaves_no_new_database_and_key() {
    let installation = Installation::empty();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    refused(&installation.run(&["serve", "--listen", &address], ""), 8, &address);
    assert!(!installation.database().exists() && !installation.key_file().exists());
}

#[test]
fn a_lost_database_is_told_and_no_new_one_is_made() {
    let installation = Installation::with_account();
    let database = installation.database();
    let whole = fs::read(&database).expect("the file");
    let emptied = Connection::open(installation.root().join("empty")).expect("a database");
    emptied.execute_batch("pragma page_size = 8192; vacuum").expect("an empty database");
    drop(emptied);
    let tables_gone = fs::read(installation.root().join("empty")).expect("the file");
    fs::remove_file(installation.root().join("empty")).expect("a file");
    let cases: &[(&str, Option<&[u8]>, i32)] = &[
        ("gone", None, 6),
        ("empty", Some(b""), 6),
        ("without tables", Some(&tables_gone), 6),
        ("cut in the first page", Some(&whole[..2000]), 6),
        ("cut in the middle", Some(&whole[..whole.len() / 2]), 6),
        ("a text", Some(b"none of ours, and long enough to be a file of its own"), 5),
    ];
    for (case, content, code) in cases {
        match content {
            Some(content) => fs::write(&database, content).expect("space"),
            None => fs::remove_file(&database).expect("the file"),
        }
        let before = files(&installation);
        for command in [&["check"][..], &["account", "list"], &["key", "rotate"]] {
            refused(&installation.run(command, ""), *code, "database");
            let after = files(&installation);
            assert!(before == after, "{case}: {command:?} changed {:?}", after.keys());
        }
        refused(&serve(&installation), *code, "database");
        assert_eq!(fs::read(&database).ok().as_deref(), *content, "{case}");
        fs::write(&database, &whole).expect("space");
        installation.succeed(&["check"], "");
    }
}

#[test]
fn an_emptied_database_without_a_mark_is_lost_too() {
    let installation = Installation::with_account();
    // As earlier versions left it.
    fs::remove_file(installation.data_dir().join("peerbox.made")).expect("a mark");
    installation.succeed(&["check"], "");
    fs::write(installation.database(), "").expect("space");
    refused(&serve(&installation), 6, "gone or empty");
    refused(&installation.run(&["account", "list"], ""), 6, "gone or empty");
    assert_eq!(fs::read(installation.database()).expect("the file"), b"");
}

#[test]
fn nothing_is_made_by_a_command_that_finds_no_database() {
    let installation = Installation::empty();
    for command in
        [&["check"][..], &["compact"], &["import", "-"], &["export", "--account", "a"], &["backup", "create"]]
    {
        refused(&installation.run(command, ""), 4, "there is no database");
        assert!(!installation.data_dir().exists() && !installation.key_file().exists(), "{command:?}");
    }
}

#[test]
fn whoever_may_not_use_the_data_is_told_so_and_not_that_there_is_none() {
    let installation = Installation::with_account();
    let (folder, database) = (installation.data_dir(), installation.database());
    let run = |command: &[&str]| {
        let inside = installation.command(command);
        // Root without its rights over all files.
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-all", "--inh-caps=-all", "--"]);
        command.arg(inside.get_program()).args(inside.get_args()).env_clear();
        command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(installation.root()).output().expect("setpriv of util-linux")
    };
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
    let told = format!("no permission to use the data in {}", folder.display());
    let commands = [
        &["account", "list"][..],
        &["check"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["backup", "create", "b.db"],
        &["compact"],
        &["migrate", "--status"],
    ];
    for (path, mode) in [(&folder, 0o000), (&database, 0o000)] {
        set(path, mode);
        for command in commands {
            refused(&run(command), 4, &told);
        }
        set(path, 0o700);
    }
    set(&database, 0o400);
    refused(&run(&["account", "list"]), 4, &told);
    refused(&run(&["serve", "--listen", "127.0.0.1:0"]), 4, &told);
    assert!(run(&["check"]).status.success(), "it only reads");
    set(&database, 0o600);
    assert!(run(&["account", "list"]).status.success());
}

#[tokio::test]
async fn a_check_changes_no_file() {
    let installation = Installation::with_account();
    let before = files(&installation);
    installation.succeed(&["check"], "");
    assert!(files(&installation) == before, "after a command");

    let server = installation.serve("").await;
    server.owner().channel().await.owner_token().wrote("kept in the log").await;
    drop(server);
    let log = beside(&installation.database(), "-wal");
    assert!(fs::metadata(&log).expect("a log").len() > 0);
    let index = beside(&installation.database(), "-shm");
    // The index is SQLite's scratch, made anew from the log by whoever opens it first.
    let without_index = || {
        let mut files = files(&installation);
        files.remove(&index);
        files
    };
    let before = without_index();
    let sealed_values = installation.succeed(&["check", "--json"], "");
    assert!(without_index() == before, "after a kill");
    fs::remove_file(&index).expect("the index");
    assert_eq!(installation.succeed(&["check", "--json"], ""), sealed_values);
    assert!(without_index() == before, "without the log's index");
}

#[tokio::test]
async fn an_old_copy_beside_a_later_log_is_caught() {
    let installation = Installation::with_account();
    let mut server = installation.serve("limits.message_bytes = \"1M\"").await;
    let o = server.owner().channel().await.owner_token();
    server.signal("TERM");
    assert!(server.end().await.success());
    let old = fs::read(installation.database()).expect("the file");
    let server = installation.serve("limits.message_bytes = \"1M\"").await;
    let o = Bearer { site: server.site.clone(), ..o };
    let body = "x".repeat(1_000_000);
    o.wrote(&body).await;
    // Until the log begins anew: then it no longer has all that the old copy lacks.
    let first = salts(&installation);
    for _ in 0..300 {
        if salts(&installation) != first {
            break;
        }
        o.wrote(&body).await;
    }
    assert_ne!(salts(&installation), first, "the log never began anew");
    drop(server);
    fs::write(installation.database(), old).expect("space");
    let before = files(&installation);
    refused(&serve(&installation), 6, "do not fit together");
    refused(&installation.run(&["account", "list"], ""), 6, "do not fit together");
    let database = installation.database();
    assert!(fs::read(&database).expect("the file") == before[&database], "nothing was moved into it");
}

/// What the head of the log tells one beginning from the next by.
fn salts(installation: &Installation) -> Vec<u8> {
    let log = fs::read(installation.database().with_extension("db-wal")).expect("the log");
    log[16..24].to_vec()
}

#[test]
fn a_first_start_that_was_killed_is_taken_up() {
    let installation = Installation::empty();
    // The key is there, its database is not; and a key that did not get its name lies beside it.
    installation.succeed(&["key", "new"], "");
    fs::create_dir_all(installation.data_dir()).expect("a folder");
    fs::write(installation.database(), "").expect("space");
    fs::write(installation.data_dir().join("peerbox.made"), "A database is being made here.\n")
        .expect("space");
    fs::write(installation.key_file().with_file_name(".peerbox-key-a"), "cut sh").expect("space");
    let key = fs::read(installation.key_file()).expect("the key");
    installation.create_account("first", "anna", "a good password");
    assert_eq!(fs::read(installation.key_file()).expect("the key"), key);
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_rotation_can_be_killed_at_every_moment() {
    let installation = Installation::with_account();
    let key = installation.key_file();
    let (next, previous) = (beside(&key, ".next"), beside(&key, ".previous"));

    // The new key was written, and the old one was perhaps given its second name.
    fs::write(&next, format!("{}\n", "0a".repeat(32))).expect("space");
    let server = installation.serve("").await;
    fs::hard_link(&key, &previous).expect("a second name");
    installation.succeed(&["check"], "");
    installation.succeed(&["key", "rotate"], "");
    assert!(!next.exists() && !beside(&key, ".previous-2").exists());
    assert_eq!(fs::read_to_string(&key).expect("the key").trim(), "0a".repeat(32));

    // The data has the new key, whose file is not in its place yet.
    fs::rename(&key, &next).expect("a file");
    fs::copy(&previous, &key).expect("a file");
    let before = files(&installation);
    installation.succeed(&["check"], "");
    assert!(files(&installation).keys().eq(before.keys()), "a check moves no key");
    drop(server);
    installation.serve("").await.owner().list().await.ok();
    assert!(!next.exists());
    assert_eq!(fs::read_to_string(&key).expect("the key").trim(), "0a".repeat(32));
    installation.succeed(&["key", "rotate"], "");
    installation.succeed(&["check"], "");
}
