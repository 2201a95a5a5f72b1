//! `listen --all-channels`: one socket for an account, each channel as its holder.

use std::process::Stdio;

use crate::support::app::{App, PASSWORD};
use crate::support::eventually;
use crate::support::gate::Gate;
use crate::support::listening::Listening;
use crate::support::process::{Installation, with_contact};
use crate::support::soon;

/// Writes what comes, and where, one line for each message.
const SCRIPT: &str = "cat >> got; echo \" $PEERBOX_MESSAGE_CONTACT\" >> got";

fn lines_of(client: &Installation) -> Vec<(String, String)> {
    let told = std::fs::read_to_string(client.root().join("got")).unwrap_or_default();
    let whole = told.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let in_two = |line: &str| line.rsplit_once(' ').map(|(text, name)| (text.to_owned(), name.to_owned()));
    whole.map(|line| in_two(line).expect("two words")).collect()
}

async fn has(client: &Installation, lines: usize) {
    eventually("the listener", async || lines_of(client).len() >= lines).await;
}

#[tokio::test]
async fn one_socket_tells_of_all_channels_and_of_new_ones_through_a_restart() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    let port = server.site.authority().rsplit(':').next().expect("a port").to_owned();
    let owner = server.owner();
    let (first, second) = (owner.channel().await, owner.channel().await);
    let (a, b) = (first.two_way().await, second.two_way().await);
    let o = first.owner_token();
    a.wrote("from before").await;
    o.wrote("our own is not heard").await;
    let client = with_contact(&a);
    let script = "cat >> got; echo \" $PEERBOX_MESSAGE_CONTACT\" >> got";
    let base = server.site.base();
    let all = [
        "--all-channels",
        "--server",
        &base,
        "--user",
        "username",
        "--count",
        "4",
        "--mark",
        "--exec",
        script,
    ];
    let mut command = client.command(&[&["listen"][..], &all].concat());
    command.env("PEERBOX_PASSWORD", PASSWORD).stderr(Stdio::null());
    let mut listening = command.spawn().expect("the executable");
    let got = client.root().join("got");
    let has = async |lines: usize| {
        crate::support::eventually("the listener", async || {
            std::fs::read_to_string(&got).unwrap_or_default().lines().count() >= lines
        })
        .await;
    };
    // With --mark what is unread comes first.
    has(1).await;
    b.wrote("to the second").await;
    has(2).await;
    server.signal("KILL");
    server.end().await;
    server = installation.serve_with(&format!("server.listen = \"127.0.0.1:{port}\"")).await;
    for site in [&o.site, &a.site, &b.site, &owner.site] {
        site.moved_to(&server.site.base());
    }
    o.wrote("our own is not heard").await;
    a.wrote("after a kill").await;
    has(3).await;
    owner.channel().await.two_way().await.wrote("to a new one").await;
    let ended = tokio::task::spawn_blocking(move || listening.wait().expect("an end"));
    assert!(soon("the listener", ended).await.expect("a thread").success());
    let told = std::fs::read_to_string(&got).expect("a file");
    let lines: Vec<_> = told.lines().map(|line| line.rsplit_once(' ').expect("two words")).collect();
    assert_eq!((lines[0], lines[2]), (("from before", "shop"), ("after a kill", "shop")));
    assert_eq!((lines[1].0, lines[3].0), ("to the second", "to a new one"));
}

#[tokio::test]
async fn each_channel_is_heard_as_its_holder_whatever_contact_has_its_address() {
    let app = App::start().await;
    let (first, second) = (app.channel().await, app.channel().await);
    let (o, t) = (first.owner_token(), first.two_way().await);
    // An invitation that was meant for somebody else.
    let client = with_contact(&t);
    let gone = second.two_way().await;
    second.revoke(&second.owner_token()).await.empty(204);
    let count = ["--count", "2", "--mark", "--exec", SCRIPT];
    let listener = Listening::of_account(&client, &app.site.base(), &count);
    let (listener, _) = listener.says("is not listened to: its Owner token was revoked").await;
    gone.wrote("nobody's").await;
    o.wrote("our own").await;
    t.wrote("theirs").await;
    t.wrote("theirs, too").await;
    assert_eq!(listener.ends().await, Some(0));
    let heard =
        [("theirs", "shop"), ("theirs, too", "shop")].map(|(text, name)| (text.to_owned(), name.to_owned()));
    assert_eq!(lines_of(&client), heard);
    assert_eq!(t.unread().await, [1], "marks are those of the holder");
}

#[tokio::test]
async fn who_lets_no_socket_through_is_named_once_and_the_channels_are_heard_nevertheless() {
    let app = App::start().await;
    let t = app.channel().await.two_way().await;
    let gate = Gate::before(&app.site.authority()).await;
    gate.refuses("/notify", 403);
    let client = Installation::empty();
    let listener = Listening::of_account(&client, &gate.base(), &["--count", "3", "--exec", SCRIPT]);
    let (listener, said) = listener.says("no socket of the account opens").await;
    assert!(said.contains("(403)"), "{said}");
    // What was written before the first look was there before.
    let begun = app.channel().await.two_way().await;
    begun.wrote("to a new one").await;
    has(&client, 1).await;
    t.wrote("without a socket").await;
    has(&client, 2).await;
    gate.lets_all_through();
    let (listener, said) = listener.says("the account's socket is open again").await;
    assert!(!said.contains("no socket"), "{said}");
    // The third, with which it ends.
    t.wrote("with one").await;
    assert_eq!(listener.ends().await, Some(0));
}

#[tokio::test]
async fn a_channel_that_failed_is_tried_again_where_it_ended() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let gate = Gate::before(&app.site.authority()).await;
    let client = Installation::empty();
    let listener = Listening::of_account(&client, &gate.base(), &["--count", "3", "--exec", SCRIPT]);
    let (listener, _) = listener.says("the command is run for all").await;
    t.wrote("one").await;
    has(&client, 1).await;
    gate.refuses(&format!("/api/v1/channel/{}?after", t.channel), 400);
    t.wrote("two").await;
    let (listener, said) = listener.says("; trying again").await;
    assert!(said.contains(&t.channel[..8]) && said.contains("(400)"), "{said}");
    gate.lets_all_through();
    t.wrote("three").await;
    assert_eq!(listener.ends().await, Some(0));
    let texts: Vec<_> = lines_of(&client).into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[tokio::test]
async fn many_channels_share_few_connections() {
    const CHANNELS: usize = 24;
    let app = App::start().await;
    let mut peers = Vec::new();
    for _ in 0..CHANNELS {
        let peer = app.channel().await.two_way().await;
        peer.wrote("one").await;
        peers.push(peer);
    }
    let gate = Gate::before(&app.site.authority()).await;
    let client = Installation::empty();
    let count = CHANNELS.to_string();
    let listener =
        Listening::of_account(&client, &gate.base(), &["--mark", "--count", &count, "--exec", SCRIPT]);
    assert_eq!(listener.ends().await, Some(0));
    assert_eq!(lines_of(&client).len(), CHANNELS);
    // The socket, and four at once who ask; a connection may be closed and opened again.
    assert!(gate.connections() <= 8, "{}", gate.connections());
}
