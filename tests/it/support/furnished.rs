//! An account with all that an export may hold.

use serde_json::json;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::receiver::hook;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand what follows";

/// What `export` prints of the first account.
#[track_caller]
pub fn exported(installation: &Installation, more: &[&str]) -> String {
    installation.succeed(&[&["export", "--account", "first"], more].concat(), "")
}

/// An account with all that an export may hold, and whoever reads and writes there.
pub async fn furnished(app: &App) -> (Channel, Bearer, Bearer) {
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let inside = format!("/channels/{}", channel.id);
    person.get(&inside).await.is(200);
    let lena = channel.two_way().await;
    let settings = format!("{inside}/settings");
    person
        .submit(&settings, &settings, &[("label", "Tomatoes \u{1f345}"), ("direction", "both")])
        .await
        .is(303);
    let card = format!("{inside}/tokens/{}", lena.id);
    let told =
        [("label", "Lena"), ("note", "from the\nmarket"), ("hue", "6"), ("read", "yes"), ("write", "yes")];
    let asked = person.submit(&card, &card, &told).await.is(200).text();
    person.answer(&asked, &card).await.is(303);
    let owner = channel.owner_token();
    let gone = channel.two_way().await;
    gone.wrote("by a token that is revoked").await;
    channel.revoke(&gone).await.is(204);
    lena.write_as("application/x-all", (0..=255).collect::<Vec<u8>>()).await.ok();
    owner.wrote("by the owner's token").await;
    lena.wrote("to be deleted").await;
    lena.delete(4).await.is(204);
    let late = channel.issue(true, false).await;
    person.post_parts(&inside, &[("text", "by the holder, from the pages")], &[]).await.is(303);
    lena.wrote("the last one").await;
    // What readers think differs in every way: below and above the cursor, own and foreign.
    lena.mark_read_up_to(5).await;
    lena.mark_unread(3).await;
    lena.mark_unread(2).await;
    late.mark_read(6).await;
    owner.mark_read(2).await;
    act(&mut person, "archive", &channel, &[2]).await;
    act(&mut person, "star", &channel, &[1, 5]).await;
    act(&mut person, "unread", &channel, &[1]).await;
    // Paused, so that nobody is called.
    let address = "https://example.org/hook?token=in-the-query";
    let page =
        hook(&mut person, &channel, address, &[("token", "of-the-receiver"), ("message", "yes")]).await;
    person.post(&format!("{page}/turn"), &[("do", "pause")]).await.is(303);
    furnish_for_keys(&mut person, &inside, &lena).await;
    // A second channel between whose messages those of the first came.
    let open = json!({"public_read": true, "public_write": true, "sequenced": true,
                      "retention": {"min_age_days": 1, "max_age_days": 30, "auto_prune": true}});
    let second = app.channel_with(open).await;
    app.anonymous().post(&second.path(""), "text/plain", "by nobody in particular").await.ok();
    lena.wrote("after that of the other channel").await;
    second.lock().await;
    (channel, lena, late)
}

async fn act(person: &mut Person, action: &str, channel: &Channel, sequences: &[u64]) {
    let keys: Vec<_> = sequences.iter().map(|sequence| format!("{}.{sequence}", channel.id)).collect();
    let mut fields: Vec<_> = keys.iter().map(|key| ("pick", key.as_str())).collect();
    fields.extend([("action", action), ("back", "/inbox")]);
    person.get("/inbox").await.is(200);
    person.post("/inbox/act", &fields).await.is(303);
}

/// What pages seal, and what visitors see.
async fn furnish_for_keys(person: &mut Person, inside: &str, lena: &Bearer) {
    let keys = "/profile/keys";
    for byte in [1, 2] {
        let key = base64_simd::STANDARD.encode_to_string([byte; 32]);
        person.submit(keys, keys, &[("key", &key), ("copy", "{\"v\":1}")]).await.is(303);
    }
    person.get("/profile/keys/1/retire").await.is(200);
    person.post("/profile/keys/1/retire", &[]).await.is(303);
    let (welcome, arrange) = (format!("{inside}/welcome"), format!("{inside}/arrange"));
    person.get(&welcome).await.is(200);
    let greeting = [("greeting", "come\r\nin")];
    person.post_parts(&welcome, &greeting, &[("shop.png", "image/png", PNG)]).await.is(303);
    person.get("/channels").await.is(200);
    let place = [("pinned", "yes"), ("group", "Shops"), ("back", "/channels")];
    person.post(&arrange, &place).await.is(303);
    person.post(&format!("{inside}/reply"), &[("reply", "1.zebra-reply.zebra-key")]).await.is(204);
    let link = format!("{inside}/tokens/{}/link", lena.id);
    person.post(&link, &[("link", "1.zebra-link")]).await.is(200);
    let sealed = "application/vnd.peerbox.sealed";
    let about = [("letter", "yes"), ("quiet", "yes"), ("type", sealed), ("n", "4"), ("text", "")];
    let octets = "application/octet-stream";
    let parts: [(&str, &str, &[u8]); 2] =
        [("box", octets, &[7; 60]), ("copy", octets, b"a copy for the holder")];
    person.get(inside).await.is(200);
    person.post_parts(inside, &about, &parts).await.is(201);
}

/// Messages of 12 MiB in all.
pub async fn many_bytes(app: &App) -> Bearer {
    let lena = app.channel().await.two_way().await;
    for byte in 0..12 {
        lena.write_as("application/octet-stream", vec![byte; 1 << 20]).await.ok();
    }
    lena
}
