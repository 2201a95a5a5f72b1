//! Searching messages: what is found however it was typed, how it is shown, how much was found, and searches with names.

use std::time::Duration;

use crate::support::app::{App, PASSWORD};
use crate::support::person::Person;

#[tokio::test]
async fn case_and_accents_make_no_difference_and_what_was_found_is_marked() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let peer = app.channel().await.two_way().await;
    for text in ["Der Schlüssel liegt da", "SCHLU\u{308}SSEL", "Straße <b>12</b>", "nothing of it"] {
        peer.wrote(text).await;
    }
    for (query, marks) in [
        ("schlussel", &["Schlüssel", "SCHLU\u{308}SSEL"][..]),
        ("SCHLÜSSEL", &["Schlüssel", "SCHLU\u{308}SSEL"]),
        ("strasse", &["Straße"]),
        ("%3Cb%3E12", &["&#60;b&#62;12"]),
        ("liegt+schlussel", &["Schlüssel", "liegt"]),
        ("-schlussel+of", &["of"]),
    ] {
        let page = person.get(&format!("/inbox?q={query}")).await.is(200).text();
        for mark in marks {
            assert!(page.contains(&format!("<mark>{mark}</mark>")), "{query} {mark}: {page}");
        }
        assert_eq!(page.matches("<mark>").count(), marks.len(), "{query}");
        assert!(page.contains("Looked through everything."), "{page}");
    }
    assert!(!person.get("/inbox?view=all").await.text().contains("<mark>"));
}

#[tokio::test]
async fn a_line_is_cut_around_what_was_found() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let peer = app.channel().await.two_way().await;
    peer.wrote(&format!("{} the Key lies here {}", "before ".repeat(400), "after ".repeat(400))).await;
    let page = person.get("/inbox?q=key").await.text();
    assert!(page.contains("the <mark>Key</mark> lies here after"), "{page}");
    assert!(page.matches("before").count() < 10, "{page}");
}

#[tokio::test]
async fn a_search_says_how_many_it_found() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let peer = app.channel().await.two_way().await;
    for number in 0..60 {
        peer.wrote(&format!("needle {number}")).await;
    }
    let page = person.get("/inbox?q=needle").await.text();
    assert!(page.contains("50 of 60 found"), "{page}");
    assert!(person.get("/inbox?q=needle+7").await.text().contains("6 messages found"));
    assert!(person.get("/inbox?q=nowhere").await.text().contains("Nothing found"));
    for _ in 0..2_000 {
        peer.wrote("hay").await;
    }
    let page = person.get("/inbox?q=hay").await.text();
    assert!(page.contains("50 of 2\u{202f}000 found") || page.contains("of at least"), "{page}");
    let page = person.get("/inbox?q=e").await.text();
    assert!(page.contains("50 of 60 found"), "the page was full only at the end: {page}");
}

#[tokio::test]
async fn other_words_are_looked_for_under_the_same_conditions() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("a needle").await;
    let field =
        |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
    let conditions = format!("channel={}&after=2026-01-31&before=2036-01-31&type=text/", channel.id);
    let page = person.get(&format!("/inbox?view=starred&q=needle&{conditions}")).await.is(200).text();
    for (name, value) in [
        ("view", "starred"),
        ("channel", channel.id.as_str()),
        ("after", "2026-01-31"),
        ("before", "2036-01-31"),
        ("type", "text/"),
    ] {
        assert_eq!(
            page.matches(&field(name, value)).count(),
            2,
            "at the top and in the list, {name}: {page}"
        );
    }
    let everywhere = person.get("/inbox?q=needle").await.is(200).text();
    assert_eq!(everywhere.matches(&field("view", "all")).count(), 2, "{everywhere}");
    // What is no search, and what no field shows, says nothing of the next.
    for path in ["/inbox?view=starred".to_owned(), format!("/m/{}/1?channel={}", channel.id, channel.id)] {
        let page = person.get(&path).await.is(200).text();
        assert!(!page.contains("type=\"hidden\" name=\"view\""), "{path}: {page}");
        assert!(!page.contains("type=\"hidden\" name=\"channel\""), "{path}: {page}");
    }
    assert!(person.get("/search?view=snoozed").await.text().contains("<option value=\"snoozed\" selected>"));
}

#[tokio::test]
async fn messages_of_a_time_are_found_also_when_older_ones_were_taken_in_later() {
    let mut app = App::start().await;
    let (channel, day) = (app.channel().await, Duration::from_hours(24));
    channel.two_way().await.wrote("a needle of before").await;
    let kept = app.installation.succeed(&["export", "--account", "first"], "");
    app.advance(100 * day);
    channel.two_way().await.wrote("a needle of now").await;
    let mut person = app.signed_in().await;
    let today = person.get("/inbox?q=needle").await.is(200).text();
    let today =
        today.split("datetime=\"").skip(1).filter_map(|at| at.get(..10)).max().expect("a day").to_owned();
    app.stop().await;
    let id = "of-another-server";
    app.installation.succeed(&["import", "-"], &kept.replace(&channel.id, id));
    app.restart().await;
    let mut person = app.signed_in().await;
    assert!(person.get("/inbox?q=needle").await.text().contains("3 messages found"));
    let page = person.get(&format!("/inbox?q=needle+after:{today}")).await.text();
    assert!(page.contains("1 message found") && page.contains("of now"), "{page}");
}

