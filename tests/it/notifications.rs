//! Notifications in browsers: who is told of what and when, through a push service of ours.

use std::time::Duration;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::events::Events;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::push_browser::PushBrowser;
use crate::support::receiver::{self, LOOPBACK, Receiver};

pub const PAGE: &str = "/profile/notifications";

/// Longer than what comes quickly is held back.
const APART: Duration = Duration::from_secs(10);

/// Longer than any pause between two tries.
const LONG: Duration = Duration::from_hours(5);

/// Subscribes a browser of this number at the push service.
pub async fn subscribed(person: &mut Person, receiver: &Receiver, number: u8) -> PushBrowser {
    let browser = PushBrowser::new(&format!("{}/{number}", receiver.url()), number);
    let fields = browser.fields();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    person.get(PAGE).await.is(200);
    person.post(&format!("{PAGE}/browsers"), &fields).await.is(303);
    browser
}

/// Changes what holds for all channels.
async fn set(person: &mut Person, fields: &[(&str, &str)]) {
    person.get(PAGE).await.is(200);
    person.post(PAGE, fields).await.is(303);
}

async fn says(person: &Person, words: &str) {
    receiver::says(person, PAGE, words).await;
}

#[tokio::test]
async fn a_browser_alone_reads_that_something_came_and_never_what() {
    let app = App::with(&format!("{LOOPBACK}\nserver.base_url = \"https://box.example.org/in\"")).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let other = channel.two_way().await;
    let mut person = Person::new(&app.site);
    person.origin = "https://box.example.org".to_owned();
    person.sign_in(USER, PASSWORD).await;
    other.wrote("before").await;
    let browser = subscribed(&mut person, &receiver, 7).await;
    channel.owner_token().wrote("of the holder").await;
    other.wrote("zebra-text").await;
    let called = receiver.next().await;
    assert_eq!((called.line.as_str(), called.header("ttl")), ("POST /hook/7 HTTP/1.1", "2419200"));
    assert_eq!(called.header("topic").len(), 32);
    let opened = browser.open(&called);
    let notification = &opened.said["notification"];
    assert_eq!((&opened.said["web_push"], &opened.said["app_badge"]), (&8030.into(), &"2".into()));
    assert_eq!(
        (&notification["title"], &notification["body"]),
        (&"New message".into(), &"2 unread messages".into())
    );
    let page = format!("https://box.example.org/in/channels/{}", channel.id);
    assert_eq!(notification["navigate"], page.as_str());
    assert_eq!(notification["tag"], called.header("topic"));
    let origin = receiver.url().replace("/hook", "");
    assert_eq!(opened.claims["aud"], origin.as_str());
    assert_eq!(opened.claims["sub"], "https://box.example.org/in");
    assert_eq!(opened.claims["exp"], 1_772_390_580 + 12 * 3600);
    assert!(
        person.get(PAGE).await.text().contains(&format!("data-key=\"{}\"", opened.key)),
        "one key for all"
    );
    says(&person, "2 unread messages").await;

    app.advance(APART);
    for text in ["three", "four", "five"] {
        other.wrote(text).await;
    }
    let next = receiver.next().await;
    assert_eq!(next.header("topic"), called.header("topic"), "it takes the place of the earlier one");
    let mut last = browser.open(&next).said;
    if last["notification"]["body"] != "5 unread messages" {
        // It is noted before the clock moves on.
        says(&person, last["notification"]["body"].as_str().expect("a text")).await;
        app.advance(APART);
        last = browser.open(&receiver.next().await).said;
    }
    assert_eq!(last["notification"]["body"], "5 unread messages");
    app.advance(LONG);
    says(&person, "5 unread messages").await;
    assert!(receiver.waiting().is_empty(), "none for each message");
}

