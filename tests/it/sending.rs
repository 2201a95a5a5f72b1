//! Sending from a conversation: text and files, each a message of its own, and none of them twice.

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::{Bearer, payload};
use crate::support::channel::Channel;
use crate::support::person::Person;

const MIB: usize = 1 << 20;

/// Somebody on the page of a new channel, and whoever reads there.
async fn writing(app: &App) -> (Person, Channel, Bearer, String) {
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let channel = app.channel().await;
    let inside = format!("/channels/{}", channel.id);
    person.get(&inside).await.is(200);
    let peer = channel.two_way().await;
    (person, channel, peer, inside)
}

/// Content type and bytes of every message.
async fn arrived(peer: &Bearer) -> Vec<(String, Vec<u8>)> {
    let of = |message: &serde_json::Value| {
        (message["content_type"].as_str().expect("a type").to_owned(), payload(message))
    };
    peer.messages("").await.iter().map(of).collect()
}

/// What the page's form carries, so that it is written once.
fn key_of(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"key\" value=\"").expect("a key");
    rest.split('"').next().expect("its end").to_owned()
}

#[tokio::test]
async fn a_text_and_its_files_are_a_message_each_of_its_own_type() {
    let app = App::start().await;
    let (mut person, channel, peer, inside) = writing(&app).await;
    let pdf = b"%PDF-1.7\0\xff".to_vec();
    let full = vec![7; MIB];
    let files: [(&str, &str, &[u8]); 4] = [
        ("price list.pdf", "application/pdf", &pdf),
        ("Preise für März.csv", "text/csv", b"a;b"),
        ("full.bin", "application/octet-stream", &full),
        ("odd", "\u{e9}", b"x"),
    ];
    let sent = person.post_parts(&inside, &[("text", "here\r\nthey are")], &files).await;
    assert_eq!(Person::sent_to(&sent), format!("{inside}?at=5#s5"));
    let arrived = arrived(&peer).await;
    assert_eq!(arrived[0], ("text/plain; charset=utf-8".to_owned(), b"here\nthey are".to_vec()));
    assert_eq!(arrived[1], ("application/pdf; name=\"price list.pdf\"".to_owned(), pdf));
    assert_eq!(arrived[2].0, "text/csv; name*=UTF-8''Preise%20f%C3%BCr%20M%C3%A4rz.csv");
    assert_eq!(arrived[3], ("application/octet-stream; name=\"full.bin\"".to_owned(), full));
    assert_eq!(arrived[4].0, "application/octet-stream; name=\"odd\"", "what is no type is bytes");

    let page = person.get(&inside).await.is(200).text();
    for part in ["<b dir=\"auto\">price list.pdf</b>", "<bdi>Preise für März.csv</bdi>", "1.0 MB"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let saved = person.get(&format!("/m/{}/2/raw", channel.id)).await.is(200);
    let name = "attachment; filename=\"price_list.pdf\"; filename*=UTF-8''price%20list%2Epdf";
    assert_eq!(saved.header("content-disposition"), Some(name));
    // Files alone, and the field of a form in which none was chosen.
    person.post_parts(&inside, &[("text", "")], &[("a.txt", "text/plain", b"alone")]).await.is(303);
    person
        .post_parts(&inside, &[("text", "text alone")], &[("", "application/octet-stream", b"")])
        .await
        .is(303);
    assert_eq!(peer.all().await.len(), 7);
}

#[tokio::test]
async fn a_file_that_cannot_be_sent_sends_nothing_and_keeps_the_text() {
    let app = App::start().await;
    let (mut person, _channel, peer, inside) = writing(&app).await;
    let (large, most) = (vec![0; MIB + 1], vec![0; MIB]);
    let twenty: Vec<(&str, &str, &[u8])> = vec![("a", "a/b", &most); 20];
    let too_many: Vec<(&str, &str, &[u8])> = vec![("a", "a/b", &most); 40];
    let many_parts: Vec<(&str, &str, &[u8])> = vec![("a", "a/b", b"x"); 100];
    let texts = [("text", "a long <b>letter")];
    for (files, words) in [
        (&[("none.txt", "text/plain", &b""[..])][..], "none.txt has nothing in it"),
        (
            &[("good.txt", "text/plain", &b"x"[..]), ("large.bin", "a/b", &large)],
            "large.bin is larger than 1.0 MB",
        ),
        (&too_many, "too much for one form"),
        (&many_parts, "at most 64 parts"),
    ] {
        let page = person.post_parts(&inside, &texts, files).await.is(422).text();
        assert!(page.contains(words), "{words}: {page}");
        assert!(page.contains(">a long &#60;b&#62;letter</textarea>"), "{words}: {page}");
    }
    let page = person.post_parts(&inside, &[("text", "")], &[]).await.is(422).text();
    assert!(page.contains("Write something first, or choose a file."), "{page}");
    assert_eq!(peer.all().await, [0; 0]);
    person.post_parts(&inside, &texts, &twenty).await.is(303);
    assert_eq!(peer.all().await.len(), 21);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_written_once() {
    let app = App::start().await;
    let (mut person, _channel, peer, inside) = writing(&app).await;
    let key = key_of(&person.get(&inside).await.text());
    let files: [(&str, &str, &[u8]); 2] =
        [("a.txt", "text/plain", b"same"), ("a.txt", "text/plain", b"same")];
    for _ in 0..2 {
        let sent = person.post_parts(&inside, &[("key", &key), ("text", "a text")], &files).await;
        assert_eq!(Person::sent_to(&sent), format!("{inside}?at=3#s3"));
    }
    assert_eq!(peer.all().await, [1, 2, 3], "two files that are the same are two");
    // A page that a browser brings back has its old key, and may send something else with it.
    person.post(&inside, &[("key", &key), ("text", "another text")]).await.is(303);
    assert_eq!(peer.all().await, [1, 2, 3, 4]);
    assert_ne!(key_of(&person.get(&inside).await.text()), key);
    for odd in ["", "é", &"x".repeat(65)] {
        for _ in 0..2 {
            person.post(&inside, &[("key", odd), ("text", "an odd key")]).await.is(303);
        }
    }
    assert_eq!(peer.all().await.len(), 10, "what is no key of ours keeps nothing from being sent");
}

#[tokio::test]
async fn a_script_is_told_where_its_message_is() {
    let app = App::start().await;
    let (mut person, channel, _peer, inside) = writing(&app).await;
    let sent = person.post_parts(&inside, &[("quiet", "yes"), ("text", "a text")], &[]).await.empty(201);
    assert_eq!(sent.header("location"), Some(format!("{inside}?at=1").as_str()));
    assert!(!person.get(&inside).await.text().contains("id=\"flash\""), "nothing is told of it");
    channel.lock().await;
    let page =
        person.post_parts(&inside, &[("quiet", "yes"), ("text", "too late")], &[]).await.is(422).text();
    assert!(page.contains("The channel was locked meanwhile; nothing was sent."), "{page}");
}

#[tokio::test]
async fn a_form_in_parts_needs_the_same_proof() {
    let app = App::start().await;
    let (mut person, _channel, peer, inside) = writing(&app).await;
    let (texts, file) = ([("text", "a text")], [("a.txt", "text/plain", &b"x"[..])]);
    let mut stranger = Person::new(&app.site);
    let answer = stranger.post_parts(&inside, &texts, &file).await;
    assert!(Person::sent_to(&answer).starts_with("/login"), "{answer:?}");
    let mut foreign = person.clone();
    foreign.origin = "https://elsewhere.example".to_owned();
    foreign.post_parts(&inside, &texts, &file).await.is(403);
    let mut other = Person::new(&app.site);
    other.sign_in(USER, PASSWORD).await;
    other.post_parts(&inside, &texts, &file).await.is(403);
    // A form that has no room for files takes none.
    person.post_parts("/profile", &[("name", "a name")], &[]).await.is(403);
    assert_eq!(peer.all().await, [0; 0]);
}
