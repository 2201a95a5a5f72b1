//! Telling registered devices, through a service of ours that plays Firebase Cloud Messaging.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::eventually;
use crate::support::process::Installation;
use crate::support::receiver::{Called, Receiver, says};

/// Longer than any pause between two tries, and than an access token lasts.
const LONG: Duration = Duration::from_hours(5);

/// Made for this test with `openssl genpkey -algorithm RSA`; it opens nothing.
const KEY: &str = include_str!("phones.pem");

/// Its public half, as ring reads it.
const PUBLIC: &[u8] = include_bytes!("phones.der");

/// The service, who gives access tokens, and the file of the service account.
struct Service {
    phones: Receiver,
    tokens: Receiver,
    folder: TempDir,
}

impl Service {
    async fn start() -> Self {
        let (phones, tokens) = (Receiver::start().await, Receiver::start().await);
        let folder = tempfile::tempdir().expect("a folder");
        let account = json!({
            "type": "service_account", "project_id": "box-project", "private_key_id": "x", "private_key": KEY,
            "client_email": "teller@box-project.example", "token_uri": tokens.url(),
        });
        let service = Self { phones, tokens, folder };
        fs::write(service.file(), account.to_string()).expect("space");
        service
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("account.json")
    }

    /// What the server needs to know of it.
    fn configuration(&self) -> String {
        let url = self.phones.url().replace("/hook", "");
        format!(
            "push.allow_private = \"loopback\"\npush.fcm_service_account_file = \"{}\"\npush.fcm_url = \"{url}\"",
            self.file().display()
        )
    }

    /// Gives this access token when it is asked next.
    fn gives(&self, token: &str) {
        let given = json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"});
        self.tokens.answers_with("200 OK", &given.to_string());
    }

    /// Refuses the next message like this.
    fn refuses(&self, status: &str, code: &str, error: &Value) {
        let mut error = error.clone();
        let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        error["details"] = json!([{"@type": kind, "errorCode": code}]);
        self.phones.answers_with(status, &json!({ "error": error }).to_string());
    }
}

async fn registered(channel: &Channel, device: &str) -> Bearer {
    let bearer = channel.two_way().await;
    bearer.register(device).await.is(200);
    bearer
}

fn device(called: &Called) -> String {
    called.json()["message"]["token"].as_str().expect("a device").to_owned()
}

