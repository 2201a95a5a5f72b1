//! The pages as an app: manifests, the worker, and the page for times without a network.

use crate::support::app::App;

#[tokio::test]
async fn an_installed_app_stays_below_the_base_path() {
    let app = App::with("server.base_url = \"http://box.example/inside/box\"\nui.title = \"Our box\"").await;
    let nobody = app.anonymous();
    let login = nobody.get("/login").await.is(200).text();
    assert!(login.contains("<link rel=\"manifest\" href=\"/inside/box/manifest.webmanifest\">"), "{login}");
    let reply = nobody.get("/manifest.webmanifest").await.is(200);
    assert_eq!(reply.header("content-type"), Some("application/manifest+json"));
    let manifest = reply.json();
    assert_eq!((&manifest["name"], &manifest["id"]), (&"Our box".into(), &"/inside/box/".into()));
    assert_eq!(
        (&manifest["scope"], &manifest["start_url"]),
        (&"/inside/box/".into(), &"/inside/box/inbox".into())
    );
    let purposes: Vec<_> =
        manifest["icons"].as_array().expect("icons").iter().map(|icon| &icon["purpose"]).collect();
    assert_eq!(purposes, ["any", "any", "maskable"]);
    for icon in manifest["icons"].as_array().expect("icons") {
        let file = nobody.get(icon["src"].as_str().expect("an address")).await.is(200);
        assert_eq!(file.header("content-type"), Some("image/png"));
        let side = u32::from_be_bytes(file.body[16..20].try_into().expect("four bytes"));
        assert_eq!(icon["sizes"], format!("{side}x{side}"));
    }
    let shortcuts: Vec<_> =
        manifest["shortcuts"].as_array().expect("shortcuts").iter().map(|one| &one["url"]).collect();
    assert_eq!(shortcuts, ["/inside/box/inbox", "/inside/box/invite"]);
}

#[tokio::test]
async fn a_counterpartys_app_begins_where_the_link_leads_which_the_server_does_not_learn() {
    let app = App::start().await;
    let page = app.anonymous().get("/c/nothing").await.is(200).text();
    assert!(page.contains("<link rel=\"manifest\" href=\"/guest.webmanifest\">"), "{page}");
    let manifest = app.anonymous().get("/guest.webmanifest").await.is(200).json();
    assert_eq!(manifest["scope"], format!("{}/c/", app.site.base()));
    let icon = manifest["icons"][0]["src"].as_str().expect("an icon");
    assert!(icon.starts_with(&format!("{}/assets/", app.site.base())), "it is read elsewhere: {icon}");
    assert_eq!((manifest.get("start_url"), manifest.get("id")), (None, None), "the page that is open");
}

#[tokio::test]
async fn the_worker_may_serve_all_pages_and_its_own_page_knows_nobody() {
    let app = App::start().await;
    let worker = app.anonymous().get("/sw.js?of=any").await.is(200);
    assert_eq!(worker.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(worker.header("cache-control"), Some("no-cache"));
    let page = app.signed_in().await.get("/offline").await.is(200);
    assert!(page.text().contains("You are offline") && !page.text().contains("username"));
    assert_eq!(app.anonymous().get("/offline").await.header("set-cookie"), None);
}
