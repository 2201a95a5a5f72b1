//! Letters that the holder's pages seal: copies for the holder beside them, their numbers, and the key of answers.

use base64_simd::STANDARD;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::sending::writing;
use crate::support::app::App;
use crate::support::bearer::payload;
use crate::support::channel::Channel;
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::traces;

const SEALED: &str = "application/vnd.peerbox.sealed";

/// Sends what a script would have sealed.
async fn send(person: &mut Person, inside: &str, about: &[(&str, &str)], sealed: [&[u8]; 2]) -> Reply {
    // Of two fields of a name the first counts.
    let texts = [about, &[("letter", "yes"), ("quiet", "yes"), ("type", SEALED)]].concat();
    let octets = "application/octet-stream";
    person.post_parts(inside, &texts, &[("box", octets, sealed[0]), ("copy", octets, sealed[1])]).await
}

async fn boxed(person: &mut Person, channel: &Channel, sequence: i64) -> Value {
    person.get(&format!("/m/{}/{sequence}/box", channel.id)).await.is(200).json()
}

#[tokio::test]
async fn a_copy_for_the_holder_is_given_to_the_holders_pages_and_to_nobody_else() {
    let app = App::start().await;
    let (mut person, channel, peer, inside) = writing(&app).await;
    let (sealed, copy) = ([7; 100], b"zebra copy for the holder".repeat(3));
    send(&mut person, &inside, &[("n", "1")], [&sealed, &copy]).await.is(201);
    peer.write_as(SEALED, vec![9; 60]).await.ok();

    let own = boxed(&mut person, &channel, 1).await;
    let copied = own["copy"].as_str().and_then(|text| STANDARD.decode_to_vec(text).ok());
    assert_eq!((copied.as_deref(), &own["box"]), (Some(&copy[..]), &Value::Null));
    let theirs = boxed(&mut person, &channel, 2).await;
    assert_eq!((&theirs["copy"], &theirs["token"]), (&Value::Null, &json!(peer.id)));
    assert_eq!(theirs["box"], json!(STANDARD.encode_to_string([9; 60])));

    // To the API it is a message like any other.
    let read = peer.read("").await.is(200).text();
    let first = serde_json::from_str::<Value>(&read).expect("JSON")[0].clone();
    assert_eq!((payload(&first), &first["content_type"]), (sealed.to_vec(), &json!(SEALED)));
    assert_eq!(first.as_object().map(serde_json::Map::len), Some(4), "{first}");
    assert!(!read.contains(&STANDARD.encode_to_string(&copy)));
    assert_eq!(
        traces::found_under(&app.installation.data_dir(), &["zebra copy for the holder".to_owned()]),
        [""; 0]
    );

    let mut stranger = Person::new(&app.site);
    stranger.get(&format!("/m/{}/1/box", channel.id)).await.is(303);
    person.get(&format!("/m/{}/3/box", channel.id)).await.is(404);
    let page = person.get(&inside).await.is(200).text();
    assert_eq!(page.matches("data-box=\"ours\"").count(), 2, "{page}");
    assert!(page.contains("Add the key to read"), "{page}");
}

