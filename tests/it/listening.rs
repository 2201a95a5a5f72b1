//! `listen`: through restarts, at other servers, and what a command is run for.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::dialect::Dialect;
use crate::support::gate::Gate;
use crate::support::listening::Listening;
use crate::support::process::{Installation, json_lines as lines, with_contact};
use crate::support::{eventually, soon};

/// A letter as the holder's pages make it, sealed for the client's key.
struct Holder<'a> {
    seals: &'a Installation,
    channel: Bearer,
    key: String,
    secret: [u8; 16],
}

impl Holder<'_> {
    async fn writes(&self, number: u64, body: &str) -> Vec<u8> {
        let boxed = self.sealed(&self.secret, number, body);
        self.channel.write_as("application/vnd.peerbox.sealed", boxed.clone()).await.ok();
        boxed
    }

    async fn is_shown_again(&self, boxed: Vec<u8>) {
        self.channel.write_as("application/vnd.peerbox.sealed", boxed).await.ok();
    }

    fn sealed(&self, secret: &[u8], number: u64, body: &str) -> Vec<u8> {
        let line = json!({
            "v": 1, "type": "text/plain", "length": body.len(), "n": number, "at": "2026-11-26T10:00:00.000Z",
            "reply_to": self.key,
        });
        let line = line.to_string();
        let mut key = [0; 32];
        ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"")
            .extract(secret)
            .expand(&[b"peerbox link 1"], ring::hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes");
        let proven = format!("{}\nfrom-owner\n{line}\n{body}", self.channel.channel);
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let proof = base64_simd::STANDARD.encode_to_string(ring::hmac::sign(&key, proven.as_bytes()));
        let content =
            format!("{},\"auth\":\"{proof}\"}}\n{body}", line.strip_suffix('}').expect("an object"));
        let output = self.seals.run(&["seal", "--to", &self.key], &content);
        assert!(output.status.success(), "{output:?}");
        output.stdout
    }
}

#[tokio::test]
async fn a_command_is_run_only_for_letters_that_prove_their_sender_and_stand_in_their_place() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = Installation::empty();
    let secret = base64_simd::URL_SAFE_NO_PAD.encode_to_string([7; 16]);
    let link = format!("{}/c/{}#{}..{secret}", app.site.base(), t.channel, t.secret);
    client.succeed(&["contact", "add", "shop"], &link);
    let key = client.succeed(&["contact", "key", "new", "shop"], "").trim().to_owned();
    let holder = Holder { seals: &client, channel: o.clone(), key, secret: [7; 16] };

    let first = holder.writes(1, "one").await;
    o.wrote("not sealed").await;
    let wrong = holder.sealed(&[8; 16], 2, "from somebody else");
    holder.is_shown_again(wrong).await;
    holder.is_shown_again(first.clone()).await;
    holder.writes(3, "three").await;
    holder.writes(2, "two").await;
    holder.writes(4, "four").await;
    let script = "cat >> got; echo \" $PEERBOX_MESSAGE_PROVEN\" >> got";
    let listener = Listening::begin(&client, &["shop", "--mark", "--count", "3", "--exec", script]);
    let (listener, said) = listener.says("message 6 of shop is not handed to the command").await;
    for words in [
        "message 2 of shop does not prove to come from a holder of the link",
        "message 3 of shop does not prove to come from a holder of the link",
        "message 4 of shop is no newer",
        "message 6 of shop is no newer",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    assert_eq!(listener.ends().await, Some(0));
    assert_eq!(
        std::fs::read_to_string(client.root().join("got")).expect("a file"),
        "one yes\nthree yes\nfour yes\n"
    );
    assert_eq!(t.unread().await, [2, 3, 4, 6]);

    // Later too nothing is run a second time, whatever number of the channel it has.
    holder.is_shown_again(first).await;
    holder.writes(5, "five").await;
    let script = "cat >> again; echo \" $PEERBOX_MESSAGE_PROVEN\" >> again";
    let all = ["shop", "--mark", "--count", "3", "--unproven", "--exec", script];
    let (listener, said) = Listening::begin(&client, &all).says("message 8 of shop is no newer").await;
    assert!(said.contains("message 2 of shop does not prove"), "{said}");
    assert_eq!(listener.ends().await, Some(0));
    let got = std::fs::read_to_string(client.root().join("again")).expect("a file");
    assert_eq!(got, "not sealed no\nfrom somebody else no\nfive yes\n");
    let printed = lines(&client.succeed(&["read", "shop", "--json"], ""));
    let misplaced: Vec<_> = printed.iter().filter(|line| line["misplaced"] == true).collect();
    assert_eq!(
        misplaced.iter().map(|line| line["sequence"].as_u64()).collect::<Vec<_>>(),
        [4, 6, 8].map(Some)
    );
}

