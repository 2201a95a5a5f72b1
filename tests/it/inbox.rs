//! What the pages show of many messages and of large ones.

use serde_json::Value;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::person::Person;

async fn signed_in(app: &App) -> Person {
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    person
}

#[tokio::test]
async fn a_message_of_16_mib_makes_small_pages_that_offer_it_for_download() {
    let app = App::with("limits.message_bytes = \"16M\"").await;
    let mut person = signed_in(&app).await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let all = 16 * 1024 * 1024;
    let letter = "é".repeat(all / 2);
    let deep = format!("{}{}1{}", "[".repeat(100), "1,".repeat(30_000), "]".repeat(100));
    let list: Value = vec![1; all / 2 - 8].into();
    for (content_type, body) in [
        ("text/plain", letter.clone()),
        ("application/json", list.to_string()),
        ("application/json", format!("{{\"only\":\"{}\"}}", "<".repeat(1_000_000))),
        ("application/json", deep),
        ("application/octet-stream", "\0".repeat(all)),
    ] {
        let written = peer.write_as(content_type, body.clone()).await.ok();
        let address = format!("/m/{}/{}", channel.id, written["sequence"]);
        let page = person.get(&address).await.is(200).text();
        assert!(page.len() < 1_000_000, "{content_type}: a page of {} bytes", page.len());
        assert!(page.contains("This is only the beginning of"), "{content_type}");
        assert!(page.contains(&format!("href=\"{address}/raw\" download")), "{content_type}");
        assert!(!page.contains("data-copy=\"content\""), "what is not whole is not copied: {content_type}");
        assert!(!page.contains('\u{fffd}'), "no letter was cut: {content_type}");
        assert_eq!(person.get(&format!("{address}/raw")).await.is(200).text(), body);
    }
    for list in [format!("/channels/{}", channel.id), "/inbox?view=all".to_owned()] {
        let page = person.get(&list).await.is(200).text();
        assert!(page.len() < 200_000, "{list}: a page of {} bytes", page.len());
    }
    peer.write_as("application/json", "{\"order\":1}").await.ok();
    let page = person.get(&format!("/m/{}/6", channel.id)).await.text();
    assert!(page.contains("data-copy=\"content\"") && page.contains("id=\"content\""), "{page}");
}
