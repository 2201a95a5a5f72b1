//! The look through each backup that a server makes: what it finds damaged is told, and keeps the earlier ones.

use std::collections::BTreeSet;
use std::fs;
use std::future::ready;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::eventually;
use crate::support::person::Person;
use crate::support::process::{Installation, Process};

const DAY: Duration = Duration::from_hours(24);

const DAMAGED: &str = "Damage: 1 fault, the first: message 1 of channel row 1 does not open";

fn damage(app: &App) {
    app.edit("update message set sealed = zeroblob(length(sealed))");
}

/// Names of the server's in its folder of backups.
fn shelved(app: &App) -> BTreeSet<String> {
    let entries = fs::read_dir(app.installation.data_dir().join("backups")).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("peerbox-")).collect()
}

/// A day passes, which ends with a backup.
async fn day(app: &App) {
    let last = shelved(app).pop_last();
    app.advance(DAY);
    eventually("another backup", || ready(shelved(app).pop_last() != last)).await;
}

/// Waits until the page of the server says that something is damaged, or that nothing is.
async fn told(app: &App, expected: bool) {
    let mut manager = app.signed_in().await;
    let page = Mutex::new(&mut manager);
    eventually("the look through the backup", || async {
        page.lock().await.get("/admin").await.is(200).text().contains(DAMAGED) == expected
    })
    .await;
}

/// Presses *Back up now*.
async fn back_up_now(app: &App) {
    let (mut manager, before) = (app.signed_in().await, shelved(app).len());
    manager.get("/admin/backups").await.is(200);
    manager.post("/admin/backups", &[]).await.is(303);
    assert_eq!(shelved(app).len(), before + 1);
}

#[tokio::test]
async fn what_is_damaged_is_told_after_the_next_backup_for_as_long_as_it_is_also_after_a_restart() {
    let mut app = App::with("backup.schedule = '03:15'").await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("one").await;
    damage(&app);
    day(&app).await;
    told(&app, true).await;

    app.advance(Duration::from_hours(5));
    app.restart().await;
    let page = app.signed_in().await.get("/admin").await.is(200).text();
    assert!(page.contains(DAMAGED), "{page}");
    let examined = app.installation.run(&["doctor", "--json"], "");
    let examined = String::from_utf8_lossy(&examined.stdout);
    assert!(examined.contains("the first: message 1 of channel row 1 does not open; found"), "{examined}");

    channel.delete().await;
    day(&app).await;
    told(&app, false).await;
    app.restart().await;
    let page = app.signed_in().await.get("/admin/diagnostics").await.is(200).text();
    assert!(page.contains("none in the backup that was looked through 0 hours ago"), "{page}");
}

#[tokio::test]
async fn what_was_damaged_is_forgotten_with_the_data_that_a_restore_replaces() {
    let mut app = App::start().await;
    app.channel().await.two_way().await.wrote("one").await;
    back_up_now(&app).await;
    let sound = shelved(&app).pop_last().expect("a backup");
    damage(&app);
    app.advance(Duration::from_mins(1));
    back_up_now(&app).await;
    told(&app, true).await;
    app.stop().await;
    let sound = app.installation.data_dir().join("backups").join(sound);
    app.installation.succeed(&["restore", sound.to_str().expect("text"), "--yes"], "");
    app.restart().await;
    let page = app.signed_in().await.get("/admin/diagnostics").await.is(200).text();
    assert!(page.contains("nobody knows: no backup was looked through yet"), "{page}");
}

#[tokio::test]
async fn that_no_backup_was_looked_through_is_not_told_as_nothing_damaged() {
    let app = App::start().await;
    let page = app.signed_in().await.get("/admin/diagnostics").await.is(200).text();
    assert!(page.contains("nobody knows: no backup was looked through yet"), "{page}");
}

#[tokio::test]
async fn no_backup_is_pruned_while_something_is_damaged() {
    let app = App::with("backup.schedule = '03:15'\nbackup.keep = '1 daily'").await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("one").await;
    day(&app).await;
    let sound = shelved(&app);
    damage(&app);
    for _ in 0..4 {
        day(&app).await;
    }
    assert!(sound.is_subset(&shelved(&app)) && shelved(&app).len() == 5, "{:?}", shelved(&app));
    channel.delete().await;
    day(&app).await;
    eventually("the earlier ones to go", || ready(sound.is_disjoint(&shelved(&app)))).await;
}