#[tokio::test]
async fn who_is_refused_does_not_end_the_others() {
    let app = App::start().await;
    let (mine, gone) = (app.channel().await, app.channel().await);
    let (t, u) = (mine.two_way().await, gone.two_way().await);
    let client = with_contact(&t);
    let link = format!("{}/c/{}#{}", app.site.base(), u.channel, u.secret);
    client.succeed(&["contact", "add", "gone"], &link);
    gone.revoke(&u).await.empty(204);
    let listener =
        Listening::begin(&client, &["gone", "shop", "--mark", "--count", "1", "--exec", "cat > got"]);
    let (listener, said) = listener.says("gone is not listened to any more").await;
    assert!(said.contains("nothing proves who writes to shop"), "{said}");
    mine.owner_token().wrote("still here").await;
    assert_eq!(listener.ends().await, Some(0));
    assert_eq!(std::fs::read_to_string(client.root().join("got")).expect("a file"), "still here");
    let listener = Listening::begin(&client, &["gone", "--mark"]);
    assert_eq!(listener.ends().await, Some(11));
}

#[tokio::test]
async fn a_letter_that_surely_did_not_arrive_uses_up_no_number() {
    let mut app = App::start().await;
    let mut person = app.signed_in().await;
    let t = app.channel().await.two_way().await;
    let other = Installation::empty();
    let (site, owner) = (app.site.base(), t.clone());
    other
        .succeed(&["contact", "add", "me", &format!("{site}{}", owner.path("")), "--token-stdin"], &t.secret);
    let key = other.succeed(&["contact", "key", "new", "me"], "");
    person.submit("/profile/keys", "/profile/keys", &[("key", key.trim())]).await.is(303);
    let client = with_contact(&t);
    let number = || {
        let shown = client.succeed(&["contact", "show", "shop", "--json"], "");
        serde_json::from_str::<Value>(&shown).expect("JSON")["sent"].clone()
    };
    client.succeed(&["send", "shop", "one"], "");
    assert_eq!(number(), 1);
    app.stop().await;
    client.fails(&["send", "shop", "two", "--retry-for", "0s"], "", 12, "cannot be reached");
    assert_eq!(number(), 1);
}

