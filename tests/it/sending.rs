//! Sending from a conversation: text and files, each a message of its own, and none of them twice.

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::{Bearer, payload};
use crate::support::channel::Channel;
use crate::support::person::Person;

const MIB: usize = 1 << 20;

/// Somebody on the page of a new channel, and whoever reads there.
pub(super) async fn writing(app: &App) -> (Person, Channel, Bearer, String) {
    let mut person = app.signed_in().await;
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
    for part in ["<b dir=\"auto\">price list.pdf</b>", "<bdi>Preise für März.csv</bdi>", "1.0 MiB"] {
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
            "large.bin is larger than 1.0 MiB",
        ),
        (&too_many, "too much for one form"),
        (&many_parts, "at most 64 parts"),
    ] {
        let page = person.post_parts(&inside, &texts, files).await.is(422).text();
        assert!(page.contains(words), "{words}: {page}");
        let at_field = "name=\"file\" multiple aria-invalid=\"true\" aria-describedby=\"files-wrong\"";
        assert!(page.contains(at_field) && page.contains("id=\"files-wrong\""), "{words}: {page}");
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
    stranger.post_parts(&inside, &texts, &file).await.is(401);
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

/// The values of a page's hidden fields and text fields, as a browser would send them.
fn fields_of(page: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        ["&#60;<", "&#62;>", "&#34;\"", "&#39;'", "&#38;&"].iter().fold(text.to_owned(), |text, pair| {
            let (escaped, plain) = pair.split_at(5);
            text.replace(escaped, plain)
        })
    };
    let inputs = page.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"")?;
        Some((name.to_owned(), unescaped(rest.split("\">").next()?)))
    });
    let areas = page.split("<textarea ").skip(1).filter_map(|rest| {
        let (_, rest) = rest.split_once("name=\"")?;
        let (name, rest) = rest.split_once('"')?;
        let (_, text) = rest.split_once('>')?;
        Some((name.to_owned(), unescaped(text.split("</textarea>").next()?)))
    });
    inputs.chain(areas).collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

const LETTER: &str = "Dear \"Lena\" & <b>Ben</b>,\nthis took me a while: 100 % of an evening.";

#[tokio::test]
async fn what_was_written_when_a_session_ends_is_there_after_signing_in() {
    let app = App::start().await;
    let (mut person, _channel, peer, inside) = writing(&app).await;
    let mut elsewhere = person.clone();
    elsewhere.get("/inbox").await;
    elsewhere.post("/logout", &[]).await.is(303);

    let files: [(&str, &str, &[u8]); 1] = [("a.txt", "text/plain", b"a file")];
    let page = person.post_parts(&inside, &[("kind", "text"), ("text", LETTER)], &files).await.is(401).text();
    assert!(page.contains("You are signed out"), "{page}");
    let credentials = |password: &str| {
        vec![("user".to_owned(), USER.to_owned()), ("password".to_owned(), password.to_owned())]
    };
    // A wrong password loses nothing either.
    let fields = [fields_of(&page), credentials("wrong")].concat();
    let page = person.post_exactly("/login", &borrowed(&fields)).await.is(422).text();
    let fields = [fields_of(&page), credentials(PASSWORD)].concat();
    let page = person.post_exactly("/login", &borrowed(&fields)).await.is(200).text();
    assert!(
        page.contains("You are signed in again") && page.contains(&format!("action=\"{inside}\"")),
        "{page}"
    );
    assert_eq!(peer.all().await, [0; 0], "nothing is sent before somebody says so");
    let sent = person.post_exactly(&inside, &borrowed(&fields_of(&page))).await;
    assert_eq!(Person::sent_to(&sent), format!("{inside}?at=1#s1"));
    assert_eq!(arrived(&peer).await[0].1, LETTER.as_bytes());
}

