//! What the pages show of many messages and of large ones.

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::events::Events;
use crate::support::person::Person;

#[tokio::test]
async fn a_message_of_16_mib_makes_small_pages_that_offer_it_for_download() {
    let app = App::with("limits.message_bytes = \"16M\"").await;
    let mut person = app.signed_in().await;
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

async fn wrote(writer: &Bearer, number: usize) {
    for _ in 0..number / 50 {
        join_all((0..50).map(|_| writer.wrote("a text"))).await;
    }
}

/// The number of the last change that a page knows of.
fn cursor(page: &str) -> u64 {
    let (_, rest) = page.split_once("/events?from=").expect("where live updates go on");
    rest.split('"').next().and_then(|number| number.parse().ok()).expect("a number")
}

/// How many changes the pages were told of since that number, when the last of them is this message.
async fn changes_since(person: &mut Person, before: u64, last: &Bearer) -> u64 {
    last.wrote("the last one").await;
    let counted = |page: String| cursor(&page) - before;
    // Changes are told in their order, a moment after they are answered.
    for _ in 0..1000 {
        let page = person.get("/inbox?q=last").await.text();
        if page.contains("the <mark>last</mark> one") && counted(page.clone()) >= 2 {
            return counted(page) - 1;
        }
    }
    panic!("the message was never told")
}

#[tokio::test]
async fn many_messages_are_marked_or_deleted_in_one_change() {
    let mut app = App::start().await;
    let mut person = app.signed_in().await;
    let (first, second) = (app.channel().await, app.channel().await);
    let kept = app.channel_with(json!({"retention": {"min_age_days": 1, "auto_prune": false}})).await;
    let last = app.channel().await.two_way().await;
    let peers = [first.two_way().await, second.two_way().await, kept.two_way().await];
    for peer in &peers {
        wrote(peer, 100).await;
    }
    // Pages are told of a message a moment after it is answered; to a server that begins anew, all this is past.
    app.restart().await;
    person.visit(&app.site);
    let keys: Vec<String> = [&first, &second]
        .iter()
        .flat_map(|channel| (1..=90).map(|sequence| format!("{}.{sequence}", channel.id)))
        .chain([format!("{}.1", kept.id), format!("{}.999", first.id), "nonsense".to_owned()])
        .collect();
    for (action, said) in [
        ("read", "181 messages marked read"),
        ("unread", "181 messages marked unread"),
        ("delete", "180 messages deleted for everyone; 1 is too young to be deleted."),
    ] {
        let mut fields: Vec<_> = keys.iter().map(|key| ("pick", key.as_str())).collect();
        fields.extend([("action", action), ("sure", "yes"), ("back", "/inbox")]);
        let before = cursor(&person.get("/inbox").await.text());
        person.post("/inbox/act", &fields).await.is(303);
        assert!(person.get("/inbox").await.text().contains(said), "{action}");
        assert_eq!(changes_since(&mut person, before, &last).await, 1, "{action}");
    }
    let expected: Vec<u64> = (91..=100).collect();
    assert_eq!((peers[0].all().await, peers[1].all().await), (expected.clone(), expected));
    assert_eq!(peers[2].all().await.len(), 100);

    let inside = format!("/channels/{}", kept.id);
    let before = cursor(&person.get(&inside).await.text());
    person.post(&format!("{inside}/read"), &[("up_to", "100")]).await.is(303);
    assert!(person.get(&inside).await.text().contains("100 messages marked read"));
    assert_eq!(changes_since(&mut person, before, &last).await, 1, "mark all read");
}

#[tokio::test]
async fn marking_all_read_leaves_what_came_since() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let inside = format!("/channels/{}", channel.id);
    for text in ["one", "two", "came since"] {
        peer.wrote(text).await;
    }
    person.get(&inside).await.is(200);
    person.post(&format!("{inside}/read"), &[("up_to", "2")]).await.is(303);
    assert!(person.get(&inside).await.text().contains("<span>1 new</span>"));
    person.post(&format!("{inside}/read"), &[]).await.is(303);
    assert!(!person.get(&inside).await.text().contains("unread."));
}