#[tokio::test]
async fn case_154_a_push_says_when_the_message_came_on_a_clock_of_24_hours() {
    let mut service = Service::start().await;
    let app = App::with(&format!("{}\napi.notification_text = \"Look\"", service.configuration())).await;
    let channel = app.channel().await;
    channel.owner_token().wrote("before").await;
    registered(&channel, "a:device").await;
    service.gives("first");
    channel.owner_token().wrote("zebra").await;
    let called = service.phones.next().await;
    assert_eq!(called.line, "POST /v1/projects/box-project/messages:send HTTP/1.1");
    assert_eq!(called.header("authorization"), "Bearer first");
    let message = json!({"message": {
        "token": "a:device",
        "notification": {"title": "Look", "body": "2026-03-01T18:43:00.120Z"},
        "data": {"channelId": channel.id},
    }});
    assert_eq!(called.json(), message);
    let question = String::from_utf8(service.tokens.next().await.body).expect("a form");
    let fields: Vec<_> = form_urlencoded::parse(question.as_bytes()).collect();
    assert_eq!(fields[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (unsigned, signature) = fields[1].1.rsplit_once('.').expect("a signature");
    let decoded = |text: &str| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url");
    let known = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PUBLIC);
    known.verify(unsigned.as_bytes(), &decoded(signature)).expect("signed with the account's key");
    let (head, claims) = unsigned.split_once('.').expect("two parts");
    assert_eq!(decoded(head), br#"{"typ":"JWT","alg":"RS256"}"#);
    let claims: Value = serde_json::from_slice(&decoded(claims)).expect("JSON");
    let begun = 1_772_390_580;
    let expected = json!({
        "iss": "teller@box-project.example", "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": service.tokens.url(), "iat": begun, "exp": begun + 3600,
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn case_155_the_writers_own_devices_and_those_of_revoked_tokens_hear_nothing() {
    let mut service = Service::start().await;
    let app = App::with(&service.configuration()).await;
    let channel = app.channel().await;
    let (writer, reader) = (registered(&channel, "writer").await, registered(&channel, "reader").await);
    let revoked = channel.issue(true, true).await;
    revoked.register("revoked").await.is(200);
    channel.revoke(&revoked).await;
    service.gives("first");
    writer.wrote("one").await;
    assert_eq!(device(&service.phones.next().await), "reader");
    reader.wrote("two").await;
    assert_eq!(device(&service.phones.next().await), "writer");
    app.advance(Duration::from_mins(1));
    channel.owner_token().wrote("three").await;
    let mut told = [device(&service.phones.next().await), device(&service.phones.next().await)];
    told.sort();
    assert_eq!(told, ["reader", "writer"]);
    assert!(service.phones.waiting().is_empty());
    assert_eq!(service.tokens.waiting().len(), 1, "an access token is used again");
    app.advance(Duration::from_mins(56));
    service.gives("second");
    channel.owner_token().wrote("four").await;
    assert_eq!(service.phones.next().await.header("authorization"), "Bearer second", "before it ends");
}

#[tokio::test]
async fn case_156_a_device_that_is_gone_is_not_tried_again_until_it_registers_again() {
    let mut service = Service::start().await;
    let app = App::with(&service.configuration()).await;
    let channel = app.channel().await;
    let reader = registered(&channel, "device").await;
    let gone = json!({"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"});
    let wrong = json!({"message": "The registration token is not a valid FCM registration token"});
    for (status, code, error) in
        [("404 Not Found", "UNREGISTERED", gone), ("400 Bad Request", "INVALID_ARGUMENT", wrong)]
    {
        service.gives("one");
        service.refuses(status, code, &error);
        channel.owner_token().wrote("to nobody").await;
        service.phones.next().await;
        // Its name is not known any more.
        eventually("the device is gone", || async {
            let path = "/api/v1/pushnotifications/device";
            app.site
                .call("PUT", path, &[("content-type", "application/json")], r#"{"token":"device"}"#)
                .await
                .status
                == 401
        })
        .await;
        channel.owner_token().wrote("to nobody").await;
        app.advance(LONG);
        assert!(service.phones.waiting().is_empty());
        reader.register("device").await.is(200);
    }
    service.gives("another");
    channel.owner_token().wrote("told again").await;
    service.phones.next().await;
}

#[tokio::test]
async fn what_is_no_fault_of_the_device_is_tried_again() {
    let mut service = Service::start().await;
    let app = App::with(&service.configuration()).await;
    let channel = app.channel().await;
    let person = app.signed_in().await;
    let page = format!("/channels/{}/tokens", channel.id);
    registered(&channel, "device").await;
    service.tokens.answers_with("400 Bad Request", r#"{"error":"invalid_grant"}"#);
    service.tokens.answers_with("200 OK", "no JSON");
    channel.owner_token().wrote("one").await;
    for answer in ["<b>401</b>", ">None<"] {
        service.tokens.next().await;
        says(&person, &page, answer).await;
        if answer == "<b>401</b>" {
            app.advance(LONG);
        }
    }
    let ours = json!({"message": "Invalid JSON payload received."});
    (0..20).for_each(|number| service.gives(&format!("token {number}")));
    for (status, code) in [
        ("400 Bad Request", "INVALID_ARGUMENT"),
        ("401 Unauthorized", "THIRD_PARTY_AUTH_ERROR"),
        ("403 Forbidden", "SENDER_ID_MISMATCH"),
        ("404 Not Found", "OTHER"),
        ("429 Too Many Requests", "QUOTA_EXCEEDED"),
        ("500 Internal Server Error", "INTERNAL"),
        ("503 Service Unavailable", "UNAVAILABLE"),
    ] {
        service.refuses(status, code, &ours);
        app.advance(LONG);
        assert_eq!(device(&service.phones.next().await), "device", "{status}");
        says(&person, &page, &format!("<b>{}</b>", &status[..3])).await;
    }
    // Days later, where the fault may be one of all devices.
    service.refuses("403 Forbidden", "SENDER_ID_MISMATCH", &ours);
    app.advance(Duration::from_hours(24 * 7));
    service.phones.next().await;
    says(&person, &page, "<b>403</b>").await;
    app.advance(LONG);
    service.phones.next().await;
    says(&person, &page, "<b>200</b>").await;
}

#[tokio::test]
async fn what_became_of_phones_is_on_the_page_of_the_tokens() {
    let mut service = Service::start().await;
    let app = App::with(&service.configuration()).await;
    let channel = app.channel().await;
    let mut person = app.signed_in().await;
    let page = format!("/channels/{}/tokens", channel.id);
    assert!(!person.get(&page).await.is(200).text().contains("id=\"phones\""));
    let reader = registered(&channel, "device").await;
    let said = async |words: &str| says(&person, &page, words).await;
    said(">Never<").await;
    (0..40).for_each(|number| service.gives(&format!("token {number}")));
    channel.owner_token().wrote("one").await;
    service.phones.next().await;
    said("<b>200</b>").await;
    let shown = person.clone().get(&page).await.text();
    assert!(shown.contains("At work") && !shown.contains(">device<"), "{shown}");

    // Refused for three days, though the push service says nothing of the device's name.
    let ours = json!({"message": "Invalid JSON payload received."});
    (0..3).for_each(|_| service.refuses("400 Bad Request", "OTHER", &ours));
    channel.owner_token().wrote("two").await;
    let noted = || {
        let database = rusqlite::Connection::open(app.installation.database()).expect("the database");
        let sql = "select tries from push_registration";
        database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    for tries in 1..=2 {
        service.phones.next().await;
        // Its next time counts from when it was noted.
        eventually("a try that is noted", async || noted() == tries).await;
        said("Failing").await;
        said("<b>400</b>").await;
        app.advance(Duration::from_hours(37));
        app.anonymous().get("/healthz").await;
    }
    service.phones.next().await;
    said("Gave up").await;
    channel.owner_token().wrote("three").await;
    app.advance(LONG);
    app.anonymous().get("/healthz").await;
    assert!(service.phones.waiting().is_empty());
    reader.register("device").await.is(200);
    service.phones.next().await;
    said("At work").await;
    let gone = json!({"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"});
    service.refuses("404 Not Found", "UNREGISTERED", &gone);
    channel.owner_token().wrote("four").await;
    service.phones.next().await;
    said(">Gone<").await;
    // Rows of those that are gone keep no others out.
    for number in 0..50 {
        reader.register(&format!("device {number}")).await.is(200);
    }
    assert!(!person.get(&page).await.text().contains(">Gone<"));
    reader.register("one more").await.problem(400, 507);
    let database = rusqlite::Connection::open(app.installation.database()).expect("the database");
    database.execute_batch("update push_registration set state = 1").expect("all gave up");
    reader.register("one more").await.is(200);
    app.installation.succeed(&["check"], "");
}

#[test]
fn a_wrong_file_of_a_service_account_is_told_at_the_start() {
    let installation = Installation::with_account();
    let file = installation.data_dir().join("account.json");
    let path = file.to_str().expect("text");
    let serve = |text: Option<&str>| {
        if let Some(text) = text {
            fs::write(&file, text).expect("space");
        }
        let set = format!("push.fcm_service_account_file = \"{path}\"\n");
        let config = installation.data_dir().join("config.toml");
        fs::write(&config, set).expect("space");
        let output = installation.run(&["serve", "--config", config.to_str().expect("text")], "");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (text, words) in [
        (None, "cannot read"),
        (Some("{}"), "project_id"),
        (Some("not JSON"), "is no key of a service account"),
    ] {
        let (code, said) = serve(text);
        assert!(
            code != Some(0) && said.contains(words) && said.contains("push.fcm_service_account_file"),
            "{said}"
        );
    }
}