#[tokio::test]
async fn a_channel_is_named_only_where_the_person_wants_it_and_told_as_much() {
    let app = App::with(LOOPBACK).await;
    let (one, two) = (app.channel().await, app.channel().await);
    let (mut person, mut receiver) = (app.signed_in().await, Receiver::start().await);
    let (to_one, to_two) = (one.two_way().await, two.two_way().await);
    let settings = format!("/channels/{}/settings", one.id);
    person.get(&settings).await.is(200);
    let browser = subscribed(&mut person, &receiver, 3).await;
    set(&mut person, &[("level", "first"), ("names", "yes")]).await;
    person.post(&format!("{PAGE}/channel"), &[("channel", &two.id), ("level", "none")]).await.is(303);
    to_two.wrote("of no interest").await;
    to_one.wrote("one").await;
    let opened = browser.open(&receiver.next().await);
    assert_eq!(opened.said["notification"]["body"], "1 unread message");
    assert_eq!(opened.claims.get("sub"), None, "nobody knows an address of this server");
    assert_eq!(opened.said["notification"]["navigate"], format!("channels/{}", one.id).as_str());
    app.advance(APART);
    to_one.wrote("two").await;
    app.advance(APART);
    // Told again after everything was read.
    person.get("/inbox").await.is(200);
    person.post("/inbox/read", &[("all", "yes")]).await;
    app.advance(APART);
    says(&person, "1 unread message").await;
    assert!(receiver.waiting().is_empty());
}

#[tokio::test]
async fn an_open_page_gives_no_signal_for_what_is_not_to_be_told_now() {
    let app = App::start().await;
    let (one, two) = (app.channel().await, app.channel().await);
    let mut person = app.signed_in().await;
    let (to_one, to_two) = (one.two_way().await, two.two_way().await);
    let mut events = Events::of_inbox(&mut person).await;
    let mut wrote = async |to: &Bearer| {
        to.wrote("something").await;
        let told = events.data(&app, "message").await;
        told["signal"].as_bool().expect("whether it is")
    };
    assert!(wrote(&to_one).await);
    let level = format!("{PAGE}/channel");
    person.submit(PAGE, &level, &[("channel", &one.id), ("level", "none")]).await.is(303);
    assert!(!wrote(&to_one).await);
    assert!(wrote(&to_two).await);
    set(&mut person, &[("level", "first")]).await;
    assert!(!wrote(&to_two).await, "something is unread there already");
    // It is 18:43 in UTC.
    set(&mut person, &[("level", "all"), ("quiet", "yes"), ("from", "18:00"), ("until", "07:00")]).await;
    assert!(!wrote(&to_two).await);
    set(&mut person, &[("level", "all")]).await;
    assert!(wrote(&to_two).await);
    // What somebody marks as unread did not come.
    let act = [("one", format!("unread-from:{}.1", one.id)), ("back", "/inbox".to_owned())];
    let act: Vec<_> = act.iter().map(|(name, value)| (*name, value.as_str())).collect();
    person.submit("/inbox", "/inbox/act", &[("one", &format!("read:{}.1", one.id))]).await.is(303);
    events.data(&app, "read").await;
    person.submit("/inbox", "/inbox/act", &act).await.is(303);
    assert_eq!(events.data(&app, "read").await["signal"], false);
}

#[tokio::test]
async fn quiet_hours_hold_back_and_end_with_one_summary() {
    let app = App::with(LOOPBACK).await;
    let (one, two) = (app.channel().await, app.channel().await);
    let (mut person, mut receiver) = (app.signed_in().await, Receiver::start().await);
    let (to_one, to_two) = (one.two_way().await, two.two_way().await);
    let browser = subscribed(&mut person, &receiver, 5).await;
    // It is 18:43 in UTC.
    set(&mut person, &[("level", "all"), ("quiet", "yes"), ("from", "18:00"), ("until", "07:00")]).await;
    for text in ["one", "two"] {
        to_one.wrote(text).await;
    }
    to_two.wrote("three").await;
    app.advance(Duration::from_hours(12));
    person.get(PAGE).await.is(200);
    assert!(receiver.waiting().is_empty(), "at 06:43");
    app.advance(Duration::from_hours(1));
    let said = browser.open(&receiver.next().await).said;
    assert_eq!(said["notification"]["title"], "New messages");
    assert_eq!(said["notification"]["body"], "3 unread messages in 2 channels");
    says(&person, "Delivered").await;
    app.advance(APART);
    to_two.wrote("four").await;
    let said = browser.open(&receiver.next().await).said;
    assert_eq!(said["notification"]["body"], "2 unread messages");
    person.get(PAGE).await.is(200);
    let wrong = [("level", "all"), ("quiet", "yes"), ("from", "25:00"), ("until", "07:00")];
    let shown = person.post(PAGE, &wrong).await.is(422).text();
    assert!(shown.contains("Write a time of day") && shown.contains("25:00"), "{shown}");
}

