//! Channels in their holder's inbox: pinned, muted, in groups, in one of several orders, counted as messages come.

use serde_json::json;

use crate::support::app::App;
use crate::support::channel::Channel;
use crate::support::events::Events;
use crate::support::person::Person;

/// Channels of these names, the first the oldest.
async fn named<const N: usize>(app: &App, person: &mut Person, names: [&str; N]) -> Vec<Channel> {
    let mut channels = Vec::new();
    for name in names {
        let channel = app.channel().await;
        let settings = format!("/channels/{}/settings", channel.id);
        person.submit(&settings, &settings, &[("label", name)]).await.is(303);
        channels.push(channel);
    }
    channels
}

async fn arrange(person: &mut Person, channel: &Channel, fields: &[(&str, &str)]) {
    person.get("/channels").await.is(200);
    let all: Vec<_> = fields.iter().copied().chain([("back", "/channels")]).collect();
    let reply = person.post(&format!("/channels/{}/arrange", channel.id), &all).await;
    assert_eq!(Person::sent_to(&reply), "/channels");
}

/// What stands in these elements, in order.
fn texts<'a>(page: &'a str, before: &'a str) -> Vec<&'a str> {
    page.split(before).skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

/// The names of the list, in its order.
fn list(page: &str) -> Vec<&str> {
    let page = page.split("<main").nth(1).expect("a page");
    page.split("class=\"name\"")
        .skip(1)
        .filter_map(|rest| rest.split("<bdi>").nth(1)?.split('<').next())
        .collect()
}

fn rail(page: &str) -> &str {
    page.split("<nav class=\"rail\"").nth(1).and_then(|rest| rest.split("</nav>").next()).expect("a rail")
}

#[tokio::test]
async fn the_list_is_sorted_by_what_its_reader_chooses() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["Öl", "apples", "Zinc"]).await;
    channels[1].two_way().await.wrote("one").await;
    let busy = channels[0].two_way().await;
    for text in ["one", "two"] {
        busy.wrote(text).await;
    }
    channels[2].owner_token().wrote("my own, the newest").await;
    for (sort, names) in [
        ("", ["Zinc", "Öl", "apples"]),
        ("?sort=activity", ["Zinc", "Öl", "apples"]),
        ("?sort=nonsense", ["Zinc", "Öl", "apples"]),
        ("?sort=name", ["apples", "Öl", "Zinc"]),
        ("?sort=unread", ["Öl", "apples", "Zinc"]),
    ] {
        assert_eq!(list(&person.get(&format!("/channels{sort}")).await.is(200).text()), names, "{sort}");
    }
    // Each says who wrote last, and what.
    let page = person.get("/channels").await.text();
    assert!(page.contains("You (a program)</bdi>:</span> <bdi>my own, the newest</bdi>"), "{page}");
    assert!(page.contains("a counterparty</bdi>:</span> <bdi>two</bdi>"), "{page}");
}

#[tokio::test]
async fn a_long_list_goes_on_where_the_page_before_ended() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    for _ in 0..105 {
        app.channel().await;
    }
    for sort in ["activity", "name", "unread"] {
        let first = person.get(&format!("/channels?sort={sort}")).await.text();
        let more = first.split("rel=\"next\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
        let more = more.expect("a second page").replace("&#38;", "&");
        let second = person.get(&more).await.is(200).text();
        assert_eq!((list(&first).len(), list(&second).len()), (100, 5), "{sort}");
        assert!(!second.contains("rel=\"next\""));
        let ids = |page: &str| texts(page, "data-count-of=\"").len();
        assert!(ids(&first) >= 100, "every channel has a count");
    }
}

#[tokio::test]
async fn channels_of_a_group_stand_together() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["a", "b", "c", "d"]).await;
    for (channel, group) in [(0, "Suppliers"), (1, "Family"), (3, "Suppliers")] {
        arrange(&mut person, &channels[channel], &[("group", group)]).await;
    }
    let page = person.get("/channels?sort=name").await.text();
    assert_eq!(list(&page), ["b", "a", "d", "c"]);
    assert_eq!(texts(&page, "<h2 class=\"group\" dir=\"auto\">"), ["Family", "Suppliers", "Without a group"]);
    let settings = person.get(&format!("/channels/{}/settings", channels[2].id)).await.text();
    assert!(settings.contains("<option value=\"Family\"><option value=\"Suppliers\">"), "{settings}");
    // The API is told nothing of it, and a group that is left is none.
    assert!(!channels[0].get().await.ok().to_string().contains("Suppliers"));
    arrange(&mut person, &channels[1], &[("group", "")]).await;
    let page = person.get("/channels").await.text();
    assert_eq!(texts(&page, "<h2 class=\"group\" dir=\"auto\">"), ["Suppliers", "Without a group"]);
    let other = app.another_account("zoe").channel().await;
    person.post(&format!("/channels/{}/arrange", other.id), &[("group", "mine")]).await.is(404);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn pinned_channels_stand_first_in_the_list() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["a", "b", "c", "d"]).await;
    arrange(&mut person, &channels[3], &[("pinned", "yes"), ("muted", "no"), ("group", "Suppliers")]).await;
    let headings = |page: &str| texts(page, "<h2 class=\"group\" dir=\"auto\">").join(", ");
    let page = person.get("/channels?sort=name").await.text();
    assert_eq!((list(&page), headings(&page)), (vec!["d", "a", "b", "c"], "Pinned, Not pinned".to_owned()));
    arrange(&mut person, &channels[1], &[("group", "Pinned")]).await;
    arrange(&mut person, &channels[0], &[("pinned", "yes")]).await;
    let page = person.get("/channels?sort=name").await.text();
    assert_eq!(list(&page), ["a", "d", "b", "c"]);
    assert_eq!(headings(&page), "Pinned, Pinned, Without a group", "one of these is a group of that name");
    assert!(page.contains("first among the channels"), "{page}");
}

