//! Receivers that refuse, are slow or lead back, and what the outbox makes of them.

use std::time::Duration;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::person::Person;
use crate::support::receiver::{LOOPBACK, Receiver, hook, says};
use crate::support::tls::Authority;

/// Longer than any pause between two tries.
const LONG: Duration = Duration::from_hours(5);

/// A channel with a webhook, and who is told.
struct Told {
    app: App,
    receiver: Receiver,
    person: Person,
    other: Bearer,
    page: String,
}

impl Told {
    async fn start() -> Self {
        let app = App::with(LOOPBACK).await;
        let (channel, receiver) = (app.channel().await, Receiver::start().await);
        let (mut person, other) = (app.signed_in().await, channel.two_way().await);
        let page = hook(&mut person, &channel, &receiver.url(), &[]).await;
        Self { app, receiver, person, other, page }
    }

    async fn write(&self, count: usize) {
        for _ in 0..count {
            self.other.wrote("some").await;
        }
    }

    async fn is_told_of(&mut self, sequence: i64) {
        assert_eq!(self.receiver.next().await.sequence(), sequence);
    }

    async fn says(&self, words: &str) {
        says(&self.person, &self.page, words).await;
    }

    /// The first message is tried in vain so often, and then all pauses are over.
    async fn fails(&mut self, times: usize) {
        for time in 1..=times {
            self.is_told_of(1).await;
            self.says(&if time == 1 { "Failed".to_owned() } else { format!("sent {time} times") }).await;
            self.app.advance(LONG);
        }
    }
}

#[tokio::test]
async fn a_long_row_of_refused_messages_takes_a_call_each() {
    let mut told = Told::start().await;
    (0..102).for_each(|_| told.receiver.answers("422 Not this"));
    told.write(101).await;
    told.fails(2).await;
    told.is_told_of(1).await;
    // From here on the clock stands still.
    for sequence in 2..=101 {
        told.is_told_of(sequence).await;
    }
    told.says("It was notified of everything").await;
    told.says(">At work<").await;
}

#[tokio::test]
async fn messages_that_a_receiver_refuses_are_passed_over_when_one_behind_them_is_taken() {
    for refused in [1, 2, 5] {
        let mut told = Told::start().await;
        (0..5 + refused).for_each(|_| told.receiver.answers("403 Not this"));
        told.write(usize::try_from(refused).expect("few") + 2).await;
        told.fails(5).await;
        for sequence in 1..=refused + 2 {
            told.is_told_of(sequence).await;
        }
        told.says("It was notified of everything").await;
        told.says(">At work<").await;
        let page = told.person.clone().get(&told.page).await.is(200).text();
        assert_eq!(page.matches("Not taken").count(), usize::try_from(refused).expect("few"), "{page}");
        assert!(told.receiver.waiting().is_empty(), "nothing comes after one behind it");
    }
}

#[tokio::test]
async fn a_receiver_that_refuses_all_loses_none() {
    let mut told = Told::start().await;
    (0..5 + 2 * 3).for_each(|_| told.receiver.answers("403 Not you"));
    told.write(3).await;
    told.fails(5).await;
    for times in [6, 7] {
        for sequence in [1, 2, 3] {
            told.is_told_of(sequence).await;
        }
        told.says(&format!("sent {times} times")).await;
        told.app.advance(LONG);
    }
    for sequence in [1, 2, 3] {
        told.is_told_of(sequence).await;
    }
    told.says("It was notified of everything").await;
    assert!(told.receiver.waiting().is_empty());
}

#[tokio::test]
async fn one_that_comes_back_between_two_calls_is_told_in_order() {
    for answer in ["503 Later", "500 No", "429 Too many", "408 Slow", "302 Found"] {
        let mut told = Told::start().await;
        (0..8).for_each(|_| told.receiver.answers(answer));
        told.write(3).await;
        told.fails(8).await;
        for sequence in [1, 2, 3] {
            told.is_told_of(sequence).await;
        }
        told.says("It was notified of everything").await;
        assert!(!told.person.clone().get(&told.page).await.is(200).text().contains("Not taken"), "{answer}");
    }
}