#[tokio::test]
async fn a_copy_counts_and_goes_with_its_message() {
    let app = App::start().await;
    let (mut person, channel, peer, inside) = writing(&app).await;
    let bytes = |app: &App| {
        let stored = Connection::open(app.installation.database()).expect("the file");
        stored.query_row("select bytes from account", [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    let before = bytes(&app);
    let large = vec![1; 20_000];
    send(&mut person, &inside, &[("n", "1")], [&[7; 100], &large]).await.is(201);
    send(&mut person, &inside, &[("n", "2")], [&[7; 101], &large]).await.is(201);
    assert!(bytes(&app) - before > 40_000, "copies count");
    let one = format!("delete:{}.1", channel.id);
    person.post("/inbox/act", &[("one", &one), ("sure", "yes")]).await.is(303);
    assert!(bytes(&app) - before < 30_000, "a copy that is gone counts no more");
    person.get("/inbox").await.is(200);
    person.post("/inbox/undo", &[]).await.is(303);
    assert!(bytes(&app) - before > 40_000, "and comes back with its message");
    assert_ne!(boxed(&mut person, &channel, 1).await["copy"], Value::Null);
    for sequence in [1, 2] {
        peer.delete(sequence).await.empty(204);
    }
    assert_eq!(bytes(&app), before);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn two_pages_never_use_the_same_number() {
    let app = App::start().await;
    let (mut person, _channel, peer, inside) = writing(&app).await;
    let mut other = person.clone();
    let (first, second): ([&[u8]; 2], [&[u8]; 2]) = ([&[1; 60], &[2; 60]], [&[3; 60], &[4; 60]]);
    send(&mut person, &inside, &[("n", "1"), ("key", "a")], first).await.is(201);
    let refused = send(&mut other, &inside, &[("n", "1"), ("key", "b")], second).await.is(409);
    assert_eq!(refused.text(), "1", "the last that was used");
    send(&mut other, &inside, &[("n", "2"), ("key", "b")], second).await.is(201);
    // What was sent twice was written once, with whatever number.
    let again = send(&mut person, &inside, &[("n", "1"), ("key", "a")], first).await.is(201);
    assert_eq!(again.header("location").map(|place| place.ends_with("at=1")), Some(true));
    // One that a browser knows to be higher is taken, and one without a number needs none.
    send(&mut person, &inside, &[("n", "9")], [&[5; 60], &[6; 60]]).await.is(201);
    send(&mut person, &inside, &[("type", "text/plain")], [&[8; 60], &[6; 60]]).await.is(201);
    assert_eq!(peer.all().await, [1, 2, 3, 4]);
    let page = person.get(&inside).await.is(200).text();
    assert!(page.contains("data-letters=\"9\""), "{page}");
}

#[tokio::test]
async fn where_answers_are_sealed_nothing_goes_out_unsealed_by_itself() {
    let mut app = App::start().await;
    let (mut person, channel, peer, inside) = writing(&app).await;
    let reply = format!("{inside}/reply");
    assert!(person.get(&inside).await.text().contains("data-keep"));
    for wrong in ["", "a b", &"x".repeat(1025)] {
        person.post(&reply, &[("reply", wrong)]).await.is(400);
    }
    person.post(&reply, &[("reply", "1.zebra-reply.zebra-key")]).await.is(204);
    app.restart().await;
    person.visit(&app.site);
    let page = person.get(&inside).await.is(200).text();
    assert!(page.contains("data-reply=\"1.zebra-reply.zebra-key\""), "{page}");
    assert!(!page.contains("data-keep"), "a browser keeps no draft in the clear: {page}");

    let page = person.post(&inside, &[("text", "a plain answer")]).await.is(422).text();
    assert!(page.contains("Send it unsealed") && page.contains(">a plain answer</textarea>"), "{page}");
    let at_field = ["href=\"#text\"", "aria-describedby=\"text-wrong\">a plain answer", "id=\"text-wrong\""];
    assert!(at_field.iter().all(|part| page.contains(part)), "{page}");
    person.post_parts(&inside, &[("text", "")], &[("a.txt", "text/plain", b"plain")]).await.is(422);
    assert_eq!(peer.all().await, [0; 0]);
    person.post(&inside, &[("text", "a plain answer"), ("unsealed", "yes")]).await.is(303);
    assert_eq!(peer.all().await, [1]);

    // Elsewhere nothing changed, and a foreign channel is none.
    let other = app.channel().await;
    person.post(&format!("/channels/{}", other.id), &[("text", "plain")]).await.is(303);
    person.post("/channels/nothing/reply", &[("reply", "1.a.b")]).await.is(404);
    let found = traces::found_under(&app.installation.data_dir(), &["zebra-reply.zebra-key".to_owned()]);
    assert_eq!(found, [""; 0], "{}", channel.id);
}

#[tokio::test]
async fn a_letter_that_is_not_whole_is_not_sent() {
    let app = App::start().await;
    let (mut person, _channel, peer, inside) = writing(&app).await;
    let too_large = vec![0; (1 << 20) + 1];
    for sealed in [[&b""[..], b"copy"], [&too_large, b"copy"], [b"box", &too_large]] {
        send(&mut person, &inside, &[("n", "1")], sealed).await.is(422);
    }
    send(&mut person, &inside, &[("type", "\u{1}")], [&[1; 60], &[2; 60]]).await.is(422);
    person.post(&inside, &[("letter", "yes"), ("type", SEALED)]).await.is(422);
    assert_eq!(peer.all().await, [0; 0]);
}
