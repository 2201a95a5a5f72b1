//! Guessed passwords and codes: what they may cost the server, and whom they must not lock out.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::{Owner, basic};
use crate::support::person::Person;
use crate::support::process::{Installation, Process};
use crate::support::raw::Raw;
use crate::support::reply::Reply;
use crate::support::soon;

const MINUTE: Duration = Duration::from_mins(1);
const LIST: &str = "/api/v1/account/1/channel/list";

#[track_caller]
fn comes_back_within(reply: &Reply, most: u64) {
    assert_eq!(reply.status, 429, "{}", reply.text());
    let seconds: u64 = reply.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=most).contains(&seconds), "{seconds}");
}

/// The most memory that a process has had at once, in MiB.
fn peak_mib(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id)).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

#[tokio::test]
async fn guesses_whose_clients_go_away_take_no_more_memory_than_two_hashes() {
    let installation = Installation::with_account();
    let server = installation.serve("server.workers = 1").await;
    server.owner().list().await.ok();
    let before = peak_mib(&server);
    for number in 0..48 {
        let mut guess = Raw::connect(&server.site).await;
        let authorization = basic(&format!("somebody {number}"), "wrong");
        guess.send(format!("GET {LIST} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n\r\n")).await;
        // Answered by the same worker, which has then begun with the guess.
        server.site.call("GET", "/healthz", &[], "").await.is(200);
        guess.reset();
    }
    // Waits in the same line behind all of them.
    Owner::new(&server.site, 1, "somebody else", "wrong").list().await.is(401);
    let grown = peak_mib(&server) - before;
    assert!(grown < 64, "{grown} MiB for two hashes at once");
}

/// Guesses from ever new addresses, until one is told that there are too many. They go on while they are held.
async fn flood(app: &App) -> FuturesUnordered<impl Future<Output = u16> + use<>> {
    let mut guesses: FuturesUnordered<_> = (0..260)
        .map(|number: u32| {
            let (stranger, authorization) = (app.anonymous(), basic(USER, &format!("wrong {number}")));
            let from = format!("2001:db8:0:{number:x}::1");
            async move {
                let headers = [("authorization", authorization.as_str()), ("x-forwarded-for", &from)];
                stranger.get_with(LIST, &headers).await.status
            }
        })
        .collect();
    soon("a full line", async { while guesses.next().await.expect("one that is refused") != 503 {} }).await;
    guesses
}

#[tokio::test]
async fn a_flood_of_guesses_from_everywhere_does_not_shut_out_who_is_known_at_an_address() {
    let mut app = App::with("server.trusted_proxies = [\"loopback\"]").await;
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    // Nothing is remembered but the session.
    app.restart().await;
    person.origin = app.site.base();
    let flooding = flood(&app).await;
    Person::new(&app.site).sign_in(USER, PASSWORD).await;
    person.get("/step-up").await.is(200);
    person.post("/step-up", &[("password", PASSWORD)]).await.is(303);
    drop(flooding);

    let program = app.another_account("program");
    program.list().await.ok();
    let flooding = flood(&app).await;
    Person::new(&app.site).sign_in("program", PASSWORD).await;
    drop(flooding);
}

#[tokio::test]
async fn a_sign_in_in_use_stays_remembered_beside_a_program_with_an_old_password() {
    let app = App::with("limits.login = \"2 per 15m\"").await;
    let (good, stale) = (app.owner(), app.owner().presenting(&basic(USER, "the old one")));
    good.list().await.ok();
    for _ in 0..30 {
        stale.list().await;
        good.list().await.ok();
        app.advance(MINUTE);
    }
    app.installation.succeed(&["user", "passwd", USER, "--password-stdin"], "quite another one\n");
    assert_ne!(good.list().await.status, 200, "a new password ends it");
}

#[tokio::test]
async fn a_lock_does_not_outlast_an_error_of_the_clock() {
    let app = App::with("limits.login = \"2 per 15m\"").await;
    let year = MINUTE * 60 * 24 * 365;
    app.advance(year);
    let stranger = app.owner().presenting(&basic(USER, "guessed"));
    stranger.list().await.refused(401);
    stranger.list().await.refused(401);
    app.turn_back(year);
    comes_back_within(&stranger.list().await, 15 * 60);
    app.advance(MINUTE * 15);
    app.owner().list().await.ok();
}

