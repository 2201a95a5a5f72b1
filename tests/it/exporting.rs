//! Exports and imports: an account's channels on their way to another server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use futures_util::future::join_all;
use serde_json::Value;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::{Bearer, payload};
use crate::support::furnished::{exported, furnished, many_bytes};
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::raw::Raw;
use crate::support::site::Site;
use crate::support::traces;

fn lines(export: &str) -> Vec<Value> {
    export.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn what_was_exported_is_imported_elsewhere_and_used_on_as_if_nothing_had_happened() {
    let app = App::start().await;
    let (channel, lena, late) = furnished(&app).await;
    // Beside the running server.
    let export = exported(&app.installation, &["--with-secrets"]);
    let elsewhere = Installation::with_account();
    let told = elsewhere.succeed(&["import", "-"], &export);
    assert_eq!(told, "imported 2 channels, 5 tokens, 8 messages\n");
    assert_eq!(exported(&elsewhere, &["--with-secrets"]), export, "the round trip is equal");
    elsewhere.succeed(&["check"], "");
    let told = ["by the holder, from the pages", "after that of the other channel", "from the\nmarket"]
        .map(str::to_owned);
    let hidden = [&told[..], &[channel.id.clone(), lena.secret.clone()]].concat();
    assert_eq!(
        traces::found_under(&elsewhere.data_dir(), &hidden),
        [""; 0],
        "nothing readable is on the disk"
    );

    let owner = channel.owner_token();
    let server = elsewhere.serve("").await;
    let moved = |bearer: &Bearer| Bearer { site: server.site.clone(), ..bearer.clone() };
    for (before, after) in [(&lena, moved(&lena)), (&late, moved(&late)), (&owner, moved(&owner))] {
        assert_eq!(before.messages("").await, after.messages("").await);
        assert_eq!(before.messages("?unread=true").await, after.messages("?unread=true").await);
        assert_eq!(before.etag().await, after.etag().await);
    }
    assert_eq!(payload(&moved(&lena).messages("").await[1]), (0..=255).collect::<Vec<u8>>());
    assert_eq!(moved(&lena).wrote("goes on").await, 9, "no number is used again");
    let (mut before, mut after) = (app.signed_in().await, Person::new(&server.site));
    after.sign_in(USER, PASSWORD).await;
    for list in ["/inbox?view=all", "/inbox?view=starred", "/inbox?q=is%3Aarchived"] {
        let rows = |page: &str| {
            let rows = page.split("data-row=\"").skip(1).filter_map(|rest| rest.split('"').next());
            rows.map(str::to_owned).collect::<Vec<_>>()
        };
        let known = rows(&before.get(list).await.is(200).text());
        let mut shown = rows(&after.get(list).await.is(200).text());
        shown.retain(|row| !row.ends_with(".9"));
        assert!(!known.is_empty() && known == shown, "{list}: {known:?} {shown:?}");
    }
}

#[tokio::test]
async fn a_second_import_changes_nothing_and_what_belongs_to_others_is_refused() {
    let app = App::start().await;
    furnished(&app).await;
    let export = exported(&app.installation, &["--with-secrets"]);
    let elsewhere = Installation::with_account();
    elsewhere.succeed(&["import", "-"], &export);
    let again = elsewhere.run(&["import", "-"], &export);
    assert_eq!(String::from_utf8_lossy(&again.stdout), "imported 0 channels, 0 tokens, 0 messages\n");
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(told.contains("channels that were here already and stay as they are: 2\n"), "{told}");
    assert_eq!(exported(&elsewhere, &["--with-secrets"]), export);

    elsewhere.create_account("second", "somebody", "a long password");
    elsewhere.fails(
        &["import", "-", "--account", "second"],
        &export,
        7,
        "line 4: a channel of this id belongs",
    );
    // Another channel with the same token.
    let id = lines(&export)[3]["channel"]["id"].as_str().expect("an id").to_owned();
    let forged = export.replace(&id, "another");
    elsewhere.fails(&["import", "-", "--account", "second"], &forged, 7, "a token with this secret is here");
    elsewhere.fails(&["import", "-", "--account", "third"], &export, 7, "no account \"third\"");
    assert_eq!(elsewhere.succeed(&["channel", "list", "--account", "second"], "").lines().count(), 1);
    elsewhere.succeed(&["check"], "");
}

#[tokio::test]
async fn an_export_without_secrets_shows_none_and_its_tokens_get_new_ones() {
    let app = App::start().await;
    let (channel, lena, _late) = furnished(&app).await;
    let export = exported(&app.installation, &["--channel", &channel.id]);
    assert!(!export.contains(&lena.secret) && export.contains(&channel.id), "{export}");
    let elsewhere = Installation::with_account();
    let told = elsewhere.run(&["import", "-"], &export);
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(
        told.contains("tokens with new values, as theirs were not in the file; hand them out anew: 3\n"),
        "{told}"
    );
    assert_eq!(exported(&elsewhere, &[]), export);
    let server = elsewhere.serve("").await;
    let moved = Bearer { site: server.site.clone(), ..lena.clone() };
    moved.read("").await.refused(401);
    let tokens = server.owner().tokens(&channel.id, "").await.ok();
    let fresh = tokens.as_array().expect("tokens").iter().find(|token| token["description"] == "Lena");
    let fresh = fresh.and_then(|token| token["token"].as_str()).expect("a token");
    assert_eq!(moved.presenting(fresh).unread().await, lena.unread().await);
}

#[tokio::test]
async fn a_file_of_an_export_is_private_whole_and_overwrites_nothing() {
    let app = App::start().await;
    let (channel, ..) = furnished(&app).await;
    let path = app.installation.root().join("moved.jsonl");
    let name = path.to_str().expect("text");
    app.installation.succeed(&["export", "--account", "1", "--with-secrets", name], "");
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&path).expect("text"), exported(&app.installation, &["--with-secrets"]));
    app.installation.fails(&["export", "--account", "1", name], "", 7, "exists already");
    let nowhere = app.installation.root().join("nowhere").join("moved.jsonl");
    let nowhere = nowhere.to_str().expect("text");
    app.installation.fails(&["export", "--account", "1", nowhere], "", 4, "cannot write");
    assert_eq!(exported(&app.installation, &["-"]), exported(&app.installation, &[]));
    let missing = "A".repeat(43);
    app.installation.fails(&["export", "--account", "1", "--channel", &missing], "", 7, "no channel");
    let other = app.another_account("zoe");
    let (id, other) = (other.channel().await.id, other.account.to_string());
    app.installation.fails(&["export", "--account", "1", "--channel", &id], "", 7, "no channel");
    app.installation.fails(&["export", "--account", &other, "--channel", &channel.id], "", 7, "no channel");
    let elsewhere = Installation::with_account();
    elsewhere.succeed(&["import", name, "--account", "1"], "");
}