#[tokio::test]
async fn who_fails_on_one_message_for_days_and_takes_the_next_goes_on() {
    let mut told = Told::start().await;
    (0..4).for_each(|_| told.receiver.answers("500 No"));
    told.write(3).await;
    told.fails(3).await;
    told.app.advance(Duration::from_hours(72));
    for sequence in [1, 2, 3] {
        told.is_told_of(sequence).await;
    }
    told.says("It was notified of everything").await;
    told.says("Not taken").await;
    told.says(">At work<").await;
}

#[tokio::test]
async fn a_person_passes_a_message_over_that_holds_up_the_others() {
    let mut told = Told::start().await;
    (0..2).for_each(|_| told.receiver.answers("500 No"));
    told.write(2).await;
    told.is_told_of(1).await;
    told.says("Failed").await;
    let turn = format!("{}/turn", told.page);
    let page = told.person.get(&told.page).await.is(200).text();
    assert!(page.contains("Pass message 1 over"), "{page}");
    let press = [("do", "pass"), ("sequence", "2")];
    told.person.post(&turn, &press).await.is(404);
    let press = [("do", "pass"), ("sequence", "1")];
    told.person.post(&turn, &press).await.is(303);
    told.is_told_of(2).await;
    told.says("Pass message 2 over").await;
    told.says("Not taken").await;
    told.person.post(&turn, &press).await.is(404);
    assert!(told.receiver.waiting().is_empty());
}

#[tokio::test]
async fn a_single_message_ends_no_webhook() {
    let mut told = Told::start().await;
    (0..7).for_each(|_| told.receiver.answers("500 No"));
    told.write(1).await;
    told.fails(6).await;
    told.app.advance(Duration::from_hours(72));
    told.is_told_of(1).await;
    told.says("Did not take the last message").await;
    told.write(1).await;
    told.is_told_of(2).await;
    told.says(">At work<").await;
}