#[tokio::test]
async fn what_was_written_comes_back_with_a_form_that_is_too_old() {
    let app = App::start().await;
    let (mut person, channel, peer, inside) = writing(&app).await;
    let page = person.post_exactly(&inside, &[("csrf", "old"), ("text", LETTER)]).await.is(403).text();
    let sent = person.post_exactly(&inside, &borrowed(&fields_of(&page))).await;
    assert_eq!(Person::sent_to(&sent), format!("{inside}?at=1#s1"));
    assert_eq!(arrived(&peer).await[0].1, LETTER.as_bytes());
    for (path, field) in [
        ("/channels/new".to_owned(), "label"),
        (format!("{inside}/settings"), "label"),
        (format!("{inside}/tokens"), "label"),
        ("/profile".to_owned(), "contact"),
    ] {
        let page =
            person.post_exactly(&path, &[("csrf", "old"), (field, "half a name")]).await.is(403).text();
        assert!(page.contains(&format!("name=\"{field}\" value=\"half a name\"")), "{path}: {page}");
    }
    // A channel that is gone takes nothing, and gives the text back.
    channel.delete().await.is(204);
    person.get("/inbox").await;
    let page = person.post(&inside, &[("text", LETTER)]).await.is(404).text();
    assert!(fields_of(&page).iter().any(|(_, value)| value == LETTER), "{page}");
}

#[tokio::test]
async fn what_comes_slowly_of_a_form_is_not_lost_either() {
    let app = App::start().await;
    let (_person, _channel, peer, inside) = writing(&app).await;
    let stranger = Person::new(&app.site);
    for path in [
        inside.clone(),
        "/channels/new".to_owned(),
        "/profile".to_owned(),
        format!("{inside}/settings"),
        format!("{inside}/tokens"),
        format!("{inside}/tokens/{}", peer.id),
    ] {
        let half = stranger.begin_post(&path, &[("text", LETTER), ("label", "a name")]).await;
        let page = half.finish().await.is(401).text();
        let kept = fields_of(&page);
        assert!(kept.iter().any(|(_, value)| value == LETTER), "{path}: {page}");
    }
}

#[tokio::test]
async fn nothing_is_carried_of_passwords_and_for_other_sites_and_only_so_much_for_strangers() {
    let app = App::start().await;
    let (person, _channel, _peer, inside) = writing(&app).await;
    let text = [("text", "a text that nobody asked for, and a long one")];
    let mut foreign = person.clone();
    foreign.origin = "https://elsewhere.example".to_owned();
    let page = foreign.post_exactly(&inside, &text).await.is(403).text();
    assert!(!page.contains("nobody asked for"), "{page}");
    let mut stranger = Person::new(&app.site);
    let password = [("current", "zebra-old-password"), ("fresh", "zebra-new-password")];
    assert!(
        Person::sent_to(&stranger.post_exactly("/profile/security", &password).await).starts_with("/login")
    );
    let browser = [("text", "kept in the browser"), ("kept", "yes")];
    assert!(Person::sent_to(&stranger.post_exactly(&inside, &browser).await).starts_with("/login"));
    assert!(Person::sent_to(&stranger.post_exactly(&inside, &[("text", "")]).await).starts_with("/login"));
    let long = "x".repeat(900 * 1024);
    stranger.post_exactly(&inside, &[("text", &long)]).await.is(413);
    // Only paths of this server are gone to, and only with a form that this browser got.
    let login = [
        ("carried", "https://elsewhere.example/"),
        ("carried.text", "x"),
        ("user", USER),
        ("password", PASSWORD),
    ];
    stranger.get("/login").await;
    let answer = stranger.clone().post("/login", &login).await;
    assert_eq!(Person::sent_to(&answer), "/inbox");
    // What belongs to the form that carries is none of what is carried.
    let login =
        [("carried", "/profile"), ("carried.csrf", "another"), ("user", USER), ("password", PASSWORD)];
    let answer = stranger.post("/login", &login).await;
    assert_eq!(Person::sent_to(&answer), "/inbox");
}
