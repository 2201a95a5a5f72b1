//! Backups that are missed or cannot be made: made later, and said where an operator looks.

use std::fs;
use std::future::ready;
use std::time::Duration;

use crate::support::app::{App, temporary_folder};
use crate::support::eventually;

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

#[tokio::test]
async fn that_no_backup_can_be_made_is_said_from_the_first_try_on_and_made_good_when_the_disk_is_back() {
    let elsewhere = temporary_folder();
    let disk = elsewhere.path().join("disk");
    let app = App::with(&format!("backup.schedule = '03:15'\nbackup.dir = '{}'", disk.display())).await;
    let mut manager = app.signed_in().await;
    app.edit("update account set created_at = 1772390580120");
    manager.get("/admin/backups").await.is(200);
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin").await.is(200).text();
    assert!(page.contains("the last one could not be made") && page.contains("plug its disk in"), "{page}");
    assert!(!disk.exists(), "nothing is made on the wrong disk");

    app.advance(Duration::from_hours(27));
    let mut manager = app.signed_in().await;
    manager.get("/admin/backups").await.is(200);
    let page = manager.get("/admin").await.is(200).text();
    assert!(page.contains("none was ever made, although one is made every day at 03:15"), "{page}");

    fs::create_dir(&disk).expect("the disk is back");
    manager.post("/admin/backups", &[]).await.is(303);
    let page = manager.get("/admin").await.is(200).text();
    assert!(!page.contains("could not be made") && !page.contains("none was ever made"), "{page}");
    assert!(fs::read_dir(&disk).expect("the disk").count() > 0);
}
