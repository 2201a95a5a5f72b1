//! Backups in which something is damaged: what of them can still be put back.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::support::app::App;
use crate::support::bearer::{Bearer, payload};
use crate::support::furnished::furnished;

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
async fn what_is_damaged_is_refused_unless_that_is_said_and_then_all_else_is_as_it_was() {
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
        app.installation.fails(command, "", 6, "`peerbox restore --damaged` puts in place what can be read");
    }
    let tried = app.installation.run(&["restore", &file, "--damaged", "--dry-run"], "");
    assert!(
        String::from_utf8_lossy(&tried.stdout).contains("would restore 1 account, 1 channel, 2 messages")
    );
    let told = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success() && told.contains("the backup is damaged: 3 faults"), "{tried:?}");
    assert!(
        told.contains("what stays as it is: 1 fault, the first is: message 1 of channel row 1"),
        "{told}"
    );

    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.installation.fails(&["check"], "", 6, "1 fault");
    app.restart().await;
    let messages = peer.messages("").await;
    assert_eq!(messages[0]["damaged"], true);
    assert_eq!(payload(&messages[1]), b"two");
}

#[tokio::test]
async fn what_peerbox_lays_out_is_laid_out_anew() {
    let (mut app, peer, file) = backed_up().await;
    edit(
        &file,
        "create trigger listener after insert on message begin delete from channel; end;
         drop trigger channel_leftovers;
         drop trigger token_gone;
         create trigger token_gone after delete on token begin delete from channel; end;
         drop index token_by_channel;
         drop view envelope;
         delete from access_epoch",
    );
    app.installation.fails(&["restore", &file, "--yes"], "", 6, "the index token_by_channel is missing");
    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(peer.all().await, [1, 2]);
    assert_eq!(peer.wrote("three").await, 3);
}

/// Rows without those that they belong to, numbers that point where nothing is, and a row that is there twice.
const MISFITS: &str = "
    pragma foreign_keys = off;
    update channel set messages = 7, bytes = 8, head = 3 where id = 1;
    update channel set owner_token = 900 where id = 2;
    update account set bytes = 9;
    insert into user (account_id, name_blind, name, password, created_at)
      values (77, x'01', x'01', x'01', 0);
    insert into webhook_delivery (webhook_id, sequence, at, tries, outcome, answer) values (99, 1, 0, 1, 0, x'00');
    insert into message (id, sealed) values (5000, x'00');
    insert into filed_envelope values (1, 2500, 0, 0, 2500);
    insert into new_envelope values (44, 1, 0, 0, 5001);
    insert into message (id, sealed) values (5001, x'00');
    insert into token (channel_id, description, can_read, can_write, since, created_at)
      values (44, x'00', 1, 1, 0, 0);
    insert into read_exception values (44, 0, 3, 1);
    insert into read_cursor values (44, 0, 3);
    update read_cursor set cursor = 1000 where channel_id = 1;
    insert into deleted_message values (1, 2, 0, 0, 2, 9, 0);
    insert into deleted_state values (1, 77, 0, 1);
    insert into star values (1, 1234);
    insert into snooze values (1, 1234, 0);
    insert into filed_author values (1, 4321, 2);
    update new_envelope set author = 4711 where channel_id = 1 and sequence = 6;
    insert into leftover values (1, -1);
    update token set since = 5000 where channel_id = 1 and id = (select max(id) from token where channel_id = 1);
    update webhook set told = 5000";

#[tokio::test]
async fn a_log_of_another_file_beside_a_backup_is_none_of_its_own() {
    let (app, _peer, file) = backed_up().await;
    let other = App::start().await;
    other.channel().await.two_way().await.wrote("of another server").await;
    let log = other.installation.data_dir().join("peerbox.db-wal");
    let beside = format!("{file}-wal");
    assert!(fs::copy(log, &beside).expect("a log") > 0);
    let before = fs::read(&beside).expect("a log");
    assert!(app.installation.succeed(&["backup", "verify", &file], "").contains("2 messages"));
    app.installation.succeed(&["restore", &file, "--yes"], "");
    assert_eq!(fs::read(&beside).expect("a log"), before);
}

#[tokio::test]
async fn what_came_over_of_a_backup_that_is_cut_short_is_put_in_place() {
    let mut app = App::start().await;
    let peer = app.channel().await.two_way().await;
    for number in 1..=40 {
        peer.wrote(&format!("{number} {}", "some text ".repeat(600))).await;
    }
    let file = app.installation.root().join("copy.db").display().to_string();
    app.installation.succeed(&["backup", "create", &file], "");
    app.stop().await;
    let whole = fs::metadata(&file).expect("a backup").len();
    let cut = fs::File::options().write(true).open(&file).expect("a backup");
    // Each message has a page of its own, and the last ones are at the end.
    cut.set_len(whole - 20 * 8192 + 1).expect("a shorter one");
    app.installation.fails(&["restore", &file, "--yes"], "", 6, "is cut short: it has ");
    let tried = app.installation.run(&["restore", &file, "--damaged", "--dry-run"], "");
    let told = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success() && told.contains("lost: rows of message from id "), "{told}");
    assert!(told.contains(" on could not be read"), "{told}");
    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.installation.succeed(&["check"], "");
    app.restart().await;
    let rest = peer.all().await.len();
    assert!((10..40).contains(&rest), "{rest} of 40: {told}");
}