#[tokio::test]
async fn a_pinned_channel_stands_in_the_navigation_of_every_page() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["Old and quiet"]).await;
    for _ in 0..9 {
        app.channel().await.two_way().await.wrote("newer").await;
    }
    assert!(!rail(&person.get("/profile").await.text()).contains("Old and quiet"));
    arrange(&mut person, &channels[0], &[("pinned", "yes")]).await;
    let page = person.get("/profile").await.text();
    assert!(rail(&page).contains("<h2>Pinned</h2>") && rail(&page).contains("Old and quiet"), "{page}");
    let page = person.get(&format!("/channels/{}", channels[0].id)).await.text();
    assert_eq!(rail(&page).matches("aria-current").count(), 1, "{page}");
    arrange(&mut person, &channels[0], &[("pinned", "no")]).await;
    assert!(!rail(&person.get("/profile").await.text()).contains("Pinned"));
}

#[tokio::test]
async fn a_muted_channel_is_counted_in_grey_and_nowhere_else() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["Noisy", "Quiet"]).await;
    let noisy = channels[0].two_way().await;
    noisy.wrote("some noise").await;
    channels[1].two_way().await.wrote("a word").await;
    // The form of the settings has a hidden "no" before each box.
    let boxes = [("pinned", "no"), ("muted", "no"), ("muted", "yes"), ("group", "")];
    arrange(&mut person, &channels[0], &boxes).await;
    let page = person.get("/inbox").await.text();
    assert!(page.contains("data-unread=\"1\"") && page.contains("<title>(1) "), "{page}");
    assert!(page.contains("a word") && !page.contains("some noise"), "{page}");
    let grey = format!("<span class=\"count quiet\" data-count-of=\"{}\">1", channels[0].id);
    assert!(rail(&page).contains(&grey), "{page}");
    // Nothing is lost: it is in everything else.
    for place in
        ["/inbox?view=all", "/inbox?q=noise", "/inbox?q=is%3Aunread", "/inbox?view=unread&q=channel%3Anoisy"]
    {
        assert!(person.get(place).await.text().contains("some "), "{place}");
    }
    arrange(&mut person, &channels[0], &[("muted", "no")]).await;
    assert!(person.get("/inbox").await.text().contains("some noise"));
}

#[tokio::test]
async fn open_pages_are_told_which_channels_changed() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["one", "other"]).await;
    let (t, other) = (channels[0].two_way().await, channels[1].two_way().await);
    let mut events = Events::of_inbox(&mut person).await;
    // What changed before may still be on its way to the page: with the first message it hears of all of it.
    other.wrote("zeroth").await;
    events.data(&app, "message").await;
    t.wrote("first").await;
    let told = events.data(&app, "message").await;
    assert_eq!(told["channels"], json!([{"id": channels[0].id, "unread": 1, "more": false}]));
    other.wrote("second").await;
    let told = events.data(&app, "message").await;
    assert_eq!(told["channels"], json!([{"id": channels[1].id, "unread": 2, "more": false}]));
    assert_eq!(told["unread"], 3);
    // What the holder wrote changes no count, and still is something new in its channel.
    channels[0].owner_token().wrote("mine").await;
    let told = events.data(&app, "message").await;
    assert_eq!(told["channels"], json!([{"id": channels[0].id, "unread": 1, "more": false}]));
}

#[tokio::test]
async fn a_page_that_begins_to_listen_is_told_of_every_channel_with_something_unread() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channels = named(&app, &mut person, ["one", "other", "silent"]).await;
    let t = channels[0].two_way().await;
    let mut earlier = Events::of_inbox(&mut person).await;
    t.wrote("first").await;
    earlier.until(&app, "message").await;
    let first = json!([{"id": channels[0].id, "unread": 1, "more": false}]);
    let mut events = Events::of_inbox(&mut person).await;
    let told = events.data(&app, "counts").await;
    assert_eq!((&told["unread_in"], &told["channels"], &told["unread"]), (&first, &json!(null), &json!(1)));
    // One that comes from before the last change hears of that, too.
    let mut events = Events::follow(&person).await;
    let told = events.data(&app, "resync").await;
    assert_eq!((&told["unread_in"], &told["channels"], &told["unread"]), (&first, &json!(null), &json!(1)));
}
