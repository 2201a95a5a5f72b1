//! The executable's commands, as people and scripts call them.

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::basic;
use crate::support::process::Installation;

#[test]
fn case_001_first_account_is_one_line_with_one_colon_and_id_1() {
    let (line, code) = Installation::empty().createaccount("shop", "username", "password");
    assert_eq!((line.lines().count(), line.matches(':').count(), code), (1, 1, Some(0)), "{line}");
    assert!(line.starts_with("shop") && line.ends_with("account-id:1"), "{line}");
}

#[test]
fn case_002_the_same_three_arguments_again_change_nothing() {
    let installation = Installation::empty();
    let first = installation.createaccount("shop", "username", "password");
    assert_eq!(installation.createaccount("shop", "username", "password"), first);
}

#[tokio::test]
async fn case_003_another_user_of_the_same_account_signs_in_to_the_same_id() {
    let app = App::start().await;
    let (line, code) = app.installation.createaccount("first", "second user", "other password");
    assert!(line.ends_with("account-id:1") && code == Some(0), "{line}");
    app.owner().list().await.ok();
    app.owner().presenting(&basic("second user", "other password")).list().await.ok();
}

#[test]
fn case_004_a_name_with_an_underscore_is_one_account() {
    let installation = Installation::empty();
    let first = installation.createaccount("a_b", "username", "password");
    assert!(first.0.starts_with("a_b") && first.0.ends_with("account-id:1"), "{}", first.0);
    assert_eq!(installation.createaccount("a_b", "username", "password"), first);
    let other = installation.createaccount("c", "other", "password");
    assert!(other.0.ends_with("account-id:2"), "{}", other.0);
}

