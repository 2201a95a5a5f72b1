//! Webhooks: who is told of what, in which order and how often, whatever goes away meanwhile.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::receiver::{Called, LOOPBACK, Receiver, hook, says};
use crate::support::{eventually, soon};

/// Longer than any pause between two tries.
const LONG: Duration = Duration::from_hours(5);

#[tokio::test]
async fn who_is_told_gets_what_others_write_signed_and_in_order() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    other.wrote("before").await;
    let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
    for text in ["one", "two", "three"] {
        other.wrote(text).await;
        channel.owner_token().wrote("of the holder").await;
    }
    for sequence in [2, 4, 6] {
        let called = receiver.next().await;
        assert_eq!(called.line, "POST /hook HTTP/1.1");
        assert_eq!(called.header("content-type"), "application/json");
        let came = "2026-03-01T18:43:00.120Z";
        let bytes = if sequence == 6 { 5 } else { 3 };
        let data = json!({
            "channel_id": channel.id, "sequence": sequence, "received": came,
            "content_type": "text/plain", "bytes": bytes
        });
        let told = json!({"type": "message.received", "timestamp": came, "data": data});
        assert_eq!(called.json(), told);
        assert_eq!(called.header("webhook-timestamp"), "1772390580");
        let id = called.header("webhook-id");
        assert!(id.starts_with("msg_") && !id.contains(&channel.id), "{id}");
        let shown = person.get(&format!("{page}/secret")).await.is(200).text();
        let secret = shown.split("id=\"secret\">").nth(1).and_then(|rest| rest.split('<').next());
        let key = secret.and_then(|secret| secret.strip_prefix("whsec_")).expect("a secret");
        assert_eq!(called.header("webhook-signature"), signature(key, &called));
    }
    says(&person, &page, "It was notified of everything").await;
    assert!(receiver.waiting().is_empty());
    let secret = person.get(&format!("{page}/secret")).await.text();
    assert!(!secret.contains("<button class=\"btn\">Make another secret"), "it is asked first: {secret}");
    let asked = person.get(&format!("{page}/secret/renew")).await.is(200).text();
    assert!(asked.contains("Receivers refuse calls until they have the new secret."), "{asked}");
    let renewed = person.answer(&asked, &format!("{page}/secret")).await;
    assert_eq!(Person::sent_to(&renewed), format!("{page}/secret"));
}

/// Computed apart from the server's own code.
fn signature(key: &str, called: &Called) -> String {
    let key = base64_simd::STANDARD.decode_to_vec(key.replace("&#43;", "+")).expect("base64");
    assert_eq!(key.len(), 32);
    let signed = format!("{}.{}.", called.header("webhook-id"), called.header("webhook-timestamp"));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let tag = ring::hmac::sign(&key, &[signed.as_bytes(), &called.body].concat());
    format!("v1,{}", base64_simd::STANDARD.encode_to_string(tag.as_ref()))
}

