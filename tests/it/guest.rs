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

#[tokio::test]
async fn a_browser_that_opens_an_api_address_comes_to_the_page_and_no_other_client_does() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let app = App::start().await;
    let channel = app.channel().await;
    let (t, path) = (channel.two_way().await, channel.path(""));
    let sent_on = app.anonymous().get_with(&path, &[("accept", BROWSER)]).await.is(303);
    assert_eq!(sent_on.header("location"), Some(format!("../../../c/{}", channel.id).as_str()));
    assert_eq!(
        app.anonymous().get_with("/api/v1/channel/nothing", &[("accept", BROWSER)]).await.is(303).text(),
        ""
    );

    let odd = app.anonymous().get_with("/api/v1/channel/%0d%0aset-cookie:x", &[("accept", BROWSER)]).await;
    assert_eq!(odd.is(303).header("location"), Some("../../../c/-"));
    for accept in ["*/*", "application/json", "application/json, text/html", "image/png"] {
        app.anonymous().get_with(&path, &[("accept", accept)]).await.refused(401);
    }
    app.anonymous().get(&path).await.refused(401);
    let authorization = t.authorization();
    let with_token = [("accept", BROWSER), ("authorization", authorization.as_str())];
    app.anonymous().get_with(&path, &with_token).await.ok();
    app.anonymous().site.call("HEAD", &path, &[("accept", BROWSER)], "").await.is(401);
    let post = [("accept", BROWSER), ("content-type", "text/plain")];
    app.anonymous().site.call("POST", &path, &post, "a form of a page of others").await.refused(401);

    let without_pages = App::with("ui.disabled = true").await;
    let path = without_pages.channel().await.path("");
    without_pages.anonymous().get_with(&path, &[("accept", BROWSER)]).await.refused(401);
}

#[tokio::test]
async fn a_link_for_a_person_has_its_page_wherever_a_secret_is_shown() {
    let app = App::start().await;
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let channel = app.channel().await;
    let (lena, owner) = (channel.two_way().await, channel.owner_token());
    let inside = format!("/channels/{}", channel.id);
    let its_page = format!("{inside}/tokens/{}/link", lena.id);
    let link = format!("{}/c/{}#{}</code>", app.site.base(), channel.id, lena.secret);
    let page = person.get(&its_page).await.is(200).text();
    assert!(page.contains(&link), "{page}");
    for place in [
        format!("{inside}/tokens/{}/hand-over", lena.id),
        format!("{inside}/share?token={}", lena.id),
        format!("{inside}/tokens/{}/reveal", lena.id),
    ] {
        let page = person.get(&place).await.is(200).text();
        assert!(page.contains(&format!("href=\"{its_page}\"")), "{place}: {page}");
    }
    let shut = person.get(&format!("{inside}/tokens")).await.text();
    assert!(!shut.contains(&lena.secret), "{shut}");
    // The one made with the channel acts as its holder, so there is no link to hand out.
    let own = person.get(&format!("{inside}/tokens/{}/reveal", owner.id)).await.is(200).text();
    assert!(own.contains(&owner.secret) && !own.contains("/link\""), "{own}");
    person.get(&format!("{inside}/tokens/{}/link", owner.id)).await.is(404);
}
