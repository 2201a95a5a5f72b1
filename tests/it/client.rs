//! The command line as a client: of our server, and of one that knows nothing beyond the reference's dialect.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::bearer::payload;
use crate::support::dialect::Dialect;
use crate::support::listening::Listening;
use crate::support::process::{Installation, json_lines as lines, with_contact};

#[tokio::test]
async fn messages_go_both_ways_below_a_path_too() {
    let app = App::with("server.base_url = \"http://box.example/peer/channels/\"").await;
    app.site.moved_to(&format!("{}/peer/channels", app.site.base()));
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    assert_eq!(client.succeed(&["send", "shop", "Grüße"], ""), "1\n");
    assert_eq!(client.succeed(&["send", "shop", "--type", "a/b; c=d"], "from a pipe"), "2\n");
    let file = client.root().join("price list.pdf");
    std::fs::write(&file, b"%PDF\0").expect("space");
    let path = file.to_str().expect("text");
    let sent = client.succeed(&["send", "shop", "see there", "--file", path, "--json"], "");
    assert_eq!(lines(&sent)[1]["sequence"], 4, "{sent}");
    let stored = o.messages("").await;
    assert_eq!(payload(&stored[0]), "Grüße".as_bytes());
    assert_eq!(stored[0]["content_type"], "text/plain; charset=utf-8");
    assert_eq!(
        (payload(&stored[1]), &stored[1]["content_type"]),
        (b"from a pipe".to_vec(), &json!("a/b; c=d"))
    );
    assert_eq!(stored[3]["content_type"], "application/pdf; name=\"price list.pdf\"");
    assert_eq!(payload(&stored[3]), b"%PDF\0");

    o.wrote("an \u{202e}answer").await;
    o.write_as("image/png; name=\"../a.png\"", vec![0, 1, 255]).await.ok();
    let read = client.succeed(&["read", "shop", "--unread"], "");
    assert!(read.contains("#5  ") && read.contains("not sealed\n  an answer\n"), "{read}");
    assert!(read.contains("  (a.png, image/png, 3 bytes; "), "{read}");
    assert_eq!(client.run(&["read", "shop", "--after", "5", "--raw"], "").stdout, [0, 1, 255]);
    let all = lines(&client.succeed(&["read", "shop", "--json"], ""));
    assert_eq!(
        (all.len(), &all[4]["author"], &all[4]["text"]),
        (6, &json!("holder"), &json!("an \u{202e}answer"))
    );
    assert_eq!(lines(&client.succeed(&["read", "shop", "--json", "--limit", "2"], "")).len(), 2);
    let printed = client.succeed(&["read", "shop", "--unread", "--mark", "--out", "in"], "");
    assert_eq!(printed, "in/5.txt\nin/6-a.png\n");
    assert_eq!(std::fs::read(client.root().join("in/6-a.png")).expect("a file"), [0, 1, 255]);
    assert_eq!(client.succeed(&["read", "shop", "--unread"], ""), "");
    assert_eq!(t.unread().await, [] as [u64; 0]);
}

