//! The pages as requests and answers; what only a browser shows is told under `tests/browser`.

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

/// The sequences of the rows that a page shows, as `channel.sequence`.
fn rows(page: &str) -> Vec<String> {
    let rows = page.split("data-row=\"").skip(1);
    rows.map(|row| row.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn pages_send_strangers_to_sign_in_and_back() {
    let app = App::start().await;
    let mut stranger = Person::new(&app.site);
    for path in ["/inbox", "/channels", "/profile", "/admin", "/events", "/m/abc/1", "/help/api"] {
        let reply = stranger.get(path).await;
        let next = path.replace('/', "%2F");
        assert_eq!(Person::sent_to(&reply), format!("/login?next={next}"));
    }
    stranger.get("/login?next=%2Fprofile").await.is(200);
    let fields = [("user", USER), ("password", PASSWORD), ("next", "/profile")];
    assert_eq!(Person::sent_to(&stranger.post("/login", &fields).await), "/profile");
    stranger.get("/profile").await.is(200);
}

#[tokio::test]
async fn pages_let_nothing_foreign_in() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let page = browser.get("/inbox").await.is(200);
    let policy = page.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    browser.get("/nowhere").await.is(404);
}

#[tokio::test]
async fn cookies_are_bound_as_tightly_as_the_public_address_allows() {
    for (base, name, path, secure) in [
        ("", "peerbox-", "Path=/;", false),
        ("https://box.example", "__Host-peerbox-", "Path=/;", true),
        ("https://box.example/inside", "__Secure-peerbox-", "Path=/inside;", true),
    ] {
        let toml = if base.is_empty() { String::new() } else { format!("server.base_url = \"{base}\"") };
        let app = App::with(&toml).await;
        let mut browser = Person::new(&app.site);
        if !base.is_empty() {
            "https://box.example".clone_into(&mut browser.origin);
        }
        browser.sign_in(USER, PASSWORD).await;
        let cookie = browser.set_cookies.iter().find(|cookie| cookie.starts_with(name));
        let cookie = format!("{};", cookie.unwrap_or_else(|| panic!("{name} in {:?}", browser.set_cookies)));
        assert!(cookie.contains("HttpOnly;") && cookie.contains("SameSite=Lax;"), "{cookie}");
        assert!(cookie.contains(path), "{path} in {cookie}");
        assert_eq!(cookie.contains("Secure;"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn two_servers_on_one_host_name_keep_their_cookies_apart() {
    let (one, other) = (App::start().await, App::start_new().await);
    let mut browser = Person::new(&one.site);
    browser.sign_in(USER, PASSWORD).await;
    browser.visit(&other.site);
    browser.sign_in(USER, PASSWORD).await;
    browser.get("/profile").await.is(200);
    browser.post("/logout", &[]).await.is(303);
    browser.get("/inbox").await.is(303);
    browser.visit(&one.site);
    browser.get("/inbox").await.is(200);
}

#[tokio::test]
async fn what_programs_read_stays_unread_in_the_inbox() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let channel = app.channel().await;
    let (owner, peer) = (channel.owner_token(), channel.two_way().await);
    peer.wrote("from the other side").await;
    owner.wrote("from the holder's own program").await;
    owner.mark("1", &json!({"read": true})).await.empty(200);
    assert_eq!(rows(&browser.get("/inbox?view=unread").await.text()), [format!("{}.1", channel.id)]);
    // The other way round: reading in the inbox leaves programs what they have not read.
    let one = format!("read:{}.1", channel.id);
    browser.post("/inbox/act", &[("one", &one)]).await.is(303);
    assert!(rows(&browser.get("/inbox?view=unread").await.text()).is_empty());
    peer.mark("2", &json!({"read": false})).await.empty(200);
    assert_eq!(peer.unread().await, [2]);
}

#[tokio::test]
async fn pages_of_the_inbox_show_every_message_once_newest_first() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let mut expected = Vec::new();
    let channels = [app.channel().await, app.channel().await, app.channel().await];
    let mut peers = Vec::new();
    for channel in &channels {
        peers.push(channel.two_way().await);
    }
    for number in 0..130 {
        let at = number * number % 3;
        peers[at].wrote("again").await;
        let before = expected.iter().filter(|key: &&String| key.starts_with(&channels[at].id)).count();
        expected.push(format!("{}.{}", channels[at].id, before + 1));
    }
    expected.reverse();
    for view in ["view=all", "view=unread"] {
        let (mut seen, mut address) = (Vec::new(), format!("/inbox?{view}"));
        loop {
            let page = browser.get(&address).await.text();
            seen.extend(rows(&page));
            let Some((_, rest)) = page.split_once("rel=\"next\" href=\"") else { break };
            address = rest.split('"').next().unwrap_or_default().replace("&#38;", "&");
        }
        assert_eq!(seen, expected, "{view}");
    }
}

#[tokio::test]
async fn any_part_of_the_list_of_channels_may_be_asked_for() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let channel = app.channel().await;
    for part in [
        "after=.0",
        "after=18446744073709551615",
        "after=-9223372036854775808",
        "sort=nonsense&after=x",
        "from=18446744073709551615",
    ] {
        browser.get(&format!("/channels?{part}")).await.is(200);
    }
    let name = format!("class=\"name\" href=\"/channels/{}#new\"", channel.id);
    assert!(
        browser.get("/channels?after=2").await.text().contains(&name),
        "after a channel that is gone the list begins anew"
    );
    assert!(!browser.get("/channels?after=1").await.text().contains(&name));
}

#[tokio::test]
async fn a_field_that_was_refused_names_the_sentence_that_says_why() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let inside = format!("/channels/{}", app.channel().await.id);
    let long = "x".repeat(129);
    let forms = [
        ("/step-up".to_owned(), vec![("password", "wrong")], vec!["password"]),
        (
            "/channels/new".to_owned(),
            vec![("label", long.as_str()), ("min_days", "x")],
            vec!["label", "min_days"],
        ),
        (
            format!("{inside}/settings"),
            vec![("label", long.as_str()), ("max_days", "x")],
            vec!["label", "max_days"],
        ),
        (format!("{inside}/tokens"), vec![("label", " ")], vec!["label"]),
        (format!("{inside}/delete"), vec![("typed", "another")], vec!["typed"]),
    ];
    for (path, fields, wrong) in forms {
        browser.get(if path == "/step-up" { "/step-up?next=%2Finbox" } else { &path }).await.is(200);
        let page = browser.post(&path, &fields).await.text();
        for field in wrong {
            assert!(
                page.contains(&format!("aria-describedby=\"{field}-wrong\"")),
                "{field} on {path}: {page}"
            );
            assert!(page.contains(&format!("id=\"{field}-wrong\"")), "{field} on {path}: {page}");
        }
    }
}

#[tokio::test]
async fn only_the_token_made_with_a_channel_is_its_holders() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let channel = app.channel().await;
    let inside = format!("/channels/{}", channel.id);
    let marked = |page: &str| page.matches("it acts as you").count();
    browser.get(&format!("{inside}/tokens")).await.is(200);
    browser.post(&format!("{inside}/tokens"), &[("label", "Owner"), ("read", "yes")]).await;
    let page = browser.get(&format!("{inside}/tokens")).await.text();
    assert_eq!(marked(&page), 1);
    let first = page.split("/reveal").next().and_then(|before| before.rsplit('/').next()).expect("a token");
    let revoke = format!("{inside}/tokens/{first}/revoke");
    browser.get(&revoke).await.is(200);
    browser.post(&revoke, &[]).await.is(303);
    assert_eq!(
        marked(&browser.get(&format!("{inside}/tokens")).await.text()),
        0,
        "it is another one of that name"
    );
}