#[tokio::test]
async fn a_count_that_ends_at_a_thousand_says_that_there_are_more() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    let inside = format!("/channels/{}", channel.id);
    wrote(&peer, 1000).await;
    for (number, more) in [("1\u{202f}000", false), ("1\u{202f}000+", true)] {
        if more {
            peer.wrote("one more").await;
        }
        let page = person.get("/inbox?view=unread").await.text();
        for part in [
            format!("<title>({number}) Inbox"),
            format!("50 of {number} unread"),
            format!(">{number}<span class=\"vh\"> unread"),
        ] {
            assert!(page.contains(&part), "{part}: {page}");
        }
        let channels = person.get("/channels").await.text();
        assert!(channels.contains(&format!("data-count-of=\"{}\">{number}<span", channel.id)), "{channels}");
        let talk = person.get(&inside).await.text();
        assert!(
            talk.contains(&format!("<p class=\"newline\" id=\"new\"><span>{number} new</span>")),
            "{talk}"
        );
        let mut events = Events::follow(&person).await;
        events.until(&app, "resync").await;
        assert!(events.told.contains(&format!("{{\"unread\":1000,\"more\":{more},")), "{}", events.told);
    }
    person.post(&format!("{inside}/read"), &[]).await.is(303);
    assert!(person.get(&inside).await.text().contains("1\u{202f}000+ messages marked read"));
}

/// Puts so many messages after the first one, as many as a test could not write. They do not open, which is as much work
/// as opening them.
fn bury(app: &App, messages: u64) {
    let database = Connection::open(app.installation.database()).expect("the database");
    let sql = format!(
        "begin;
         insert into filed_envelope select * from new_envelope;
         delete from new_envelope;
         with recursive number (n) as (select 2 union all select n + 1 from number where n <= {messages})
         insert into message (id, sealed) select n, zeroblob(64) from number;
         insert into filed_envelope (channel_id, sequence, author, received_at, message_id)
         select 1, id, -1, 1772390580120 + id, id from message where id > 1;
         update channel set head = {messages} + 1, messages = {messages} + 1;
         commit;"
    );
    database.execute_batch(&sql).expect("a large channel");
}

#[tokio::test]
async fn a_search_says_how_far_it_looked_and_reaches_the_oldest_of_100_000_with_two_presses() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    app.channel().await.two_way().await.wrote("a needle in the hay").await;
    bury(&app, 100_000);
    let mut page = person.get("/inbox?q=needle").await.is(200).text();
    for presses in 0.. {
        if page.contains("data-row=") {
            assert!(presses > 0, "it was found by looking at a part");
            assert!(page.contains("needle</mark> in the hay") && page.contains("1 message found"));
            assert!(page.contains("Looked through everything."), "{page}");
            break;
        }
        assert!(presses < 2, "pressed {presses} times in vain");
        assert!(page.contains("Nothing found yet") && !page.contains("Nothing matches"), "{page}");
        assert!(
            page.contains("Nothing found so far") && page.contains("Looked back to 1 Mar 2026"),
            "{page}"
        );
        let (_, rest) = page.split_once("rel=\"next\" href=\"").expect("a way on");
        let address = rest.split('"').next().unwrap_or_default().replace("&#38;", "&");
        page = person.get(&address).await.is(200).text();
    }
    // What was looked through as a whole is said so.
    let page = person.get("/inbox?q=needle+seq:1+before:2026-02-28").await.text();
    assert!(page.contains("Nothing matches") && page.contains("Looked through everything."), "{page}");
}

