//! Being told by e-mail: an address that its owner has shown to be theirs, when, what is said, and leaving with one click.

use std::sync::Arc;
use std::time::Duration;

use crate::notifications::subscribed;
use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::receiver::{self, LOOPBACK, Receiver, hook};
use crate::support::relay::{Answer, Relay};
use crate::support::traces;

pub const PAGE: &str = "/profile/notifications/email";
pub const BASE: &str = "http://box.example.org/in";
pub const ADDRESS: &str = "mara@zebra-mail.example.org";

/// Longer than lies between two messages.
pub const APART: Duration = Duration::from_mins(2);

pub struct Case {
    pub app: App,
    pub relay: Relay,
    pub person: Person,
    /// Somebody else in a channel.
    pub other: Bearer,
    channel: Channel,
}

/// Somebody who is not signed in, at the address that the server has behind its proxy.
pub fn newcomer(app: &App) -> Person {
    let mut newcomer = Person::new(&app.site);
    "http://box.example.org".clone_into(&mut newcomer.origin);
    newcomer
}

/// A person who has shown the address and is told in this rhythm.
pub async fn told(rhythm: &[(&str, &str)]) -> Case {
    let mut relay = Relay::start().await;
    let app = App::with(&format!("{LOOPBACK}\n{}", relay.settings())).await;
    let channel = app.channel().await;
    let other = channel.two_way().await;
    let mut person = newcomer(&app);
    person.sign_in(USER, PASSWORD).await;
    other.wrote("before").await;
    ask(&mut person, ADDRESS).await;
    let link = relay.next().await.link(BASE, "/profile/notifications/email/confirm");
    confirm(&mut person, &link).await;
    person.get(PAGE).await.is(200);
    person.post(&format!("{PAGE}/rhythm"), rhythm).await.is(303);
    Case { app, relay, person, other, channel }
}

pub async fn ask(person: &mut Person, address: &str) {
    person.get(PAGE).await.is(200);
    person.post(PAGE, &[("address", address)]).await.is(303);
}

pub async fn confirm(person: &mut Person, link: &str) {
    let (path, code) = link.split_once("?code=").expect("a code");
    person.get(link).await.is(200);
    person.post(path, &[("code", code)]).await.is(303);
}

pub async fn says(person: &Person, words: &str) {
    receiver::says(person, PAGE, words).await;
}