#[tokio::test]
async fn acting_on_a_list_passes_over_channels_that_are_gone() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let (gone, left) = (app.channel().await, app.channel().await);
    let keys = [format!("{}.1", gone.id), format!("{}.1", left.id)];
    gone.two_way().await.wrote("lost").await;
    left.two_way().await.wrote("kept").await;
    browser.get("/inbox").await.is(200);
    app.owner().delete(&gone.id).await.is(204);
    let picked = [("pick", keys[0].as_str()), ("pick", keys[1].as_str())];
    for action in ["read", "unread", "delete"] {
        let fields: Vec<_> = [("action", action), ("sure", "yes")].into_iter().chain(picked).collect();
        browser.post("/inbox/act", &fields).await.is(303);
    }
    assert!(rows(&browser.get("/inbox?view=all").await.text()).is_empty());
}

#[tokio::test]
async fn looking_at_a_new_token_again_issues_no_other() {
    let app = App::start().await;
    let mut browser = signed_in(&app).await;
    let inside = format!("/channels/{}/tokens", app.channel().await.id);
    browser.get(&inside).await.is(200);
    let made = browser.post(&inside, &[("label", "Web shop"), ("read", "yes")]).await;
    let place = Person::sent_to(&made).to_owned();
    let first = browser.get(&place).await.is(200).text();
    assert!(first.contains("id=\"secret\""));
    assert!(browser.get(&place).await.is(200).text().contains("id=\"secret\""));
    assert_eq!(
        browser.get(&inside).await.text().matches("/reveal").count(),
        2,
        "with the one made with the channel"
    );
}

#[tokio::test]
async fn a_new_password_from_the_command_line_ends_sessions() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let mut browser = Person::new(&server.site);
    browser.sign_in(USER, PASSWORD).await;
    browser.get("/inbox").await.is(200);
    installation.succeed(&["user", "passwd", USER, "--password-stdin"], "quite another one\n");
    browser.get("/inbox").await.is(303);
}

