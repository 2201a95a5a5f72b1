//! Counterparties: what their holder calls them and knows of them, and what is left of their rights.

use std::time::Duration;

use serde_json::json;

use crate::support::app::{App, PASSWORD};
use crate::support::bearer::Bearer;
use crate::support::person::Person;

fn page_of(bearer: &Bearer) -> String {
    format!("/channels/{}/tokens/{}", bearer.channel, bearer.id)
}

#[tokio::test]
async fn a_counterparty_gets_another_name_a_note_and_a_colour() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let lena = channel.two_way().await;
    lena.wrote("good morning").await;
    let place = page_of(&lena);
    let fields = [
        ("label", "Lena & sons"),
        ("note", "met at the market\r\nlikes <b>tomatoes</b>"),
        ("hue", "6"),
        ("read", "yes"),
        ("write", "yes"),
        ("delete", "yes"),
    ];
    let saved = person.submit(&place, &place, &fields).await;
    assert_eq!(Person::sent_to(&saved), place);
    let page = person.get(&place).await.is(200).text();
    assert!(page.contains("<bdi>Lena &#38; sons</bdi>"), "{page}");
    assert!(page.contains("met at the market\nlikes &#60;b&#62;tomatoes"), "{page}");
    assert!(page.contains("value=\"6\" checked"), "{page}");
    assert!(page.contains("mark big hue6"), "{page}");
    // The name is the one that programs know, and the one under which everything is shown and found.
    let described = app.owner().token(&channel.id, &lena.id).await.ok();
    assert_eq!(described["description"], "Lena & sons");
    assert_eq!(described["token"], lena.secret.as_str());
    let talk = person.get(&format!("/channels/{}", channel.id)).await.text();
    assert!(talk.contains("Lena &#38; sons") && talk.contains("hue6"), "{talk}");
    let found = person.get("/inbox?q=from%3Asons").await.text();
    assert!(found.contains("good morning"), "{found}");
    assert!(!person.get("/inbox?q=from%3Acounterparty").await.text().contains("good morning"));
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_and_nothing_is_lost() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let lena = app.channel().await.two_way().await;
    let place = page_of(&lena);
    let long = "n".repeat(4001);
    let fields = [("label", " "), ("note", long.as_str()), ("read", "yes"), ("write", "yes")];
    let page = person.submit(&place, &place, &fields).await.is(422).text();
    assert!(page.contains("id=\"label-wrong\"") && page.contains("id=\"note-wrong\""), "{page}");
    assert!(page.contains(&long), "what was typed is there again");
    let other = app.another_account("zoe").channel().await.two_way().await;
    person.get(&page_of(&other)).await.is(404);
    person.get(&place).await.is(200);
    person.post(&page_of(&other), &[("label", "mine")]).await.is(404);
    let mixed = format!("/channels/{}/tokens/{}", lena.channel, other.id);
    person.post(&mixed, &[("label", "mine")]).await.is(404);
}