#[tokio::test]
async fn what_was_told_and_cannot_be_noted_is_not_told_again() {
    let mut told = Told::start().await;
    let database = rusqlite::Connection::open(told.app.installation.database()).expect("the database");
    let full =
        "create trigger full before update on webhook when old.id = 1 begin select raise(abort, 'full'); end";
    database.execute_batch(full).expect("a trigger");
    let mut second = Receiver::start().await;
    let list = told.page.rsplit_once('/').expect("a path").0.to_owned();
    let fields = [("address", second.url()), ("form", "standard".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    told.person.post(&list, &fields).await.is(303);
    told.write(1).await;
    told.is_told_of(1).await;
    for sequence in 1..=5 {
        assert_eq!(second.next().await.sequence(), sequence);
        told.app.advance(Duration::from_mins(2));
        told.write(1).await;
    }
    assert!(told.receiver.waiting().is_empty(), "told again");
    database.execute_batch("drop trigger full").expect("no trigger");
    told.app.advance(Duration::from_mins(2));
    told.is_told_of(2).await;
}

#[tokio::test]
async fn an_answer_of_before_a_change_does_not_undo_it() {
    let mut told = Told::start().await;
    let mut second = Receiver::start().await;
    told.receiver.answers("held 410 Gone");
    told.write(1).await;
    told.is_told_of(1).await;
    told.person.get(&told.page).await.is(200);
    told.person.post(&told.page, &[("address", &second.url())]).await.is(303);
    told.receiver.release();
    assert_eq!(second.next().await.sequence(), 1, "the new receiver is told at once");
    told.says("It was notified of everything").await;
    told.says(">At work<").await;
}

#[tokio::test]
async fn one_person_with_slow_receivers_keeps_nobody_from_sending_by_hand() {
    let mut told = Told::start().await;
    let send = format!("{}/send", told.page);
    let mut held = Vec::new();
    for _ in 0..2 {
        told.receiver.answers("held 200 OK");
        let (mut person, path) = (told.person.clone(), send.clone());
        held.push(tokio::spawn(async move { person.post(&path, &[]).await.is(303) }));
        told.receiver.next().await;
    }
    told.person.post(&send, &[]).await.is(303);
    assert!(told.person.get(&told.page).await.text().contains("Too much is being sent by hand"));
    let channel = told.app.another_account("other").channel().await;
    let mut other = Person::new(&told.app.site);
    other.sign_in("other", PASSWORD).await;
    let page = hook(&mut other, &channel, &told.receiver.url(), &[]).await;
    other.post(&format!("{page}/send"), &[]).await.is(303);
    assert_eq!(told.receiver.next().await.json()["type"], "webhook.test");
    for _ in &held {
        told.receiver.release();
    }
    for one in held {
        one.await.expect("an answer");
    }
}

#[tokio::test]
async fn channels_whose_webhooks_lead_to_each_other_do_not_go_round() {
    let app = App::with(LOOPBACK).await;
    let (one, two) = (app.channel().await, app.channel().await);
    let (to_one, to_two) = (one.two_way().await, two.two_way().await);
    let mut person = app.signed_in().await;
    let mut pages = Vec::new();
    for (channel, target) in [(&one, &to_two), (&two, &to_one)] {
        let url = format!("{}/api/v1/channel/{}", app.site.base(), target.channel);
        pages.push(hook(&mut person, channel, &url, &[("token", &target.secret)]).await);
    }
    to_one.wrote("one").await;
    says(&person, &pages[0], "the receiver wants no more").await;
    says(&person, &pages[0], "508").await;
    assert_eq!(to_two.call("GET", "", &[], "").await.ok().as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn whoever_knows_a_public_channels_id_gets_in_so_telephones_are_not_told_it() {
    let app = App::with(&format!("{LOOPBACK}\nserver.base_url = \"http://box.example.org\"")).await;
    let mut person = Person::new(&app.site);
    person.origin = "http://box.example.org".to_owned();
    person.sign_in(USER, PASSWORD).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    app.edit("update channel set public_read = 1");
    let other = channel.two_way().await;
    for form in ["ntfy", "gotify"] {
        let page = hook(&mut person, &channel, &receiver.url(), &[("form", form)]).await;
        other.wrote("one").await;
        let called = receiver.next().await;
        let all = format!("{:?} {}", called.headers, String::from_utf8_lossy(&called.body));
        assert!(!all.contains(&channel.id), "{all}");
        let shown = person.get(&page).await.is(200).text();
        assert!(shown.contains("Anyone with the address can read"), "{shown}");
        person.post(&format!("{page}/turn"), &[("do", "pause")]).await.is(303);
    }
}

#[tokio::test]
async fn over_tls_only_whoever_shows_to_be_the_one_is_told() {
    let authority = Authority::new();
    let (mut known, mut other) = (
        Receiver::secure(authority.acceptor("127.0.0.1")).await,
        Receiver::secure(authority.acceptor("elsewhere.example.org")).await,
    );
    let root = format!("{LOOPBACK}\npush.root_file = '{}'", authority.root_file().display());
    for (config, is_believed) in [(root.as_str(), true), (LOOPBACK, false)] {
        let app = App::with(config).await;
        let channel = app.channel().await;
        let (mut person, writer) = (app.signed_in().await, channel.two_way().await);
        let right = hook(&mut person, &channel, &known.url(), &[]).await;
        let wrong = hook(&mut person, &channel, &other.url(), &[]).await;
        writer.wrote("one").await;
        if is_believed {
            assert_eq!(known.next().await.sequence(), 1);
            says(&person, &right, "It was notified of everything").await;
        } else {
            says(&person, &right, "no TLS").await;
        }
        says(&person, &wrong, "no TLS").await;
        assert!(known.waiting().is_empty() && other.waiting().is_empty());
    }
}

#[tokio::test]
async fn whose_answer_has_no_end_is_told_once() {
    let mut told = Told::start().await;
    for (sequence, head) in [(1, "open 200 OK"), (2, "short 200 OK")] {
        told.receiver.answers(head);
        told.write(1).await;
        told.is_told_of(sequence).await;
    }
    // Told only when the one before was noted.
    told.write(1).await;
    told.is_told_of(3).await;
    told.says("It was notified of everything").await;
    let list = told.person.get(&told.page).await.is(200).text();
    assert_eq!(list.matches("thank you").count(), 3, "with as much as came: {list}");
    assert!(!list.contains("Failed"), "{list}");
}