#[tokio::test]
async fn quiet_hours_are_those_of_each_persons_zone() {
    let app = App::with(LOOPBACK).await;
    let (mut person, mut receiver) = (app.signed_in().await, Receiver::start().await);
    let mut other = app.another_person("second").await;
    let peer = app.channel().await.two_way().await;
    let quiet = [("level", "all"), ("quiet", "yes"), ("from", "22:00"), ("until", "07:00")];
    let mut browsers = Vec::new();
    for (who, number) in [(&mut person, 6), (&mut other, 7)] {
        browsers.push(subscribed(who, &receiver, number).await);
        set(who, &quiet).await;
    }
    // It is 18:43 in UTC, 00:13 there.
    person.post("/profile/zone", &[("zone", "Asia/Kolkata")]).await.is(204);
    peer.wrote("one").await;
    browsers[1].open(&receiver.next().await);
    person.get(PAGE).await.is(200);
    assert!(receiver.waiting().is_empty(), "it is night for the first person only");
    // Whoever goes elsewhere is told at once: there it is 07:43.
    let elsewhere = [("name", ""), ("contact", ""), ("zone", "Pacific/Auckland")];
    person.submit("/profile", "/profile", &elsewhere).await.is(303);
    browsers[0].open(&receiver.next().await);
    says(&other, "Times of UTC").await;
    says(&person, "Times of Pacific/Auckland").await;
}

#[tokio::test]
async fn what_fails_is_tried_again_and_who_is_gone_is_forgotten() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let browser = subscribed(&mut person, &receiver, 9).await;
    for answer in ["429 Too many\r\nRetry-After: 60", "500 Broken"] {
        receiver.answers(answer);
    }
    other.wrote("one").await;
    receiver.next().await;
    says(&person, "Failing since").await;
    app.advance(Duration::from_secs(59));
    person.get(PAGE).await.is(200);
    assert!(receiver.waiting().is_empty(), "it asked for a minute");
    app.advance(Duration::from_secs(2));
    receiver.next().await;
    says(&person, "<b>500</b>").await;
    app.advance(LONG);
    assert_eq!(browser.open(&receiver.next().await).said["notification"]["body"], "1 unread message");
    says(&person, "Delivered").await;
    assert!(!person.get(PAGE).await.text().contains("Failing since"));
    for gone in ["410 Gone", "404 Not Found"] {
        subscribed(&mut person, &receiver, 9).await;
        receiver.answers(gone);
        app.advance(LONG);
        other.wrote("more").await;
        receiver.next().await;
        says(&person, "No browser is notified yet").await;
    }
    other.wrote("to nobody").await;
    app.advance(LONG);
    person.get(PAGE).await.is(200);
    assert!(receiver.waiting().is_empty());
}

#[tokio::test]
async fn a_kill_loses_nothing_and_the_key_stays() {
    let installation = Installation::with_account();
    let mut receiver = Receiver::start().await;
    let mut server = installation.serve(LOOPBACK).await;
    let channel = server.owner().channel().await;
    let other = channel.two_way().await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let browser = subscribed(&mut person, &receiver, 2).await;
    receiver.answers("never");
    other.wrote("one").await;
    let first = browser.open(&receiver.next().await);
    server.signal("KILL");
    server.end().await;
    let _server = installation.serve(LOOPBACK).await;
    let again = browser.open(&receiver.next().await);
    assert_eq!((&again.said, &again.key), (&first.said, &first.key));
}