#[tokio::test]
async fn a_listener_outlives_its_server_and_runs_a_command_for_each_message() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let port = server.site.authority().rsplit(':').next().expect("a port").to_owned();
    let channel = server.owner().channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    let script = "cat >> got; echo \"#$PEERBOX_MESSAGE_SEQUENCE\" >> got; [ \"$(wc -l < got)\" != 2 ]";
    let mut command = client.command(&["listen", "shop", "--mark", "--count", "30", "--exec", script]);
    let mut listening = command.stderr(std::process::Stdio::null()).spawn().expect("the executable");
    let cmdline = std::fs::read(format!("/proc/{}/cmdline", listening.id())).expect("a process");
    assert!(!cmdline.windows(t.secret.len()).any(|part| part == t.secret.as_bytes()));
    let mut expected = String::new();
    for number in 1..=30 {
        o.wrote(&format!("message {number} ")).await;
        let line = format!("message {number} #{number}\n");
        expected.push_str(&line);
        if number % 10 == 0 && number < 30 {
            server.signal("KILL");
            server.end().await;
            server = installation.serve_with(&format!("server.listen = \"127.0.0.1:{port}\"")).await;
            o.site.moved_to(&server.site.base());
        }
    }
    let ended = tokio::task::spawn_blocking(move || listening.wait().expect("an end"));
    assert!(soon("the listener", ended).await.expect("a thread").success());
    // The second message's command ended with 1 and was run again.
    let twice = expected.replace("message 2 #2\n", "message 2 #2\nmessage 2 #2\n");
    assert_eq!(std::fs::read_to_string(client.root().join("got")).expect("a file"), twice);
    assert_eq!(t.unread().await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_listener_of_another_server_is_woken_by_bare_strings_and_does_without_sockets() {
    let server = Dialect::start().await;
    // Who lets no sockets through says so in its own way.
    for refusal in [None, Some(405), Some(403), Some(401), Some(200)] {
        if let Some(status) = refusal {
            server.refuse_sockets(status);
        }
        let client = Installation::empty();
        client.succeed(&["contact", "add", "old", &server.address(), "--token-stdin"], "mine");
        let mut command = client.command(&["listen", "old", "--count", "3", "--json", "--mark"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn();
        let child = child.expect("the executable");
        for number in 0..3 {
            server.wrote(&format!("answer {number}"));
            tokio::task::yield_now().await;
        }
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output().expect("an end"));
        let output = soon("the listener", ended).await.expect("a thread");
        let texts: Vec<_> =
            lines(&String::from_utf8_lossy(&output.stdout)).iter().map(|line| line["text"].clone()).collect();
        assert_eq!(texts, ["answer 0", "answer 1", "answer 2"], "{output:?}");
    }
}

#[tokio::test]
async fn what_the_server_lost_is_said_and_passed_over_and_no_command_is_run_for_it() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    app.edit("update message set sealed = cast(sealed || x'00' as blob) where id = 2");
    let ours = client.run(&["read", "shop", "--json", "--unread"], "");
    assert_eq!(ours.status.code(), Some(6), "{ours:?}");
    let printed = lines(&String::from_utf8_lossy(&ours.stdout));
    assert_eq!((&printed[1]["state"], printed[1].get("payload")), (&json!("damaged"), None));
    assert_eq!(printed[2]["text"], "three");
    let said = String::from_utf8_lossy(&client.run(&["read", "shop", "--raw"], "").stderr).into_owned();
    assert!(said.contains("message 2 is damaged at its server"), "{said}");
    let out = client.run(&["read", "shop", "--out", "in"], "");
    assert!(!String::from_utf8_lossy(&out.stdout).contains("in/2"), "{out:?}");

    let script = "cat >> got; echo >> got";
    let listener = Listening::begin(&client, &["shop", "--mark", "--count", "2", "--exec", script]);
    let (listener, said) = listener.says("message 2 of shop is damaged at its server").await;
    assert_eq!(listener.ends().await, Some(0), "{said}");
    assert_eq!(std::fs::read_to_string(client.root().join("got")).expect("a file"), "one\nthree\n");
    assert_eq!(t.unread().await, [] as [u64; 0]);
    t.mark_unread(2).await;
    client.fails(&["read", "shop", "--unread", "--mark"], "", 6, "1 message cannot be read any more");
    assert_eq!(t.unread().await, [] as [u64; 0]);
}

#[tokio::test]
async fn who_is_let_no_socket_through_is_told_and_hears_nevertheless_until_the_token_ends() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let gate = Gate::before(&app.site.authority()).await;
    gate.refuses("/notify", 403);
    let client = Installation::empty();
    client.succeed(
        &["contact", "add", "shop", &format!("{}{}", gate.base(), t.path("")), "--token-stdin"],
        &t.secret,
    );
    let listener = Listening::begin(&client, &["shop", "--mark", "--exec", "cat >> got"]);
    let (listener, said) = listener.says("no socket opens").await;
    assert!(said.contains("(403)"), "{said}");
    o.wrote("heard").await;
    eventually("the command", async || t.unread().await.is_empty()).await;
    channel.revoke(&t).await.empty(204);
    assert_eq!(listener.ends().await, Some(11));
    assert_eq!(std::fs::read_to_string(client.root().join("got")).expect("a file"), "heard");
}
