//! What a thief of the files learns: nothing that a person wrote.

use serde_json::json;

use crate::support::channel::Channel;
use crate::support::owner::Owner;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::receiver::{hook, says};
use crate::support::traces;

const USER: &str = "zebra-user-name";
const PASSWORD: &str = "zebra-pass-word";
const SECOND_PASSWORD: &str = "zebra-second-pass-word";

/// Everything that a person writes into this test, besides what is random.
const WRITTEN: &[&str] = &[
    "zebra account name",
    "zebra-user-name",
    "zebra-pass-word",
    "zebra-second-user",
    "zebra-second-pass-word",
    "zebra-description",
    "zebra-amended",
    "zebra-content-type",
    "zebra-payload-text",
    "zebra-public-payload",
    "zebra-deleted-payload",
    "zebra-idempotency-key",
    "zebra-old-device",
    "zebra-new-device",
    "zebra-kept-device",
    "zebra-user-agent",
    "zebra-query-value",
    "zebra-wrong-password",
    "zebra-unknown-user",
    "zebra-unknown-token",
    "zebra-unknown-channel",
    "zebra-hook-receiver",
];

#[tokio::test]
async fn nothing_written_is_found_in_the_database_its_log_or_the_servers_log() {
    let installation = Installation::empty();
    installation.create_account("zebra account name", USER, PASSWORD);
    let add = ["user", "add", "zebra-second-user", "--account", "zebra account name", "--password-stdin"];
    installation.succeed(&add, &format!("{SECOND_PASSWORD}\n"));
    let mut server = installation
        .serve("limits.message_bytes = \"64k\"\nlog.access = \"all\"\nlog.level = \"debug\"")
        .await;
    let owner = Owner::new(&server.site, 1, USER, PASSWORD);
    let mut random = visit_every_endpoint(&owner).await;
    random.extend(WRITTEN.iter().map(|text| (*text).to_owned()));
    // With the write-ahead log full, and again when it has been written back.
    assert_eq!(traces::found_under(&installation.data_dir(), &random), [""; 0]);
    server.signal("TERM");
    assert!(server.end().await.success());
    assert_eq!(traces::found_under(&installation.data_dir(), &random), [""; 0]);
    assert_eq!(traces::found_in("the log", server.log().as_bytes(), &random), [""; 0], "{}", server.log());
}

/// Writes a marker through each field of each endpoint; gives the random secrets that came back.
async fn visit_every_endpoint(owner: &Owner) -> Vec<String> {
    let second = Owner::new(&owner.site, 1, "zebra-second-user", SECOND_PASSWORD);
    second.list().await.ok();
    let channel = owner.channel_with(json!({"public_read": true, "public_write": true})).await;
    let deleted = owner.channel().await;
    let token = json!({"description": "zebra-description", "can_read": true, "can_write": true});
    let t = channel.bearer(&owner.issue(&channel.id, &token).await.ok());
    let o = channel.owner_token();
    owner.tokens(&channel.id, &format!("?token={}", t.secret)).await.ok();
    channel.amend(&json!({"public_read": true, "public_write": true, "note": "zebra-amended"})).await.ok();
    let mut socket = t.socket().await;
    let headers = [
        ("content-type", "x/zebra-content-type; note=zebra-content-type"),
        ("idempotency-key", "zebra-idempotency-key"),
        ("user-agent", "zebra-user-agent/1.0"),
    ];
    o.call("POST", "", &headers, "a zebra-payload-text, ".repeat(40)).await.ok();
    socket.notification().await;
    o.wrote("zebra-deleted-payload").await;
    o.delete(2).await.empty(204);
    o.write_as("a/b", "zebra-payload-text".repeat(9000)).await.problem(400, 413);
    let path = channel.path("");
    let anonymous = [("content-type", "text/plain")];
    owner.site.call("POST", &path, &anonymous, "zebra-public-payload").await.ok();
    t.read("?unread=true&search=zebra-query-value").await.ok();
    t.read("?unread=zebra-query-value").await.problem(400, 400);
    t.mark("1", &json!({"read": true, "note": "zebra-query-value"})).await.empty(200);
    visit_push(&t, owner).await;
    owner
        .presenting(&crate::support::owner::basic("zebra-unknown-user", "zebra-wrong-password"))
        .list()
        .await
        .refused(401);
    t.presenting("zebra-unknown-token").read("").await.refused(401);
    owner.get("zebra-unknown-channel").await.refused(403);
    let hook_secret = visit_webhooks(&channel).await;
    let doomed = deleted.owner_token();
    doomed.wrote("zebra-deleted-payload").await;
    deleted.delete().await.empty(204);
    let mut found = vec![channel.id.clone(), deleted.id.clone()];
    found.extend([o.secret, t.secret, doomed.secret, hook_secret]);
    found
}

/// Gives the secret that deliveries are signed with. The answer that is kept names the host, which has no address.
async fn visit_webhooks(channel: &Channel) -> String {
    let mut person = Person::new(&channel.owner.site);
    person.sign_in(USER, PASSWORD).await;
    let url = "https://zebra-hook-receiver.invalid/zebra-hook-receiver-path?zebra-hook-receiver-query";
    let page = hook(&mut person, channel, url, &[("token", "zebra-hook-receiver-token")]).await;
    person.post(&format!("{page}/send"), &[]).await.is(303);
    says(&person, &page, "the name zebra-hook-receiver.invalid has no address").await;
    let shown = person.get(&format!("{page}/secret")).await.is(200).text();
    let secret = shown.split("id=\"secret\">whsec_").nth(1).and_then(|rest| rest.split('<').next());
    secret.expect("a secret").replace("&#43;", "+")
}

async fn visit_push(t: &crate::support::bearer::Bearer, owner: &Owner) {
    t.register("zebra-old-device").await.empty(200);
    t.register("zebra-kept-device").await.empty(200);
    let json = [("content-type", "application/json")];
    let body = r#"{"token":"zebra-new-device"}"#;
    owner.site.call("PUT", "/api/v1/pushnotifications/zebra-old-device", &json, body).await.empty(200);
    owner.site.call("DELETE", "/api/v1/pushnotifications/zebra-new-device", &[], "").await.empty(204);
}
