//! What a new holder does first, and the message to try it with.

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::basic;
use crate::support::person::Person;

async fn signed_in(app: &App, user: &str) -> Person {
    let mut person = Person::new(&app.site);
    person.sign_in(user, PASSWORD).await;
    person
}

fn done(page: &str) -> (usize, usize) {
    let list = page.split("id=\"first-steps\"").nth(1).and_then(|rest| rest.split("</ol>").next());
    let list = list.unwrap_or_default();
    (list.matches("<li class=\"done\">").count(), list.matches("<li").count())
}

#[tokio::test]
async fn the_first_steps_stand_on_the_inbox_until_they_are_done() {
    let app = App::with("server.base_url = \"http://127.0.0.1\"").await;
    app.another_account("zoe");
    for (user, steps, already) in [(USER, 4, 1), ("zoe", 2, 0)] {
        let mut person = Person::new(&app.site);
        person.origin = "http://127.0.0.1".to_owned();
        person.sign_in(user, PASSWORD).await;
        let zoe = app.owner().under(2).presenting(&basic("zoe", PASSWORD));
        let owner = if user == USER { app.owner() } else { zoe };
        let page = person.get("/inbox").await.is(200).text();
        assert_eq!(done(&page), (already, steps), "{page}");
        assert!(!person.get("/inbox?view=all").await.text().contains("first-steps"));
        let channel = owner.channel().await;
        assert_eq!(done(&person.get("/inbox").await.text()).0, already + 1);
        channel.two_way().await;
        if steps == 4 {
            assert_eq!(done(&person.get("/inbox").await.text()).0, already + 2);
            person.post("/first-steps", &[("note", "key")]).await.is(303);
        } else {
            person.get("/inbox").await.is(200);
            person.post("/first-steps", &[("note", "key")]).await.is(404);
        }
        let page = person.get("/inbox").await.text();
        assert!(!page.contains("first-steps"), "all is done: {page}");
    }
}

#[tokio::test]
async fn the_first_steps_can_be_put_away() {
    let app = App::start().await;
    let mut person = signed_in(&app, USER).await;
    assert!(person.get("/inbox").await.text().contains("first-steps"));
    person.post("/first-steps", &[("note", "away")]).await.is(303);
    let mut elsewhere = signed_in(&app, USER).await;
    assert!(!elsewhere.get("/inbox").await.text().contains("first-steps"));
}

#[tokio::test]
async fn a_test_message_comes_as_a_counterpartys_does() {
    let app = App::start().await;
    let mut person = signed_in(&app, USER).await;
    let channel = app.channel().await;
    let test = format!("/channels/{}/test", channel.id);
    let page = person.get("/inbox").await.text();
    assert!(page.contains(&format!("action=\"{test}\"")), "{page}");
    assert_eq!(Person::sent_to(&person.post(&test, &[]).await), "/inbox");
    let page = person.get("/inbox").await.text();
    assert!(page.contains("This is a test.") && page.contains("data-unread=\"1\""), "{page}");
    assert!(person.get(&format!("/channels/{}", channel.id)).await.text().contains(">Test</b>"));
    // Its token is gone, so that nobody can use it, and nobody got access by that.
    assert!(!page.contains("Invite somebody</b><span"), "{page}");
    assert_eq!(app.owner().tokens(&channel.id, "").await.json().as_array().map(Vec::len), Some(1));
    let other = app.another_account("zoe").channel().await;
    person.post(&format!("/channels/{}/test", other.id), &[]).await.is(404);
    channel.lock().await;
    person.get("/inbox").await.is(200);
    person.post(&test, &[]).await.is(303);
    assert!(person.get("/inbox").await.text().contains("locked, so nothing was sent"));
    assert_eq!(app.owner().tokens(&channel.id, "").await.json().as_array().map(Vec::len), Some(1));
}
