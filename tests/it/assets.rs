//! Style sheet, scripts and icons: one address for all of one version, kept for ever.

use ring::digest::{SHA256, digest};

use crate::support::app::App;
use crate::support::process::Installation;
use crate::support::reply::Reply;

/// What a text refers to between `before` and the next quote.
fn references<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

async fn page(app: &App) -> String {
    app.anonymous().get("/login").await.is(200).text()
}

fn the_one<'a>(page: &'a str, name: &str) -> &'a str {
    let mut found = references(page, "href=\"").filter(|path| path.ends_with(name));
    found.next().unwrap_or_else(|| panic!("{name} on {page}"))
}

#[tokio::test]
async fn every_file_that_a_page_or_another_file_names_is_there_and_stays() {
    let app = App::with("server.base_url = \"http://box.example/inside/box\"").await;
    let page = page(&app).await;
    let mut paths: Vec<String> = ["href=\"", "src=\""]
        .iter()
        .flat_map(|before| references(&page, before))
        .filter(|path| path.contains("/assets/"))
        .map(|path| path.split('#').next().unwrap_or(path).to_owned())
        .collect();
    let mut at = 0;
    while let Some(path) = paths.get(at).cloned() {
        at += 1;
        assert!(path.starts_with("/inside/box/assets/"), "{path}");
        let file = app.anonymous().get(&path).await.is(200);
        assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        let (folder, _) = path.rsplit_once('/').expect("a folder");
        let text = file.text();
        let inside = match file.header("content-type").expect("a type") {
            "text/javascript; charset=utf-8" => references(&text, "from \"./").collect(),
            "text/css; charset=utf-8" | "image/svg+xml" => Vec::new(),
            other => panic!("{path}: {other}"),
        };
        for name in inside {
            let inside = format!("{folder}/{name}");
            // A script that the page does not name would be waited for only after another one has come.
            assert!(!inside.contains("/script/") || paths.contains(&inside), "{inside} of {path}");
            if !paths.contains(&inside) {
                paths.push(inside);
            }
        }
    }
    assert!(paths.len() > 10, "{paths:?}");
}

#[tokio::test]
async fn other_versions_and_names_are_not_there_and_may_come() {
    let app = App::start().await;
    let page = page(&app).await;
    let style = the_one(&page, "/style.css");
    let version = style.split('/').nth(2).expect("a version");
    for path in [
        style.replace(version, "000000000000"),
        style.replace("style.css", "none.css"),
        style.replace("style.css", "style/base.css"),
        style.replace("style.css", ""),
        "/assets/style.css".to_owned(),
    ] {
        let reply = app.anonymous().get(&path).await.is(404);
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    let hash = digest(&SHA256, bytes);
    let digits = hash.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[tokio::test]
async fn the_scripts_that_are_served_are_those_that_page_and_program_name() {
    let app = App::start().await;
    let about = app.anonymous().get("/about").await.is(200).text();
    let installation = Installation::empty();
    let lines = installation.succeed(&["version", "--assets"], "");
    let style = the_one(&about, "/style.css");
    let (folder, _) = style.rsplit_once('/').expect("a folder");
    for line in lines.lines() {
        let (hash, name) = line.split_once("  ").expect("a hash and a name");
        let file = app.anonymous().get(&format!("{folder}/{name}")).await.is(200);
        assert_eq!(file.header("content-encoding"), None);
        assert_eq!(sha256(&file.body), hash, "{name}");
        assert!(about.contains(line), "{line}");
    }
    for name in ["script/sealing/sealed_box.mjs", "script/keys/own_keys.mjs", "script/app.mjs", "worker.mjs"]
    {
        assert!(lines.contains(name), "{name}");
    }
    let files = files_below("static/script") + 1;
    assert_eq!(lines.lines().count(), files, "all of them, and the worker");
    let all = sha256(lines.as_bytes());
    assert!(about.contains(&all), "{all}");
    let json = installation.succeed(&["version", "--assets", "--json"], "");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (json["all"].as_str(), json["each"].as_object().map(serde_json::Map::len)),
        (Some(&*all), Some(files))
    );
}

fn files_below(folder: impl AsRef<std::path::Path>) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { files_below(path) } else { 1 }).sum()
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    let app = App::start().await;
    let page = page(&app).await;
    let style = the_one(&page, "/style.css");
    let etag = app.anonymous().get(style).await.header("etag").expect("a tag").to_owned();
    // Proxies that compress make a tag weak; strong and weak are the same here.
    let strong = etag.trim_start_matches("W/").to_owned();
    for known in [etag.clone(), strong, format!("\"other\", {etag}"), "*".to_owned()] {
        let reply = app.anonymous().get_with(style, &[("if-none-match", &known)]).await.empty(304);
        assert_eq!(reply.header("etag"), Some(etag.as_str()), "{known}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"), "{known}");
    }
    app.anonymous().get_with(style, &[("if-none-match", "\"other\"")]).await.is(200);
}

#[tokio::test]
async fn files_and_pages_are_compressed_for_those_who_take_it() {
    let app = App::start().await;
    let page = page(&app).await;
    let style = the_one(&page, "/style.css");
    let coding = |reply: &Reply| reply.header("content-encoding").map(str::to_owned);
    for path in [style, "/login"] {
        for (accepted, expected) in [
            ("gzip", Some("gzip")),
            ("br, gzip;q=0.5", Some("gzip")),
            ("br", None),
            ("identity", None),
            ("gzip;q=0", None),
            ("x-gzip-like", None),
        ] {
            let reply = app.anonymous().get_with(path, &[("accept-encoding", accepted)]).await.is(200);
            assert_eq!(coding(&reply).as_deref(), expected, "{path} for {accepted}");
            // A page is not kept by anybody.
            assert!(path == "/login" || reply.header("vary") == Some("Accept-Encoding"), "{path}");
        }
    }
}

#[tokio::test]
async fn developers_of_any_site_import_the_client_from_an_address_that_stays() {
    let app = App::with("server.base_url = \"http://box.example/inside/box\"").await;
    for (path, media) in [
        ("/inside/box/client.js", "text/javascript; charset=utf-8"),
        ("/inside/box/client.d.ts", "application/typescript; charset=utf-8"),
    ] {
        let headers = [("origin", "https://elsewhere.example"), ("accept-encoding", "gzip")];
        let file = app.anonymous().get_with(path, &headers).await.is(200);
        for (name, value) in [
            ("content-type", media),
            ("content-encoding", "gzip"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("cache-control", "public, max-age=3600"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(file.header(name), Some(value), "{name} of {path}");
        }
        assert_eq!(file.header("set-cookie"), None, "{path}");
        assert!((500..12_000).contains(&file.body.len()), "{path} has {} bytes", file.body.len());
        let etag = file.header("etag").expect("a tag").to_owned();
        let known = app.anonymous().get_with(path, &[("if-none-match", &etag)]).await.empty(304);
        assert_eq!(known.header("access-control-allow-origin"), Some("*"), "{path}");
    }
    let style = app.anonymous().get(the_one(&page(&app).await, "/style.css")).await.is(200);
    assert_eq!(style.header("cross-origin-resource-policy"), Some("same-origin"));
}

#[tokio::test]
async fn the_example_for_developers_names_this_server_and_is_never_shown_here() {
    let app = App::with("server.base_url = \"http://box.example/inside/box\"").await;
    let example = app.anonymous().get("/inside/box/help/client/example.html").await.is(200);
    assert!(example.text().contains("from \"http://box.example/inside/box/client.js\""));
    assert_eq!(example.header("content-disposition"), Some("attachment; filename=\"example.html\""));
}