#[tokio::test]
async fn a_list_says_whether_whatever_comes_stands_at_its_top() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("a text").await;
    for query in ["", "?view=unread", "?view=all"] {
        let page = person.get(&format!("/inbox{query}")).await.is(200).text();
        assert!(page.contains(&format!("data-newest=\"/inbox{query}\"")), "{query}: {page}");
    }
    let older = "?older=100&trail=200";
    for query in ["?view=sent", "?view=starred", "?view=snoozed", "?q=text", older] {
        let page = person.get(&format!("/inbox{query}")).await.is(200).text();
        assert!(!page.contains("data-newest"), "{query}: {page}");
    }
}

#[tokio::test]
async fn what_stands_together_on_an_opened_message_has_a_name_and_promises_no_keys() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    channel.two_way().await.wrote("a text").await;
    let page = person.get(&format!("/m/{}/1", channel.id)).await.is(200).text();
    assert!(
        page.contains("class=\"tools\" role=\"group\" aria-label=") && !page.contains("toolbar"),
        "{page}"
    );
    assert!(page.contains("class=\"panels\" role=\"group\" aria-label="), "{page}");
    let keys = person.get("/help/shortcuts").await.is(200).text();
    assert!(keys.contains("<dt>Older, newer one in its channel</dt>"), "the words of its buttons: {keys}");
    // What a script says aloud has its place on pages outside of the frame too.
    let outside = app.anonymous().get("/login").await.is(200).text();
    assert!(outside.contains("id=\"announce\" role=\"status\""), "{outside}");
}

#[tokio::test]
async fn nobody_is_all_caught_up_while_something_is_unread() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let peer = channel.two_way().await;
    // Whether the sentence is hidden until a script shows it.
    let caught_up = |page: &str| {
        assert!(page.contains("You're all caught up") && page.contains("id=\"came\""), "{page}");
        page.contains("id=\"caught-up\">")
    };
    let page = person.get("/inbox").await.text();
    assert!(caught_up(&page) && page.contains("Nothing unread"), "{page}");
    peer.wrote("one").await;
    let page = person.get("/inbox?view=unread&older=1").await.text();
    assert!(!caught_up(&page) && page.contains("Nothing older is unread"), "{page}");
    assert!(page.contains("0 of 1 unread") && !page.contains("Nothing unread"), "{page}");
}

#[tokio::test]
async fn times_to_come_are_said_with_their_zone_for_a_script_to_turn_into_the_readers() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let page = person.get("/profile/security").await.text();
    let until = "<time datetime=\"2026-03-01T19:13:00.120Z\" title=\"1 Mar 2026, 19:13 UTC\" data-when>\
                 1 Mar 2026, 19:13 UTC</time>";
    assert!(page.contains(&format!("unlocked until {until}.")), "{page}");
}

/// How many messages a list shows and how many are unread, as its page says.
fn shown_and_unread(page: &str) -> (u64, u64) {
    let (_, rest) = page.split_once("id=\"summary\">").expect("a summary");
    // The words, or the first of the sentences that a script chooses from.
    let words =
        rest.split("</span>").next().and_then(|text| text.rsplit('>').next()).unwrap_or_default().trim();
    if words == "Nothing unread" {
        return (0, 0);
    }
    let numbers = words.strip_suffix(" unread").and_then(|words| words.split_once(" of "));
    let (shown, unread) = numbers.unwrap_or_else(|| panic!("{words}"));
    (shown.parse().expect("a number"), unread.parse().expect("a number"))
}

#[tokio::test]
async fn a_page_shows_one_moment() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let peers = [app.channel().await.two_way().await, app.channel().await.two_way().await];
    let writing = async {
        for _ in 0..24 {
            for peer in &peers {
                peer.wrote("a text").await;
            }
        }
    };
    let looking = async {
        for _ in 0..60 {
            let (shown, unread) = shown_and_unread(&person.get("/inbox?view=unread").await.text());
            assert_eq!(shown, unread, "the list and its count are of two moments");
        }
    };
    futures_util::future::join(writing, looking).await;
}