#[tokio::test]
async fn a_restart_lets_no_backup_be_pruned_while_something_is_damaged() {
    let mut app = App::with("backup.schedule = 'off'\nbackup.keep = '1 daily'").await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("one").await;
    back_up_now(&app).await;
    let sound = shelved(&app);
    app.advance(DAY);
    damage(&app);
    back_up_now(&app).await;
    told(&app, true).await;
    app.advance(DAY + DAY);
    app.restart().await;
    back_up_now(&app).await;
    app.advance(DAY);
    back_up_now(&app).await;
    assert!(sound.is_subset(&shelved(&app)) && shelved(&app).len() == 4, "{:?}", shelved(&app));
    channel.delete().await;
    app.advance(DAY + DAY);
    back_up_now(&app).await;
    eventually("the earlier ones to go", || ready(shelved(&app).len() == 1)).await;
}

/// The folder of the data, on the disk that only the server sees.
fn data_in_sight_of(server: &Process, installation: &Installation) -> PathBuf {
    let data = installation.data_dir();
    PathBuf::from(format!("/proc/{}/root", server.id)).join(data.strip_prefix("/").expect("an absolute path"))
}

#[tokio::test]
async fn where_backups_fill_the_disk_those_that_need_not_stay_make_room_once_one_was_found_sound() {
    let installation = Installation::with_account();
    let toml = "backup.schedule = \"off\"\nbackup.keep = \"1 daily\"";
    let server = installation.serve_on_disk(64, toml).await;
    let folder = data_in_sight_of(&server, &installation).join("backups");
    fs::create_dir(&folder).expect("a folder");
    let old = [1, 2, 3].map(|day| format!("peerbox-2020-01-0{day}T031500Z.db"));
    let fill = || {
        for name in &old {
            fs::write(folder.join(name), vec![1; 6 << 20]).expect("space");
        }
    };
    let left = |name: &String| folder.join(name).exists();
    let mut manager = Person::new(&server.site);
    manager.sign_in(USER, PASSWORD).await;
    fill();
    manager.get("/admin/backups").await.is(200);
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin/backups").await.is(200).text();
    assert!(page.contains("was not made"), "{page}");
    assert_eq!(old.each_ref().map(left), [true; 3], "one of them may be the last that is sound");

    for name in &old {
        fs::remove_file(folder.join(name)).expect("a file");
    }
    manager.post("/admin/backups", &[]).await.is(303);
    let page = Mutex::new(&mut manager);
    eventually("the look through the backup", || async {
        page.lock().await.get("/admin/diagnostics").await.is(200).text().contains("none in the backup")
    })
    .await;
    fill();
    manager.get("/admin/backups").await.is(200);
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin/backups").await.is(200).text();
    assert!(page.contains("The backup is made"), "{page}");
    assert!(!left(&old[0]), "it made room");
    eventually("the others go once this one is found sound", || {
        ready(old.each_ref().map(left) == [false; 3])
    })
    .await;
}

#[tokio::test]
async fn where_backups_fill_the_disk_those_that_none_was_found_sound_after_stay() {
    let installation = Installation::with_account();
    // Something is damaged, so that no look after these backups has any of them removed.
    let mut server = installation.serve("").await;
    server.owner().channel().await.two_way().await.wrote("one").await;
    server.signal("TERM");
    server.end().await;
    let database = rusqlite::Connection::open(installation.database()).expect("the database");
    let damaged = database.execute("update message set sealed = zeroblob(length(sealed))", []);
    assert_eq!(damaged.expect("a change"), 1);
    drop(database);
    let toml = "backup.schedule = \"off\"\nbackup.keep = \"1 daily\"";
    let server = installation.serve_on_disk(64, toml).await;
    let data = data_in_sight_of(&server, &installation);
    let folder = data.join("backups");
    fs::create_dir(&folder).expect("a folder");
    let old = [1, 2, 3, 4].map(|day| format!("peerbox-2020-01-0{day}T031500Z.db"));
    for (name, mib) in old.iter().zip([16, 1, 1, 1]) {
        fs::write(folder.join(name), vec![1; mib << 20]).expect("space");
    }
    let left = || old.each_ref().map(|name| folder.join(name).exists());
    let mut manager = Person::new(&server.site);
    manager.sign_in(USER, PASSWORD).await;
    // As servers left it that found nothing in the second, the first of an earlier version.
    for (of, told, expected) in [
        ("", "was not made", [true, true, true, true]),
        (" of 2020-01-02T03:15:00.000Z", "The backup is made", [false, true, true, true]),
    ] {
        let found = format!("2020-01-02T03:16:00.000Z{of}\n0\n\n");
        fs::write(data.join("peerbox.looked-through"), found).expect("space");
        manager.get("/admin/backups").await.is(200);
        manager.post("/admin/backups", &[]).await.is(303);
        let page = manager.get("/admin/backups").await.is(200).text();
        let now = left();
        let look = fs::read_to_string(data.join("peerbox.looked-through")).unwrap_or_default();
        assert!(page.contains(told) && now == expected, "{now:?} {:?} {look} {}", left(), server.log());
    }
}
