//! Links to a new password by e-mail: nobody learns from them who there is, and no stranger takes them from anybody.

use std::time::Duration;

use crate::mail::{ADDRESS, BASE, Case, PAGE, ask, confirm, newcomer, told};
use crate::support::app::{PASSWORD, USER};
use crate::support::eventually;
use crate::support::person::Person;
use crate::support::relay::Answer;

/// Asks for a link to a new password in this user's name.
async fn forget(anybody: &mut Person, user: &str) {
    anybody.submit("/forgotten", "/forgotten", &[("user", user)]).await.is(303);
}

/// The same while the relay does not take the letter.
async fn forget_in_vain(case: &mut Case, anybody: &mut Person) {
    forget(anybody, USER).await;
    let refused = case.relay.next().await.link(BASE, "/reset?code=");
    eventually("the link is taken back", || async {
        anybody.clone().get(&refused).await.is(200).text().contains("used already")
    })
    .await;
}

#[tokio::test]
async fn who_forgot_the_password_has_a_link_sent_and_nobody_learns_who_there_is() {
    let mut case = told(&[("rhythm", "never")]).await;
    let mut anybody = newcomer(&case.app);
    assert!(anybody.get("/login").await.is(200).text().contains("/in/forgotten"));
    assert!(case.person.get("/help").await.is(200).text().contains("press <b>Forgot the password?</b>"));
    let mut answers = Vec::new();
    // With many names, of which one is a user's who confirmed an address.
    case.app.another_account("somebody");
    for user in ["nobody", "somebody", "", USER] {
        let answered = anybody.submit("/forgotten", "/forgotten", &[("user", user)]).await.is(303);
        answers.push((Person::sent_to(&answered).to_owned(), anybody.set_cookies.clone()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mail = case.relay.next().await;
    assert_eq!((mail.to.as_str(), mail.header("Subject").as_str()), (ADDRESS, "A new password"));
    assert_eq!(mail.header("List-Unsubscribe"), "");
    let link = mail.link(BASE, "/reset?code=");
    let (_, code) = link.split_once("code=").expect("a code");
    let fields = [("code", code), ("password", "another good password")];
    anybody.submit(&link, "/reset", &fields).await.is(303);
    anybody.sign_in(USER, "another good password").await;
    case.person.get(PAGE).await.is(303);
    let mut again = newcomer(&case.app);
    assert!(again.get(&link).await.is(200).text().contains("used already"));
}

#[tokio::test]
async fn whoever_asks_for_links_in_somebodys_name_leaves_the_link_that_works_and_sends_few_letters() {
    let mut case = told(&[("rhythm", "never")]).await;
    let mut anybody = newcomer(&case.app);
    let mut link = String::new();
    for hour in 0..24 {
        for _ in 0..3 {
            forget(&mut anybody, USER).await;
        }
        if hour % 6 == 0 {
            let old = std::mem::replace(&mut link, case.relay.next().await.link(BASE, "/reset?code="));
            assert!(old.is_empty() || anybody.get(&old).await.text().contains("too old"));
        }
        let works = anybody.get(&link).await.is(200).text();
        assert!(works.contains("This link works once"), "hour {hour}: {works}");
        if hour < 23 {
            case.app.advance(Duration::from_hours(1));
        }
    }
    case.person.get(PAGE).await.is(200);
    case.person.post(&format!("{PAGE}/test"), &[]).await.is(303);
    assert_eq!(case.relay.next().await.header("Subject"), "This is a test", "nothing came before it");
    assert!(case.relay.is_empty());
}

#[tokio::test]
async fn a_link_by_mail_and_one_by_the_operator_leave_each_other_alone() {
    let mut case = told(&[("rhythm", "never")]).await;
    let mut anybody = newcomer(&case.app);
    case.app.another_account("zoe");
    let mut zoe = newcomer(&case.app);
    zoe.sign_in("zoe", PASSWORD).await;
    ask(&mut zoe, "zoe@example.org").await;
    let link = case.relay.next().await.link(BASE, "/profile/notifications/email/confirm");
    confirm(&mut zoe, &link).await;
    let made = async |operator: &mut Person| {
        operator.get("/admin").await.is(200);
        let page = operator.post("/admin/users/2", &[("do", "reset")]).await.is(200).text();
        let code = page.split_once("/reset?code=").expect("a link").1;
        format!("/reset?code={}", code.split(['"', '<']).next().unwrap_or_default())
    };
    let first = made(&mut case.person).await;
    forget(&mut anybody, "zoe").await;
    let mailed = case.relay.next().await.link(BASE, "/reset?code=");
    assert!(anybody.get(&first).await.is(200).text().contains("This link works once"));
    let second = made(&mut case.person).await;
    for (link, works) in [(&first, false), (&mailed, true), (&second, true)] {
        let page = anybody.get(link).await.is(200).text();
        assert_eq!(page.contains("This link works once"), works, "{page}");
    }
    // A user who is disabled had them from before, and signs in anew once that is over.
    zoe.get("/profile").await.is(200);
    let second = {
        for what in ["disable", "enable"] {
            case.person.get("/admin").await.is(200);
            case.person.post("/admin/users/2", &[("do", what)]).await.is(303);
        }
        for link in [&mailed, &second] {
            assert!(anybody.get(link).await.is(200).text().contains("used already"), "{link}");
        }
        zoe.get("/profile").await.is(303);
        made(&mut case.person).await
    };
    // Whichever is used, none works after it.
    let (_, code) = second.split_once("code=").expect("a code");
    anybody.submit(&second, "/reset", &[("code", code), ("password", "another good password")]).await.is(303);
    for link in [&mailed, &second] {
        assert!(anybody.get(link).await.is(200).text().contains("used already"));
    }
}

#[tokio::test]
async fn a_link_that_the_relay_did_not_take_can_be_asked_for_again_and_one_to_an_old_address_ends() {
    let mut case = told(&[("rhythm", "never")]).await;
    let mut anybody = newcomer(&case.app);
    case.relay.answer(&[Answer::Says("451 later")]);
    forget_in_vain(&mut case, &mut anybody).await;
    forget(&mut anybody, USER).await;
    let link = case.relay.next().await.link(BASE, "/reset?code=");
    assert!(anybody.get(&link).await.is(200).text().contains("This link works once"));
    case.person.get(PAGE).await.is(200);
    case.person.post(&format!("{PAGE}/remove"), &[]).await.is(303);
    assert!(anybody.get(&link).await.is(200).text().contains("used already"));
}

#[tokio::test]
async fn while_the_relay_takes_nothing_few_letters_are_tried() {
    let mut case = told(&[("rhythm", "never")]).await;
    let mut anybody = newcomer(&case.app);
    case.relay.answer(&[Answer::Says("451 later"); 5]);
    for _ in 0..5 {
        forget_in_vain(&mut case, &mut anybody).await;
    }
    forget(&mut anybody, USER).await;
    case.app.advance(Duration::from_hours(25));
    forget(&mut anybody, USER).await;
    let link = case.relay.next().await.link(BASE, "/reset?code=");
    assert!(anybody.get(&link).await.is(200).text().contains("This link works once"));
    assert!(case.relay.is_empty(), "the sixth of a day");
}

#[tokio::test]
async fn a_slow_relay_tells_nobody_whose_name_is_known() {
    let case = told(&[("rhythm", "never")]).await;
    case.relay.answer(&[Answer::Waits; 4]);
    let mut anybody = newcomer(&case.app);
    for user in [USER, USER, USER, USER, "nobody"] {
        anybody.submit("/forgotten", "/forgotten", &[("user", user)]).await.is(303);
    }
}