#[tokio::test]
async fn many_messages_are_read_page_by_page() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    for number in 1..=33 {
        o.wrote(&number.to_string()).await;
    }
    let all = lines(&client.succeed(&["read", "shop", "--json"], ""));
    let numbers: Vec<_> = all.iter().map(|line| line["sequence"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, (1..=33).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_goes_wrong_has_a_code_and_a_sentence() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let client = with_contact(&t);
    let address = format!("{}{}", app.site.base(), t.path(""));
    client.fails(&["send", "nobody", "x"], "", 7, "no contact \"nobody\"");
    client.fails(&["contact", "add", "shop", &address], "", 7, "there is a contact \"shop\" already");
    client.fails(&["contact", "add", "a b", &address], "", 2, "letters, digits");
    client.fails(&["send", "shop"], "", 2, "is empty");
    client.fails(&["contact", "add", "x"], "hello", 2, "no link");
    client.fails(&["contact", "add", "x", "--token-stdin", &address], "wrong", 11, "(401)");
    client.fails(&["contact", "add", "x", "http://192.0.2.1/c/abc"], "", 2, "--insecure-http");
    channel.lock().await;
    client.fails(&["send", "shop", "x", "--retry-for", "0s"], "", 11, "(403)");
    channel.revoke(&t).await.empty(204);
    client.fails(&["read", "shop"], "", 11, "not valid");
    // Nobody listens on a port that was just given back.
    let closed =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let gone = format!("http://{closed}/api/v1/channel/abc");
    client.succeed(&["contact", "add", "gone", &gone, "--no-check"], "");
    client.fails(&["read", "gone", "--retry-for", "0s"], "", 12, "cannot be reached");
    let output = client.run(&["read", "gone", "--retry-for", "300ms"], "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("; trying again\n"), "{output:?}");
    assert_eq!(output.status.code(), Some(12));
}

#[tokio::test]
async fn secrets_are_taken_from_no_arguments_and_lie_in_no_file() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let client = Installation::empty();
    let address = format!("{}{}", app.site.base(), t.path(""));
    for link in [format!("{}/c/{}#{}", app.site.base(), t.channel, t.secret), format!("{address}?token=x")] {
        client.fails(&["contact", "add", "x", &link], "", 2, "standard input");
    }
    client.succeed(&["contact", "add", "a", &address, "--token-stdin"], &t.secret);
    let file = client.root().join("token.txt");
    std::fs::write(&file, format!("Bearer {}\n", t.secret)).expect("space");
    client.succeed(&["contact", "add", "b", &address, "--token-file", "token.txt"], "");
    std::fs::write(&file, format!("{address}?token={}", t.secret)).expect("space");
    client.succeed(&["contact", "add", "c", "--link-file", "token.txt"], "");
    std::fs::remove_file(file).expect("a file");
    let listed: Value =
        serde_json::from_str(&client.succeed(&["contact", "list", "--json"], "")).expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    for name in ["a", "b", "c"] {
        client.succeed(&["send", name, "x"], "");
        assert!(!client.succeed(&["contact", "show", name], "").contains(&t.secret));
    }
    let folder = client.root().join("config/peerbox");
    for file in std::fs::read_dir(&folder).expect("a folder") {
        use std::os::unix::fs::PermissionsExt;
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("its bytes");
        assert!(!bytes.windows(t.secret.len()).any(|part| part == t.secret.as_bytes()), "{path:?}");
        assert_eq!(path.metadata().expect("its mode").permissions().mode() & 0o077, 0, "{path:?}");
    }
    client.succeed(&["contact", "remove", "a", "--yes"], "");
    client.fails(&["send", "a", "x"], "", 7, "no contact");
}

#[tokio::test]
async fn a_server_that_knows_only_the_references_dialect_is_spoken_to() {
    let server = Dialect::start().await;
    let client = Installation::empty();
    client.succeed(&["contact", "add", "old", &server.address(), "--token-stdin"], "mine");
    assert_eq!(client.succeed(&["send", "old", "one"], ""), "1\n");
    for number in 0..20 {
        server.wrote(&format!("answer {number}"));
    }
    let all = lines(&client.succeed(&["read", "old", "--json"], ""));
    assert_eq!((all.len(), &all[0]["author"], &all[20]["text"]), (21, &Value::Null, &json!("answer 19")));
    assert_eq!(lines(&client.succeed(&["read", "old", "--json", "--after", "20"], "")).len(), 1);
    let unread = lines(&client.succeed(&["read", "old", "--unread", "--mark", "--limit", "2", "--json"], ""));
    assert_eq!((unread.len(), &unread[0]["sequence"]), (2, &json!(2)));
    assert_eq!(lines(&client.succeed(&["read", "old", "--unread", "--json"], "")).len(), 18);
    // It gives 503 once, and then breaks off once in the middle of a write.
    server.refuse_next(503);
    assert_eq!(client.succeed(&["send", "old", "two"], ""), "22\n");
    server.break_next();
    client.fails(&["send", "old", "three"], "", 12, "nobody knows whether");
    server.refuse_next(308);
    client.fails(
        &["send", "old", "three"],
        "",
        12,
        "a redirect to https://elsewhere.example/api/v1/channel/a-channel,",
    );
}

#[tokio::test]
async fn the_holders_key_is_checked_and_what_is_sealed_opens_with_it_alone() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let holder = Installation::empty();
    let address = format!("{}{}", app.site.base(), o.path(""));
    holder.succeed(&["contact", "add", "mine", &address, "--token-stdin"], &o.secret);
    let key = holder.succeed(&["contact", "key", "new", "mine"], "");
    person.submit("/profile/keys", "/profile/keys", &[("key", key.trim())]).await.is(303);

    // The link names the key's fingerprint and has a secret; a link with another one is refused.
    let shown: Value =
        serde_json::from_str(&holder.succeed(&["contact", "key", "fingerprint", "mine", "--json"], ""))
            .expect("JSON");
    let digits = shown["own"].as_str().expect("digits");
    let bytes: Vec<u8> =
        digits.split(' ').flat_map(|group| group.parse::<u16>().expect("a group").to_be_bytes()).collect();
    let half = |bytes: &[u8]| base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes);
    let link = |fingerprint: &[u8]| {
        format!("{}/c/{}#{}.{}.{}", app.site.base(), t.channel, t.secret, half(fingerprint), half(&[7; 16]))
    };
    let client = Installation::empty();
    client.fails(&["contact", "add", "shop"], &link(&[9; 16]), 13, "another one");
    client.succeed(&["contact", "add", "shop"], &link(&bytes));
    let contact: Value =
        serde_json::from_str(&client.succeed(&["contact", "show", "shop", "--json"], "")).expect("JSON");
    assert_eq!((&contact["sealing"], &contact["key_is_checked"]), (&json!("envelope"), &json!(true)));
    client.succeed(&["send", "shop", "nobody reads along"], "");
    client.succeed(&["send", "shop", "--plain", "everybody does"], "");
    client.succeed(&["send", "shop", "the second"], "");

    let stored = o.messages("").await;
    assert_eq!(stored[0]["content_type"], "application/vnd.peerbox.sealed");
    assert_eq!(payload(&stored[1]), b"everybody does");
    // The holder's own client seals for nobody who is the holder itself.
    holder.fails(&["send", "mine", "an answer"], "", 2, "is your own channel");
    assert_eq!(holder.succeed(&["send", "mine", "--plain", "an answer"], ""), "4\n");
    let read = lines(&holder.succeed(&["read", "mine", "--json"], ""));
    assert_eq!((&read[0]["text"], &read[0]["state"]), (&json!("nobody reads along"), &json!("unproven")));
    assert_eq!((&read[0]["number"], &read[2]["number"]), (&json!(1), &json!(2)));
    // To whoever wrote it, it is closed, and no failure.
    assert_eq!(lines(&client.succeed(&["read", "shop", "--json"], ""))[0]["state"], "ours");

    // With the key gone nothing opens, nothing is marked, and the end says so.
    let exported = holder.succeed(&["contact", "key", "export", "mine", "--form", "android"], "");
    holder.succeed(&["contact", "remove", "mine", "--yes"], "");
    holder.succeed(&["contact", "add", "mine", &address, "--token-stdin"], &o.secret);
    holder.fails(&["send", "mine", "an answer"], "", 2, "is your own channel");
    holder.fails(&["read", "mine", "--mark"], "", 13, "2 messages are sealed for a key that is not here");
    assert_eq!(o.unread().await, [1, 3]);
    holder.succeed(&["contact", "key", "import", "mine"], &exported);
    assert!(holder.succeed(&["read", "mine", "--unread", "--mark"], "").contains("the second"));
    assert_eq!(o.unread().await, [] as [u64; 0]);
}

