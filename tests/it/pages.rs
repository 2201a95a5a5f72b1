//! The pages' forms: who may send them, and what of them is found in the files.

use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::traces;

async fn signed_in(app: &App) -> Person {
    let mut browser = Person::new(&app.site);
    browser.sign_in(USER, PASSWORD).await;
    browser
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let app = App::start().await;
    app.another_account("zoe-known");
    let mut texts = Vec::new();
    for (user, password) in [("zoe-known", "wrong password"), ("zoe-other", "wrong password")] {
        let mut browser = Person::new(&app.site);
        let reply = browser.try_to_sign_in(user, password).await;
        assert_ne!(reply.status, 303);
        texts.push((reply.status, reply.text().len()));
        assert_eq!(browser.get("/inbox").await.status, 303, "still outside");
    }
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn forms_without_the_sessions_token_do_nothing() {
    let app = App::start().await;
    let channel = app.channel().await;
    let mut browser = signed_in(&app).await;
    let id = &channel.id;
    for action in [
        "/channels/new".to_owned(),
        format!("/channels/{id}"),
        format!("/channels/{id}/settings"),
        format!("/channels/{id}/delete"),
        format!("/channels/{id}/tokens"),
        format!("/channels/{id}/read"),
        "/inbox/act".to_owned(),
        "/profile".to_owned(),
        "/profile/delete".to_owned(),
        "/profile/security".to_owned(),
        "/profile/sessions".to_owned(),
        "/profile/appearance".to_owned(),
        "/admin/accounts".to_owned(),
        "/logout".to_owned(),
    ] {
        for token in ["", "forged"] {
            let fields = [("csrf", token), ("text", "forged"), ("label", "forged"), ("typed", "first")];
            let status = browser.post_exactly(&action, &fields).await.status;
            assert!((400..500).contains(&status), "{action} answered {status} to the token {token:?}");
        }
    }
    assert_eq!(channel.get().await.ok()["head"], 0);
    assert_eq!(app.owner().channel_ids().await, [channel.id]);
    browser.get("/inbox").await.is(200);
}

#[tokio::test]
async fn forms_of_other_origins_are_refused_with_the_right_token_too() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let html = browser.get("/profile").await.is(200).text();
    let token =
        html.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token");
    let body = format!("csrf={token}&name=forged&contact=");
    let cookies = browser.secrets().len();
    assert!(cookies > 0, "it is signed in");
    let cookie = browser.cookie_header();
    for header in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let headers =
            [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded"), header];
        let reply = app.site.call("POST", "/profile", &headers, body.clone()).await;
        assert!((400..500).contains(&reply.status), "{header:?}: {}", reply.status);
    }
    assert!(!browser.get("/profile").await.text().contains("forged"));
}

#[tokio::test]
async fn the_json_api_takes_no_cookies() {
    let app = App::start().await;
    let browser = signed_in(&app).await;
    let cookie = browser.cookie_header();
    app.anonymous().get_with("/api/v1/account/1/channel/list", &[("cookie", &cookie)]).await.refused(401);
}

