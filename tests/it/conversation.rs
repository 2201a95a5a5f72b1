//! A channel as a conversation: where it opens, what stands together, how each kind of message is shown.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::person::Person;

async fn wrote(writer: &Bearer, number: usize) {
    for _ in 0..number / 10 {
        join_all((0..10).map(|_| writer.wrote("a text"))).await;
    }
}

/// The sequences of the messages on a page, in their order.
fn shown(page: &str) -> Vec<u64> {
    let sequences = page.split("data-sequence=\"").skip(1);
    sequences.filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

fn from_to(first: u64, last: u64) -> Vec<u64> {
    (first..=last).collect()
}

#[tokio::test]
async fn it_opens_at_the_first_unread_message_and_else_at_the_newest() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 150).await;
    let inside = format!("/channels/{}", channel.id);
    person.get(&inside).await.is(200);
    person.post(&format!("{inside}/read"), &[("up_to", "60")]).await.is(303);

    let page = person.get(&inside).await.is(200).text();
    assert_eq!(shown(&page), from_to(51, 100), "ten before the first unread one");
    assert_eq!(page.matches("id=\"new\"").count(), 1);
    let (_, below) =
        page.split_once("<p class=\"newline\" id=\"new\"><span>90 new</span>").expect("the line");
    assert!(below.starts_with(" <small>unread until you mark all read</small>"), "opening it marks nothing");
    assert_eq!(shown(below), from_to(61, 100), "it stands above the first unread one");
    assert!(page.contains("?before=51\"") && page.contains("?after=100\""), "{page}");

    person.get(&inside).await.is(200);
    person.post(&format!("{inside}/read"), &[]).await.is(303);
    let page = person.get(&inside).await.is(200).text();
    assert_eq!(shown(&page), from_to(101, 150));
    assert!(!page.contains("class=\"newline\"") && page.contains("<span id=\"new\">"), "{page}");
    assert!(page.contains("?before=101\"") && !page.contains("?after="), "{page}");
}

#[tokio::test]
async fn a_link_to_a_message_and_both_neighbouring_stretches_open() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    wrote(&peer, 120).await;
    let inside = format!("/channels/{}", channel.id);
    for (query, first, last) in [
        ("?at=57", 47, 96),
        ("?at=1", 1, 40),
        ("?at=120", 71, 120),
        ("?before=47", 1, 46),
        ("?before=1000", 71, 120),
        ("?after=96", 97, 120),
        ("?after=0", 1, 50),
    ] {
        let page = person.get(&format!("{inside}{query}")).await.is(200).text();
        assert_eq!(shown(&page), from_to(first, last), "{query}");
        assert_eq!(page.contains("id=\"earlier\""), first > 1, "{query}");
        assert_eq!(page.contains("id=\"later\""), last < 120, "{query}");
    }
    // A script asks for the messages alone.
    let part = person.get(&format!("{inside}?after=110&part=true")).await.is(200).text();
    assert_eq!(shown(&part), from_to(111, 120));
    assert!(!part.contains("<html") && !part.contains("<textarea"), "{part}");
    assert_eq!(shown(&person.get(&format!("{inside}?after=120&part=true")).await.is(200).text()), [0; 0]);
    // One that was deleted opens where it was.
    peer.delete(57).await.empty(204);
    let page = person.get(&format!("{inside}?at=57")).await.is(200).text();
    assert!(
        shown(&page).contains(&58) && shown(&page).contains(&56) && !shown(&page).contains(&57),
        "{page}"
    );
    // Where nothing is, the channel opens as it does by itself.
    for query in ["?before=1", "?after=120", "?after=9223372036854775807", "?before=-9223372036854775808"] {
        let answer = person.get(&format!("{inside}{query}")).await.is(303);
        assert_eq!(answer.header("location"), Some(inside.as_str()), "{query}");
    }
    for query in ["?at=x", "?before=", "?after=9999999999999999999999"] {
        person.get(&format!("{inside}{query}")).await.is(404);
    }
}

#[tokio::test]
async fn messages_of_one_author_within_five_minutes_are_one_turn() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (peer, other) = (channel.two_way().await, channel.two_way().await);
    let inside = format!("/channels/{}", channel.id);
    let turns = |page: &str| {
        // The one without messages is a pattern for what is being sent.
        let turns = page.split("<section class=\"turn").skip(1).map(shown);
        turns.filter(|turn| !turn.is_empty()).collect::<Vec<_>>()
    };
    for (writer, pause) in [(&peer, 0), (&peer, 299), (&peer, 301), (&other, 0), (&channel.owner_token(), 0)]
    {
        app.advance(Duration::from_secs(pause));
        writer.wrote("a text").await;
    }
    person.get(&inside).await.is(200);
    person.post(&format!("{inside}/read"), &[]).await.is(303);
    let page = person.get(&inside).await.is(200).text();
    // Both tokens have one name, and still are two.
    assert_eq!(turns(&page), [vec![1, 2], vec![3], vec![4], vec![5]], "{page}");
    assert!(page.contains("<b dir=\"auto\">You (a program)</b>"), "{page}");
    let own = person.get(&format!("/m/{}/5", channel.id)).await.is(200).text();
    assert!(own.contains("<dt>Token</dt><dd dir=\"auto\">Owner</dd>"), "{own}");
    let theirs = person.get(&format!("/m/{}/4", channel.id)).await.is(200).text();
    assert!(!theirs.contains("<dt>Token</dt>"), "{theirs}");
    app.advance(Duration::from_secs(1));
    peer.wrote("new").await;
    peer.wrote("and newer").await;
    assert_eq!(turns(&person.get(&inside).await.text()).last(), Some(&vec![6, 7]));
}