#[tokio::test]
async fn forms_with_a_password_say_how_long_to_wait() {
    let app = App::with("limits.login = \"2 per 15m\"").await;
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let mut stranger = Person::new(&app.site);
    stranger.get("/login").await.is(200);
    let guess = [("user", USER), ("password", "guessed")];
    stranger.post("/login", &guess).await.is(422);
    let last = stranger.post("/login", &guess).await.is(422).text();
    assert!(last.contains("is wrong. Try again in 15 minutes."), "{last}");
    let refused = stranger.post("/login", &guess).await;
    comes_back_within(&refused, 15 * 60);
    assert!(refused.text().contains("Try again in 15 minutes."), "the form says it too");
    person.get("/profile/security").await.is(200);
    for (path, fields) in [
        ("/step-up", &[("password", PASSWORD)][..]),
        ("/profile/security", &[("current", PASSWORD), ("fresh", "a fresh password")]),
    ] {
        comes_back_within(&person.post(path, fields).await, 15 * 60);
    }
    app.advance(MINUTE * 15);
    person.post("/step-up", &[("password", PASSWORD)]).await.is(303);
}

#[tokio::test]
async fn a_wrong_password_is_answered_with_how_many_more_there_may_be_whoever_it_is() {
    let app = App::with("limits.login = \"3 per 15m\"").await;
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let mut stranger = Person::new(&app.site);
    stranger.get("/login").await.is(200);
    for user in [USER, "nobody"] {
        let guess = [("user", user), ("password", "guessed")];
        for left in ["You can try 2 more times before you have to wait.", "You can try once more before"] {
            let page = stranger.post("/login", &guess).await.is(422).text();
            assert!(page.contains(left), "{user}: {page}");
        }
    }
    // They are the same tries, of the same name.
    person.get("/step-up").await.is(200);
    let last = person.post("/step-up", &[("password", "wrong")]).await.is(422).text();
    assert!(last.contains("is not right. Try again in 15 minutes."), "{last}");
    app.advance(MINUTE * 15);
    let page = person.post("/step-up", &[("password", "wrong")]).await.is(422).text();
    assert!(page.contains("You can try 2 more times"), "{page}");
}

#[tokio::test]
async fn wrong_set_up_codes_do_not_lock_the_operator_out() {
    let installation = Installation::empty();
    let server = installation.serve("").await;
    let told = server.says("with: peerbox account create").await;
    let code = told.split_once("/setup?code=").expect("an address").1;
    let code = code.split_whitespace().next().expect("a code").to_owned();
    let mut visitor = Person::new(&server.site);
    visitor.get("/setup").await.is(200);
    let mut fields = [("code", "guessed"), ("account", "mine"), ("user", USER), ("password", PASSWORD)];
    for _ in 0..51 {
        visitor.post("/setup", &fields).await.is(422);
    }
    visitor.get(&format!("/setup?code={code}")).await.is(200);
    fields[0].1 = &code;
    let entered = visitor.post("/setup", &fields).await;
    assert_eq!(Person::sent_to(&entered), "/channels/new?first=1");
}

#[tokio::test]
async fn many_wrong_codes_are_answered_late_and_a_right_one_at_once() {
    let app = App::with("limits.login = \"1 per 15m\"").await;
    app.another_account("zoe");
    let mut operator = Person::new(&app.site);
    operator.sign_in(USER, PASSWORD).await;
    operator.get("/admin").await.is(200);
    let page = operator.post("/admin/users/2", &[("do", "reset")]).await.is(200).text();
    let code = page.split_once("/reset?code=").expect("a link").1;
    let code = code.split(['<', '"']).next().expect("a code").to_owned();

    let mut guesser = Person::new(&app.site);
    guesser.get("/login").await.is(200);
    let wrong = [("code", "guessed"), ("password", PASSWORD)];
    for _ in 0..10 {
        guesser.post("/reset", &wrong).await.is(422);
    }
    let late = async {
        let mut visitors = [Person::new(&app.site), Person::new(&app.site)];
        visitors[0].get("/login").await.is(200);
        let [posting, looking] = &mut visitors;
        join_all([
            Box::pin(posting.post("/reset", &wrong)) as std::pin::Pin<Box<dyn Future<Output = Reply>>>,
            Box::pin(looking.get("/reset?code=guessed")),
        ])
        .await
    };
    let mut late = std::pin::pin!(late);
    let mut right = Person::new(&app.site);
    let at_once = async {
        right.get(&format!("/reset?code={code}")).await.is(200);
        right.post("/reset", &[("code", &code), ("password", "a fresh password")]).await
    };
    tokio::select! {
        biased;
        early = &mut late => panic!("not held back: {early:?}"),
        reply = at_once => assert_eq!(Person::sent_to(&reply), "/login"),
    }
    let held_back = soon("the late answers", async {
        loop {
            tokio::select! {
                replies = &mut late => break replies,
                () = tokio::task::yield_now() => app.advance(Duration::from_millis(1)),
            }
        }
    });
    assert_eq!(held_back.await.iter().map(|reply| reply.status).collect::<Vec<_>>(), [422, 200]);
}