#[tokio::test]
async fn a_person_is_told_how_much_is_unread_and_never_what() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.other.wrote("zebra-text").await;
    let mail = case.relay.next().await;
    assert_eq!(mail.to, ADDRESS);
    assert_eq!(mail.header("Subject"), "2 unread messages");
    assert_eq!(mail.header("From"), "peerbox <box@example.org>");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(mail.header("MIME-Version"), "1.0");
    assert!(mail.header("Message-ID").ends_with("@box.example.org>"), "{}", mail.text);
    assert_eq!(mail.header("Date"), "Sun, 01 Mar 2026 18:43:00 +0000");
    assert!(mail.body().starts_with("2 unread messages in 1 channel.\n"), "{}", mail.body());
    assert!(mail.body().contains(&format!("{BASE}/inbox")));
    for secret in ["zebra-text", case.channel.id.as_str()] {
        assert!(!mail.text.contains(secret), "{}", mail.text);
    }
    says(&case.person, "Last notified").await;

    case.person.get("/profile/notifications").await.is(200);
    case.person.post("/profile/notifications", &[("level", "all"), ("names", "yes")]).await.is(303);
    case.other.wrote("next").await;
    case.other.wrote("and next").await;
    case.app.advance(APART);
    let mail = case.relay.next().await;
    assert_eq!(mail.header("Subject"), "4 unread messages", "what came within a minute is told together");
    assert!(mail.body().contains(&format!("{BASE}/channels/{}", case.channel.id)), "{}", mail.body());
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_before_its_owner_showed_it() {
    let mut relay = Relay::start().await;
    let app = App::with(&relay.settings()).await;
    let channel = app.channel().await;
    let other = channel.two_way().await;
    let mut person = newcomer(&app);
    person.sign_in(USER, PASSWORD).await;
    ask(&mut person, ADDRESS).await;
    let asked = relay.next().await;
    let link = asked.link(BASE, "/profile/notifications/email/confirm");
    assert_eq!((asked.to.as_str(), asked.header("Subject").as_str()), (ADDRESS, "Confirm this address"));
    let (_, code) = link.split_once("code=").expect("a code");
    assert_eq!(asked.body().matches(code).count(), 1);
    assert!(!asked.header("Message-ID").contains(code), "relays keep the ids of messages");
    person.get(PAGE).await.is(200);
    person.post(&format!("{PAGE}/rhythm"), &[("rhythm", "at-once")]).await.is(303);
    other.wrote("one").await;
    app.advance(APART);
    says(&person, "not confirmed").await;

    // Another address makes the first link worth nothing, and links are few.
    for number in 2..=5 {
        ask(&mut person, &format!("mara{number}@example.org")).await;
        relay.next().await;
        person.get(PAGE).await.is(200);
        let refused = person.post(PAGE, &[("address", ADDRESS)]).await.is(422).text();
        assert!(refused.contains("A link was sent a moment ago"), "a minute lies between two");
        app.advance(APART);
    }
    let refused = person.post(PAGE, &[("address", ADDRESS)]).await.is(422).text();
    assert!(refused.contains("many were today"), "five a day");
    confirm(&mut person, &link).await;
    says(&person, "not confirmed").await;
    assert!(relay.is_empty());

    for wrong in ["", "anna", "anna@example.org\r\nBcc: all@example.org", "a,b@example.org"] {
        person.get(PAGE).await.is(200);
        person.post(PAGE, &[("address", wrong)]).await.is(422);
    }

    app.advance(Duration::from_hours(25));
    person.get("/step-up?next=/profile").await.is(200);
    person.post("/step-up", &[("password", PASSWORD), ("next", "/profile")]).await.is(303);
    ask(&mut person, ADDRESS).await;
    let late = relay.next().await.link(BASE, "/profile/notifications/email/confirm");
    app.advance(Duration::from_hours(24));
    confirm(&mut person, &late).await;
    says(&person, "not confirmed").await;
}

#[tokio::test]
async fn one_click_ends_it_without_signing_in_and_does_nothing_else() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.other.wrote("one").await;
    let mail = case.relay.next().await;
    let header = mail.header("List-Unsubscribe");
    let path = header.trim_matches(['<', '>']).strip_prefix(BASE).expect("an address of ours").to_owned();
    assert!(mail.body().contains(&path));
    let anybody = case.app.anonymous();
    let page = anybody.get(&path).await.is(200).text();
    assert!(page.contains("No more e-mail?"), "a link that a program opens ends nothing");
    for wrong in ["/unsubscribe/1.AAAA", "/unsubscribe/x", "/unsubscribe/2.", &path[..path.len() - 1]] {
        anybody.get(wrong).await.is(404);
        case.app.site.call("POST", wrong, &[], "").await.is(404);
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let done = case.app.site.call("POST", &path, &form, "List-Unsubscribe=One-Click").await.is(200);
    assert!(done.text().contains("Nothing more is sent"));
    case.other.wrote("two").await;
    case.app.advance(APART);
    says(&case.person, "value=\"never\" checked").await;
    assert!(case.relay.is_empty());
}

#[tokio::test]
async fn messages_are_gathered_for_a_quarter_of_an_hour_or_until_an_hour_of_the_day() {
    let mut case = told(&[("rhythm", "bundled")]).await;
    case.other.wrote("one").await;
    case.app.advance(Duration::from_mins(10));
    case.other.wrote("two").await;
    case.app.advance(Duration::from_mins(5));
    assert_eq!(case.relay.next().await.header("Subject"), "3 unread messages");
    says(&case.person, "Last notified").await;

    // The server's zone is UTC, and it is 18:58.
    case.person.get(PAGE).await.is(200);
    case.person.post(&format!("{PAGE}/rhythm"), &[("rhythm", "daily"), ("at", "20:30")]).await.is(303);
    case.other.wrote("three").await;
    case.app.advance(Duration::from_mins(80));
    case.other.wrote("four").await;
    case.app.advance(Duration::from_mins(15));
    let mail = case.relay.next().await;
    assert_eq!(mail.header("Subject"), "5 unread messages");
    assert!(mail.header("Date").contains(" 20:3"), "{}", mail.header("Date"));
    assert!(case.relay.is_empty());
}

