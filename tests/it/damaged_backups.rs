//! Backups in which something is damaged: what of them can still be put back.

use std::collections::BTreeSet;
use std::fs;
use std::future::ready;
use std::path::Path;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::support::app::App;
use crate::support::bearer::{Bearer, payload};
use crate::support::eventually;

/// A backup of two messages, and who reads them. The server is stopped.
async fn backed_up() -> (App, Bearer, String) {
    let mut app = App::start().await;
    let peer = app.channel().await.two_way().await;
    peer.wrote("one").await;
    peer.wrote("two").await;
    let file = app.installation.root().join("copy.db").display().to_string();
    app.installation.succeed(&["backup", "create", &file], "");
    app.stop().await;
    (app, peer, file)
}

fn edit(file: &str, sql: &str) {
    let database = rusqlite::Connection::open(Path::new(file)).expect("a database");
    database.execute_batch(sql).expect("written");
}

#[tokio::test]
async fn single_damaged_values_are_taken_over_when_that_is_said_and_all_else_is_as_it_was() {
    let (mut app, peer, file) = backed_up().await;
    edit(
        &file,
        "update message set sealed = cast(sealed || x'00' as blob) where id = 1;
         update channel set messages = 7",
    );

    for command in
        [&["backup", "verify", &file][..], &["restore", &file, "--yes"], &["restore", &file, "--dry-run"]]
    {
        let words = "3 faults, the first is: account 1 remembers another number";
        app.installation.fails(command, "", 6, words);
        app.installation.fails(command, "", 6, "`peerbox restore --damaged` puts this one in place");
    }
    let tried = app.installation.run(&["restore", &file, "--damaged", "--dry-run"], "");
    assert!(
        String::from_utf8_lossy(&tried.stdout).contains("would restore 1 account, 1 channel, 2 messages")
    );
    let told = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success() && told.contains("3 faults, taken over as it is"), "{tried:?}");

    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.installation.fails(&["check"], "", 6, "3 faults");
    app.restart().await;
    let messages = peer.messages("").await;
    assert_eq!(messages[0]["damaged"], true);
    assert_eq!(payload(&messages[1]), b"two");
}

#[tokio::test]
async fn a_file_that_is_damaged_as_a_whole_is_not_put_in_place() {
    let (app, _peer, file) = backed_up().await;
    edit(&file, "create trigger listener after insert on message begin delete from channel; end");
    let words = "the trigger listener was made by somebody else; nothing in it can be relied on";
    app.installation.fails(&["restore", &file, "--damaged", "--yes"], "", 6, words);
    edit(&file, "drop trigger listener; drop trigger channel_leftovers");
    let words = "the trigger channel_leftovers is missing";
    app.installation.fails(&["restore", &file, "--damaged", "--yes"], "", 6, words);
}

#[tokio::test]
async fn what_is_damaged_is_told_after_the_next_daily_backup_for_as_long_as_it_is() {
    let app = App::with("backup.schedule = '03:15'").await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("one").await;
    app.edit("update message set sealed = zeroblob(length(sealed))");
    let told_by_the_next_backup = async |expected: bool| {
        app.advance(Duration::from_hours(24));
        let mut manager = app.signed_in().await;
        let words = "Data: 1 fault, the first: message 1 of channel row 1 does not open";
        let page = Mutex::new(&mut manager);
        eventually("the look through the backup", || async {
            page.lock().await.get("/admin").await.is(200).text().contains(words) == expected
        })
        .await;
    };
    told_by_the_next_backup(true).await;
    channel.delete().await;
    told_by_the_next_backup(false).await;
}

#[tokio::test]
async fn no_backup_is_pruned_while_something_is_damaged() {
    let app = App::with("backup.schedule = '03:15'\nbackup.keep = '1 daily'").await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("one").await;
    let folder = app.installation.data_dir().join("backups");
    let shelved = || {
        let names =
            fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.expect("an entry").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("peerbox-")).collect::<BTreeSet<_>>()
    };
    let day = async || {
        let last = shelved().pop_last();
        app.advance(Duration::from_hours(24));
        eventually("another backup", || ready(shelved().pop_last() != last)).await;
    };
    day().await;
    let sound = shelved();
    app.edit("update message set sealed = zeroblob(length(sealed))");
    for _ in 0..4 {
        day().await;
    }
    assert!(sound.is_subset(&shelved()) && shelved().len() == 5, "{:?}", shelved());
    channel.delete().await;
    day().await;
    eventually("the earlier ones to go", || ready(sound.is_disjoint(&shelved()))).await;
}

#[tokio::test]
async fn what_others_made_in_the_file_is_named_by_a_check() {
    let (app, _peer, file) = backed_up().await;
    edit(
        &app.installation.data_dir().join("peerbox.db").display().to_string(),
        "create trigger listener after insert on message begin delete from channel; end;
         create table notes (text);
         create trigger _litestream_too after delete on message begin delete from channel; end;
         create view everybody as select name from user;
         create table _litestream_seq (id integer primary key, seq integer)",
    );
    let checked = app.installation.run(&["check", "--json"], "");
    assert_eq!(checked.status.code(), Some(6));
    let found: serde_json::Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    let faults = [
        "the trigger _litestream_too was made by somebody else",
        "the trigger listener was made by somebody else",
    ];
    assert_eq!(found["faults"], serde_json::json!(faults));
    let doubts =
        ["the table notes was made by somebody else", "the view everybody was made by somebody else"];
    assert_eq!(found["doubts"], serde_json::json!(doubts));
    app.installation.succeed(&["backup", "verify", &file], "");
}