#[tokio::test]
async fn content_goes_out_only_where_it_was_chosen_and_in_the_form_that_was() {
    let app = App::with(&format!("{LOOPBACK}\nserver.base_url = \"http://box.example.org\"")).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let other = channel.two_way().await;
    let mut person = Person::new(&app.site);
    person.origin = "http://box.example.org".to_owned();
    person.sign_in(USER, PASSWORD).await;
    let link = format!("http://box.example.org/channels/{}", channel.id);
    for (form, message) in
        [("standard", true), ("ntfy", false), ("ntfy", true), ("gotify", false), ("gotify", true)]
    {
        let mut fields = vec![("form", form), ("token", "tk_zebra")];
        fields.extend(message.then_some(("message", "yes")));
        let path = format!("/channels/{}/webhooks", channel.id);
        person.get(&path).await.is(200);
        let url = receiver.url();
        fields.push(("address", &url));
        let made = person.post(&path, &fields).await;
        let page = Person::sent_to(&made).to_owned();
        let sequence = other.wrote("Grüße").await;
        let called = receiver.next().await;
        assert_eq!(called.header("authorization"), "Bearer tk_zebra");
        let body = String::from_utf8(called.body.clone()).expect("text");
        match form {
            "standard" => assert_eq!(called.json()["data"]["payload"], "R3LDvMOfZQ=="),
            "ntfy" => {
                assert_eq!(called.header("click"), link);
                assert_eq!(body.contains("Grüße"), message, "{body}");
            }
            _ => {
                assert_eq!(called.json()["extras"]["client::notification"]["click"]["url"], link);
                assert_eq!(body.contains("Grüße"), message, "{body}");
            }
        }
        assert!(form == "standard" || body.contains(&format!("Message {sequence}")), "{body}");
        person.get(&format!("{page}/delete")).await.is(200);
        person.post(&format!("{page}/delete"), &[]).await.is(303);
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_and_nothing_overtakes_it() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
    receiver.answers("503 Later");
    receiver.answers("302 Found\r\nLocation: http://127.0.0.1:9/");
    other.wrote("one").await;
    let first = receiver.next().await;
    says(&person, &page, "Failed").await;
    other.wrote("two").await;
    app.advance(Duration::from_secs(3));
    assert!(receiver.waiting().is_empty(), "not yet");
    app.advance(Duration::from_secs(4));
    let again = receiver.next().await;
    assert_eq!((again.header("webhook-id"), again.sequence()), (first.header("webhook-id"), 1));
    says(&person, &page, "no redirect is followed").await;
    receiver.go_away().await;
    app.advance(LONG);
    says(&person, &page, "no connection").await;
    receiver.come_back().await;
    app.advance(LONG);
    assert_eq!((receiver.next().await.sequence(), receiver.next().await.sequence()), (1, 2));
    says(&person, &page, "It was notified of everything").await;
    assert!(receiver.waiting().is_empty());
}

#[tokio::test]
async fn who_fails_for_days_or_wants_no_more_is_left_alone_until_it_is_started_again() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
    receiver.answers("410 Gone");
    other.wrote("one").await;
    receiver.next().await;
    says(&person, &page, "the receiver wants no more").await;
    other.wrote("two").await;
    app.advance(LONG);
    person.get(&page).await.is(200);
    person.post(&format!("{page}/turn"), &[("do", "resume")]).await.is(303);
    assert_eq!((receiver.next().await.sequence(), receiver.next().await.sequence()), (1, 2));

    (0..3).for_each(|_| receiver.answers("503 Later"));
    other.wrote("three").await;
    receiver.next().await;
    says(&person, &page, "It has taken nothing since").await;
    app.advance(Duration::from_mins(1));
    receiver.next().await;
    // The first message was sent as often.
    eventually("the second try is noted", || async {
        person.clone().get(&page).await.text().matches("sent 2 times").count() == 2
    })
    .await;
    app.advance(Duration::from_hours(73));
    receiver.next().await;
    says(&person, &page, "took nothing for three days").await;
    other.wrote("four").await;
    let shown = person.get(&page).await.is(200).text();
    assert!(shown.contains("Start again with what comes from now on"), "{shown}");
    let asked = person.get(&format!("{page}/skip")).await.is(200).text();
    assert!(asked.contains("2 messages that wait are not sent."), "{asked}");
    person.answer(&asked, &format!("{page}/turn")).await.is(303);
    other.wrote("five").await;
    assert_eq!(receiver.next().await.sequence(), 5);
}

#[tokio::test]
async fn a_message_that_is_refused_holds_up_no_others_and_can_be_sent_again() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
    (0..3).for_each(|_| receiver.answers("422 Not this"));
    other.wrote("one").await;
    let first = receiver.next().await;
    other.wrote("two").await;
    let mut told = vec![first.clone()];
    soon("two more tries, and the next message", async {
        while told.len() < 4 {
            app.advance(Duration::from_mins(1));
            person.get(&page).await.is(200);
            told.extend(receiver.waiting());
        }
    })
    .await;
    assert_eq!(told.iter().map(Called::sequence).collect::<Vec<_>>(), [1, 1, 1, 2]);
    says(&person, &page, "It was notified of everything").await;
    person.get(&page).await.is(200);
    person.post(&format!("{page}/send"), &[("sequence", "1")]).await.is(303);
    assert_eq!(receiver.next().await.header("webhook-id"), first.header("webhook-id"));
    person.post(&format!("{page}/send"), &[("sequence", "9")]).await.is(404);
    person.post(&format!("{page}/send"), &[]).await.is(303);
    assert_eq!(receiver.next().await.json()["type"], "webhook.test");
    says(&person, &page, "A test").await;
}

#[tokio::test]
async fn ten_thousand_that_wait_for_the_dead_delay_nobody_else() {
    let app = App::with(LOOPBACK).await;
    let (dead, quick) = (app.channel().await, app.channel().await);
    let (mut silent, mut receiver) = (Receiver::start().await, Receiver::start().await);
    let mut person = app.signed_in().await;
    let page = hook(&mut person, &dead, &silent.url(), &[]).await;
    hook(&mut person, &quick, &receiver.url(), &[]).await;
    silent.answers("never");
    let (to_dead, to_quick) = (dead.two_way().await, quick.two_way().await);
    to_dead.wrote("one").await;
    silent.next().await;
    let database = rusqlite::Connection::open(app.installation.database()).expect("the database");
    database
        .execute_batch(
            "begin immediate;
             insert into message (id, sealed)
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000)
             select 100000 + i, zeroblob(60) from n;
             insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000)
             select (select id from channel order by id limit 1), 1 + i, -1, 0, 100000 + i from n;
             update channel set head = 10001 where id = (select min(id) from channel);
             commit;",
        )
        .expect("ten thousand");
    for sequence in 1..=20 {
        to_quick.wrote("quick").await;
        assert_eq!(receiver.next().await.sequence(), sequence);
    }
    let shown = person.get(&page).await.is(200).text();
    assert!(shown.contains("10\u{202f}001 messages"), "{shown}");
}

