//! Files of all earlier versions, each written by the program of its time, brought up to date and used. There never was a
//! program of version 7 that could be built: its file is that of version 6 with the step.
//!
//! `tests/upgrades/make` makes the file of the present version, which is added before the next step.

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::moving_in::DUMP;
use crate::support::anonymous::Anonymous;
use crate::support::app::temporary_folder;
use crate::support::bearer::{Bearer, payload, sequences};
use crate::support::owner::Owner;
use crate::support::person::Person;
use crate::support::process::Installation;

/// The versions that there are files of, with what is known of each.
fn versions() -> Vec<(i64, Value)> {
    let facts = fs::read_to_string("tests/upgrades/facts.json").expect("facts");
    let facts: Value = serde_json::from_str(&facts).expect("JSON");
    let facts = facts.as_object().expect("an object").iter();
    facts.map(|(version, facts)| (version.parse().expect("a version"), facts.clone())).collect()
}

fn present_version(installation: &Installation) -> i64 {
    let version: Value =
        serde_json::from_str(&installation.succeed(&["version", "--json"], "")).expect("JSON");
    version["schema"].as_i64().expect("a number")
}

/// An installation as that version left it.
fn of_version(version: i64) -> Installation {
    let installation = Installation::empty();
    let mut file = Vec::new();
    let packed = fs::File::open(format!("tests/upgrades/{version}.db.gz")).expect("a file");
    GzDecoder::new(packed).read_to_end(&mut file).expect("a whole file");
    fs::create_dir_all(installation.data_dir()).expect("a folder");
    fs::write(installation.database(), file).expect("space");
    fs::create_dir_all(installation.key_file().parent().expect("a folder")).expect("a folder");
    fs::copy("tests/upgrades/master.key", installation.key_file()).expect("a key");
    installation
}

#[test]
fn there_is_a_file_of_every_earlier_version() {
    let known: Vec<i64> = versions().into_iter().map(|(version, _)| version).collect();
    let expected: Vec<i64> = (1..present_version(&Installation::empty())).collect();
    assert_eq!(known, expected);
}

#[tokio::test]
async fn a_file_of_every_earlier_version_is_brought_up_to_date_after_a_backup_and_used_on() {
    for (version, facts) in versions() {
        let installation = of_version(version);
        let before = fs::read(installation.database()).expect("a file");
        let status: Value =
            serde_json::from_str(&installation.succeed(&["migrate", "--status", "--json"], ""))
                .expect("JSON");
        assert_eq!(status["file"], version, "{status}");
        assert_eq!(
            status["steps"].as_array().map(Vec::len).map(i64::try_from),
            Some(Ok(status["program"].as_i64().expect("a number") - version)),
            "{status}"
        );
        installation.succeed(&["migrate", "--dry-run"], "");
        assert!(before == fs::read(installation.database()).expect("a file"), "nothing was changed");

        let server = installation.serve("").await;
        let owner = Owner::new(&server.site, 1, "username", "correct password");
        let backups = backups(&installation);
        let named = backups[0].starts_with(&format!("peerbox-schema-{version}-"));
        assert!(backups.len() == 1 && named, "version {version}: {backups:?}");
        let fact = |name: &str| facts[name].as_str().expect("text").to_owned();
        let mut listed = owner.channel_ids().await;
        listed.sort();
        let mut expected = [fact("sequenced"), fact("public")];
        expected.sort();
        assert_eq!(listed, expected, "version {version}");
        let bearer = |secret: &str, channel: &str| Bearer {
            site: server.site.clone(),
            channel: fact(channel),
            id: String::new(),
            secret: fact(secret),
        };
        let (holder, other) = (bearer("token", "sequenced"), bearer("other", "sequenced"));
        assert_eq!(other.all().await, [1, 2, 3, 4], "version {version}");
        let texts: Vec<_> = other.messages("").await.iter().map(payload).collect();
        assert_eq!(texts[1], "{\"second\":\"Grüße\"}".as_bytes(), "version {version}");
        assert_eq!(holder.unread().await, [4], "version {version}");
        // In a sequenced channel whoever has read everything writes on.
        holder.mark_read_up_to(4).await;
        assert_eq!(holder.wrote("after the update").await, 5, "version {version}");
        let public = Anonymous { site: server.site.clone() }
            .get(&format!("/api/v1/channel/{}", fact("public")))
            .await
            .ok();
        assert_eq!(sequences(public.as_array().expect("messages")), [1, 3], "version {version}");
        // From then on the files are of somebody who was in Tokyo.
        let mut person = Person::new(&server.site);
        person.sign_in("username", "correct password").await;
        let zone = if version < 26 { "UTC" } else { "Asia/Tokyo" };
        let profile = person.get("/profile").await.text();
        assert!(profile.contains(&format!("<option value=\"{zone}\" selected>")), "version {version}");
        drop(server);
        installation.succeed(&["check"], "");
    }
}