#[tokio::test]
async fn case_005_no_log_text_is_mixed_into_the_line_even_beside_a_running_server() {
    let app = App::start().await;
    let (line, code) = app.installation.createaccount("quiet", "quiet", "password");
    let parts: Vec<_> = line.split(':').collect();
    assert_eq!((parts.len(), parts[1], code), (2, "2", Some(0)), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[tokio::test]
async fn case_006_two_accounts_cannot_share_a_user_and_password() {
    let app = App::start().await;
    let (line, code) = app.installation.createaccount("second", USER, PASSWORD);
    assert_ne!(code, Some(0), "{line}");
    assert!(!line.contains("account-id:"), "{line}");
    app.owner().list().await.ok();
    app.owner().under(2).list().await.refused(403);
}

#[test]
fn createaccount_does_not_change_a_password() {
    let installation = Installation::with_account();
    let (line, code) = installation.createaccount("first", USER, "another password");
    assert_ne!(code, Some(0), "{line}");
}

#[test]
fn createaccount_works_wherever_it_stands() {
    let installation = Installation::empty();
    let key = installation.key_file();
    let key = key.to_str().unwrap();
    for (place, arguments) in [
        &["--data-dir", "box", "-createaccount", "shop 0", "user 0", "-secret"][..],
        &["-createaccount", "--data-dir", "box", "shop 1", "user 1", "password"],
        &["-createaccount", "shop 2", "user 2", "password", "--data-dir", "box"],
        &["--data-dir=box", "--key-file", key, "-createaccount", "shop 3", "user 3", "password"],
    ]
    .iter()
    .enumerate()
    {
        let made = installation.succeed(arguments, "");
        assert_eq!(made, format!("shop {place} account-id:{}\n", place + 1), "{arguments:?}");
    }
    assert!(installation.root().join("box/peerbox.db").exists() && !installation.database().exists());
    for arguments in [&["-createaccount", "a", "b"][..], &["--data-dir", "box", "-createaccount"]] {
        assert_eq!(installation.run(arguments, "").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn startup_serves_and_takes_the_flags_of_serve() {
    let installation = Installation::with_account();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for arguments in [["-startup", "--listen", &address], ["--listen", &address, "-startup"]] {
        let output = installation.run(&arguments, "");
        assert_eq!(output.status.code(), Some(8), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_link_of_the_references_name_creates_accounts() {
    let installation = Installation::empty();
    let link = installation.root().join("SPVChannels.API.Rest");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_peerbox"), &link).unwrap();
    let mut command = installation.command(&[]);
    let settings = command.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned()));
    let mut linked = std::process::Command::new(&link);
    linked.env_clear().envs(settings.collect::<Vec<_>>()).args(["-createaccount", "shop", "u", "password"]);
    let output = linked.output().unwrap();
    assert!(command.output().unwrap().status.code() != Some(0), "without arguments nothing starts");
    assert!(String::from_utf8_lossy(&output.stdout).trim().ends_with("account-id:1"), "{output:?}");
}

#[tokio::test]
async fn a_disabled_account_is_refused_at_once_and_comes_back() {
    let app = App::start().await;
    let channel = app.channel().await;
    let token = channel.owner_token();
    app.installation.succeed(&["account", "disable", "first"], "");
    app.owner().list().await.refused(401);
    token.read("").await.refused(401);
    app.installation.succeed(&["account", "enable", "first"], "");
    app.owner().list().await.ok();
    token.read("").await.ok();
}

#[tokio::test]
async fn a_disabled_user_is_refused_at_once_and_the_tokens_stay() {
    let app = App::start().await;
    let token = app.channel().await.owner_token();
    let enabled = |how: &str| {
        let told = app.installation.succeed(&["user", how, USER, "--json"], "");
        serde_json::from_str::<serde_json::Value>(&told).expect("JSON")["enabled"].clone()
    };
    assert_eq!(enabled("disable"), false);
    app.owner().list().await.refused(401);
    token.read("").await.ok();
    assert_eq!(enabled("enable"), true);
    app.owner().list().await.ok();
}

#[tokio::test]
async fn a_changed_password_ends_the_old_one_at_once() {
    let app = App::start().await;
    app.owner().list().await.ok();
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "a new password\n");
    app.owner().list().await.refused(401);
    app.owner().presenting(&basic(USER, "a new password")).list().await.ok();
}

#[tokio::test]
async fn a_deleted_account_takes_its_channels_and_tokens_along() {
    let app = App::start().await;
    let other = app.another_account("leaver");
    let channel = other.channel().await;
    let token = channel.owner_token();
    token.write("kept").await.ok();
    app.installation.succeed(&["account", "delete", "account of leaver", "--yes"], "");
    other.list().await.refused(401);
    token.read("").await.refused(401);
    app.owner().list().await.ok();
    app.installation.succeed(&["check"], "");
}

#[test]
fn a_wrong_key_is_refused_in_one_sentence_and_touches_nothing() {
    let installation = Installation::with_account();
    let before = std::fs::read(installation.database()).unwrap();
    let other = Installation::with_account();
    std::fs::copy(other.key_file(), installation.key_file()).unwrap();
    let output = installation.run(&["account", "list"], "");
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim().lines().count(), 1, "{output:?}");
    assert!(!output.status.success());
    assert_eq!(std::fs::read(installation.database()).unwrap(), before);
}

#[test]
fn a_key_file_is_made_private_on_first_use() {
    use std::os::unix::fs::PermissionsExt;
    let installation = Installation::with_account();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&installation.key_file()), 0o600);
    assert_eq!(mode(installation.key_file().parent().unwrap()), 0o700);
}

#[tokio::test]
async fn token_list_masks_the_secrets() {
    let app = App::start().await;
    let channel = app.channel().await;
    let secret = channel.owner_token().secret;
    let listed = app.installation.succeed(&["token", "list", &channel.id], "");
    assert!(listed.contains("Owner"), "{listed}");
    assert!(!listed.contains(&secret) && !listed.contains(&secret[8..]), "{listed}");
}

#[tokio::test]
async fn a_token_revoked_by_command_is_refused_at_once() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    t.read("").await.ok();
    app.installation.succeed(&["token", "revoke", &channel.id, &t.id], "");
    t.read("").await.refused(401);
    assert_eq!(t.connect().await.err(), Some(401));
    channel.owner_token().read("").await.ok();
}

#[test]
fn a_channel_id_may_begin_with_a_hyphen() {
    let installation = Installation::with_account();
    for arguments in [
        &["token", "list", "-BFrBHFz-mxn"][..],
        &["token", "list", "--json", "-j"],
        &["token", "revoke", "--x", "2"],
    ] {
        let output = installation.run(arguments, "");
        assert_eq!(output.status.code(), Some(7), "{output:?}");
    }
    assert_eq!(installation.run(&["token", "list", "--json"], "").status.code(), Some(2));
}

#[tokio::test]
async fn a_token_is_made_by_command_and_ends_by_itself() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.owner_token().wrote("before").await;
    let make = |more: &[&str]| {
        let arguments = [&["token", "create", channel.id.as_str(), "by hand"], more].concat();
        app.installation.succeed(&arguments, "").trim().to_owned()
    };
    let secrets = [make(&[]), make(&["--only", "read", "--history"]), make(&["--only", "write"])];
    let ending = make(&["--expires", "30d"]);
    let reads = async |secret: &str| {
        let authorization = format!("Bearer {secret}");
        app.anonymous().get_with(&channel.path(""), &[("authorization", &authorization)]).await
    };
    assert_eq!(reads(&secrets[0]).await.ok(), json!([]));
    assert_eq!(reads(&secrets[1]).await.ok().as_array().map(Vec::len), Some(1));
    reads(&secrets[2]).await.refused(401);
    reads(&ending).await.ok();

    let listed = app.installation.succeed(&["token", "list", &channel.id, "--json"], "");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let of =
        |member: &str| listed.as_array().unwrap()[1..].iter().map(|token| token[member].clone()).collect();
    let (read, write, delete): (Vec<_>, Vec<_>, Vec<_>) = (of("can_read"), of("can_write"), of("can_delete"));
    assert_eq!(
        (read, write),
        (
            vec![json!(true), json!(true), json!(false), json!(true)],
            vec![json!(true), json!(false), json!(true), json!(true)]
        )
    );
    assert!(delete.iter().all(|may| may == false), "{listed}");
    assert!(listed[4]["expires_at"].as_str().is_some_and(|end| end.ends_with('Z')), "{listed}");
    assert_eq!(listed[1]["expires_at"], json!(null));
    let table = app.installation.succeed(&["token", "list", &channel.id], "");
    assert!(table.contains("ENDS") && table.contains("never"), "{table}");

    for wrong in [
        &["--expires", "yesterday"][..],
        &["--expires", "0d"],
        &["--expires", "2001-01-01T00:00:00Z"],
        &["--only", "delete"],
    ] {
        let output =
            app.installation.run(&[&["token", "create", channel.id.as_str(), "x"], wrong].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {output:?}");
    }
    let blank = app.installation.run(&["token", "create", &channel.id, " "], "");
    assert_eq!(blank.status.code(), Some(2), "{blank:?}");
}
