//! The page of a counterparty: the same for every channel, and it knows nobody.

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;

#[tokio::test]
async fn the_page_of_a_counterparty_says_nothing_of_the_channel_and_gives_no_cookie() {
    let app = App::start().await;
    let channel = app.channel().await;
    let known = app.anonymous().get(&format!("/c/{}", channel.id)).await.is(200);
    let unknown = app.anonymous().get("/c/nothing").await.is(200);
    assert_eq!(known.text(), unknown.text());
    assert!(!known.text().contains(&channel.id));
    assert_eq!(known.header("set-cookie"), None);
    let policy = known.header("content-security-policy").expect("a policy");
    assert!(policy.contains("script-src 'self'") && policy.contains("trusted-types 'none'"), "{policy}");
    assert!(known.text().contains("<meta name=\"robots\" content=\"noindex\">"));

    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    assert_eq!(person.get("/c/nothing").await.is(200).text(), unknown.text(), "also for who is signed in");
}
