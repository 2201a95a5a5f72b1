//! Backups: made beside a running server, checked, pruned, and put back.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::app::{App, files_below};
use crate::support::bearer::{Bearer, sequences};
use crate::support::process::Installation;

#[track_caller]
fn fails(installation: &Installation, arguments: &[&str], code: i32, words: &str) {
    let output = installation.run(arguments, "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words), "{told}");
}

/// A backup beside the data, made by the command.
fn backup(installation: &Installation, name: &str) -> PathBuf {
    let path = installation.root().join(name);
    let told = installation.succeed(&["backup", "create", path.to_str().expect("text")], "");
    assert_eq!(Path::new(told.trim()), path);
    path
}

fn found(installation: &Installation, file: &Path) -> Value {
    let found = installation.succeed(&["backup", "verify", "--json", file.to_str().expect("text")], "");
    serde_json::from_str(&found).expect("JSON")
}

#[tokio::test]
async fn a_backup_has_what_was_acknowledged_before_it_and_opens_with_the_key_only() {
    let app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    for text in ["one", "two", "three"] {
        peer.wrote(text).await;
    }
    let file = backup(&app.installation, "copy.db");
    peer.wrote("four").await;

    let found = found(&app.installation, &file);
    assert_eq!((found["accounts"].as_u64(), found["messages"].as_u64()), (Some(1), Some(3)));
    assert!(found["newest_message"].is_string() && found["sealed_values"].as_u64() > Some(3), "{found}");
    let bytes = fs::read(&file).expect("a file");
    let key = fs::read(app.installation.key_file()).expect("a key");
    assert!(!bytes.windows(key.len().min(32)).any(|part| key.starts_with(part)), "the key is not in it");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    fails(&app.installation, &["backup", "create", file.to_str().expect("text")], 7, "is there already");

    let stranger = Installation::with_account();
    fails(&stranger, &["backup", "verify", file.to_str().expect("text")], 10, "does not open");
}

#[tokio::test]
async fn a_restored_backup_is_served_as_it_was_and_the_data_of_before_is_kept() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("before").await;
    let file = backup(&app.installation, "copy.db");
    let file = file.to_str().expect("text");
    peer.wrote("after").await;

    app.stop().await;
    fails(&app.installation, &["restore", file], 2, "pass --yes");
    let told = app.installation.succeed(&["restore", file, "--dry-run"], "");
    assert!(told.contains("would restore 1 account, 1 channel, 1 message"), "{told}");
    // A log that was left by something else must not be taken for the backup's.
    fs::write(app.installation.data_dir().join("peerbox.db-wal"), b"left behind").expect("space");
    let told = app.installation.succeed(&["restore", file, "--yes"], "");
    assert!(told.contains("restored 1 account, 1 channel, 1 message, the newest of"), "{told}");
    let aside = fs::read_dir(app.installation.data_dir()).expect("a folder");
    let aside: Vec<_> = aside.map(|entry| entry.expect("an entry").path()).collect();
    let kept = aside.iter().find(|path| path.to_string_lossy().contains("before-restore-")).expect("kept");
    assert!(kept.join("peerbox.db").exists() && kept.join("peerbox.db-wal").exists());
    assert!(!aside.iter().any(|path| path.to_string_lossy().contains("unfinished")), "{aside:?}");

    app.restart().await;
    let messages = peer.at(&channel).messages("").await;
    assert_eq!(sequences(&messages), [1]);
    assert_eq!(peer.at(&channel).wrote("again").await, 2);
}

#[tokio::test]
async fn a_restore_that_was_killed_is_finished_by_the_same_command_and_loses_neither() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("kept").await;
    let file = backup(&app.installation, "copy.db");
    app.stop().await;
    let data = app.installation.data_dir();
    let original = fs::read(data.join("peerbox.db")).expect("the database");
    let mark = |how: &str| {
        format!("A backup is being put in place here. What was here before is {how}: before-restore-x\n")
    };
    // Killed before the database was moved, after it was moved, before the copy was put in its place, and after.
    for (stage, how) in ["being moved to", "being moved to", "in", "in"].into_iter().enumerate() {
        fs::create_dir_all(data.join("before-restore-x")).expect("a folder");
        fs::write(data.join("peerbox.made"), mark(how)).expect("space");
        if stage > 0 {
            fs::rename(data.join("peerbox.db"), data.join("before-restore-x/peerbox.db")).expect("moved");
        }
        if stage > 2 {
            fs::copy(&file, data.join("peerbox.db")).expect("copied");
        }
        fails(&app.installation, &["account", "list"], 6, "run the same `peerbox restore` again");
        fails(
            &app.installation,
            &["serve", "--listen", "127.0.0.1:0"],
            6,
            "run the same `peerbox restore` again",
        );
        app.installation.succeed(&["restore", file.to_str().expect("text"), "--yes"], "");
        app.installation.succeed(&["account", "list"], "");
        let kept = fs::read(data.join("before-restore-x/peerbox.db")).expect("the one of before");
        assert!(kept == original, "stage {stage}");
        fs::remove_dir_all(data.join("before-restore-x")).expect("gone");
        fs::write(data.join("peerbox.db"), &original).expect("space");
    }
}

