//! Contacts that change, that are damaged, and that lead to a server in another way than usual.

use serde_json::Value;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::Owner;
use crate::support::process::{Installation, with_contact};
use crate::support::tls::{Tls, secure};

const KEYS: &str = "/profile/keys";

fn shown(client: &Installation, name: &str) -> Value {
    serde_json::from_str(&client.succeed(&["contact", "show", name, "--json"], "")).expect("JSON")
}

/// Publishes a key of the installation's contact, and gives it.
async fn published(app: &App, holder: &Installation, contact: &str) -> String {
    let key = holder.succeed(&["contact", "key", "new", contact], "").trim().to_owned();
    app.signed_in().await.submit(KEYS, KEYS, &[("key", &key)]).await.is(303);
    key
}

#[tokio::test]
async fn a_contact_that_is_changed_keeps_its_keys_and_numbers() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t, next) = (channel.owner_token(), channel.two_way().await, channel.two_way().await);
    let client = with_contact(&t);
    let address = format!("{}{}", app.site.base(), t.path(""));
    let holder = Installation::empty();
    holder.succeed(&["contact", "add", "me", &address, "--token-stdin"], &o.secret);
    let key = published(&app, &holder, "me").await;
    let own = client.succeed(&["contact", "key", "new", "shop"], "");
    client.fails(&["contact", "add", "shop", &address, "--token-stdin"], &next.secret, 7, "--replace");

    // A key that was learnt later, then compared.
    client.succeed(&["contact", "add", "shop", &address, "--replace"], "");
    assert_eq!(
        (&shown(&client, "shop")["seal_to"], &shown(&client, "shop")["key_is_checked"]),
        (&key.as_str().into(), &false.into())
    );
    let changed = client.succeed(&["contact", "add", "shop", "--replace", "--seal-to", &key, "--json"], "");
    let changed: Value = serde_json::from_str(&changed).expect("JSON");
    assert_eq!((&changed["sealing"], &changed["key_is_checked"]), (&"envelope".into(), &true.into()));
    client.succeed(&["send", "shop", "one"], "");
    channel.revoke(&t).await.empty(204);
    client.fails(&["send", "shop", "two"], "", 11, "the token is not valid");
    client.succeed(&["contact", "add", "shop", "--replace", "--token-stdin"], &next.secret);
    client.succeed(&["send", "shop", "two"], "");
    let now = shown(&client, "shop");
    assert_eq!((&now["own_key"], &now["sent"], &now["token"]), (&own.trim().into(), &2.into(), &true.into()));
    assert_eq!((&now["seal_to"], &now["key_is_checked"]), (&key.into(), &true.into()));
    let opened = holder.succeed(&["read", "me"], "");
    assert!(opened.contains("  one\n") && opened.contains("  two\n"), "{opened}");

    // Another channel begins its numbers anew, and what was sealed for the keys opens further.
    let other = app.channel().await.two_way().await;
    let link = format!("{}/c/{}#{}", app.site.base(), other.channel, other.secret);
    client.succeed(&["contact", "add", "shop", "--replace"], &link);
    assert_eq!(
        (&shown(&client, "shop")["own_key"], &shown(&client, "shop")["sent"]),
        (&own.trim().into(), &0.into())
    );
    // All pairs go into a file and come back, the newest first.
    client.succeed(&["contact", "key", "new", "shop"], "");
    let all = client.succeed(&["contact", "key", "export", "shop", "--all"], "");
    let keys = client.succeed(&["contact", "key", "show", "shop"], "");
    client.succeed(&["contact", "remove", "shop", "--yes"], "");
    client.succeed(&["contact", "add", "shop"], &link);
    client.succeed(&["contact", "key", "import", "shop"], &all);
    assert_eq!(client.succeed(&["contact", "key", "show", "shop"], ""), keys);
    assert_eq!(keys.lines().count(), 3, "{keys}");
}