#[tokio::test]
async fn with_its_channel_or_by_hand_a_webhook_ends_with_all_that_waits() {
    let app = App::with(LOOPBACK).await;
    let mut person = app.signed_in().await;
    for by_hand in [true, false] {
        let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
        let other = channel.two_way().await;
        let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
        receiver.answers("503 Later");
        other.wrote("one").await;
        receiver.next().await;
        says(&person, &page, "Failed").await;
        if by_hand {
            person.get(&format!("{page}/delete")).await.is(200);
            person.post(&format!("{page}/delete"), &[]).await.is(303);
        } else {
            channel.delete().await.is(204);
        }
        person.get(&page).await.is(404);
        app.advance(Duration::from_mins(1));
        let database = rusqlite::Connection::open(app.installation.database()).expect("the database");
        for table in ["webhook", "webhook_delivery"] {
            let sql = format!("select count(*) from {table}");
            assert_eq!(database.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a count"), 0);
        }
        assert!(receiver.waiting().is_empty());
    }
}

#[tokio::test]
async fn only_what_is_an_address_is_taken_and_only_so_many() {
    let app = App::with(LOOPBACK).await;
    let channel = app.channel().await;
    let mut person = app.signed_in().await;
    let path = format!("/channels/{}/webhooks", channel.id);
    person.get(&path).await.is(200);
    for url in ["", "example.org", "ftp://example.org", "https://user:secret@example.org/"] {
        let page = person.post(&path, &[("address", url)]).await.is(422).text();
        assert!(page.contains("id=\"address-wrong\""), "{url}: {page}");
    }
    let page = person.post(&path, &[("address", "https://example.org"), ("token", "a b")]).await.is(422);
    assert!(page.text().contains("id=\"token-wrong\""));
    for _ in 0..10 {
        hook(&mut person, &channel, "https://example.org/", &[]).await;
    }
    let full = person.post(&path, &[("address", "https://example.org")]).await.is(422).text();
    assert!(full.contains("at most 10 webhooks"), "{full}");
    let mut other = Person::new(&app.site);
    app.another_account("other");
    other.sign_in("other", PASSWORD).await;
    other.get(&path).await.is(404);
}

#[tokio::test]
async fn a_token_goes_to_no_other_machine() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut one, mut two) = (app.channel().await, Receiver::start().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let page = hook(&mut person, &channel, &one.url(), &[("token", "zebra")]).await;
    person.get(&page).await.is(200);
    person.post(&page, &[("address", &format!("{}/other", one.url()))]).await.is(303);
    other.wrote("one").await;
    assert_eq!(one.next().await.header("authorization"), "Bearer zebra");
    person.get(&page).await.is(200);
    person.post(&page, &[("address", &two.url())]).await.is(303);
    other.wrote("two").await;
    assert_eq!(two.next().await.header("authorization"), "");
}

#[tokio::test]
async fn one_that_is_damaged_can_be_removed_and_hides_no_other() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
    app.edit("update webhook set address = x'00'");
    let whole = hook(&mut person, &channel, &receiver.url(), &[]).await;
    other.wrote("one").await;
    assert_eq!(receiver.next().await.sequence(), 1);
    let list_page = format!("/channels/{}/webhooks", channel.id);
    let list = person.get(&list_page).await.is(200).text();
    assert!(list.contains(&format!("{page}/delete")) && list.contains(&format!("{whole}\"")), "{list}");
    let asked = person.get(&format!("{page}/delete")).await.is(200).text();
    assert!(asked.contains("(damaged)"), "{asked}");
    person.post(&format!("{page}/delete"), &[("sure", "yes")]).await.is(303);
    let list = person.get(&list_page).await.is(200).text();
    assert!(!list.contains(&page), "{list}");
}

#[tokio::test]
async fn a_kill_loses_nothing_and_repeats_no_more_than_what_was_under_way() {
    let installation = Installation::with_account();
    let mut receiver = Receiver::start().await;
    let mut server = installation.serve(LOOPBACK).await;
    let channel = server.owner().channel().await;
    let mut other = channel.two_way().await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    hook(&mut person, &channel, &receiver.url(), &[]).await;
    let mut told: Vec<(i64, String)> = Vec::new();
    let mut kills = 0;
    while told.last().is_none_or(|(last, _)| *last < 40) {
        for _ in 0..10 {
            if kills < 4 {
                other.wrote("some").await;
            }
        }
        if kills < 4 {
            let called = receiver.next().await;
            told.push((called.sequence(), called.header("webhook-id").to_owned()));
            server.signal("KILL");
            server.end().await;
            kills += 1;
            server = installation.serve(LOOPBACK).await;
            other.site = server.site.clone();
        }
        let called = receiver.next().await;
        told.push((called.sequence(), called.header("webhook-id").to_owned()));
    }
    let numbers: Vec<i64> = told.iter().map(|(number, _)| *number).collect();
    assert!(numbers.is_sorted(), "in order: {numbers:?}");
    let mut once = told.clone();
    once.dedup();
    assert_eq!(once.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
    assert!(told.len() - once.len() <= kills, "one for each kill: {numbers:?}");
    server.signal("TERM");
    server.end().await;
    installation.succeed(&["check"], "");
    installation.succeed(&["key", "rotate"], "");
    installation.succeed(&["check"], "");
}
