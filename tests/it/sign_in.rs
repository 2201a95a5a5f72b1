//! Who is let in, what asks for the password again, and what ends a session.

use std::time::Duration;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::events::Events;
use crate::support::person::Person;

const MINUTE: Duration = Duration::from_mins(1);

async fn signed_in(app: &App) -> Person {
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    browser
}

#[tokio::test]
async fn managing_the_server_asks_for_the_password_again() {
    let app = App::start().await;
    app.another_account("bystander");
    let mut operator = signed_in(&app).await;
    operator.get("/admin").await.is(200);
    operator.post("/step-up/close", &[]).await.is(303);
    let new = [("account", "zebra"), ("user", "zebra"), ("password", "zebra-zebra")];
    for (path, fields) in [
        ("/admin/users/2", &[("do", "reset")][..]),
        ("/admin/accounts/2", &[("do", "disable")]),
        ("/admin/accounts", &new),
    ] {
        let reply = operator.post(path, fields).await;
        assert!(reply.is(401).text().contains("Confirm it is you"), "{path}");
    }
    let page = operator.get("/admin").await.text();
    assert!(!page.contains("disabled") && !page.contains("zebra"), "nothing was done");
    operator.get("/step-up").await.is(200);
    operator.post("/step-up", &[("password", PASSWORD), ("next", "/admin")]).await.is(303);
    operator.get("/admin").await.is(200);
    assert!(
        operator.post("/admin/users/2", &[("do", "reset")]).await.is(200).text().contains("/reset?code=")
    );
    let own = operator.post("/admin/users/1", &[("do", "reset")]).await;
    assert_eq!(Person::sent_to(&own), "/profile/security", "the own password is changed where it is asked");
}

/// Another account's holder, signed in.
async fn holder(app: &App, user: &str) -> Person {
    app.another_account(user);
    let mut browser = Person::new(&app.site);
    browser.sign_in(user, PASSWORD).await;
    browser
}

/// The link, without the server's address, that the operator makes for the second user.
async fn reset_link(operator: &mut Person) -> String {
    operator.get("/admin").await.is(200);
    let page = operator.post("/admin/users/2", &[("do", "reset")]).await.is(200).text();
    let code = page.split_once("/reset?code=").map_or("", |(_, rest)| rest);
    format!("/reset?code={}", code.split(['<', '"']).next().unwrap_or_default())
}

#[tokio::test]
async fn operators_disable_users_but_not_themselves() {
    let app = App::start().await;
    let mut operator = signed_in(&app).await;
    let mut other = holder(&app, "zoe").await;
    let mut events = Events::follow(&other).await;
    operator.get("/admin").await.is(200);
    for own in ["/admin/users/1", "/admin/accounts/1"] {
        operator.post(own, &[("do", "disable")]).await.is(303);
        let told = operator.get("/admin").await.is(200).text();
        assert!(told.contains("nobody can disable the account or the user"), "{told}");
        operator.get(&format!("{own}/disable")).await.is(404);
    }
    let page = operator.get("/admin").await.text();
    assert!(!page.contains("value=\"disable\""), "it is asked first: {page}");
    let account = operator.get("/admin/accounts/2/disable").await.is(200).text();
    assert!(
        account.contains("Disable the account account of zoe?") && account.contains("Every access token"),
        "{account}"
    );
    let asked = operator.get("/admin/users/2/disable").await.is(200).text();
    assert!(asked.contains("Disable the user zoe?"), "{asked}");
    operator.answer(&asked, "/admin/users/2").await.is(303);
    events.until(&app, "session-ended").await;
    other.get("/inbox").await.is(303);
    app.owner().list().await.ok();
    operator.get("/admin").await.is(200);
    operator.post("/admin/users/2", &[("do", "enable")]).await.is(303);
    // Whose session it was may be why.
    other.get("/inbox").await.is(303);
    other.sign_in("zoe", PASSWORD).await;
    other.get("/inbox").await.is(200);
}

#[tokio::test]
async fn open_pages_outlive_a_new_secret_but_not_their_session() {
    let app = App::start().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let mut browser = signed_in(&app).await;
    let mut events = Events::follow(&browser).await;
    browser.get("/step-up").await.is(200);
    browser.post("/step-up", &[("password", PASSWORD)]).await.is(303);
    peer.wrote("after the secret changed").await;
    events.until(&app, "message").await;
    events.until(&app, "ping").await;
    assert!(!events.told.contains("session-ended"), "{}", events.told);
    // Another process tells this one nothing.
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "quite another one\n");
    peer.wrote("after the session ended").await;
    events.until(&app, "session-ended").await;
    assert_eq!(events.told.matches("event: message\n").count(), 1, "{}", events.told);
}

