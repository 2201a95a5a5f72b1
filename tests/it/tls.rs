//! HTTPS, HTTP/2 and a certificate that changes.

use std::path::Path;

use futures_util::StreamExt;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use reqwest::{Certificate, Version};
use serde_json::json;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::owner::{Owner, settings_of_a_channel};
use crate::support::process::Installation;
use crate::support::site::Site;
use crate::support::{eventually, soon};

/// A fresh certificate for 127.0.0.1, written where the configuration names it.
fn write_certificate(folder: &Path) -> Certificate {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    std::fs::write(folder.join("cert.pem"), cert.pem()).expect("space");
    std::fs::write(folder.join("key.pem"), KeyPair::serialize_pem(&signing_key)).expect("space");
    Certificate::from_pem(cert.pem().as_bytes()).expect("a certificate")
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!("tls.cert_file = '{folder}/cert.pem'\ntls.key_file = '{folder}/key.pem'\n")
}

fn secure(site: &Site, certificate: Certificate) -> Site {
    Site::trusting(&format!("https://{}", site.authority()), [certificate])
}

#[tokio::test]
async fn case_161_an_http_2_client_gets_the_same_from_every_endpoint() {
    let folder = crate::support::app::temporary_folder();
    let certificate = write_certificate(folder.path());
    let app = App::with(&format!("{}limits.message_bytes = '64k'", configuration(folder.path()))).await;
    let site = secure(&app.site, certificate);
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
    let folder = crate::support::app::temporary_folder();
    let certificate = write_certificate(folder.path());
    let app = App::with(&format!("hsts = true\n{}", configuration(folder.path()))).await;
    let reply = secure(&app.site, certificate.clone()).call("GET", "/healthz", &[], "").await;
    let value = reply.header("strict-transport-security").expect("HSTS").to_owned();
    assert!(value.starts_with("max-age=") && !value.contains("preload"), "{value}");
    let silent = App::with(&configuration(folder.path())).await;
    let reply = secure(&silent.site, certificate).call("GET", "/healthz", &[], "").await;
    assert_eq!(reply.header("strict-transport-security"), None);
}

#[tokio::test]
async fn sighup_takes_a_new_certificate_into_use() {
    let installation = Installation::with_account();
    let folder = crate::support::app::temporary_folder();
    let first = write_certificate(folder.path());
    let server = installation.serve(&configuration(folder.path())).await;
    let before = secure(&server.site, first.clone());
    before.call("GET", "/healthz", &[], "").await.is(200);
    let second = write_certificate(folder.path());
    let answers = async |certificate: &Certificate| {
        secure(&server.site, certificate.clone()).try_call("GET", "/healthz", &[], "").await.is_ok()
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
    let folder = crate::support::app::temporary_folder();
    let certificate = write_certificate(folder.path());
    let mut server = installation.serve(&configuration(folder.path())).await;
    std::fs::write(folder.path().join("cert.pem"), "not a certificate").expect("space");
    server.signal("HUP");
    eventually("a complaint", async || server.log().to_lowercase().contains("cert.pem")).await;
    secure(&server.site, certificate).call("GET", "/healthz", &[], "").await.is(200);
    server.signal("TERM");
    assert!(server.end().await.success());
}

#[tokio::test]
async fn a_socket_over_tls_is_told_and_closed() {
    let folder = crate::support::app::temporary_folder();
    let certificate = write_certificate(folder.path());
    let app = App::with(&configuration(folder.path())).await;
    let owner = Owner::new(&secure(&app.site, certificate.clone()), 1, USER, PASSWORD);
    let created = owner.create(&settings_of_a_channel()).await.ok();
    let channel = crate::support::channel::Channel::from_answer(&owner, &created);
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = reqwest::Client::builder().tls_certs_only([certificate]).http1_only().build();
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
