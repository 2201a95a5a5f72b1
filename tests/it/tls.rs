//! HTTPS, HTTP/2 and a certificate that changes.

use futures_util::StreamExt;
use reqwest::Version;
use rustls::pki_types::CertificateDer;
use serde_json::json;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::{Owner, settings_of_a_channel};
use crate::support::process::Installation;
use crate::support::tls::{Tls, secure, trusted};
use crate::support::{eventually, soon};

#[tokio::test]
async fn case_161_an_http_2_client_gets_the_same_from_every_endpoint() {
    let tls = Tls::new();
    let app = App::with(&format!("{}limits.message_bytes = '64k'", tls.settings())).await;
    let site = secure(&app.site, &tls.certificate);
    let owner = Owner::new(&site, 1, USER, PASSWORD);
    let created = owner.create(&settings_of_a_channel()).await.is(200);
    assert_eq!(created.version, Version::HTTP_2);
    let created = created.ok();
    assert!(created["href"].as_str().is_some_and(|href| href.starts_with("https://127.0.0.1:")), "{created}");
    let channel = crate::support::channel::Channel::from_answer(&owner, &created);
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    channel.amend(&json!({"locked": false})).await.ok();
    channel.get().await.ok();
    owner.list().await.ok();
    owner.tokens(&channel.id, "").await.ok();
    owner.token(&channel.id, &t.id).await.ok();
    assert_eq!((o.wrote("one").await, o.wrote("two").await), (1, 2));
    o.write_as("a/b", vec![0; 65537]).await.problem(400, 413);
    o.write("").await.problem(400, 400);
    assert_eq!(t.unread().await, [1, 2]);
    assert_eq!(t.etag().await, "2");
    let page = site.call("HEAD", "/login", &[], "").await.empty(200);
    assert!(page.header("content-length").is_some_and(|length| length != "0"));
    t.mark_read_up_to(2).await;
    t.delete(1).await.empty(204);
    assert_eq!(t.all().await, [2]);
    t.register("device").await.empty(200);
    site.call(
        "PUT",
        "/api/v1/pushnotifications/device",
        &[("content-type", "application/json")],
        r#"{"token":"d"}"#,
    )
    .await
    .empty(200);
    site.call("DELETE", "/api/v1/pushnotifications/d", &[], "").await.empty(204);
    t.presenting("bad").read("").await.refused(401);
    site.call("GET", "/unknown", &[], "").await.is(404);
    channel.revoke(&t).await.empty(204);
    let deleted = channel.delete().await.empty(204);
    assert_eq!(deleted.version, Version::HTTP_2);
}

#[tokio::test]
async fn hsts_is_sent_when_asked_for_and_without_preload() {
    let tls = Tls::new();
    let app = App::with(&format!("hsts = true\n{}", tls.settings())).await;
    let reply = secure(&app.site, &tls.certificate).call("GET", "/healthz", &[], "").await;
    let value = reply.header("strict-transport-security").expect("HSTS").to_owned();
    assert!(value.starts_with("max-age=") && !value.contains("preload"), "{value}");
    let silent = App::with(&tls.settings()).await;
    let reply = secure(&silent.site, &tls.certificate).call("GET", "/healthz", &[], "").await;
    assert_eq!(reply.header("strict-transport-security"), None);
}

#[tokio::test]
async fn sighup_takes_a_new_certificate_into_use() {
    let installation = Installation::with_account();
    let mut tls = Tls::new();
    let first = tls.certificate.clone();
    let server = installation.serve(&tls.settings()).await;
    let before = secure(&server.site, &first);
    before.call("GET", "/healthz", &[], "").await.is(200);
    tls.renew();
    let second = tls.certificate.clone();
    let answers = async |certificate: &CertificateDer<'static>| {
        secure(&server.site, certificate).try_call("GET", "/healthz", &[], "").await.is_ok()
    };
    assert!(!answers(&second).await, "files alone change nothing");
    server.signal("HUP");
    eventually("the new certificate", || answers(&second)).await;
    assert!(!answers(&first).await);
    before.call("GET", "/healthz", &[], "").await.is(200);
}

#[tokio::test]
async fn a_broken_certificate_at_sighup_leaves_the_old_one_in_use() {
    let installation = Installation::with_account();
    let tls = Tls::new();
    let mut server = installation.serve(&tls.settings()).await;
    std::fs::write(tls.certificate_file(), "not a certificate").expect("space");
    server.signal("HUP");
    eventually("a complaint", async || server.log().to_lowercase().contains("cert.pem")).await;
    secure(&server.site, &tls.certificate).call("GET", "/healthz", &[], "").await.is(200);
    server.signal("TERM");
    assert!(server.end().await.success());
}

#[tokio::test]
async fn sighup_claims_to_have_read_no_file_where_there_is_none() {
    let installation = Installation::with_account();
    let mut server = installation.serve("").await;
    server.signal("HUP");
    server.says("no file holds a certificate").await;
    server.signal("TERM");
    assert!(server.end().await.success());
    assert!(!server.log().contains("read the certificate again"), "{}", server.log());
}

#[tokio::test]
async fn a_socket_over_tls_is_told_and_closed() {
    let tls = Tls::new();
    let app = App::with(&tls.settings()).await;
    let owner = Owner::new(&secure(&app.site, &tls.certificate), 1, USER, PASSWORD);
    let created = owner.create(&settings_of_a_channel()).await.ok();
    let channel = crate::support::channel::Channel::from_answer(&owner, &created);
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = reqwest::Client::builder().tls_certs_only([trusted(&tls.certificate)]).http1_only().build();
    let handshake = client.expect("a client").get(format!("{}{}", t.site.base(), t.notify_path()));
    let handshake = handshake
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = soon("a handshake", handshake.send()).await.expect("an answer");
    let connection = answer.upgrade().await.expect("a connection of its own");
    let mut socket = WebSocketStream::from_raw_socket(connection, Role::Client, None).await;
    o.wrote("one").await;
    let frame = soon("a frame", socket.next()).await.expect("a frame").expect("a good one");
    assert!(frame.to_text().is_ok_and(|text| text.contains(r#""sequence":1"#)), "{frame}");
    channel.delete().await.empty(204);
    let frame = soon("a close", socket.next()).await.expect("a frame").expect("a good one");
    assert!(frame.is_close(), "{frame}");
}
