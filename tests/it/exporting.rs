//! Exports and imports: an account's channels on their way to another server, and nothing done half.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::sending::writing;
use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::{Bearer, payload};
use crate::support::channel::Channel;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::raw::Raw;
use crate::support::traces;

#[track_caller]
fn fails(installation: &Installation, arguments: &[&str], input: &str, code: i32, words: &str) {
    let output = installation.run(arguments, input);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words), "{told}");
}

fn exported(installation: &Installation, more: &[&str]) -> String {
    installation.succeed(&[&["export", "--account", "first"], more].concat(), "")
}

fn lines(export: &str) -> Vec<Value> {
    export.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// An account with all that an export may hold, and whoever reads and writes there.
async fn furnished(app: &App) -> (Channel, Bearer, Bearer) {
    let (mut person, channel, lena, inside) = writing(app).await;
    let settings = format!("{inside}/settings");
    person
        .submit(&settings, &settings, &[("label", "Tomatoes \u{1f345}"), ("direction", "both")])
        .await
        .is(303);
    let card = format!("{inside}/tokens/{}", lena.id);
    let told =
        [("label", "Lena"), ("note", "from the\nmarket"), ("hue", "6"), ("read", "yes"), ("write", "yes")];
    person.submit(&card, &card, &told).await.is(303);
    let owner = channel.owner_token();
    let gone = channel.two_way().await;
    gone.wrote("by a token that is revoked").await;
    channel.revoke(&gone).await.is(204);
    lena.write_as("application/x-all", (0..=255).collect::<Vec<u8>>()).await.ok();
    owner.wrote("by the owner's token").await;
    lena.wrote("to be deleted").await;
    lena.delete(4).await.is(204);
    let late = channel.issue(true, false).await;
    person.post_parts(&inside, &[("text", "by the holder, from the pages")], &[]).await.is(303);
    lena.wrote("the last one").await;
    // What readers think differs in every way: below and above the cursor, own and foreign.
    lena.mark_read_up_to(5).await;
    lena.mark_unread(3).await;
    lena.mark_unread(2).await;
    late.mark_read(6).await;
    owner.mark_read(2).await;
    act(&mut person, "archive", &channel, &[2]).await;
    act(&mut person, "star", &channel, &[1, 5]).await;
    act(&mut person, "unread", &channel, &[1]).await;
    // A second channel between whose messages those of the first came.
    let open = json!({"public_read": true, "public_write": true, "sequenced": true,
                      "retention": {"min_age_days": 1, "max_age_days": 30, "auto_prune": true}});
    let second = app.channel_with(open).await;
    app.anonymous().post(&second.path(""), "text/plain", "by nobody in particular").await.ok();
    lena.wrote("after that of the other channel").await;
    second.lock().await;
    (channel, lena, late)
}

async fn act(person: &mut Person, action: &str, channel: &Channel, sequences: &[u64]) {
    let keys: Vec<_> = sequences.iter().map(|sequence| format!("{}.{sequence}", channel.id)).collect();
    let mut fields: Vec<_> = keys.iter().map(|key| ("pick", key.as_str())).collect();
    fields.extend([("action", action), ("back", "/inbox")]);
    person.get("/inbox").await.is(200);
    person.post("/inbox/act", &fields).await.is(303);
}

#[tokio::test]
async fn what_was_exported_is_imported_elsewhere_and_used_on_as_if_nothing_had_happened() {
    let app = App::start().await;
    let (channel, lena, late) = furnished(&app).await;
    // Beside the running server.
    let export = exported(&app.installation, &["--with-secrets"]);
    let elsewhere = Installation::with_account();
    let told = elsewhere.succeed(&["import", "-"], &export);
    assert_eq!(told, "imported 2 channels, 5 tokens, 7 messages\n");
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
    assert_eq!(moved(&lena).wrote("goes on").await, 8, "no number is used again");
    let (mut before, mut after) = (app.signed_in().await, Person::new(&server.site));
    after.sign_in(USER, PASSWORD).await;
    for list in ["/inbox?view=all", "/inbox?view=starred", "/inbox?q=is%3Aarchived"] {
        let rows = |page: &str| {
            let rows = page.split("data-row=\"").skip(1).filter_map(|rest| rest.split('"').next());
            rows.map(str::to_owned).collect::<Vec<_>>()
        };
        let known = rows(&before.get(list).await.is(200).text());
        let mut shown = rows(&after.get(list).await.is(200).text());
        shown.retain(|row| !row.ends_with(".8"));
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
    assert!(told.contains("2 channels were here already and stay as they are"), "{told}");
    assert_eq!(exported(&elsewhere, &["--with-secrets"]), export);

    elsewhere.create_account("second", "somebody", "a long password");
    fails(
        &elsewhere,
        &["import", "-", "--account", "second"],
        &export,
        7,
        "line 2: a channel of this id belongs",
    );
    // Another channel with the same token.
    let id = lines(&export)[1]["channel"]["id"].as_str().expect("an id").to_owned();
    let forged = export.replace(&id, "another");
    fails(
        &elsewhere,
        &["import", "-", "--account", "second"],
        &forged,
        7,
        "a token with this secret is here",
    );
    fails(&elsewhere, &["import", "-", "--account", "third"], &export, 7, "no account \"third\"");
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
    assert!(told.contains("3 tokens have new values"), "{told}");
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
    fails(&app.installation, &["export", "--account", "1", name], "", 7, "exists already");
    let missing = "A".repeat(43);
    fails(&app.installation, &["export", "--account", "1", "--channel", &missing], "", 7, "no channel");
    let other = app.another_account("zoe");
    let (id, other) = (other.channel().await.id, other.account.to_string());
    fails(&app.installation, &["export", "--account", "1", "--channel", &id], "", 7, "no channel");
    fails(&app.installation, &["export", "--account", &other, "--channel", &channel.id], "", 7, "no channel");
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
    let one = person.get(&format!("/profile/export/file?channel={}", channel.id)).await.is(200).text();
    assert_eq!(one, exported(&app.installation, &["--channel", &channel.id]));
    assert!(!one.contains(&lena.secret));
    let other = app.another_account("zoe").channel().await;
    person.get(&format!("/profile/export/file?channel={}", other.id)).await.is(404);
}

#[tokio::test]
async fn a_line_that_is_wrong_is_named_and_nothing_is_imported() {
    let app = App::start().await;
    furnished(&app).await;
    let export = exported(&app.installation, &["--with-secrets"]);
    let elsewhere = Installation::with_account();
    let all: Vec<&str> = export.lines().collect();
    let last = all.len();
    let with = |line: usize, text: &str| {
        let mut changed = all.clone();
        changed[line - 1] = text;
        changed.join("\n") + "\n"
    };
    let first_message = all.iter().position(|line| line.starts_with("{\"message\"")).expect("a message") + 1;
    let message = all[first_message - 1];
    let cases: Vec<(String, usize, &str)> = vec![
        (with(1, "{}"), 1, "no export"),
        (with(1, &all[0].replace("\"version\":1", "\"version\":2")), 1, "version 2"),
        (with(2, "{\"channel\":"), 2, "is not JSON"),
        (with(2, &all[1].replace("\"head\"", "\"haed\"")), 2, "other members"),
        (with(3, &all[2].replace("\"number\":1", "\"number\":7")), 3, "numbered from 1"),
        (
            with(first_message, &message.replace("\"sequence\":1,", "\"sequence\":100,")),
            first_message,
            "sequence",
        ),
        (
            with(first_message, &message.replace("\"sequence\":1,", "\"sequence\":-1,")),
            first_message,
            "negative",
        ),
        (
            with(first_message, &message.replace("\"channel\":1", "\"channel\":9")),
            first_message,
            "no channel",
        ),
        (with(first_message, &message.replace("\"payload\":\"", "\"payload\":\"!")), first_message, "base64"),
        (with(first_message, &message.replace("\"token\":3", "\"token\":99")), first_message, "no token"),
        (with(first_message + 1, message), first_message + 1, "not above those before it"),
        (with(last, ""), last, "is not JSON"),
        (all[..last - 1].join("\n") + "\n", last, "without the line of its end"),
        ([&all[..last - 2], &all[last - 1..]].concat().join("\n") + "\n", last - 1, "it is not whole"),
        (export.clone() + "{}\n", last + 1, "follows the end"),
        (with(2, &"x".repeat(49 << 20)), 2, "longer than"),
    ];
    let before = fs::read(elsewhere.database()).expect("the database");
    for (file, line, words) in cases {
        fails(&elsewhere, &["import", "-"], &file, 6, &format!("line {line}: "));
        fails(&elsewhere, &["import", "-"], &file, 6, words);
    }
    fails(&elsewhere, &["import", "/nowhere/at all"], "", 4, "/nowhere/at all");
    assert!(fs::read(elsewhere.database()).expect("the database") == before, "nothing was written");
    elsewhere.succeed(&["import", "-"], &export);
    elsewhere.succeed(&["check"], "");
}

#[tokio::test]
async fn a_folder_that_is_served_takes_no_import() {
    let installation = Installation::with_account();
    let export = exported(&installation, &[]);
    let server = installation.serve("").await;
    fails(&installation, &["import", "-"], &export, 4, "is served by process");
    drop(server);
}

/// Messages of 12 MiB in all.
async fn many_bytes(app: &App) -> Bearer {
    let lena = app.channel().await.two_way().await;
    for byte in 0..12 {
        lena.write_as("application/octet-stream", vec![byte; 1 << 20]).await.ok();
    }
    lena
}

#[tokio::test]
async fn an_import_that_does_not_fit_on_the_disk_leaves_nothing() {
    let app = App::start().await;
    many_bytes(&app).await;
    let elsewhere = Installation::with_account();
    let file = elsewhere.root().join("export");
    fs::write(&file, exported(&app.installation, &[])).expect("space");
    let import = ["import", file.to_str().expect("text")];
    let inside = elsewhere.command(&import);
    // At most 8 MiB, whichever shell it is.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 8192 && trap '' XFSZ && exec \"$0\" \"$@\""]);
    command.arg(inside.get_program()).args(inside.get_args()).env_clear().current_dir(elsewhere.root());
    command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().expect("a shell");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(elsewhere.succeed(&["channel", "list", "--json"], "").trim() == "[]");
    elsewhere.succeed(&["check"], "");
    let told = elsewhere.succeed(&import, "");
    assert_eq!(told, "imported 1 channels, 2 tokens, 12 messages\n");
}

#[tokio::test]
async fn an_account_that_is_full_after_an_import_is_told_so() {
    let app = App::start().await;
    let export = {
        many_bytes(&app).await;
        exported(&app.installation, &[])
    };
    let elsewhere = Installation::with_account();
    let mut command = elsewhere.command(&["import", "-"]);
    command.env("PEERBOX_LIMITS__STORAGE_PER_ACCOUNT", "1M");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the executable");
    std::io::Write::write_all(&mut child.stdin.take().expect("standard input"), export.as_bytes())
        .expect("taken");
    let output = child.wait_with_output().expect("an end");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("takes no messages above"), "{told}");
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
async fn a_download_breaks_off_when_the_right_to_it_ends() {
    let app = App::start().await;
    many_bytes(&app).await;
    let mut person = app.signed_in().await;
    person.get("/profile/sessions").await.is(200);
    let mut raw = Raw::connect(&app.site).await;
    let request = format!(
        "GET /profile/export/file HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n",
        app.site.authority(),
        person.cookie_header()
    );
    raw.send(request).await;
    let head = raw.head().await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    person.post("/profile/sessions", &[("end", "all")]).await.is(303);
    let rest = raw.rest().await;
    let whole = rest.windows(6).any(|part| part == b"{\"end\"");
    assert!(!whole && rest.len() < 12 << 20, "{} bytes", rest.len());
}