#[tokio::test]
async fn a_person_downloads_the_same_after_giving_the_password() {
    let app = App::start().await;
    let (channel, lena, _late) = furnished(&app).await;
    let mut person = app.signed_in().await;
    let page = person.get("/profile/export").await.is(200).text();
    assert!(page.contains(&format!("<option value=\"{}\">", channel.id)), "{page}");
    person.post("/step-up/close", &[]).await.is(303);
    let asked = person.get("/profile/export/file?secrets=yes").await.is(303);
    assert!(Person::sent_to(&asked).starts_with("/step-up?next="), "{}", Person::sent_to(&asked));
    person.submit("/step-up?next=/profile", "/step-up", &[("password", PASSWORD)]).await.is(303);
    let file = person.get("/profile/export/file?secrets=yes").await.is(200);
    let name = file.header("content-disposition").expect("a name").to_owned();
    assert!(name.starts_with("attachment; filename=\"peerbox-2026-03-01.jsonl\""), "{name}");
    assert_eq!(file.text(), exported(&app.installation, &["--with-secrets"]));
    let cookies = person.cookie_header();
    let headers = [("cookie", cookies.as_str()), ("sec-fetch-site", "cross-site")];
    let by_a_link = person.site.call("GET", "/profile/export/file?secrets=yes", &headers, "").await;
    assert!(!by_a_link.is(404).text().contains(&lena.secret), "no page of others lays secrets on the disk");
    let one = person.get(&format!("/profile/export/file?channel={}", channel.id)).await.is(200).text();
    assert_eq!(one, exported(&app.installation, &["--channel", &channel.id]));
    assert!(!one.contains(&lena.secret));
    let other = app.another_account("zoe").channel().await;
    person.get(&format!("/profile/export/file?channel={}", other.id)).await.is(404);
}

