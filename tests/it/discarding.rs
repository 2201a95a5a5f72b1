//! What does not open is removed where that is said, and nothing else.

use std::fs;

use rusqlite::Connection;

use crate::support::app::App;
use crate::support::bearer::payload;
use crate::support::furnished::furnished;
use crate::support::sealed::{GARBAGE, sealed_columns};

/// Of people. What they sign in with stays.
const STAY: [&str; 3] = ["account.name", "user.name", "user.password"];

/// Makes one value a value that does not open.
fn damage(file: &str, table: &str, column: &str, rows: &str) {
    let sql = format!("update {table} set {column} = zeroblob(coalesce(length({column}), 60)) where {rows}");
    edit(file, &sql);
}

fn edit(file: &str, sql: &str) {
    let database = Connection::open(file).expect("a database");
    database.execute_batch(sql).expect("written");
}

/// A backup of a stopped server's data.
async fn backed_up(app: &mut App) -> String {
    let file = app.installation.root().join("copy.db").display().to_string();
    app.installation.succeed(&["backup", "create", &file], "");
    app.stop().await;
    file
}

/// Restores with all that does not open removed; what was told.
fn restored(app: &App, file: &str) -> String {
    let restored = app.installation.run(&["restore", file, "--damaged", "--discard", "--yes"], "");
    let told = String::from_utf8_lossy(&restored.stderr).into_owned();
    assert!(restored.status.success(), "{told}");
    told
}

/// The look-up hashes of two channels, one in the place of the other.
const EXCHANGED: &str = "
    create table kept as select id, id_blind from channel;
    update channel set id_blind = randomblob(32);
    update channel set id_blind = (select id_blind from kept where kept.id = 3 - channel.id);
    drop table kept";

#[tokio::test]
async fn a_file_without_what_does_not_open_is_sound() {
    let mut app = App::start().await;
    let (_channel, lena, _late) = furnished(&app).await;
    let before = lena.all().await;
    let whole = backed_up(&mut app).await;
    edit(&whole, GARBAGE);
    let damaged = app.installation.root().join("damaged.db").display().to_string();
    for (table, column) in sealed_columns() {
        if table == "keyring" {
            continue;
        }
        fs::copy(&whole, &damaged).expect("a copy");
        damage(&damaged, table, column, "true");
        let told = restored(&app, &damaged);
        let (name, checked) = (format!("{table}.{column}"), app.installation.run(&["check"], ""));
        let found = String::from_utf8_lossy(&checked.stdout);
        if STAY.contains(&name.as_str()) {
            assert!(
                checked.status.code() == Some(6) && found.contains("does not open"),
                "{name}: {checked:?}"
            );
            assert!(told.contains("what stays as it is"), "{name}: {told}");
        } else {
            assert!(checked.status.success(), "{name}: {found}");
            assert!(told.contains("lost: ") && !told.contains("stays"), "{name}: {told}");
        }
    }
    restored(&app, &whole);
    app.restart().await;
    assert_eq!(lena.all().await, before);
}

#[tokio::test]
async fn only_what_does_not_open_goes() {
    let mut app = App::start().await;
    let (kept, lost) = (app.channel().await, app.channel().await);
    let (peer, revoked) = (kept.two_way().await, kept.two_way().await);
    for text in ["one", "two", "three"] {
        peer.wrote(text).await;
    }
    revoked.wrote("four").await;
    lost.two_way().await.wrote("with the key").await;
    let file = backed_up(&mut app).await;
    damage(&file, "message", "sealed", "id = 2");
    damage(&file, "channel", "key", "id = 2");
    damage(&file, "token", "secret", &format!("id = {}", revoked.id));
    damage(&file, "token", "description", &format!("id = {}", peer.id));
    let told = restored(&app, &file);
    for what in [
        "lost: channel.key of row 2, which did not open",
        "lost: message 2 of channel row 1, which did not open",
        "the secret of token",
        "the description of token",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert_eq!(told.matches("lost: ").count(), 5, "what hangs on a lost channel is not named: {told}");
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(peer.all().await, [1, 3, 4]);
    assert_eq!(payload(&peer.messages("").await[2]), b"four");
    assert_eq!(revoked.read("").await.status, 401);
    lost.get().await.is(403);
    assert_eq!(peer.wrote("five").await, 5);
}

#[tokio::test]
async fn what_another_row_says_wrongly_takes_no_message_along() {
    let mut app = App::start().await;
    let peer = app.channel().await.two_way().await;
    for text in ["one", "two", "three"] {
        peer.wrote(text).await;
    }
    let file = backed_up(&mut app).await;
    // The envelope of the first names the text of the second, and that of the third is there twice.
    edit(
        &file,
        "update new_envelope set message_id = 2 where sequence = 1;
         insert into filed_envelope select * from new_envelope where sequence = 3",
    );
    restored(&app, &file);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(peer.all().await, [2, 3]);
    assert_eq!(payload(&peer.messages("").await[0]), b"two");
}

#[tokio::test]
async fn a_channel_whose_id_is_lost_keeps_its_messages_and_gets_another_id() {
    let mut app = App::start().await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("kept").await;
    let file = backed_up(&mut app).await;
    damage(&file, "channel", "public_id", "true");
    restored(&app, &file);
    app.restart().await;
    channel.get().await.is(403);
    let ids = app.owner().channel_ids().await;
    assert!(ids.len() == 1 && ids[0] != channel.id, "{ids:?}");
    assert!(app.signed_in().await.get("/inbox").await.is(200).text().contains("kept"));
}

#[tokio::test]
async fn a_hash_that_one_has_whose_value_is_lost_goes_to_whom_it_belongs() {
    let mut app = App::start().await;
    let (one, two) = (app.channel().await, app.channel().await);
    let first = one.two_way().await;
    first.wrote("of the first").await;
    let file = backed_up(&mut app).await;
    edit(&file, EXCHANGED);
    damage(&file, "channel", "public_id", "id = 2");
    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.restart().await;
    assert_eq!(payload(&first.messages("").await[0]), b"of the first");
    two.get().await.is(403);
}

#[tokio::test]
async fn look_up_hashes_are_made_those_of_their_values() {
    let mut app = App::start().await;
    let (one, two) = (app.channel().await, app.channel().await);
    let (first, second) = (one.two_way().await, two.two_way().await);
    first.wrote("of the first").await;
    let file = backed_up(&mut app).await;
    edit(&file, EXCHANGED);
    edit(
        &file,
        "update token set secret_blind = randomblob(32);
         update account set name_blind = x'00';
         update user set name_blind = randomblob(32);
         update session set secret_blind = randomblob(32)",
    );
    app.installation.fails(&["restore", &file, "--yes"], "", 6, "belongs to another value");
    app.installation.succeed(&["restore", &file, "--damaged", "--yes"], "");
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(payload(&first.messages("").await[0]), b"of the first");
    assert!(second.all().await.is_empty());
    app.signed_in().await.get("/inbox").await.is(200);
}

#[tokio::test]
async fn nothing_is_removed_unless_the_damage_is_accepted() {
    let mut app = App::start().await;
    let file = backed_up(&mut app).await;
    app.installation.fails(&["restore", &file, "--discard", "--yes"], "", 2, "--damaged");
}