#[tokio::test]
async fn what_is_sealed_for_a_key_opens_with_its_file() {
    let app = App::start().await;
    let client = with_contact(&app.channel().await.two_way().await);
    let key = client.succeed(&["contact", "key", "new", "shop"], "");
    let file = client.succeed(&["contact", "key", "export", "shop", "--form", "ios"], "");
    std::fs::write(client.root().join("key.json"), &file).expect("space");
    // The bytes of a box are no text, so the shell passes them on.
    let pipe = format!("\"$0\" seal --to '{}' | \"$0\" unseal --key key.json", key.trim());
    let program = client.command(&[]);
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("echo hello | ({pipe})")])
        .arg(program.get_program())
        .current_dir(client.root())
        .output();
    assert_eq!(output.expect("a shell").stdout, b"hello\n");
    client.fails(&["unseal", "--key", "key.json"], "no box", 13, "sealed for another key");
    client.fails(&["seal", "--to", "AAAA"], "x", 2, "libsodium sealed_box");
    let damaged = file.replacen("\"publicKey\":\"", "\"publicKey\":\"A", 1);
    std::fs::write(client.root().join("key.json"), damaged).expect("space");
    client.fails(&["unseal", "--key", "key.json"], "x", 2, "not a key file");
}

#[tokio::test]
async fn an_account_is_managed_from_afar() {
    let app = App::start().await;
    let client = Installation::empty();
    let base = app.site.base();
    let remote = |words: &[&str]| {
        let all = [&["remote", "--server", &base, "--user", "username", "--password-stdin"], words].concat();
        client.succeed(&all, "password\n")
    };
    let created = remote(&["channel", "create", "--sequenced"]);
    client.succeed(&["contact", "add", "mine"], &created);
    let listed: Value = serde_json::from_str(&remote(&["channel", "list", "--json"])).expect("JSON");
    let id = listed[0]["id"].as_str().expect("an id");
    let issued = remote(&["token", "issue", id, "the shop"]);
    client.succeed(&["contact", "add", "theirs"], &issued);
    client.succeed(&["send", "mine", "hello"], "");
    assert!(client.succeed(&["read", "theirs"], "").contains("hello"));
    let tokens: Value = serde_json::from_str(&remote(&["token", "list", id, "--json"])).expect("JSON");
    assert_eq!(tokens[1]["description"], "the shop");
    remote(&["token", "revoke", id, tokens[1]["id"].as_str().expect("an id")]);
    client.fails(&["read", "theirs"], "", 11, "(401)");
    remote(&["channel", "delete", id, "--yes"]);
    assert_eq!(remote(&["channel", "list", "--json"]), "[]\n");
    let wrong = ["remote", "--server", &base, "--user", "username", "--password-stdin", "channel", "list"];
    client.fails(&wrong, "not it\n", 11, "(401)");
}