#[tokio::test]
async fn nothing_is_sealed_for_a_key_that_its_holder_retired_or_that_is_not_the_links() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let holder = Installation::empty();
    let address = format!("{}{}", app.site.base(), t.path(""));
    holder.succeed(&["contact", "add", "me", &address, "--token-stdin"], &o.secret);
    published(&app, &holder, "me").await;
    let client = with_contact(&t);
    assert_eq!(client.succeed(&["send", "shop", "sealed"], ""), "1\n");
    // Beside a newer key the one before is taken, until it is retired.
    let newer = published(&app, &holder, "me").await;
    assert_eq!(client.succeed(&["send", "shop", "sealed"], ""), "2\n");
    app.signed_in().await.submit(KEYS, "/profile/keys/1/retire", &[]).await.is(303);
    client.fails(&["send", "shop", "sealed"], "", 13, "does not use the key any more");
    assert_eq!((t.all().await, shown(&client, "shop")["sent"].clone()), (vec![1, 2], 2.into()));
    client.succeed(&["send", "shop", "--plain", "open"], "");
    client.succeed(&["contact", "add", "shop", &address, "--replace"], "");
    assert_eq!(shown(&client, "shop")["seal_to"], newer.as_str());
    client.succeed(&["send", "shop", "sealed"], "");

    let link = format!("{}/c/{}#{}.BwcHBwcHBwcHBwcHBwcHBw", app.site.base(), t.channel, t.secret);
    std::fs::write(client.root().join("link"), link).expect("space");
    let both = ["contact", "add", "k", "--link-file", "link", "--seal-to", &newer];
    client.fails(&both, "", 13, "--seal-to another");
    let nobodys = "libsodium sealed_box AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    client.fails(&["contact", "add", "k", &address, "--seal-to", nobodys], "", 2, "nobody");
}

#[tokio::test]
async fn one_that_is_damaged_hides_no_other_and_is_removed() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let client = with_contact(&t);
    let address = format!("{}{}", app.site.base(), t.path(""));
    for name in ["anna", "bert", "carl"] {
        client.succeed(&["contact", "add", name, &address, "--token-stdin"], &t.secret);
    }
    let folder = client.root().join("config/peerbox");
    let book = std::fs::read_to_string(folder.join("contacts.toml")).expect("a file");
    let (before, after) = book.split_once("[contacts.anna]").expect("anna");
    let damaged = format!("{before}[contacts.anna]{}", after.replacen("sealed = \"", "sealed = \"AAAA", 1));
    std::fs::write(folder.join("contacts.toml"), damaged).expect("space");
    let listed = client.run(&["contact", "list"], "");
    let table = String::from_utf8_lossy(&listed.stdout);
    assert!(!table.contains("anna") && table.contains("bert") && table.contains("shop"), "{table}");
    assert_eq!(listed.status.code(), Some(10), "{listed:?}");
    client.fails(&["contact", "list"], "", 10, "the secrets of anna do not open");
    client.fails(&["contact", "remove", "anna", "nobody", "--yes"], "", 7, "nobody");
    client.succeed(&["contact", "remove", "anna", "carl", "--yes"], "");
    assert_eq!(client.succeed(&["contact", "list", "--names"], ""), "bert\nshop\n");
    std::fs::remove_file(folder.join("client.key")).expect("a key");
    client.fails(&["send", "shop", "x"], "", 10, "client.key cannot be read");
    client.fails(
        &["contact", "add", "dora", &address, "--token-stdin"],
        &t.secret,
        10,
        "put it back, or remove",
    );
    client.succeed(&["contact", "remove", "bert", "shop", "--yes"], "");
    client.succeed(&["contact", "add", "shop", &address, "--token-stdin"], &t.secret);
    client.succeed(&["send", "shop", "x"], "");
    std::fs::write(folder.join("contacts.toml"), "version = 1\n\n[contacts.x]\naddress = 7\n")
        .expect("space");
    client.fails(&["contact", "list"], "", 3, "line ");
}

#[tokio::test]
async fn what_is_no_account_is_said_and_the_address_of_one_is_taken() {
    let app = App::start().await;
    let client = with_contact(&app.channel().await.two_way().await);
    let base = app.site.base();
    let list = |arguments: &[&'static str], server: &str| {
        let whole = ["remote", "--server", server, "--user", "username", "--password-stdin"];
        let rest = ["channel", "list", "--json"];
        [&whole[..], arguments, &rest].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let asked = |arguments: &[String]| arguments.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    for (named, words) in
        [(["--account", "demo"], "takes the account's id"), (["--account", ""], "\"\" is none")]
    {
        let arguments = list(&named, &base);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        client.fails(&arguments, "password\n", 2, words);
    }
    client.fails(&["remote", "--account", "shop", "channel", "list"], "", 7, "shop is a channel");
    for server in [format!("{base}/api/v1"), format!("{base}/api/v1/account/1")] {
        let arguments = list(&[], &server);
        let words: Vec<_> = arguments.iter().map(String::as_str).collect();
        assert!(client.succeed(&words, "password\n").contains("\"id\""), "{}", asked(&arguments));
    }
    let missing = list(&["--account", "77"], &base);
    client.fails(
        &missing.iter().map(String::as_str).collect::<Vec<_>>(),
        "password\n",
        11,
        "no such account",
    );
}

#[tokio::test]
async fn refusals_say_what_is_missing() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (reads, writes) = (channel.read_only().await, channel.write_only().await);
    let client = with_contact(&reads);
    client.fails(&["send", "shop", "x"], "", 11, "the token is not valid, or may not write (401)");
    let address = format!("{}{}", app.site.base(), reads.path(""));
    client.fails(&["contact", "add", "open", &address], "", 11, "a token is needed");
    client.fails(
        &["contact", "add", "open"],
        &format!("{}/c/{}", app.site.base(), reads.channel),
        11,
        "behind its #",
    );
    client.succeed(&["contact", "add", "writes", &address, "--token-stdin", "--no-check"], &writes.secret);
    client.fails(&["read", "writes"], "", 11, "the token is not valid, or may not read (401)");
    let base = app.site.base();
    let issue = [
        "remote",
        "--server",
        &base,
        "--user",
        "username",
        "--password-stdin",
        "token",
        "issue",
        &reads.channel,
        "",
    ];
    client.fails(&issue, "password\n", 11, ": description: ");
}