#[tokio::test]
async fn nothing_written_into_a_page_is_found_in_the_file_or_the_log() {
    let installation = Installation::with_account();
    let mut server = installation.serve("log.access = \"all\"\nlog.level = \"debug\"").await;
    let mut browser = Person::new(&server.site);
    browser.sign_in(USER, PASSWORD).await;
    browser.get("/channels/new").await.is(200);
    let made = browser.post("/channels/new", &[("label", "zebra-channel-label"), ("preset", "both")]).await;
    let place = Person::sent_to(&made).to_owned();
    let channel = place.split('/').nth(2).expect("a channel").to_owned();
    let inside = format!("/channels/{channel}");
    browser.get(&inside).await.is(200);
    browser.post(&inside, &[("text", "zebra-written-in-a-page"), ("kind", "text")]).await.is(303);
    let issued =
        browser.post(&format!("{inside}/tokens"), &[("label", "zebra-token-label"), ("read", "yes")]).await;
    let text = browser.get(Person::sent_to(&issued)).await.is(200).text();
    let secret =
        text.split_once("id=\"secret\">").map_or("", |(_, rest)| rest.split('<').next().unwrap_or(""));
    browser
        .post("/profile", &[("name", "zebra-display-name"), ("contact", "zebra-contact-line")])
        .await
        .is(303);
    browser.get("/inbox?q=zebra-search-words").await.is(200);
    let mut looked_for: Vec<String> = [
        "zebra-channel-label",
        "zebra-written-in-a-page",
        "zebra-token-label",
        "zebra-display-name",
        "zebra-contact-line",
        "zebra-search-words",
        "zebra-browser-name",
        "Firefox on Linux",
    ]
    .map(str::to_owned)
    .into();
    looked_for.extend([channel, secret.to_owned()]);
    assert_eq!(traces::found_under(&installation.data_dir(), &looked_for), [""; 0]);
    server.signal("TERM");
    assert!(server.end().await.success());
    assert_eq!(traces::found_under(&installation.data_dir(), &looked_for), [""; 0]);
    assert_eq!(
        traces::found_in("the log", server.log().as_bytes(), &looked_for),
        [""; 0],
        "{}",
        server.log()
    );
}

#[tokio::test]
async fn the_api_description_is_served_and_the_pages_can_be_left_out() {
    let app = App::start().await;
    let document = app.anonymous().get("/api/v1/openapi.json").await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/v1/channel/{channel}"]["post"]["summary"].is_string());
    assert_eq!(document["servers"][0]["url"], app.site.base());
    let bare = App::with("ui.disabled = true").await;
    bare.anonymous().get("/login").await.is(404);
    bare.owner().list().await.ok();
}

#[tokio::test]
async fn people_register_only_where_sign_up_is_open_and_manage_nothing() {
    let fields = [("account", "Bike repair"), ("user", "bo"), ("password", "spokes and chains")];
    let closed = App::start().await;
    let mut stranger = Person::new(&closed.site);
    let page = stranger.get("/register").await.is(200).text();
    assert!(page.contains("takes no new accounts"), "{page}");
    stranger.get("/login").await.is(200);
    stranger.post("/register", &fields).await.is(403);

    let open = App::with("accounts.signup = \"open\"").await;
    let mut bo = Person::new(&open.site);
    bo.get("/register").await.is(200);
    let short =
        bo.post("/register", &[("account", "Bike repair"), ("user", "bo"), ("password", "short")]).await;
    assert!(short.is(422).text().contains("at least 8 characters"));
    let taken =
        bo.post("/register", &[("account", "Other"), ("user", USER), ("password", "long enough")]).await;
    assert!(taken.is(422).text().contains("This user name is taken"));
    assert_eq!(Person::sent_to(&bo.post("/register", &fields).await), "/channels/new?first=1");
    bo.get("/inbox").await.is(200);
    bo.get("/admin").await.is(404);
}

#[tokio::test]
async fn commands_of_the_help_do_what_they_say() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let page = person.get("/help/api").await.is(200).text();
    let commands: Vec<_> = page.split("aria-label=\"command\">").skip(1).collect();
    let of = |end: &str| {
        let ends = |command: &&&str| command.split("</pre>").next().is_some_and(|line| line.ends_with(end));
        commands.iter().find(ends).unwrap_or_else(|| panic!("a command for {end}: {page}"))
    };
    assert!(page.contains("?wait=</dt><dd>Hold the answer"), "what goes with a request is said: {page}");
    // Without data, curl would ask with GET.
    assert!(of("/notify-ticket").starts_with("curl -X POST"), "{page}");
    let socket = of("/notify");
    assert!(socket.starts_with("wscat ") && socket.contains("-c ws://"), "{socket}");
}