#[tokio::test]
async fn what_was_on_its_way_to_the_address_before_is_not_listed_under_the_new_one() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.relay.answer(&[Answer::Waits]);
    case.other.wrote("one").await;
    assert_eq!(case.relay.next().await.to, ADDRESS);
    case.app.advance(APART);
    ask(&mut case.person, "other@example.org").await;
    let link = case.relay.next().await.link(BASE, "/profile/notifications/email/confirm");
    case.relay.goes_on();
    confirm(&mut case.person, &link).await;
    case.other.wrote("two").await;
    assert_eq!(case.relay.next().await.to, "other@example.org");
    says(&case.person, "Delivered").await;
    assert_eq!(case.person.get(PAGE).await.text().matches("Delivered").count(), 1);
}

#[tokio::test]
async fn a_server_without_a_relay_says_so() {
    let app = App::start().await;
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    assert!(person.get(PAGE).await.is(200).text().contains("sends no e-mail"));
    let help = person.get("/help").await.is(200).text();
    assert!(help.contains("The operator of this server can make a link"), "{help}");
    let refused = person.post(PAGE, &[("address", ADDRESS)]).await.is(422).text();
    assert!(refused.contains("This server sends no e-mail."));
}

#[tokio::test]
async fn a_test_is_sent_to_an_address_that_was_shown_and_says_what_the_relay_said() {
    let mut case = told(&[("rhythm", "never")]).await;
    let path = format!("{PAGE}/test");
    assert!(case.person.get(PAGE).await.is(200).text().contains("Send a test"));
    case.person.post(&path, &[]).await.is(303);
    let mail = case.relay.next().await;
    assert_eq!((mail.to.as_str(), mail.header("Subject").as_str()), (ADDRESS, "This is a test"));
    assert!(!mail.text.contains(&case.channel.id) && mail.body().contains(BASE), "{}", mail.text);
    case.relay.answer(&[Answer::Says("550 zebra-refusal")]);
    let refused = case.person.post(&path, &[]).await.is(422).text();
    assert!(refused.contains("zebra-refusal"), "{refused}");
    let rows: Vec<_> = refused.split("<tr>").skip(2).collect();
    assert!(rows[0].contains("A test") && rows[0].contains("Not taken"), "{refused}");
    assert!(rows[1].contains("A test") && rows[1].contains("Delivered"), "{refused}");
    // No more than a few a day, with the link that confirmed the address.
    for _ in 0..2 {
        case.relay.next().await;
        case.person.post(&path, &[]).await.is(303);
    }
    case.relay.next().await;
    assert!(case.person.post(&path, &[]).await.is(422).text().contains("many were today"));
    case.app.advance(APART);
    ask(&mut case.person, "other@example.org").await;
    case.person.post(&path, &[]).await.is(404);
    assert_eq!(case.relay.next().await.to, "other@example.org");
    assert!(case.relay.is_empty());
    let page = case.person.get(PAGE).await.text();
    assert!(!page.contains("zebra-refusal"), "of the address before nothing is said: {page}");
}

#[tokio::test]
async fn doctor_asks_the_relay() {
    let relay = Relay::start().await;
    let installation = Installation::with_account();
    std::fs::write(installation.root().join("config.toml"), relay.settings()).expect("space");
    let asked = Arc::new(installation);
    let doctor = async || {
        let installation = Arc::clone(&asked);
        let run = move || installation.run(&["doctor", "--config", "config.toml"], "").stdout;
        String::from_utf8(tokio::task::spawn_blocking(run).await.expect("its end")).expect("text")
    };
    let told = doctor().await;
    assert!(told.contains("the relay 127.0.0.1 takes messages"), "{told}");
    drop(relay);
    let told = doctor().await;
    assert!(told.contains("the relay 127.0.0.1 takes none"), "{told}");
}