#[tokio::test]
async fn an_account_is_remembered_as_one_name() {
    let app = App::start().await;
    let client = Installation::empty();
    let base = app.site.base();
    let add = ["contact", "add", "box", &base, "--user", "username", "--password-stdin"];
    client.fails(&add, "not it\n", 11, "(401)");
    client.succeed(&add, "password\n");
    client.fails(&add, "password\n", 7, "already");
    client.fails(
        &["contact", "add", "7", &base, "--user", "username", "--password-stdin"],
        "password\n",
        2,
        "no number",
    );
    let created = client.succeed(&["remote", "channel", "create", "--account", "box"], "");
    client.fails(&["contact", "add", "box"], &created, 7, "already");
    client.succeed(&["contact", "add", "mine"], &created);
    let channels = client.succeed(&["remote", "--account", "box", "channel", "list", "--json"], "");
    assert_eq!(lines(&channels.replace('\n', "")).len(), 1);
    client.fails(&["send", "box", "hello"], "", 7, "box is an account");
    client.fails(&["remote", "channel", "list", "--account", "mine"], "", 7, "mine is a channel");
    client.fails(&["remote", "channel", "list", "--account", "box", "--user", "x"], "", 2, "remembered");
    client.fails(&["remote", "channel", "list", "--account", "1"], "", 2, "--account NAME");

    let shown = client.succeed(&["contact", "show", "box"], "");
    assert!(shown.contains(&format!("{base}/api/v1/account/1")) && !shown.contains("password"), "{shown}");
    let listed = client.succeed(&["contact", "list"], "");
    assert!(listed.contains("account  http") && listed.contains("mine"), "{listed}");
    assert_eq!(client.succeed(&["contact", "list", "--names"], ""), "mine\n");
    let kept = std::fs::read_to_string(client.root().join("config/peerbox/contacts.toml")).expect("a file");
    assert!(!kept.contains("password") && !kept.contains("username"), "{kept}");

    let peer = app.owner().channel().await.two_way().await;
    let all = ["--all-channels", "--account", "box", "--mark", "--count", "1", "--exec", "cat > got"];
    peer.wrote("for the account").await;
    assert_eq!(Listening::begin(&client, &all).ends().await, Some(0));
    assert_eq!(std::fs::read_to_string(client.root().join("got")).expect("a file"), "for the account");
    client.succeed(&["contact", "remove", "box", "--yes"], "");
    client.fails(&["remote", "channel", "list", "--account", "box"], "", 7, "no contact");
}