#[tokio::test]
async fn open_pages_end_when_the_time_of_their_session_is_over() {
    let app = App::with("sessions.idle = \"10m\"").await;
    let peer = app.channel().await.two_way().await;
    let mut browser = signed_in(&app).await;
    let mut events = Events::follow(&browser).await;
    app.advance(6 * MINUTE);
    browser.get("/inbox").await.is(200);
    app.advance(5 * MINUTE);
    peer.wrote("after the session was used").await;
    events.until(&app, "message").await;
    assert!(!events.told.contains("session-ended"), "{}", events.told);

    let app = App::with("sessions.idle = \"10m\"").await;
    let mut events = Events::follow(&signed_in(&app).await).await;
    // So near the end nothing else is due before it.
    app.advance(Duration::from_secs(595));
    events.hear("ping").await;
    app.advance(Duration::from_secs(5));
    events.ended().await;
    assert!(events.told.contains("event: session-ended\n"), "{}", events.told);
}

#[tokio::test]
async fn whoever_is_signed_in_goes_on_from_the_sign_in_page() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    for (next, to) in
        [("", "/inbox"), ("?next=%2Fprofile", "/profile"), ("?next=%2F%2Fevil.example", "/inbox")]
    {
        assert_eq!(Person::sent_to(&browser.get(&format!("/login{next}")).await), to);
    }
}

#[tokio::test]
async fn a_reset_link_works_once_and_not_after_a_new_password() {
    let app = App::start().await;
    app.another_account("zoe");
    let mut operator = signed_in(&app).await;
    let link = reset_link(&mut operator).await;
    let code = link.split_once('=').expect("a code").1.to_owned();
    let mut visitors = Vec::new();
    for _ in 0..4 {
        let mut visitor = Person::new(&app.site);
        visitor.get(&link).await.is(200);
        visitors.push(visitor);
    }
    let uses = visitors.iter_mut().enumerate().map(|(number, visitor)| {
        let (code, password) = (code.clone(), format!("chosen password {number}"));
        async move { visitor.post("/reset", &[("code", &code), ("password", &password)]).await.status }
    });
    let answers = futures_util::future::join_all(uses).await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");

    let link = reset_link(&mut operator).await;
    app.installation.succeed(&["user", "passwd", "zoe", "--password-stdin"], "quite another one\n");
    let code = link.split_once('=').expect("a code").1;
    let visitor = &mut visitors[0];
    visitor.get(&link).await.is(200);
    let reply = visitor.post("/reset", &[("code", code), ("password", "chosen too late")]).await;
    assert_ne!(reply.status, 303);
    visitor.sign_in("zoe", "quite another one").await;
}

#[tokio::test]
async fn the_account_of_the_only_operator_stays() {
    let app = App::start().await;
    let mut other = holder(&app, "zoe").await;
    // A plain holder in the operator's account.
    app.installation
        .succeed(&["user", "add", "--account", "first", "yves", "--password-stdin"], "yves-password\n");
    let mut holder = Person::new(&app.site);
    holder.sign_in("yves", "yves-password").await;
    holder.get("/profile/delete").await.is(200);
    let refused = holder.post("/profile/delete", &[("typed", "first")]).await;
    assert_ne!(refused.status, 303, "nobody would manage what remains");
    holder.get("/profile").await.is(200);
    other.get("/profile/delete").await.is(200);
    other.post("/profile/delete", &[("typed", "account of zoe")]).await.is(303);
    holder.get("/profile/delete").await.is(200);
    holder.post("/profile/delete", &[("typed", "first")]).await.is(303);
}

#[tokio::test]
async fn large_forms_are_taken_only_where_a_message_is_written() {
    let app = App::with("limits.message_bytes = 200000").await;
    let channel = app.channel().await;
    let mut browser = signed_in(&app).await;
    let large = "x".repeat(100_000);
    browser.get("/profile").await.is(200);
    browser.post("/profile", &[("name", &large)]).await.is(413);
    let page = format!("/channels/{}", channel.id);
    browser.post(&page, &[("text", &large), ("kind", "text")]).await.is(303);
}