#[tokio::test]
async fn while_it_is_quiet_only_a_time_of_day_that_was_chosen_counts() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    let quiet = [("level", "all"), ("quiet", "yes"), ("from", "18:00"), ("until", "23:00")];
    case.person.get("/profile/notifications").await.is(200);
    case.person.post("/profile/notifications", &quiet).await.is(303);
    case.other.wrote("one").await;
    case.app.advance(Duration::from_hours(4));
    case.other.wrote("two").await;
    case.app.advance(Duration::from_mins(30));
    let mail = case.relay.next().await;
    assert_eq!(mail.header("Subject"), "3 unread messages");
    assert!(mail.header("Date").contains(" 23:1"), "{}", mail.header("Date"));
    says(&case.person, "Last notified").await;

    case.person.get(PAGE).await.is(200);
    case.person.post(&format!("{PAGE}/rhythm"), &[("rhythm", "daily"), ("at", "18:30")]).await.is(303);
    case.other.wrote("three").await;
    case.app.advance(Duration::from_hours(20));
    assert!(case.relay.next().await.header("Date").contains(" 19:1"));
}

#[tokio::test]
async fn of_more_than_a_thousand_nobody_is_told_that_they_are_a_thousand() {
    let mut case = told(&[("rhythm", "daily"), ("at", "20:30")]).await;
    let mut receiver = Receiver::start().await;
    let browser = subscribed(&mut case.person, &receiver, 7).await;
    // It is 18:43. What comes is told later, all at once, and the letter at its own time.
    let quiet = [("level", "all"), ("names", "yes"), ("quiet", "yes"), ("from", "18:00"), ("until", "20:00")];
    let page = case.person.get("/profile/notifications").await.is(200).text();
    assert!(page.contains("Daily e-mail comes at its own time."), "{page}");
    case.person.post("/profile/notifications", &quiet).await.is(303);
    for _ in 0..1000 {
        case.other.wrote("one more").await;
    }
    case.app.advance(Duration::from_mins(90));
    let said = browser.open(&receiver.next().await).said;
    assert_eq!(said["notification"]["body"], "1000+ unread messages");
    assert_eq!(said["app_badge"], "1000");
    case.app.advance(Duration::from_mins(30));
    let mail = case.relay.next().await;
    assert_eq!(mail.header("Subject"), "1000+ unread messages");
    assert!(mail.body().starts_with("1000+ unread messages in 1 channel.\n"), "{}", mail.body());
    assert!(mail.body().contains(": 1000+ messages\n"), "{}", mail.body());
}

#[tokio::test]
async fn a_relay_that_says_nothing_holds_up_no_other_receiver() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    let mut receiver = Receiver::start().await;
    hook(&mut case.person, &case.channel, &receiver.url(), &[]).await;
    case.relay.answer(&[Answer::Waits]);
    case.other.wrote("one").await;
    case.relay.next().await;
    case.other.wrote("two").await;
    assert_eq!((receiver.next().await.sequence(), receiver.next().await.sequence()), (2, 3));
    assert!(!case.person.get(PAGE).await.text().contains("Last notified"));
}

#[tokio::test]
async fn nobody_has_many_links_sent_to_one_address_however_many_they_are() {
    let mut relay = Relay::start().await;
    let app = App::with(&relay.settings()).await;
    let mut asked = 0;
    for user in ["one", "two"] {
        app.another_account(user);
        let mut person = newcomer(&app);
        person.sign_in(user, PASSWORD).await;
        for _ in 0..3 {
            person.get(PAGE).await.is(200);
            // It is the same address.
            let address = if asked % 2 == 0 { ADDRESS } else { "Mara@Zebra-Mail.example.org" };
            asked += 1;
            let answered = person.post(PAGE, &[("address", address)]).await;
            if asked <= 5 {
                answered.is(303);
                relay.next().await;
            } else {
                assert!(answered.is(422).text().contains("many were today"));
            }
            app.advance(APART);
        }
    }
    assert!(relay.is_empty());
}

#[tokio::test]
async fn who_is_told_where_and_what_a_relay_said_is_found_in_no_file() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.relay.answer(&[Answer::Says("451 zebra-relay-answer")]);
    case.other.wrote("one").await;
    let mail = case.relay.next().await;
    says(&case.person, "zebra-relay-answer").await;
    let unsubscribe = mail.header("List-Unsubscribe");
    let shown = unsubscribe.rsplit(['.', '/']).next().expect("a link").trim_end_matches('>').to_owned();
    let marks = [ADDRESS.to_owned(), "zebra-relay-answer".to_owned(), shown];
    assert_eq!(traces::found_under(&case.app.installation.data_dir(), &marks), [""; 0]);
}