#[tokio::test]
async fn nobody_is_told_of_what_an_import_brings() {
    let mut app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let peer = channel.two_way().await;
    peer.wrote("of before").await;
    let kept = app.installation.succeed(&["export", "--account", "first"], "");
    let browser = subscribed(&mut app.signed_in().await, &receiver, 7).await;
    app.stop().await;
    app.installation.succeed(&["import", "-"], &kept.replace(&channel.id, "of-another-server"));
    app.restart().await;
    peer.wrote("of now").await;
    let said = browser.open(&receiver.next().await).said;
    let page = said["notification"]["navigate"].as_str().expect("a page");
    assert!(page.ends_with(&channel.id), "{said}");
}

#[tokio::test]
async fn a_test_is_sent_and_a_removed_browser_is_told_nothing() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let (mut person, other) = (app.signed_in().await, channel.two_way().await);
    let (first, second) =
        (subscribed(&mut person, &receiver, 1).await, subscribed(&mut person, &receiver, 2).await);
    person.get(PAGE).await.is(200);
    person.post(&format!("{PAGE}/1/test"), &[]).await.is(303);
    let called = receiver.next().await;
    assert_eq!((called.header("ttl"), called.line.as_str()), ("60", "POST /hook/1 HTTP/1.1"));
    assert_eq!(first.open(&called).said["notification"]["title"], "This is a test");
    person.post(&format!("{PAGE}/1/remove"), &[]).await.is(303);
    for path in ["1/remove", "1/test", "99/test"] {
        person.get(PAGE).await.is(200);
        person.post(&format!("{PAGE}/{path}"), &[]).await.is(404);
    }
    other.wrote("one").await;
    let called = receiver.next().await;
    assert_eq!(second.open(&called).said["notification"]["body"], "1 unread message");
    // What no browser says is refused, and so are more browsers than a person has.
    person.get(PAGE).await.is(200);
    let wrong = [("endpoint", "https://example.org"), ("p256dh", "x"), ("auth", "y")];
    person.post(&format!("{PAGE}/browsers"), &wrong).await.is(422);
    for number in 3..=11 {
        subscribed(&mut person, &receiver, number).await;
    }
    let one_more = PushBrowser::new(&receiver.url(), 12).fields();
    let fields: Vec<_> = one_more.iter().map(|(name, value)| (*name, value.as_str())).collect();
    person.get(PAGE).await.is(200);
    let shown = person.post(&format!("{PAGE}/browsers"), &fields).await.is(422).text();
    assert!(shown.contains("10 browsers"), "{shown}");
}

#[tokio::test]
async fn a_browser_that_a_test_finds_gone_is_forgotten_and_the_person_told() {
    let app = App::with(LOOPBACK).await;
    let (mut person, mut receiver) = (app.signed_in().await, Receiver::start().await);
    for (id, gone) in [(1, "410 Gone"), (2, "404 Not Found")] {
        subscribed(&mut person, &receiver, 9).await;
        receiver.answers(gone);
        person.submit(PAGE, &format!("{PAGE}/{id}/test"), &[]).await.is(303);
        receiver.next().await;
        let page = person.get(PAGE).await.is(200).text();
        assert!(page.contains("That browser wants no notifications any more and was removed."), "{page}");
        assert!(page.contains("No browser is notified yet"), "{page}");
    }
}

#[tokio::test]
async fn a_browser_of_two_people_tells_only_who_came_last() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let mut first = app.signed_in().await;
    app.installation.create_account("Other", "second-user", "second password");
    let mut second = Person::new(&app.site);
    second.sign_in("second-user", "second password").await;
    subscribed(&mut first, &receiver, 4).await;
    subscribed(&mut second, &receiver, 4).await;
    says(&first, "No browser is notified yet").await;
    channel.two_way().await.wrote("one").await;
    app.advance(LONG);
    second.get(PAGE).await.is(200);
    assert!(receiver.waiting().is_empty());
}
