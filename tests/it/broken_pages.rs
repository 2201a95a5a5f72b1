//! Pages of the file that cannot be read any more: they take along only what is on them.

use std::fs;
use std::os::unix::fs::symlink;

use futures_util::future::join_all;
use rusqlite::Connection;

use crate::support::app::App;
use crate::support::bearer::Bearer;

const PAGE: usize = 8192;

/// Where the leaves of a table are, in its order.
fn leaves(file: &str, table: &str) -> Vec<u32> {
    const ROOT: &str = "select rootpage from sqlite_schema where name = ?1";
    let database = Connection::open(file).expect("a database");
    let root = database.query_row(ROOT, [table], |row| row.get(0)).expect("the table");
    let mut found = Vec::new();
    walk(&fs::read(file).expect("the file"), root, &mut found);
    found
}

/// Goes down from a page, by the file format of SQLite.
fn walk(file: &[u8], page: u32, found: &mut Vec<u32>) {
    let end = usize::try_from(page).expect("a place in it") * PAGE;
    let bytes = &file[end - PAGE..end];
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four"));
    let short = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    if matches!(bytes[0], 10 | 13) {
        return found.push(page);
    }
    for cell in 0..short(3) {
        walk(file, number(short(12 + 2 * cell)), found);
    }
    walk(file, number(8), found);
}

fn break_pages(file: &str, pages: &[u32]) {
    let mut bytes = fs::read(file).expect("the file");
    for page in pages {
        let end = usize::try_from(*page).expect("a place in it") * PAGE;
        bytes[end - PAGE..end].fill(0xff);
    }
    fs::write(file, bytes).expect("space");
}

fn edit(file: &str, sql: &str) {
    Connection::open(file).expect("a database").execute_batch(sql).expect("written");
}

/// So many messages of one channel, beside one each of two others, and a backup of them. The server is stopped.
async fn backed_up(messages: usize) -> (App, [Bearer; 3], String) {
    backed_up_of([1, messages, 1]).await
}

/// So many messages of each channel, and a backup of them. The server is stopped.
async fn backed_up_of(messages: [usize; 3]) -> (App, [Bearer; 3], String) {
    let mut app = App::start().await;
    let mut peers = Vec::new();
    for messages in messages {
        let peer = app.channel().await.two_way().await;
        join_all((0..8).map(async |writer| {
            for _ in 0..(messages + writer) / 8 {
                peer.wrote("one of many").await;
            }
        }))
        .await;
        peers.push(peer);
    }
    let file = app.installation.root().join("copy.db").display().to_string();
    app.installation.succeed(&["backup", "create", &file], "");
    app.stop().await;
    (app, peers.try_into().unwrap_or_else(|_| panic!("three")), file)
}

/// Restores what can be read; what was told.
fn restored(app: &App, file: &str) -> String {
    let restored = app.installation.run(&["restore", file, "--damaged", "--yes"], "");
    let told = String::from_utf8_lossy(&restored.stderr).into_owned();
    assert!(restored.status.success(), "{told}");
    told
}

#[tokio::test]
async fn between_two_broken_pages_nothing_else_is_lost_also_inside_a_channel() {
    const MESSAGES: usize = 4000;
    let (mut app, peers, file) = backed_up(MESSAGES).await;
    let pages = leaves(&file, "filed_envelope");
    assert!(pages.len() > 6, "{pages:?}");
    break_pages(&file, &[pages[1], pages[pages.len() - 2]]);
    let told = restored(&app, &file);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    let rest = peers[1].all().await.len();
    let lost = MESSAGES - rest;
    // Such a page has room for some hundred envelopes.
    assert!(lost > 100 && lost < 1600, "{lost} of {MESSAGES}: {told}");
    assert!(told.contains("rows of filed_envelope from channel_id 2, sequence "), "{told}");
    assert_eq!(told.matches("rows of filed_envelope").count(), 2, "{told}");
    assert!(told.contains(&format!("lost: {lost} messages without an envelope")), "{told}");
    assert_eq!((peers[0].all().await.len(), peers[2].all().await.len()), (1, 1));
}

#[tokio::test]
async fn many_broken_pages_cost_what_is_on_them_also_where_channels_begin_there() {
    let (mut app, peers, file) = backed_up_of([2000, 3000, 3000]).await;
    let pages = leaves(&file, "filed_envelope");
    let broken: Vec<_> = pages.iter().copied().step_by(3).collect();
    assert!(broken.len() > 5, "{pages:?}");
    break_pages(&file, &broken);
    let told = restored(&app, &file);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    let mut rest = 0;
    for peer in &peers {
        rest += peer.all().await.len();
    }
    let most = 8000 * broken.len() / pages.len() + 1000;
    assert!(8000 - rest < most, "{rest} of 8000, {broken:?} of {pages:?}: {told}");
}

#[tokio::test]
async fn the_first_and_the_last_page_of_a_table_cost_no_more_than_others() {
    const MESSAGES: usize = 4000;
    let (mut app, peers, file) = backed_up(MESSAGES).await;
    for table in ["message", "filed_envelope"] {
        let pages = leaves(&file, table);
        assert!(pages.len() > 6, "{pages:?}");
        break_pages(&file, &[pages[0], pages[pages.len() - 1]]);
    }
    let told = restored(&app, &file);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    let rest = peers[1].all().await.len();
    assert!(rest > MESSAGES - 2000, "{rest} of {MESSAGES}: {told}");
    assert!(told.contains("rows of message before id "), "{told}");
    assert!(told.contains(" on could not be read"), "{told}");
}