#[tokio::test]
async fn rights_are_taken_away_at_once_and_never_come_back() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let lena = channel.two_way().await;
    lena.wrote("before").await;
    let mut socket = lena.socket().await;
    let place = page_of(&lena);
    let narrow = [("label", "Lena"), ("note", "a\nb"), ("write", "yes"), ("delete", "yes")];
    let asked = person.submit(&place, &place, &narrow).await.is(200).text();
    assert!(asked.contains("can no longer read, from that moment on. This cannot be undone"), "{asked}");
    lena.read("").await.ok();
    person.answer(&asked, &place).await.is(303);
    assert!(person.get(&place).await.text().contains(">a\nb</textarea>"), "nothing typed is lost on the way");
    lena.read("").await.refused(401);
    assert_eq!(lena.wrote("still writes").await, 2);
    app.advance(Duration::from_millis(250));
    socket.closed().await;
    // Ticked again, it stays away.
    let page = person.get(&place).await.text();
    assert!(!page.contains("name=\"read\"") && page.contains("Reads nothing"), "{page}");
    let wide = [("label", "Lena"), ("read", "yes"), ("write", "yes"), ("delete", "yes")];
    person.post(&place, &wide).await.is(303);
    lena.read("").await.refused(401);
    let asked = person.submit(&place, &place, &[("label", "Lena"), ("write", "yes")]).await.is(200).text();
    assert!(asked.contains("can no longer delete what others wrote"), "{asked}");
    let none = [("label", "Lena")];
    // To leave none is to revoke it.
    person.post("/step-up/close", &[]).await.is(303);
    let asked = person.submit(&place, &place, &none).await.is(401).text();
    assert!(asked.contains("Confirm it is you"), "{asked}");
    person.post("/step-up", &[("password", PASSWORD)]).await.is(303);
    let asked = person.submit(&place, &place, &none).await.is(200).text();
    assert!(asked.contains("can no longer write"), "{asked}");
    lena.wrote("not yet").await;
    person.answer(&asked, &place).await.is(303);
    lena.write("no more").await.refused(401);
    let described = app.owner().token(&channel.id, &lena.id).await.ok();
    let rights = ["can_read", "can_write", "can_delete"].map(|right| described[right].clone());
    assert_eq!(rights, [json!(false), json!(false), json!(false)]);
    assert_eq!(described["token"], lena.secret.as_str());
}

#[tokio::test]
async fn a_holder_sees_when_a_token_was_used_and_what_it_has_not_read() {
    let mut app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let (o, lena) = (channel.owner_token(), channel.two_way().await);
    let place = page_of(&lena);
    let page = person.get(&place).await.text();
    assert!(page.contains("Never") && page.contains("Has read everything"), "{page}");
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    lena.mark_read(1).await;
    let page = person.get(&place).await.text();
    assert!(page.contains("1 Mar 2026, 18:00 UTC"), "{page}");
    assert!(page.contains("2 messages unread"), "{page}");
    let list = person.get(&format!("/channels/{}/tokens", channel.id)).await.text();
    assert!(list.contains("2 messages unread"), "{list}");
    app.advance(Duration::from_hours(2));
    lena.read("").await.is(200);
    assert!(person.get(&place).await.text().contains("1 Mar 2026, 20:00 UTC"));
    // It is written down before the server ends.
    app.restart().await;
    assert!(person.get(&place).await.text().contains("1 Mar 2026, 20:00 UTC"));
    app.installation.succeed(&["check"], "");
    channel.revoke(&lena).await.is(204);
    assert_eq!(Person::sent_to(&person.get(&place).await), format!("/channels/{}/tokens", channel.id));
}

#[tokio::test]
async fn the_token_made_with_a_channel_keeps_its_name_and_rights() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    let place = page_of(&o);
    assert!(person.get(&place).await.text().contains("acts as you"));
    person.post(&place, &[("label", "Renamed"), ("note", "a program of mine")]).await.is(303);
    assert!(person.get(&place).await.text().contains("a program of mine"));
    let described = app.owner().token(&channel.id, &o.id).await.ok();
    assert_eq!(described["description"], "Owner");
    o.wrote("it still writes").await;
}

#[tokio::test]
async fn whoever_is_given_a_token_on_the_pages_deletes_only_what_is_theirs_unless_it_is_said() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let tokens = format!("/channels/{}/tokens", channel.id);
    let page = person.get(&tokens).await.text();
    assert!(page.contains("name=\"delete\" value=\"yes\">"), "not ticked: {page}");
    for (more, may) in [(None, false), (Some(("delete", "yes")), true)] {
        let fields: Vec<_> = [("label", "Web shop"), ("write", "yes")].into_iter().chain(more).collect();
        let made = person.submit(&tokens, &tokens, &fields).await;
        let id = Person::sent_to(&made).split('/').nth(4).expect("a token").to_owned();
        let described = app.owner().token(&channel.id, &id).await.ok();
        let told = if may { None } else { Some(&json!(false)) };
        assert_eq!(described.get("can_delete"), told, "absent means that it may");
    }
}