#[tokio::test]
async fn an_answer_is_waited_for() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let client = with_contact(&t);
    client.fails(
        &["send", "shop", "is anybody there?", "--wait-answer", "100ms"],
        "",
        14,
        "has not answered yet",
    );
    let (o, head) = (channel.owner_token(), t.clone());
    let answering = tokio::spawn(async move {
        crate::support::eventually("the question", async || o.head().await.header("etag") == Some("2")).await;
        o.wrote("here I am").await;
    });
    let asking = tokio::task::spawn_blocking(move || {
        client.succeed(&["send", "shop", "and now?", "--wait-answer", "20s", "--json"], "")
    });
    let printed = lines(&crate::support::soon("an answer", asking).await.expect("a thread"));
    answering.await.expect("an answer");
    assert_eq!((&printed[0]["sequence"], &printed[1]["text"]), (&json!(2), &json!("here I am")));
    assert_eq!(head.all().await, [1, 2, 3]);
}

#[tokio::test]
async fn shells_complete_the_names_of_contacts() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let client = with_contact(&t);
    let address = format!("{}{}", app.site.base(), t.path(""));
    for name in ["anna", "anton"] {
        client.succeed(&["contact", "add", name, &address, "--token-stdin"], &t.secret);
    }
    assert_eq!(client.succeed(&["contact", "list", "--names"], ""), "anna\nanton\nshop\n");
    let account =
        ["contact", "add", "box", &app.site.base(), "--user", "u", "--password-stdin", "--no-check"];
    client.succeed(&account, "password\n");
    assert_eq!(client.succeed(&["contact", "list", "--accounts"], ""), "box\n");
    let script = client.succeed(&["completions", "bash"], "");
    let program = client.command(&[]).get_program().to_owned();
    let completed = |words: &str| {
        let count = words.split(' ').count() - 1;
        let asked = format!(
            "peerbox() {{ \"$PEERBOX_PROGRAM\" \"$@\"; }}; source /dev/stdin; COMP_WORDS=({words}); COMP_CWORD={count}; \
             [[ '{words}' == *' ' ]] && COMP_WORDS+=(''); _peerbox_with_contacts peerbox \"${{COMP_WORDS[COMP_CWORD]}}\" x; \
             echo \"${{COMPREPLY[*]}}\""
        );
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &asked])
            .env("XDG_CONFIG_HOME", client.root().join("config"))
            .env("PEERBOX_PROGRAM", &program);
        bash.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = bash.spawn().expect("bash");
        std::io::Write::write_all(&mut child.stdin.take().expect("its input"), script.as_bytes())
            .expect("room");
        String::from_utf8(child.wait_with_output().expect("an end").stdout).expect("text")
    };
    for (words, expected) in [
        ("peerbox send an", "anna anton"),
        ("peerbox listen shop an", "anna anton"),
        ("peerbox contact key show sh", "shop"),
        ("peerbox contact remove anna sh", "shop"),
        ("peerbox read --unread sh", "shop"),
        ("peerbox remote --account b", "box"),
        ("peerbox listen --all-channels --account b", "box"),
    ] {
        assert!(completed(words).trim().ends_with(expected), "{words}: {}", completed(words));
    }
    for words in [
        "peerbox account an",
        "peerbox send --pla",
        "peerbox contact add an",
        "peerbox contact key export shop --form an",
        "peerbox send --type an",
    ] {
        assert!(!completed(words).contains("anna"), "{words}");
    }
    for (shell, words) in [
        ("zsh", ":_peerbox_contacts"),
        ("zsh", ":ID_OR_NAME:_peerbox_accounts"),
        ("fish", "(peerbox contact list --names"),
    ] {
        assert!(client.succeed(&["completions", shell], "").contains(words), "{shell}");
    }
}
