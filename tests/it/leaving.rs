//! A browser that signs out is told nothing more, and one whose push service gives it another address is told on.

use crate::notifications::{PAGE, subscribed};
use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::push_browser::PushBrowser;
use crate::support::receiver::{LOOPBACK, Receiver, says};

/// How many browsers the page lists.
async fn told(person: &mut Person) -> usize {
    person.get(PAGE).await.is(200).text().matches("by 127.0.0.1").count()
}

/// Says that a browser has another address now, as its worker does.
async fn renewed(person: &mut Person, old: &PushBrowser, new: &PushBrowser) {
    let fields = new.fields();
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("before", &old.endpoint));
    person.get(PAGE).await.is(200);
    person.post(&format!("{PAGE}/browsers"), &fields).await.is(303);
}

#[tokio::test]
async fn a_browser_is_told_until_its_session_is_ended() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let other = channel.two_way().await;
    let (mut one, mut two, mut three) = (app.signed_in().await, app.signed_in().await, app.signed_in().await);
    for (number, person) in [(1, &mut one), (2, &mut two), (3, &mut three)] {
        subscribed(person, &receiver, number).await;
    }
    assert_eq!(told(&mut three).await, 3);
    // Without a script.
    one.post("/logout", &[]).await.is(303);
    assert_eq!(told(&mut three).await, 2);
    // On the page of sessions, all others.
    three.get("/profile/sessions").await.is(200);
    three.post("/profile/sessions", &[("end", "others")]).await.is(303);
    assert_eq!(told(&mut three).await, 1);
    other.wrote("one").await;
    assert_eq!(receiver.next().await.line, "POST /hook/3 HTTP/1.1");
    assert!(receiver.waiting().is_empty());
}

#[tokio::test]
async fn every_way_to_leave_has_the_browser_forget_what_was_being_written() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for page in ["/inbox", "/profile/sessions", "/profile/delete"] {
        let text = person.get(page).await.is(200).text();
        // One is that of the menu.
        let ways = if page == "/inbox" { 1 } else { 2 };
        assert_eq!(text.matches("data-leaves=\"").count(), ways, "{page}: {text}");
    }
    person.submit("/profile/sessions", "/profile/sessions", &[]).await.is(303);
    assert_eq!(
        Person::sent_to(&person.get("/inbox").await),
        "/login?next=%2Finbox",
        "what is hidden says which"
    );
}

#[tokio::test]
async fn a_session_that_only_grew_old_leaves_its_browser_told_until_somebody_signs_out_there() {
    let app = App::with(LOOPBACK).await;
    let receiver = Receiver::start().await;
    let mut one = app.signed_in().await;
    subscribed(&mut one, &receiver, 1).await;
    app.advance(std::time::Duration::from_hours(24 * 400));
    let mut again = app.signed_in().await;
    one.get(PAGE).await.is(303);
    assert_eq!(told(&mut again).await, 1, "a message that nobody hears of has not arrived");
    // Whoever has lost the password may have lost that browser too.
    subscribed(&mut again, &receiver, 2).await;
    again.get("/profile/security").await.is(200);
    let fields = [("current", PASSWORD), ("fresh", "another good password")];
    again.post("/profile/security", &fields).await.is(303);
    assert_eq!(told(&mut again).await, 1, "only one's own");
    subscribed(&mut again, &receiver, 1).await;
    app.advance(std::time::Duration::from_hours(24 * 400));
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], PASSWORD);
    assert_eq!(told(&mut app.signed_in().await).await, 0, "with a new password by somebody else none");
}

#[tokio::test]
async fn a_browser_that_signs_out_in_another_session_is_told_nothing_more() {
    let app = App::with(LOOPBACK).await;
    let receiver = Receiver::start().await;
    let mut one = app.signed_in().await;
    let browser = subscribed(&mut one, &receiver, 1).await;
    app.advance(std::time::Duration::from_hours(24 * 400));
    let mut again = app.signed_in().await;
    assert_eq!(told(&mut again).await, 1);
    again.post("/logout", &[("endpoint", &browser.endpoint)]).await.is(303);
    assert_eq!(told(&mut app.signed_in().await).await, 0);
}

#[tokio::test]
async fn with_the_password_end_the_browsers_that_are_told_but_not_ones_own() {
    let app = App::with(LOOPBACK).await;
    let receiver = Receiver::start().await;
    let (mut one, mut two) = (app.signed_in().await, app.signed_in().await);
    subscribed(&mut one, &receiver, 1).await;
    subscribed(&mut two, &receiver, 2).await;
    one.get("/profile/security").await.is(200);
    let fields = [("current", PASSWORD), ("fresh", "another good password")];
    one.post("/profile/security", &fields).await.is(303);
    assert_eq!(told(&mut one).await, 1);
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "a third good password");
    let mut after = Person::new(&app.site);
    after.sign_in(USER, "a third good password").await;
    assert_eq!(told(&mut after).await, 0);
}

#[tokio::test]
async fn one_that_has_another_address_is_told_from_where_it_was() {
    let app = App::with(LOOPBACK).await;
    let (channel, mut receiver) = (app.channel().await, Receiver::start().await);
    let other = channel.two_way().await;
    let mut person = app.signed_in().await;
    receiver.answers("503 Later");
    let old = subscribed(&mut person, &receiver, 1).await;
    other.wrote("one").await;
    assert_eq!(receiver.next().await.line, "POST /hook/1 HTTP/1.1");
    says(&person, PAGE, "Failed").await;
    let new = PushBrowser::new(&format!("{}/2", receiver.url()), 2);
    renewed(&mut person, &old, &new).await;
    let called = receiver.next().await;
    assert_eq!(called.line, "POST /hook/2 HTTP/1.1");
    assert_eq!(new.open(&called).said["notification"]["body"], "1 unread message");
    assert_eq!(told(&mut person).await, 1);

    // Nobody moves what is somebody else's.
    app.another_account("zoe");
    let mut zoe = Person::new(&app.site);
    zoe.sign_in("zoe", PASSWORD).await;
    let third = PushBrowser::new(&format!("{}/3", receiver.url()), 3);
    renewed(&mut zoe, &new, &third).await;
    assert_eq!(told(&mut zoe).await, 0, "she did not ask for it");
    zoe.post("/logout", &[("endpoint", &new.endpoint)]).await.is(303);
    assert_eq!(told(&mut person).await, 1);
    app.installation.succeed(&["check"], "");
}