#[tokio::test]
async fn what_was_moved_aside_has_its_last_messages_in_the_log_beside_it_and_can_be_put_back() {
    let mut app = App::start().await;
    app.channel().await.two_way().await.wrote("one").await;
    let file = backup(&app.installation, "copy.db");
    app.stop().await;
    let (installation, file) = (&app.installation, file.to_str().expect("text"));
    let mut server = installation.serve("").await;
    let peer = server.owner().channel().await.two_way().await;
    for text in ["two", "three", "four"] {
        peer.wrote(text).await;
    }
    server.signal("KILL");
    server.end().await;
    installation.succeed(&["restore", file, "--yes"], "");
    let entries = fs::read_dir(installation.data_dir()).expect("a folder");
    let mut entries = entries.map(|entry| entry.expect("an entry").path());
    let aside = entries.find(|path| path.to_string_lossy().contains("before-restore-")).expect("kept");
    let kept = files_below(&aside);
    assert!(kept[&aside.join("peerbox.db-wal")].len() > 4096, "what was written last is in the log");

    let aside = aside.join("peerbox.db");
    assert_eq!(found(installation, &aside)["messages"], 4);
    let told = installation.succeed(&["restore", aside.to_str().expect("text"), "--yes"], "");
    assert!(told.contains("restored 1 account, 2 channels, 4 messages"), "{told}");
    assert_eq!(fs::read(&aside).expect("a file"), kept[&aside], "what is put back stays as it is");
    let server = installation.serve("").await;
    assert_eq!(Bearer { site: server.site.clone(), ..peer }.all().await, [1, 2, 3]);
}

#[tokio::test]
async fn what_is_damaged_or_no_backup_is_refused_and_nothing_is_touched() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("a message").await;
    let file = backup(&app.installation, "copy.db");
    app.stop().await;
    let data = app.installation.data_dir().join("peerbox.db");
    let original = fs::read(&data).expect("the database");
    let sound = fs::read(&file).expect("a backup");
    let file = file.to_str().expect("text");

    let check = |bytes: &[u8], code: i32, words: &str| {
        fs::write(file, bytes).expect("space");
        fails(&app.installation, &["backup", "verify", file], code, words);
        fails(&app.installation, &["restore", file, "--yes"], code, words);
        assert!(fs::read(&data).expect("the database") == original, "{words}");
    };
    // A sealed value with another bit: the file's own structure is sound.
    let connection = rusqlite::Connection::open(file).expect("a database");
    connection.execute_batch("update message set sealed = cast(sealed || x'00' as blob)").expect("written");
    drop(connection);
    check(&fs::read(file).expect("a backup"), 6, "does not open");
    check(&sound[..sound.len() / 2], 6, "is cut short: it has ");
    // The key still opens it, and a page further on is garbage.
    let mut garbage = sound.clone();
    let end = garbage.len() - 8192;
    garbage[end - 8192 * 8..end].fill(0xff);
    check(&garbage, 6, &format!("{file}: the database file is damaged"));
    let no_backup = format!("peerbox: {file} is not a backup of peerbox\n");
    check(b"no backup", 5, &no_backup);
    check(b"", 5, &no_backup);
    fs::write(file, &sound).expect("space");
    rusqlite::Connection::open(file)
        .and_then(|file| file.execute_batch("pragma user_version = 999"))
        .expect("written");
    check(&fs::read(file).expect("a backup"), 5, &format!("{file} has schema version 999"));
    for command in [&["backup", "create", "-"][..], &["backup", "verify", "-"], &["restore", "-"]] {
        fails(&app.installation, command, 2, "a backup needs a file of its own");
    }
    let folder = app.installation.root().to_str().expect("text");
    for command in [&["backup", "verify"][..], &["restore"]] {
        let of = |file| [command, &[file]].concat();
        fails(&app.installation, &of("/nowhere/at all.db"), 4, "/nowhere/at all.db: No such file");
        fails(&app.installation, &of(folder), 5, &format!("{folder} is not a backup of peerbox"));
    }
}