#[tokio::test]
async fn each_kind_of_message_is_shown_as_what_it_is() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let inside = format!("/channels/{}", channel.id);
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &[0; 40]].concat();
    peer.wrote("see https://shop.example/pay?a=1&b=2. <b>not bold</b> javascript:alert(1)").await;
    peer.write_as("application/json", json!({"order": 10492, "lines": [1, 2]}).to_string()).await.ok();
    peer.write_as("image/png", png).await.ok();
    peer.write_as("application/pdf", b"%PDF-1.7\0\xff".to_vec()).await.ok();
    peer.write_as("text/html", "<script>alert(1)</script>").await.ok();
    peer.write_as("text/plain", "long ".repeat(1000)).await.ok();
    peer.write_as("text/plain", "longer ".repeat(10_000)).await.ok();
    let page = person.get(&inside).await.is(200).text();
    let link = "<a href=\"https://shop.example/pay?a=1&#38;b=2\" rel=\"noreferrer noopener\" target=\"_blank\" dir=\"ltr\">\
                https://shop.example/pay?a=1&#38;b=2</a>. &#60;b&#62;not bold";
    for part in [
        link,
        "<summary><code dir=\"auto\">order: 10492",
        &format!("<img src=\"/m/{}/3/raw?view=1\" alt=\"The picture in message 3\"", channel.id),
        "<b dir=\"auto\">PDF document</b>",
        "application/pdf</bdi>, 10 B",
        &format!("href=\"/m/{}/4/raw\" download>Save</a>", channel.id),
        "<pre class=\"text source\" id=\"t5\" dir=\"auto\">&#60;script&#62;",
        "<summary>Show all 5\u{202f}000 characters</summary>",
        &format!("href=\"/m/{}/7\">Read the whole message</a>", channel.id),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("href=\"javascript:") && !page.contains("<script>alert"), "{page}");
    // What is not here as a whole is not copied from here.
    assert!(page.contains("data-copy=\"t6\"") && !page.contains("data-copy=\"t7\""), "{page}");
    assert!(page.len() < 120_000, "{}", page.len());
}

#[tokio::test]
async fn what_was_done_is_told_by_the_next_page_and_not_to_a_script() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let inside = format!("/channels/{}", app.channel().await.id);
    person.get(&inside).await.is(200);
    let sent = person.post(&inside, &[("text", "a message")]).await.is(303);
    let place = sent.header("location").expect("a place").split('#').next().expect("a path").to_owned();
    // The message itself makes open pages ask for it, before this one is there.
    let part = person.get(&format!("{inside}?after=0&part=true")).await.is(200).text();
    assert!(part.contains("a message") && !part.contains("id=\"flash\""), "{part}");
    assert!(person.get(&place).await.is(200).text().contains("id=\"flash\""));
    assert!(!person.get(&place).await.is(200).text().contains("id=\"flash\""), "told once");
}

#[tokio::test]
async fn who_may_write_stands_where_one_would_write() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for (kind, words, has_composer) in [
        ("both", "Write a message", true),
        ("receive", "This is a drop box", false),
        ("broadcast", "Only you write here", true),
    ] {
        person.get("/channels/new").await.is(200);
        let made = person.post("/channels/new", &[("preset", kind), ("label", kind)]).await;
        let id = Person::sent_to(&made).split('/').nth(2).expect("a channel").to_owned();
        let inside = format!("/channels/{id}");
        let page = person.get(&inside).await.is(200).text();
        assert!(page.contains(words), "{kind}: {page}");
        assert_eq!(page.contains("<textarea"), has_composer, "{kind}");
    }
    let channel = app.channel().await;
    channel.lock().await;
    let page = person.get(&format!("/channels/{}", channel.id)).await.is(200).text();
    assert!(
        page.contains("This channel is locked: nobody can write.") && !page.contains("<textarea"),
        "{page}"
    );
}

#[tokio::test]
async fn pictures_have_their_place_before_they_are_loaded() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let wide = [&b"GIF89a"[..], &1280_u16.to_le_bytes(), &400_u16.to_le_bytes(), &[0; 8]].concat();
    peer.write_as("image/gif", wide).await.is(200);
    peer.write_as("image/png", b"\x89PNG\r\n\x1a\nno more".to_vec()).await.is(200);
    let talk = person.get(&format!("/channels/{}", channel.id)).await.is(200).text();
    assert!(talk.contains("width=\"640\" height=\"200\""), "{talk}");
    assert_eq!(talk.matches("loading=\"lazy\"").count(), 2, "{talk}");
    let page = person.get(&format!("/m/{}/1", channel.id)).await.is(200).text();
    assert!(page.contains("width=\"880\" height=\"275\""), "{page}");
}