#[tokio::test]
async fn an_authority_is_remembered_with_the_contact_and_a_foreign_one_is_said_at_once() {
    let tls = Tls::new();
    let app = App::with(&tls.settings()).await;
    let site = secure(&app.site, &tls.certificate);
    let t = Owner::new(&site, 1, USER, PASSWORD).channel().await.two_way().await;
    let client = Installation::empty();
    let address = format!("{}{}", site.base(), t.path(""));
    let add = ["contact", "add", "shop", &address, "--token-stdin"];
    client.fails(
        &add,
        &t.secret,
        12,
        "is not trusted: invalid peer certificate: UnknownIssuer; pass --cacert FILE",
    );
    std::fs::write(client.root().join("empty.pem"), "no certificate").expect("space");
    client.fails(&[&add[..], &["--cacert", "empty.pem"]].concat(), &t.secret, 2, "--cacert empty.pem");
    let file = tls.certificate_file();
    let trusting = ["--cacert", file.to_str().expect("text")];
    client.succeed(&[&add[..], &trusting].concat(), &t.secret);
    client.succeed(&["send", "shop", "x"], "");
    let base = address.split("/api").next().expect("a server");
    let account = ["contact", "add", "box", base, "--user", "username", "--password-stdin"];
    client.succeed(&[&account[..], &trusting].concat(), "password\n");
    client.succeed(&["remote", "channel", "list", "--account", "box"], "");
    client.succeed(&[&["remote", "channel", "list", "--account", "box"], &trusting[..]].concat(), "");
}

#[tokio::test]
async fn an_account_keeps_what_is_not_named_when_its_password_is_told_anew() {
    let app = App::start().await;
    let client = with_contact(&app.channel().await.two_way().await);
    app.another_account("second");
    let base = app.site.base();
    let of_account = format!("{base}/api/v1/account/2");
    let add = |address: &str, more: &[&'static str]| {
        let whole = ["contact", "add", "box", address, "--user", "second", "--password-stdin"];
        client.succeed(&[&whole[..], more].concat(), "password\n")
    };
    add(&of_account, &[]);
    add(&base, &["--replace"]);
    assert!(client.succeed(&["contact", "show", "box"], "").contains("/account/2"), "not the first account");
    let onto_channel = ["contact", "add", "shop", &base, "--user", "second", "--password-stdin", "--replace"];
    client.fails(&onto_channel, "password\n", 7, "shop is a channel");
}

#[tokio::test]
async fn keys_are_imported_all_or_none() {
    let app = App::start().await;
    let peer = app.channel().await.two_way().await;
    let (client, other) = (with_contact(&peer), with_contact(&peer));
    for _ in 0..11 {
        client.succeed(&["contact", "key", "new", "shop"], "");
        other.succeed(&["contact", "key", "new", "shop"], "");
    }
    let keys = || client.succeed(&["contact", "key", "show", "shop", "--json"], "");
    let (before, more) = (keys(), other.succeed(&["contact", "key", "export", "shop", "--all"], ""));
    client.fails(&["contact", "key", "import", "shop"], &more, 2, "at most 20 keys");
    assert_eq!(keys(), before, "there is room for some of them only");
    let own = client.succeed(&["contact", "key", "export", "shop", "--all"], "");
    client.succeed(&["contact", "key", "import", "shop"], &own);
    assert_eq!(keys(), before, "what is there is not there twice, and in the same order");
}