#[tokio::test]
async fn what_does_not_fit_together_is_mended() {
    let mut app = App::start().await;
    let (channel, lena, _late) = furnished(&app).await;
    let before = lena.all().await;
    let file = app.installation.root().join("copy.db").display().to_string();
    app.installation.succeed(&["backup", "create", &file], "");
    app.stop().await;
    edit(&file, MISFITS);
    app.installation.fails(&["restore", &file, "--yes"], "", 6, "faults");
    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(lena.all().await, before);
    let next = lena.wrote("goes on").await;
    assert!(channel.owner_token().all().await.contains(&next));
    app.stop().await;
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_damaged_page_takes_only_along_what_is_on_it_also_of_the_data_itself() {
    const MESSAGES: u64 = 400;
    const PAGE: usize = 8192;
    let mut app = App::start().await;
    let peer = app.channel().await.two_way().await;
    for number in 1..=MESSAGES {
        peer.wrote(&format!("{number} {}", "some text ".repeat(60))).await;
    }
    app.stop().await;
    let data = app.installation.database();
    let mut bytes = fs::read(&data).expect("the file");
    // Leaves of a table that are full of rows: only messages are so many, and what `schema.sql` says.
    let is_full =
        |page: &&mut [u8]| page[0] == 13 && page[4] > 8 && !page.windows(6).any(|text| text == b"CREATE");
    let full: Vec<_> = bytes.chunks_exact_mut(PAGE).skip(1).filter(is_full).collect();
    assert!(full.len() > 20, "{}", full.len());
    let (middle, end) = (full.len() / 2, full.len() - 1);
    for (place, page) in full.into_iter().enumerate() {
        if [0, middle, end].contains(&place) {
            page.fill(0xff);
        }
    }
    fs::write(&data, bytes).expect("space");
    let found = app.installation.run(&["check"], "");
    let told = String::from_utf8_lossy(&found.stdout);
    assert_eq!(found.status.code(), Some(6), "{found:?}");
    assert!(told.contains("table message, page") && told.contains("cannot be read"), "{found:?}");
    assert!(!told.contains("***") && !told.contains("Tree"), "{told}");

    let data = data.display().to_string();
    let restored = app.installation.run(&["restore", &data, "--damaged", "--yes"], "");
    let told = String::from_utf8_lossy(&restored.stderr);
    assert!(restored.status.success() && told.matches("lost: rows of message ").count() == 3, "{told}");
    app.installation.succeed(&["check"], "");
    app.restart().await;
    let rest = peer.all().await;
    let lost = MESSAGES - u64::try_from(rest.len()).expect("few");
    assert!(lost > 3 && lost < 60, "{lost} of {MESSAGES}");
    assert_eq!(peer.wrote("goes on").await, MESSAGES + 1);
}

#[tokio::test]
async fn what_others_made_in_the_file_is_named_by_a_check() {
    let (app, _peer, file) = backed_up().await;
    edit(
        &app.installation.data_dir().join("peerbox.db").display().to_string(),
        "create trigger listener after insert on message begin delete from channel; end;
         create unique index once on message (sealed);
         create table notes (text);
         create trigger _litestream_too after delete on message begin delete from channel; end;
         create view everybody as select name from user;
         create table _litestream_seq (id integer primary key, seq integer)",
    );
    let checked = app.installation.run(&["check", "--json"], "");
    assert_eq!(checked.status.code(), Some(6));
    let found: serde_json::Value = serde_json::from_slice(&checked.stdout).expect("JSON");
    let faults = [
        "the index once was made by somebody else",
        "the trigger _litestream_too was made by somebody else",
        "the trigger listener was made by somebody else",
    ];
    assert_eq!(found["faults"], serde_json::json!(faults));
    let doubts =
        ["the table notes was made by somebody else", "the view everybody was made by somebody else"];
    assert_eq!(found["doubts"], serde_json::json!(doubts));
    app.installation.succeed(&["backup", "verify", &file], "");
}

#[tokio::test]
async fn a_trigger_that_does_something_else_is_another_one_however_it_is_written() {
    const COLUMNS: &str = "select channel_id, author, sequence";
    let (app, _peer, file) = backed_up().await;
    let database = Connection::open(&file).expect("the backup");
    let read = "select sql from sqlite_schema where name = 'filed_author_last'";
    let ours: String = database.query_row(read, [], |row| row.get(0)).expect("a trigger");
    let verified = |part: &str, other: &str| {
        assert!(ours.contains(part), "{ours}");
        let made = format!("drop trigger filed_author_last; {}", ours.replace(part, other));
        database.execute_batch(&made).expect(&made);
        app.installation.run(&["backup", "verify", &file], "")
    };
    let also = format!("from filed_envelope where 0; delete from star; insert into filed_author {COLUMNS}");
    let quoted = ["'--'", "\"--\"", "`--`", "[--]", "\"\"\"--\"", "'--"].map(|name| match name {
        // It ends in the next line.
        "'--" => format!("{COLUMNS} '-- {also}\n'"),
        name => format!("{COLUMNS} {name} {also}"),
    });
    let quoted = quoted.iter().map(|other| (COLUMNS, other.as_str()));
    for (part, other) in
        quoted.chain([("sequence desc", "sequencedesc"), ("sequence desc", "\"sequence desc\"")])
    {
        let output = verified(part, other);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("the trigger filed_author_last is another one"), "{other}: {output:?}");
    }
    for (part, other) in
        [("from filed_envelope", "from\"filed_envelope\"-- \"it's\" ["), ("limit 1", "limit\t1")]
    {
        let output = verified(part, other);
        assert!(output.status.success(), "{other}: {output:?}");
    }
}
