//! Which backups a server makes by itself and which of them stay.

use std::fs;
use std::future::ready;
use std::time::Duration;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::eventually;
use crate::support::person::Person;

const DAY: Duration = Duration::from_hours(24);

/// Names in the folder of backups that the server uses.
fn shelved(app: &App) -> Vec<String> {
    let folder = app.installation.data_dir().join("backups");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with("peerbox-"));
    names.sort();
    names
}

#[tokio::test]
async fn a_server_makes_backups_at_its_time_keeps_some_and_says_when_it_cannot() {
    let app = App::with("backup.schedule = '03:15'\nbackup.keep = '2 daily'").await;
    assert!(shelved(&app).is_empty(), "none is made before its time");
    for _day in 0..4 {
        let before = shelved(&app);
        app.advance(DAY);
        eventually("another backup, and none too many", || {
            let now = shelved(&app);
            ready(now.last() != before.last() && (1..=2).contains(&now.len()))
        })
        .await;
    }
    assert_eq!(shelved(&app).len(), 2, "{:?}", shelved(&app));
    let mut manager = Person::new(&app.site);
    manager.sign_in(USER, PASSWORD).await;
    let page = manager.get("/admin/backups").await.is(200).text();
    assert!(page.contains("every day at 03:15") && page.contains(&shelved(&app)[1]), "{page}");

    // No room for files: a file is where the folder was.
    let folder = app.installation.data_dir().join("backups");
    fs::remove_dir_all(&folder).expect("gone");
    fs::write(&folder, "in the way").expect("space");
    manager.post("/admin/backups", &[]).await.is(303);
    fs::remove_file(&folder).expect("gone");
    let page = manager.get("/admin/backups").await.is(200).text();
    assert!(page.contains("was not made"), "{page}");
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin/backups").await.is(200).text();
    assert!(page.contains("The backup is made") && !page.contains("was not made"), "{page}");
    let name = shelved(&app).pop().expect("a backup");
    let file = manager.get(&format!("/admin/backups/{name}")).await.is(200);
    assert!(file.body.starts_with(b"SQLite format 3"), "the file itself");
    manager.get("/admin/backups/..%2Fpeerbox.db").await.is(404);
    manager.get("/admin/backups/peerbox-2020-01-01T000000Z.db").await.is(404);
}

#[tokio::test]
async fn what_was_backed_up_by_hand_stays_for_two_days() {
    let app = App::with("backup.schedule = 'off'\nbackup.keep = '1 daily'").await;
    let mut manager = Person::new(&app.site);
    manager.sign_in(USER, PASSWORD).await;
    for made in 1..=3 {
        app.advance(Duration::from_mins(2));
        manager.get("/admin/backups").await.is(200);
        manager.post("/admin/backups", &[]).await.is(303);
        assert_eq!(shelved(&app).len(), made, "{:?}", shelved(&app));
    }
    app.advance(DAY + DAY);
    let mut manager = Person::new(&app.site);
    manager.sign_in(USER, PASSWORD).await;
    manager.get("/admin/backups").await.is(200);
    manager.post("/admin/backups", &[]).await.is(303);
    eventually("the others to go", || ready(shelved(&app).len() == 1)).await;
}

#[tokio::test]
async fn backups_of_times_to_come_are_as_good_as_none() {
    let app = App::with("backup.schedule = '03:15'\nbackup.keep = '2 daily'").await;
    let folder = app.installation.data_dir().join("backups");
    fs::create_dir(&folder).expect("a folder");
    // As made while the clock was ahead.
    let ahead: Vec<_> = (1..=9).map(|day| format!("peerbox-2027-03-0{day}T031500Z.db")).collect();
    for name in &ahead {
        fs::write(folder.join(name), "a backup").expect("space");
    }
    let present = || shelved(&app).into_iter().filter(|name| !ahead.contains(name)).collect::<Vec<_>>();
    for day in 1..=3 {
        let before = present();
        app.advance(DAY);
        eventually("the backup of the day stays", || {
            ready(present().last() != before.last() && present().len() == day.min(2))
        })
        .await;
    }
    assert_eq!(shelved(&app).len(), 11, "none of the others is touched: {:?}", shelved(&app));
}