#[tokio::test]
async fn a_backup_with_the_key_opens_with_its_passphrase_alone() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("carried away").await;
    let root = app.installation.root().to_owned();
    let (file, words) = (root.join("whole.db"), root.join("words"));
    let (file, words) = (file.to_str().expect("text"), words.to_str().expect("text"));
    let with_key = ["backup", "create", file, "--with-key", "--passphrase-file", words];
    fs::write(words, "seven77\n").expect("space");
    fails(&app.installation, &with_key, 2, "has fewer than 8 characters");
    fs::write(words, "correct horse battery staple\n").expect("space");
    app.installation.succeed(&with_key, "");
    app.stop().await;

    // Another machine, without the key's file.
    let elsewhere = Installation::empty();
    fails(
        &elsewhere,
        &["restore", file],
        10,
        &format!("{file} opens with a passphrase; give it with --passphrase-file"),
    );
    let other = root.join("other words");
    fs::write(&other, "battery staple\n").expect("space");
    let other = ["backup", "verify", file, "--passphrase-file", other.to_str().expect("text")];
    fails(&elsewhere, &other, 10, "the passphrase does not open");
    let verified = elsewhere.run(&["backup", "verify", file, "--passphrase-file", words], "");
    assert!(
        String::from_utf8_lossy(&verified.stdout).starts_with("1 account, 1 channel, 1 message"),
        "{verified:?}"
    );
    for arguments in [&["restore", file][..], &["check"]] {
        let output =
            elsewhere.command(arguments).env("PEERBOX_PASSPHRASE_FILE", words).output().expect("a program");
        assert!(output.status.success(), "{output:?}");
    }
}

#[tokio::test]
async fn a_folder_that_is_served_is_not_restored_and_is_backed_up() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let file = backup(&installation, "copy.db");
    let file = file.to_str().expect("text");
    fails(&installation, &["restore", file, "--yes"], 4, "is in use by process");
    fails(&installation, &["restore", "nosuch.db", "--yes"], 4, "nosuch.db: No such file");
    assert!(installation.succeed(&["restore", file, "--dry-run"], "").contains("would restore 1 account"));
    server.signal("TERM");
    assert!(server.end().await.success());
    let kept = || {
        let output = installation.run(&["restore", file, "--yes"], "");
        let told = String::from_utf8(output.stderr).expect("text");
        told.split("/before-restore-")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .expect("a name")
            .to_owned()
    };
    assert_ne!(kept(), kept(), "two within a second");
}

#[test]
fn a_backup_that_opens_with_another_key_says_so_and_how_the_present_key_comes_back() {
    let installation = Installation::with_account();
    let (key, words) = (installation.key_file(), installation.root().join("words"));
    let (key, words) = (key.to_str().expect("text"), words.to_str().expect("text"));
    fs::write(words, "correct horse battery staple").expect("space");
    let older = backup(&installation, "older.db");
    let older = older.to_str().expect("text");
    let previous = format!("{key}.previous");
    installation.succeed(&["key", "rotate"], "");

    fails(
        &installation,
        &["backup", "verify", older],
        10,
        &format!("; it opens with --key-file {previous}\n"),
    );
    fails(
        &installation,
        &["restore", older, "--yes"],
        10,
        &format!("; it opens with --key-file {previous}\n"),
    );
    let another = format!("key rotate --key-file {previous} --to FILE` puts another key in its place");
    let tried = installation.run(&["restore", older, "--dry-run", "--key-file", &previous], "");
    assert!(String::from_utf8_lossy(&tried.stderr).contains(&another), "{tried:?}");
    let restored = installation.run(&["restore", older, "--yes", "--key-file", &previous], "");
    assert!(String::from_utf8_lossy(&restored.stderr).contains(&another), "{restored:?}");
    let back = format!("peerbox key rotate --key-file {previous} --to {key}");
    fails(&installation, &["account", "list"], 10, &back);
    fails(&installation, &["serve", "--listen", "127.0.0.1:0"], 10, &back);
    installation.succeed(&["key", "rotate", "--key-file", &previous, "--to", key], "");
    installation.succeed(&["account", "list"], "");

    let file = installation.root().join("whole.db");
    let file = file.to_str().expect("text");
    installation.succeed(&["backup", "create", file, "--with-key", "--passphrase-file", words], "");
    let restored = installation.run(&["restore", file, "--yes", "--passphrase-file", words], "");
    let told = String::from_utf8_lossy(&restored.stderr);
    assert!(told.contains("give it with PEERBOX_PASSPHRASE_FILE from then on"), "{told}");
    fails(&installation, &["account", "list"], 10, "`peerbox key rotate --to FILE`");
    let back =
        installation.command(&["key", "rotate", "--to", key]).env("PEERBOX_PASSPHRASE_FILE", words).output();
    assert!(back.expect("a program").status.success());
    let output =
        installation.run(&["restore", &backup(&installation, "same.db").display().to_string(), "--yes"], "");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("key"), "{output:?}");
}

#[tokio::test]
async fn a_restore_that_is_only_tried_makes_no_folder() {
    let installation = Installation::with_account();
    let file = backup(&installation, "copy.db");
    let nowhere = installation.root().join("not/there");
    let folder = nowhere.to_str().expect("text");
    let file = file.to_str().expect("text");
    let told = installation.succeed(&["restore", file, "--dry-run", "--data-dir", folder], "");
    assert!(told.contains("would restore 1 account,"), "{told}");
    assert!(!installation.root().join("not").exists());
}
