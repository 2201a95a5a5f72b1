//! Who is let in, what asks for the password again, and what ends a session.

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;

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
        assert!(Person::sent_to(&reply).starts_with("/step-up?"), "{path}");
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