/// The names of the files in the folder of backups.
fn backups(installation: &Installation) -> Vec<String> {
    let names = fs::read_dir(installation.data_dir().join("backups")).expect("backups");
    let mut names: Vec<_> =
        names.map(|name| name.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_way_back_outlives_the_backups_of_the_day() {
    let installation = of_version(24);
    let shelf = installation.data_dir().join("backups");
    fs::create_dir_all(&shelf).expect("a folder");
    // Of updates before, of which the second last was tried twice.
    for name in ["20-2026-01-01T000000Z", "23-2026-01-02T000000Z", "23-2026-01-02T000001Z"] {
        fs::write(shelf.join(format!("peerbox-schema-{name}.db")), "a backup").expect("space");
    }
    installation.succeed(&["migrate"], "");
    let (way_back, others): (Vec<_>, _) =
        backups(&installation).into_iter().partition(|name| name.starts_with("peerbox-schema-24-"));
    assert_eq!(way_back.len(), 1);
    assert_eq!(others, ["peerbox-schema-23-2026-01-02T000001Z.db"]);

    for _ in 0..2 {
        installation.succeed(&["backup", "create"], "");
    }
    installation.succeed(&["backup", "prune"], "");
    let left = backups(&installation);
    assert!(left.contains(&way_back[0]) && left.contains(&others[0]), "{left:?}");
    let file = shelf.join(&way_back[0]);
    installation.succeed(&["backup", "verify", file.to_str().expect("text")], "");
}

#[test]
fn no_way_back_is_removed_while_something_is_damaged() {
    let installation = of_version(24);
    let shelf = installation.data_dir().join("backups");
    fs::create_dir_all(&shelf).expect("a folder");
    let earlier = "peerbox-schema-20-2026-01-01T000000Z.db";
    for name in [earlier, "peerbox-schema-23-2026-01-02T000000Z.db"] {
        fs::write(shelf.join(name), "a backup").expect("space");
    }
    // As a server left it that had found something.
    let found = "2026-01-03T03:16:00.000Z\n1\nmessage 1 of channel row 1 does not open\n";
    fs::write(installation.data_dir().join("peerbox.looked-through"), found).expect("space");
    installation.succeed(&["migrate"], "");
    let left = backups(&installation);
    assert!(left.len() == 3 && left[0] == earlier, "{left:?}");
}

#[test]
fn nothing_is_brought_up_to_date_under_a_server_that_holds_the_folder() {
    let installation = of_version(24);
    let before = fs::read(installation.database()).expect("a file");
    // As the server of an earlier version holds it.
    let lock = installation.data_dir().join("peerbox.lock");
    fs::write(&lock, "4711\n").expect("space");
    let lock = fs::File::open(lock).expect("a file");
    lock.try_lock().expect("nobody has it");
    let dump = installation.root().join("dump.sql");
    fs::write(&dump, DUMP).expect("space");
    let move_in = ["import-reference", dump.to_str().expect("text")];
    for command in [&["account", "list"][..], &["migrate"], &move_in] {
        installation.fails(command, "", 4, "is in use by process 4711 already");
    }
    installation.fails(&["serve", "--listen", "127.0.0.1:0"], "", 4, "is in use by process 4711 already");
    installation.succeed(&["migrate", "--status"], "");
    assert!(before == fs::read(installation.database()).expect("a file"), "nothing was changed");
    assert!(!installation.data_dir().join("backups").exists(), "no backup is made for nothing");
    lock.unlock().expect("free");
    installation.succeed(&move_in, "");
    assert_eq!(backups(&installation).len(), 1);
}

#[tokio::test]
async fn a_file_is_left_as_it_is_where_the_backup_before_cannot_be_made() {
    let installation = of_version(1);
    let before = fs::read(installation.database()).expect("a file");
    let folder = installation.data_dir().join("backups");
    fs::write(&folder, "in the way").expect("space");
    let output = installation.run(&["migrate"], "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("no backup was made first"), "{told}");
    assert!(before == fs::read(installation.database()).expect("a file"), "nothing was changed");
    fs::remove_file(folder).expect("gone");
    installation.succeed(&["migrate"], "");
    installation.succeed(&["check"], "");
}

#[test]
fn an_update_that_has_no_place_for_its_backup_is_refused_before_anybody_counts_on_it() {
    let installation = of_version(26);
    let before = fs::read(installation.database()).expect("a file");
    let config = installation.root().join("peerbox.toml");
    fs::write(&config, "backup.dir = '/nowhere/backups'\n").expect("space");
    let config = config.to_str().expect("text");
    for command in [&["migrate", "--dry-run"][..], &["serve", "--only-check"], &["migrate"], &["serve"]] {
        let words = "/nowhere/backups is not there; make it, or plug its disk in";
        installation.fails(&[command, &["--config", config]].concat(), "", 4, words);
    }
    assert!(before == fs::read(installation.database()).expect("a file"), "nothing was changed");
    let status = installation.succeed(&["migrate", "--status", "--config", config], "");
    assert!(status.contains("step     27"), "{status}");
}

#[test]
fn as_much_room_is_told_of_as_is_demanded() {
    let installation = of_version(26);
    let data = installation.data_dir();
    let elsewhere = temporary_folder();
    let config = installation.root().join("config.toml");
    let small = format!(
        "mkdir before && cp -a '{0}/.' before && mount -t tmpfs -o size=20m none '{0}' && cp -a before/. '{0}' && rm -r before",
        data.display()
    );
    for (settings, is_elsewhere) in
        [(String::new(), false), (format!("backup.dir = '{}'", elsewhere.path().display()), true)]
    {
        fs::write(&config, settings).expect("space");
        let arguments = ["migrate", "--dry-run", "--config", "config.toml"];
        let tried = installation.mounted(&small, &arguments).output().expect("the executable");
        let (said, told) = (String::from_utf8_lossy(&tried.stdout), String::from_utf8_lossy(&tried.stderr));
        let room = said.lines().find_map(|line| line.strip_prefix("room     ")).expect("a line");
        let (free, rest) = room.split_once(" free, ").expect("how much");
        assert!(told.contains(&format!("{free} is needed")), "{said}{told}");
        assert_eq!(rest.contains("on the other disk for the backup before"), is_elsewhere, "{said}");
    }
}

#[test]
fn what_a_killed_look_at_an_older_backup_left_goes_with_the_next() {
    let installation = of_version(1);
    let left = installation.data_dir().join(".peerbox-examined-killed");
    fs::create_dir(&left).expect("a folder");
    fs::write(left.join("peerbox.db"), "half a file").expect("space");
    installation.succeed(&["backup", "verify", installation.database().to_str().expect("text")], "");
    let names = fs::read_dir(installation.data_dir()).expect("a folder");
    let names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["peerbox.db"]);
}