#[tokio::test]
async fn nothing_written_through_the_pages_is_found_in_the_files() {
    let installation = Installation::with_account();
    let mut server =
        installation.serve("log.access = \"all\"\nlog.level = \"debug\"\naccounts.signup = \"open\"").await;
    let mut browser = Person::new(&server.site);
    browser.user_agent = "zebra-page-agent/1.0 (Zebra-page-system)".to_owned();
    browser.sign_in(USER, PASSWORD).await;
    let new = [("label", "zebra-page-label"), ("preset", "two-way"), ("sequenced", "yes")];
    let made = browser.submit("/channels/new", "/channels/new", &new).await.is(303);
    let channel = server.owner().channel_ids().await.remove(0);
    assert!(made.header("location").is_some_and(|to| to.contains(&channel)), "{made:?}");
    let page = format!("/channels/{channel}");
    let settings = [("label", "zebra-page-changed"), ("min_days", ""), ("max_days", "")];
    browser.submit(&format!("{page}/settings"), &format!("{page}/settings"), &settings).await;
    let message = [("text", "a zebra-page-message"), ("kind", "text")];
    browser.submit(&page, &page, &message).await;
    let token = [("label", "zebra-page-token"), ("read", "yes"), ("write", "yes"), ("history", "show")];
    browser.submit(&format!("{page}/tokens"), &format!("{page}/tokens"), &token).await;
    let place = [("group", "zebra-page-group"), ("pinned", "yes")];
    browser.submit(&format!("{page}/settings"), &format!("{page}/arrange"), &place).await.is(303);
    let contact = format!("{page}/tokens/2");
    let known = [
        ("label", "zebra-page-token-renamed"),
        ("note", "zebra-page-note"),
        ("read", "yes"),
        ("write", "yes"),
    ];
    browser.submit(&contact, &contact, &known).await.is(303);
    let profile = [("name", "zebra-page-person"), ("contact", "zebra-page-contact@example.org")];
    browser.submit("/profile", "/profile", &profile).await;
    browser.get("/search?q=zebra-page-search").await;
    let kept = [("name", "zebra-page-kept"), ("query", "?q=zebra-page-query")];
    browser.submit("/search", "/search/save", &kept).await.is(303);
    browser.get("/inbox?q=zebra-page-search").await;
    let password = [("current", PASSWORD), ("fresh", "zebra-page-password")];
    browser.submit("/profile/security", "/profile/security", &password).await;
    let mut visitor = Person::new(&server.site);
    let register =
        [("account", "zebra-page-account"), ("user", "zebra-page-user"), ("password", "zebra-page-secret")];
    visitor.submit("/register", "/register", &register).await;
    Person::new(&server.site).try_to_sign_in("zebra-page-nobody", "zebra-page-wrong").await;

    let list =
        crate::support::owner::Owner::new(&server.site, 1, USER, "zebra-page-password").list().await.ok();
    let shown =
        [browser.get(&page).await.text(), browser.get("/profile").await.text(), list.to_string()].concat();
    for text in ["zebra-page-changed", "zebra-page-message", "zebra-page-token", "zebra-page-person"] {
        assert!(shown.contains(text), "{text} was not taken, so there is nothing to look for");
    }
    let mut written: Vec<String> = [
        "label", "changed", "message", "token", "person", "contact", "search", "password", "account", "user",
        "secret", "nobody", "wrong", "agent", "system", "note", "group", "kept", "query",
    ]
    .map(|name| format!("zebra-page-{name}"))
    .into();
    written.push("Zebra-page-system".to_owned());
    written.extend(browser.secrets());
    written.extend(visitor.secrets());
    written.extend(
        list["channels"][0]["access_tokens"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|token| token["token"].as_str().map(str::to_owned)),
    );
    assert!(written.len() > 18, "{written:?}");
    assert_eq!(traces::found_under(&installation.data_dir(), &written), [""; 0]);
    server.signal("TERM");
    assert!(server.end().await.success());
    assert_eq!(traces::found_under(&installation.data_dir(), &written), [""; 0]);
    assert_eq!(traces::found_in("the log", server.log().as_bytes(), &written), [""; 0], "{}", server.log());
}

#[tokio::test]
async fn what_the_holder_writes_in_the_inbox_is_a_message_for_tokens() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"sequenced": false})).await;
    let t = channel.two_way().await;
    let page = format!("/channels/{}", channel.id);
    let mut browser = signed_in(&app).await;
    browser.submit(&page, &page, &[("text", "from the inbox"), ("kind", "text")]).await.is(303);
    let messages = t.messages("?unread=true").await;
    assert_eq!(crate::support::bearer::payload(&messages[0]), b"from the inbox");
    t.wrote("an answer").await;
    assert!(browser.get("/inbox").await.is(200).text().contains("an answer"));
}

#[tokio::test]
async fn text_of_a_form_never_breaks_the_header_that_it_goes_into() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let own = |reply: &crate::support::reply::Reply| {
        let location = reply.header("location").expect("an address");
        assert!(
            location.starts_with('/') && location.bytes().all(|byte| (b'!'..=b'~').contains(&byte)),
            "{location}"
        );
        location.to_owned()
    };
    for hostile in ["\0", "a\r\nset-cookie: x=y", "b\u{7f} \u{fc}\u{2028}"] {
        let before = app.owner().channel_ids().await.len();
        let reply =
            browser.submit("/channels/new", "/channels/new", &[("label", "x"), ("preset", hostile)]).await;
        own(&reply.is(303));
        assert_eq!(app.owner().channel_ids().await.len(), before + 1);

        let path = format!("/inbox?q={hostile}");
        let fields = [("act", "read"), ("back", path.as_str())];
        own(&browser.submit("/inbox", "/inbox/act", &fields).await.is(303));
        own(&browser
            .submit("/step-up?next=/profile", "/step-up", &[("password", PASSWORD), ("next", &path)])
            .await
            .is(303));
        let mut another = Person::new(&app.site);
        let fields = [("user", USER), ("password", PASSWORD), ("next", path.as_str())];
        own(&another.submit("/login", "/login", &fields).await.is(303));
    }
    let mut another = Person::new(&app.site);
    let fields = [("user", USER), ("password", PASSWORD), ("next", "/inbox?q=B\u{fc}cher")];
    assert_eq!(own(&another.submit("/login", "/login", &fields).await.is(303)), "/inbox?q=B%C3%BCcher");
}
