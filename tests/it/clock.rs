//! The machine's clock is set back by a day after it was ahead.

use std::time::Duration;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::events::Events;
use crate::support::person::Person;
use crate::support::socket::Socket;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn what_is_valid_for_a_moment_does_not_become_so_for_a_day() {
    let app = App::start().await;
    app.another_account("zoe");
    let t = app.channel().await.two_way().await;
    let mut operator = Person::new(&app.site);
    operator.sign_in(USER, PASSWORD).await;
    operator.get("/admin").await.is(200);
    let page = operator.post("/admin/users/2", &[("do", "reset")]).await.is(200).text();
    let code = page.split_once("/reset?code=").expect("a link").1;
    let code = code.split(['<', '"']).next().expect("a code").to_owned();
    let ticket = t.ticket().await;

    app.turn_back(DAY);
    let opened = Socket::open(&t.site, &t.path(&format!("/notify?ticket={ticket}")), &[]).await;
    assert_eq!(opened.err(), Some(401));
    operator.get("/inbox").await.is(200);
    let delicate = operator.post("/admin/users/2", &[("do", "reset")]).await;
    let asked = delicate.is(401).text();
    assert!(asked.contains("Confirm it is you"), "the session goes on, its confirmation does not: {asked}");
    let mut holder = Person::new(&app.site);
    let late = holder.get(&format!("/reset?code={code}")).await;
    assert!(!late.text().contains("name=\"password\""), "{}", late.text());
}

#[tokio::test]
async fn open_pages_are_looked_at_as_often_as_before() {
    let app = App::start().await;
    let peer = app.channel().await.two_way().await;
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    let mut events = Events::follow(&browser).await;
    app.turn_back(DAY);
    peer.wrote("so that it waits anew").await;
    events.until(&app, "message").await;
    events.until(&app, "ping").await;
}