#[tokio::test]
async fn a_page_in_the_place_of_another_hides_no_others() {
    const MESSAGES: usize = 4000;
    let (mut app, peers, file) = backed_up(MESSAGES).await;
    let pages = leaves(&file, "message");
    let places: Vec<_> =
        pages.iter().map(|page| (usize::try_from(*page).expect("a place") - 1) * PAGE).collect();
    let mut bytes = fs::read(&file).expect("the file");
    // One of the end at the beginning, one of the beginning at the end, and each before a page that is broken.
    let (early, late, last) = (2, places.len() - 4, places.len() - 1);
    bytes.copy_within(places[last]..places[last] + PAGE, places[early]);
    bytes.copy_within(places[0]..places[0] + PAGE, places[late]);
    fs::write(&file, bytes).expect("space");
    break_pages(&file, &[pages[early + 2], pages[late + 1]]);
    let told = restored(&app, &file);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    let rest = peers[1].all().await.len();
    assert!(rest > MESSAGES - 6 * MESSAGES / places.len(), "{rest} of {MESSAGES}: {told}");
}

#[tokio::test]
async fn the_file_is_no_larger_than_before() {
    let (app, _peers, file) = backed_up(4000).await;
    let before = fs::metadata(&file).expect("a backup").len();
    for table in ["message", "filed_envelope"] {
        break_pages(&file, &leaves(&file, table)[..1]);
    }
    restored(&app, &file);
    let after = fs::metadata(app.installation.database()).expect("the data").len();
    assert!(after <= before + before / 10, "{before} before, {after} after");
}

#[tokio::test]
async fn an_account_whose_row_is_lost_keeps_what_is_its_own_and_waits_for_the_operator() {
    let (mut app, peers, file) = backed_up(8).await;
    break_pages(&file, &leaves(&file, "account"));
    let told = restored(&app, &file);
    assert!(told.contains("account 1: it is called account-1 now, and disabled until"), "{told}");
    app.installation.succeed(&["check"], "");
    assert!(app.installation.succeed(&["account", "list"], "").contains("account-1"));
    app.restart().await;
    assert_eq!(peers[1].read("").await.status, 401, "nobody knows whether it was disabled");
    app.installation.succeed(&["account", "enable", "account-1"], "");
    assert_eq!(peers[1].all().await.len(), 8);
    assert_eq!(peers[2].wrote("goes on").await, 2);
    app.signed_in().await.get("/inbox").await.is(200);
}

#[tokio::test]
async fn no_channel_gets_the_number_of_one_that_is_being_removed() {
    let (mut app, _peers, file) = backed_up(8).await;
    for table in ["channel", "sqlite_sequence"] {
        break_pages(&file, &leaves(&file, table));
    }
    let told = restored(&app, &file);
    assert!(told.contains("which numbers were given could not be read"), "{told}");
    assert!(told.contains("lost: 10 envelopes without a channel"), "{told}");
    app.installation.succeed(&["channel", "create", "--for", "callbacks", "first"], "");
    app.restart().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    peer.wrote("of the new one").await;
    app.prune().await;
    assert_eq!(peer.all().await, [1]);
    app.stop().await;
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn tables_of_others_and_numbers_without_end_stop_no_mend() {
    let (mut app, peers, file) = backed_up(8).await;
    edit(
        &file,
        "create table \"my notes\" (id integer primary key, account references account);
         update channel set messages = 7;
         update sqlite_sequence set seq = 9223372036854775807",
    );
    app.installation.fails(&["restore", &file, "--yes"], "", 6, "faults");
    restored(&app, &file);
    app.installation.succeed(&["check"], "");
    app.restart().await;
    assert_eq!(app.channel().await.two_way().await.wrote("one").await, 1);
    assert_eq!(peers[1].all().await.len(), 8);
}

#[tokio::test]
async fn a_restore_of_the_data_itself_that_was_killed_is_finished_by_the_same_command() {
    let (mut app, peers, _file) = backed_up(8).await;
    let (data, aside) = (app.installation.data_dir(), app.installation.data_dir().join("before-restore-x"));
    let whole = app.installation.database().display().to_string();
    let log = data.join("peerbox.db-wal");
    let link = app.installation.root().join("link.db").display().to_string();
    symlink(&whole, &link).expect("a link");
    // A log with the last message, as a server leaves it that is killed.
    app.restart().await;
    peers[1].wrote("in the log").await;
    let kept = fs::read(&log).expect("a log");
    let file = fs::read(&whole).expect("the database");
    app.stop().await;
    // Killed when the log was moved, when all was moved, and when the restored file was in its place.
    for stage in 0..3 {
        fs::write(&whole, &file).expect("space");
        fs::create_dir(&aside).expect("a folder");
        fs::write(aside.join("peerbox.db-wal"), &kept).expect("space");
        let how = if stage == 0 { "being moved to" } else { "in" };
        if stage > 0 {
            fs::rename(&whole, aside.join("peerbox.db")).expect("moved");
        }
        if stage > 1 {
            fs::write(&whole, "something").expect("space");
        }
        let mark =
            format!("A backup is being put in place here. What was here before is {how}: before-restore-x\n");
        fs::write(data.join("peerbox.made"), mark).expect("space");
        app.installation.fails(&["account", "list"], "", 6, "run the same `peerbox restore` again");
        let named = if stage == 1 { &link } else { &whole };
        let told = app.installation.succeed(&["restore", named, "--damaged", "--yes"], "");
        assert!(told.contains("11 messages"), "stage {stage}: {told}");
        app.installation.succeed(&["check"], "");
        fs::remove_dir_all(&aside).expect("gone");
    }
    app.restart().await;
    assert_eq!(peers[1].all().await.len(), 9);
}