#[tokio::test]
async fn searches_are_kept_under_names_and_forgotten() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let query = "?q=is%3Aunread+Schl%C3%BCssel&older=12";
    person.get("/inbox?q=x").await.is(200);
    let saved = person.post("/search/save", &[("name", "Keys & <locks>"), ("query", query)]).await;
    assert_eq!(Person::sent_to(&saved), "/inbox?q=is%3Aunread+Schl%C3%BCssel");
    let page = person.get("/profile").await.text();
    assert!(page.contains("href=\"/inbox?q=is%3Aunread+Schl%C3%BCssel\""), "{page}");
    assert!(page.contains("Keys &#38; &#60;locks&#62;"), "{page}");
    // Nothing else than a search gets into the address.
    person.post("/search/save", &[("name", "odd"), ("query", "//evil.example?q=1&x=\"")]).await.is(303);
    assert!(!person.get("/search").await.text().contains("evil"));
    for number in 2..25 {
        person
            .post("/search/save", &[("name", &format!("number {number}")), ("query", "?q=a")])
            .await
            .is(303);
    }
    let page = person.get("/inbox").await.text();
    assert!(page.contains("an account may have 20"), "{page}");
    assert_eq!(page.matches("number ").count(), 18, "{page}");
    person.post("/search/save", &[("name", " "), ("query", "?q=a")]).await.is(303);
    let mut stranger = Person::new(&app.site);
    app.another_account("zoe");
    stranger.sign_in("zoe", PASSWORD).await;
    stranger.get("/search").await.is(200);
    stranger.post("/search/forget", &[("id", "1")]).await.is(303);
    assert!(!stranger.get("/inbox").await.text().contains("Keys"));
    assert!(person.get("/search").await.text().contains("Keys"));
    person.post("/search/forget", &[("id", "1")]).await.is(303);
    let page = person.get("/inbox").await.text();
    assert!(!page.contains("Keys"), "{page}");
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn days_and_times_are_those_of_the_readers_zone() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let peer = app.channel().await.two_way().await;
    // 18:43 in UTC on the first of March; in Auckland it is the morning of the second.
    peer.wrote("the first").await;
    let page = person.get("/inbox").await.text();
    assert!(
        page.contains("1 Mar 2026, 18:43 UTC") && page.contains("data-zone-at=\"/profile/zone\""),
        "{page}"
    );
    person.post("/profile/zone", &[("zone", "Pacific/Auckland")]).await.is(204);
    let page = person.get("/inbox").await.text();
    assert!(page.contains("2 Mar 2026, 07:43 NZDT") && page.contains("Today"), "{page}");
    assert!(!page.contains("data-zone-at"), "{page}");
    // A guess is made once; the reader may choose.
    person.post("/profile/zone", &[("zone", "Europe/Berlin")]).await.is(204);
    assert!(person.get("/inbox").await.text().contains("NZDT"));
    app.advance(Duration::from_hours(15));
    assert!(person.get("/inbox").await.text().contains("Today"), "it is 22:43 there");
    app.advance(Duration::from_hours(2));
    let page = person.get("/inbox").await.text();
    assert!(page.contains("Yesterday"), "{page}");
    // Days of a search are the reader's too.
    for (query, found) in
        [("after%3A2026-03-02", true), ("before%3A2026-03-01", false), ("after%3A2026-03-03", false)]
    {
        let page = person.get(&format!("/inbox?q={query}")).await.text();
        assert_eq!(page.contains("the first"), found, "{query}");
    }
    let profile = [("name", ""), ("contact", ""), ("zone", "Europe/Berlin")];
    person.submit("/profile", "/profile", &profile).await.is(303);
    let page = person.get("/profile").await.text();
    assert!(page.contains("<option value=\"Europe/Berlin\" selected>"), "{page}");
    assert!(person.get("/inbox").await.text().contains("19:43 CET"));
    // What is no zone changes nothing.
    let profile = [("name", "Mara"), ("contact", ""), ("zone", "Nowhere/Else")];
    person.submit("/profile", "/profile", &profile).await.is(303);
    assert!(person.get("/inbox").await.text().contains("19:43 CET"));
    // Others of the account are elsewhere.
    let mut other = app.another_person("second").await;
    let page = other.get("/inbox").await.text();
    assert!(page.contains("18:43 UTC") && page.contains("data-zone-at"), "{page}");
    other.post("/profile/zone", &[("zone", "Asia/Tokyo")]).await.is(204);
    assert!(other.get("/inbox").await.text().contains("03:43 JST"));
    assert!(person.get("/inbox").await.text().contains("19:43 CET"));
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn what_is_no_zone_is_guessed_once_and_then_no_more() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    person.get("/inbox").await.is(200);
    person.post("/profile/zone", &[("zone", "<script>")]).await.is(204);
    let page = person.get("/profile").await.text();
    assert!(!page.contains("data-zone-at") && page.contains("<option value=\"UTC\" selected>"), "{page}");
}

#[tokio::test]
async fn letters_that_are_slow_to_look_through_make_a_search_look_less_far() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let peer = app.channel().await.two_way().await;
    peer.wrote("a needle").await;
    for _ in 0..5 {
        peer.write_as("text/plain", "a".repeat(1 << 20)).await.is(200);
    }
    assert!(person.get("/inbox?q=needle").await.is(200).text().contains("<mark>needle</mark>"));
    for _ in 0..3 {
        peer.write_as("text/plain", "漢".repeat((1 << 20) / 3)).await.is(200);
    }
    let page = person.get("/inbox?q=needle").await.is(200).text();
    assert!(page.contains("Nothing found so far") && page.contains("Looked back to"), "{page}");
    let (_, rest) = page.split_once("rel=\"next\" href=\"").expect("a way on");
    let address = rest.split('"').next().unwrap_or_default().replace("&#38;", "&");
    assert!(person.get(&address).await.is(200).text().contains("<mark>needle</mark>"));
    // Whoever looks for no words is not kept waiting by them.
    assert!(person.get("/inbox?q=larger:2m").await.text().contains("Looked through everything."));
}