#[tokio::test]
async fn a_reader_of_an_export_who_has_seen_enough_is_no_failure() {
    let app = App::start().await;
    many_bytes(&app).await;
    let mut command = app.installation.command(&["export", "--account", "1"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the executable");
    drop(child.stdout.take());
    assert!(child.wait().expect("an end").success());
}

#[tokio::test]
async fn downloads_that_nobody_takes_cost_little_memory() {
    const MIB: usize = 1 << 20;
    let installation = Installation::with_account();
    let server = installation.serve("limits.storage_per_account = '100M'").await;
    let lena = server.owner().channel().await.two_way().await;
    for byte in 0..40 {
        lena.write_as("application/octet-stream", vec![byte; MIB]).await.ok();
    }
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let before = server.resident();
    let mut downloads = Vec::new();
    for _ in 0..8 {
        downloads.push(download(&server.site, &person).await);
    }
    join_all(downloads.iter_mut().map(Raw::begun)).await;
    for _ in 0..50 {
        server.owner().list().await.ok();
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 8 * 12 * MIB, "{grown} bytes for 8 downloads of 53 MiB");
}

async fn download(site: &Site, person: &Person) -> Raw {
    let mut raw = Raw::connect(site).await;
    let (host, cookie) = (site.authority(), person.cookie_header());
    raw.send(format!("GET /profile/export/file HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n")).await;
    raw
}

#[tokio::test]
async fn a_download_breaks_off_when_the_right_to_it_ends() {
    let app = App::start().await;
    many_bytes(&app).await;
    let mut person = app.signed_in().await;
    person.get("/profile/sessions").await.is(200);
    let mut raw = download(&app.site, &person).await;
    let head = raw.head().await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    person.post("/profile/sessions", &[("end", "all")]).await.is(303);
    let rest = raw.rest().await;
    let whole = rest.windows(6).any(|part| part == b"{\"end\"");
    assert!(!whole && rest.len() < 12 << 20, "{} bytes", rest.len());
}

#[tokio::test]
async fn webhooks_go_along_and_without_their_secrets_they_wait_for_their_holder() {
    let app = App::start().await;
    let (channel, ..) = furnished(&app).await;
    let export = exported(&app.installation, &[]);
    let all = lines(&export);
    let line = all.iter().find(|line| line["channel"]["id"] == channel.id.as_str()).expect("it");
    let hook = &line["channel"]["webhooks"][0];
    assert_eq!((&hook["address"], &hook["with_message"]), (&"https://example.org/hook".into(), &true.into()));
    assert!(!export.contains("in-the-query") && !export.contains("of-the-receiver"), "{hook}");
    let elsewhere = Installation::with_account();
    elsewhere.succeed(&["import", "-"], &export.replace("\"state\":\"paused\",", ""));
    let server = elsewhere.serve("").await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let page = person.get(&format!("/channels/{}/webhooks", channel.id)).await.is(200).text();
    assert!(page.contains("example.org") && page.contains("Paused"), "{page}");
}

#[tokio::test]
async fn what_is_damaged_is_left_out_and_named_and_all_else_is_exported() {
    let app = App::start().await;
    let (channel, lost) = (app.channel().await, app.channel().await);
    let peer = channel.two_way().await;
    for text in ["one", "two", "three", "four"] {
        peer.wrote(text).await;
    }
    lost.owner_token().wrote("of a channel whose key is damaged").await;
    let nameless = app.channel().await;
    app.edit("update channel set label = zeroblob(60) where id = 1");
    app.edit("update channel set key = zeroblob(80) where id = 2");
    app.edit("update channel set public_id = zeroblob(80) where id = 3");
    app.edit(&format!("update token set description = zeroblob(60) where id = {}", peer.id));
    app.edit("update message set sealed = zeroblob(80) where id = 2");
    app.edit("update new_envelope set author = 1000 where channel_id = 1 and sequence = 3");

    let path = app.installation.root().join("rest.jsonl");
    let output = app.installation.run(&["export", "--account", "first", path.to_str().expect("text")], "");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{told}");
    for what in [
        format!("the label of channel {}", channel.id),
        format!("channel {}", lost.id),
        "a channel whose id does not open, in row 3,".to_owned(),
        format!("the description of token {} of channel {}", peer.id, channel.id),
        format!("message 2 of channel {}", channel.id),
        format!("message 3 of channel {}", channel.id),
    ] {
        assert!(told.contains(&format!("{what} is damaged and left out\n")), "{what}: {told}");
    }
    assert!(told.contains("lacks 6 damaged values"), "{told}");
    let export = fs::read_to_string(&path).expect("the export");
    for absent in [&lost.id, &nameless.id, "(damaged)"] {
        assert!(!export.contains(absent), "{absent}: {export}");
    }
    let mut person = app.signed_in().await;
    assert_eq!(person.get("/profile/export/file").await.is(200).text(), export);

    let elsewhere = Installation::with_account();
    assert_eq!(elsewhere.succeed(&["import", "-"], &export), "imported 1 channel, 2 tokens, 2 messages\n");
    elsewhere.succeed(&["check"], "");
    let server = elsewhere.serve("").await;
    let page = server.owner().tokens(&channel.id, "").await.ok();
    let owner = page.as_array().expect("tokens").iter().find_map(|token| token["token"].as_str());
    let moved = Bearer { site: server.site.clone(), ..channel.owner_token() };
    let moved = moved.presenting(owner.expect("a token"));
    let kept: Vec<_> = moved.messages("").await.iter().map(payload).collect();
    assert_eq!(kept, [b"one".as_slice(), b"four"]);
    assert_eq!(moved.all().await, [1, 4], "every number stays as it was");
    assert_eq!(moved.wrote("goes on").await, 5);
}
