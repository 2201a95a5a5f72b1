//! `--json`: what each command that changes something tells programs.

use serde_json::Value;

use crate::support::app::App;
use crate::support::process::Installation;

fn json(printed: &str) -> Value {
    serde_json::from_str(printed).expect("JSON")
}

#[tokio::test]
async fn what_is_changed_here_is_told_to_programs() {
    let app = App::start().await;
    let channel = app.channel().await;
    let here =
        |words: &[&str], input: &str| json(&app.installation.succeed(&[words, &["--json"]].concat(), input));
    let made = here(&["account", "create", "a_b", "--user", "anna", "--password-stdin"], "a good password");
    assert_eq!((&made["name"], &made["id"], &made["enabled"]), (&"a b".into(), &2.into(), &true.into()));
    assert_eq!(here(&["account", "disable", "2"], "")["enabled"], false);
    assert_eq!(here(&["account", "enable", "a b"], "")["enabled"], true);
    assert_eq!(here(&["account", "quota", "2", "1M"], "")["quota"], 1 << 20);
    let user = here(&["user", "add", "bert", "2", "--password-stdin"], "a good password");
    assert_eq!((&user["name"], &user["account_name"]), (&"bert".into(), &"a b".into()));
    assert_eq!(here(&["user", "passwd", "bert", "--password-stdin"], "another password")["id"], user["id"]);
    assert_eq!(here(&["user", "delete", "bert", "--yes"], "")["id"], user["id"]);
    assert_eq!(here(&["account", "delete", "2", "--yes"], "")["name"], "a b");
    let token = here(&["token", "create", &channel.id, "a feed", "--only", "write"], "");
    assert_eq!((&token["can_read"], token["secret"].as_str().map(str::len)), (&false.into(), Some(43)));
    let revoked = here(&["token", "revoke", &channel.id, token["id"].as_str().expect("an id")], "");
    assert_eq!((&revoked["id"], &revoked["channel"]), (&token["id"], &channel.id.as_str().into()));
    let feed = here(&["channel", "create", "1", "--for", "callbacks"], "");
    let id = feed["id"].as_str().expect("an id");
    assert_eq!(feed["path"], format!("/api/v1/channel/{id}"));
    assert_eq!(feed["token"].as_str().map(str::len), Some(43));
}

#[tokio::test]
async fn what_is_changed_at_a_server_is_told_to_programs() {
    let app = App::start().await;
    let (client, base) = (Installation::empty(), app.site.base());
    let account = ["contact", "add", "box", &base, "--user", "username", "--password-stdin", "--json"];
    let kept = json(&client.succeed(&account, "password\n"));
    assert_eq!(
        (&kept["name"], &kept["address"]),
        (&"box".into(), &format!("{base}/api/v1/account/1").into())
    );
    let remote = |words: &[&str]| {
        json(&client.succeed(&[&["remote", "--account", "box"], words, &["--json"]].concat(), ""))
    };
    let made = remote(&["channel", "create"]);
    let id = made["id"].as_str().expect("an id");
    assert_eq!(made["address"], format!("{base}/api/v1/channel/{id}"));
    let token = remote(&["token", "issue", id, "a friend"]);
    assert_eq!((&token["address"], &token["description"]), (&made["address"], &"a friend".into()));
    let secret = token["token"].as_str().expect("a secret");
    let address = made["address"].as_str().expect("an address");
    let contact =
        json(&client.succeed(&["contact", "add", "friend", address, "--token-stdin", "--json"], secret));
    assert_eq!((&contact["name"], &contact["address"]), (&"friend".into(), &made["address"]));
    client.succeed(&["contact", "key", "new", "friend"], "");
    let file = client.succeed(&["contact", "key", "export", "friend"], "");
    let imported = json(&client.succeed(&["contact", "key", "import", "friend", "--json"], &file));
    assert!(imported[0]["key"].as_str().is_some_and(|key| key.starts_with("libsodium")), "{imported}");
    assert_eq!(remote(&["token", "revoke", id, token["id"].as_str().expect("an id")])["id"], token["id"]);
    assert_eq!(remote(&["channel", "delete", id, "--yes"])["id"], id);
}
