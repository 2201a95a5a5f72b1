//! A channel for callbacks as a table of transactions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, PASSWORD};
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;
use crate::support::person::Person;

const ONE: &str = "cf5acea19143838ad019dc23333dbacfd7e5e46bc26627cf917e06bbe8ccc0a8";
const TWO: &str = "6aa6e138ed482c0b7194f3cc57bf8a3c8408101800f0a24abcaa4523f199feae";

fn said(txid: &str, status: &str) -> Value {
    json!({"txid": txid, "txStatus": status})
}

async fn report(to: &Bearer, body: &Value) {
    to.write_as("application/json", body.to_string()).await.is(200);
}

/// A channel for callbacks with a processor that writes to it, and its holder.
async fn callbacks() -> (App, Person, Channel, Bearer) {
    let app = App::start().await;
    let channel = app.channel().await;
    app.edit("update channel set direction = 3");
    let (person, processor) = (app.signed_in().await, channel.write_only().await);
    (app, person, channel, processor)
}

#[tokio::test]
async fn each_transaction_has_one_line_with_what_was_said_last_and_before() {
    let (_app, mut person, channel, processor) = callbacks().await;
    report(&processor, &said(ONE, "SEEN_ON_NETWORK")).await;
    report(&processor, &json!({"count": 2, "callbacks": [said(ONE, "MINED"), said(TWO, "SEEN_ON_NETWORK")]}))
        .await;
    report(&processor, &json!({"type": "BLOCK_PROCESSED", "blockHash": TWO})).await;
    processor.wrote("a note").await;
    let moved = person.get(&format!("/channels/{}", channel.id)).await.is(303);
    let place = Person::sent_to(&moved).to_owned();
    assert_eq!(place, format!("/channels/{}/transactions", channel.id));
    let page = person.get(&place).await.is(200).text();
    for id in [ONE, TWO] {
        assert_eq!(page.matches(&format!("title=\"{id}\"")).count(), 1, "{id}: {page}");
    }
    assert!(page.contains("2 reports") && page.contains("Mined"), "{page}");
    assert!(page.contains("Made of all 4 messages; 2 of them are about no transaction."), "{page}");
    let mined = person.get(&format!("{place}?status=block")).await.is(200).text();
    assert!(
        mined.contains(&format!("title=\"{ONE}\"")) && !mined.contains(&format!("title=\"{TWO}\"")),
        "{mined}"
    );
    let plain = person.get(&format!("/channels/{}?view=messages", channel.id)).await.is(200).text();
    assert!(plain.contains("a note"), "{plain}");
    person.get(&format!("/channels/{}?at=1", channel.id)).await.is(200);
}

#[tokio::test]
async fn what_is_done_among_its_messages_leads_back_to_them() {
    let (_app, mut person, channel, processor) = callbacks().await;
    channel.amend(&json!({"public_write": true})).await.ok();
    processor.wrote("a note").await;
    let (inside, talk) =
        (format!("/channels/{}", channel.id), format!("/channels/{}?view=messages", channel.id));
    let page = person.get(&talk).await.is(200).text();
    let back = format!("name=\"back\" value=\"{talk}\"");
    assert_eq!(page.matches(&back).count(), 3, "mark all read, arrange, close: {page}");
    assert!(page.contains(&format!("data-start=\"{talk}\"")), "{page}");
    let marked = person.post(&format!("{inside}/read"), &[("up_to", "1"), ("back", &talk)]).await.is(303);
    assert_eq!(Person::sent_to(&marked), talk);
    let nothing_there = person.get(&format!("{inside}?before=1")).await.is(303);
    assert_eq!(Person::sent_to(&nothing_there), talk);
}

#[tokio::test]
async fn what_was_so_last_counts_and_not_what_came_last() {
    let (_app, mut person, channel, processor) = callbacks().await;
    let with = |status: &str, at: &str| json!({"txid": ONE, "txStatus": status, "timestamp": at});
    report(&processor, &with("MINED", "2026-02-01T10:00:05Z")).await;
    report(&processor, &with("SEEN_ON_NETWORK", "2026-02-01T10:00:00Z")).await;
    let page =
        person.get(&format!("/channels/{}/transactions?status=block", channel.id)).await.is(200).text();
    assert!(page.contains(&format!("title=\"{ONE}\"")), "{page}");
}

#[tokio::test]
async fn what_is_said_within_a_batch_counts_in_its_order_and_to_the_nanosecond() {
    let (_app, mut person, channel, processor) = callbacks().await;
    let ids = ["a1", "a2", "a3", "a4"].map(|id| id.repeat(32));
    let with =
        |at: usize, status: &str, time: &str| json!({"txid": ids[at], "txStatus": status, "timestamp": time});
    let quick = |rest: &str| format!("2026-02-01T10:00:00.123{rest}Z");
    let batch = [
        with(0, "SEEN_ON_NETWORK", &quick("4")),
        with(0, "MINED", &quick("9")),
        with(1, "MINED", &quick("9")),
        with(1, "SEEN_ON_NETWORK", &quick("4")),
        said(&ids[2], "SEEN_ON_NETWORK"),
        said(&ids[2], "MINED"),
        with(3, "SEEN_ON_NETWORK", &quick("")),
    ];
    report(&processor, &json!({"count": 7, "callbacks": batch})).await;
    // How programs in Go write that they do not know when.
    report(&processor, &with(3, "MINED", "0001-01-01T00:00:00Z")).await;
    let place = format!("/channels/{}/transactions", channel.id);
    let page = person.get(&format!("{place}?status=block")).await.is(200).text();
    for id in &ids {
        assert!(page.contains(&format!("title=\"{id}\"")), "{id}: {page}");
    }
    assert!(!page.contains("1 Jan 1"), "{page}");
    let page = person.get(&format!("/m/{}/2", channel.id)).await.is(200).text();
    assert!(!page.contains("Reported") && page.contains("never (0001-01-01"), "{page}");
}

#[tokio::test]
async fn a_report_of_a_time_to_come_does_not_stand_above_those_that_follow() {
    let (_app, mut person, channel, processor) = callbacks().await;
    let with = |status: &str, at: &str| json!({"txid": ONE, "txStatus": status, "timestamp": at});
    report(&processor, &with("REJECTED", "9999-12-31T23:59:59Z")).await;
    report(&processor, &said(ONE, "MINED")).await;
    let page =
        person.get(&format!("/channels/{}/transactions?status=block", channel.id)).await.is(200).text();
    assert!(page.contains(&format!("title=\"{ONE}\"")), "{page}");
}

#[tokio::test]
async fn sealed_reports_are_told_from_what_is_about_no_transaction() {
    let (_app, mut person, channel, processor) = callbacks().await;
    processor.write_as("application/octet-stream", vec![200; 60]).await.is(200);
    processor.write_as("application/octet-stream", vec![201; 60]).await.is(200);
    processor.wrote("a note").await;
    let place = format!("/channels/{}/transactions", channel.id);
    let page = person.get(&place).await.is(200).text();
    assert!(page.contains("Here 2 messages came sealed."), "{page}");
    assert!(page.contains("Made of all 3 messages; 1 of them is about no transaction."), "{page}");
    // What wallets make for one another is opened by no browser.
    for begin in [b"\x42\x42\x33\x01", b"\x42\x42\x10\x33", b"\x10\x33\x42\x42"] {
        let body = [begin.as_slice(), &[200; 60]].concat();
        processor.write_as("application/octet-stream", body).await.is(200);
    }
    let page = person.get(&place).await.is(200).text();
    assert!(page.contains("Here 2 messages came sealed."), "{page}");
    assert!(page.contains("Made of all 6 messages; 4 of them are about no transaction."), "{page}");
}

#[tokio::test]
async fn what_fits_nothing_is_told_from_a_channel_without_transactions() {
    let (_app, mut person, channel, processor) = callbacks().await;
    let place = format!("/channels/{}/transactions", channel.id);
    let empty = person.get(&format!("{place}?status=failed")).await.is(200).text();
    assert!(empty.contains("No transactions") && empty.contains("whether programs come"), "{empty}");
    report(&processor, &said(ONE, "MINED")).await;
    for (query, words) in [
        ("status=failed", "None of the transactions is under “Failed”."),
        ("status=failed&page=3", "None of the transactions is under “Failed”."),
        ("status=block&page=1", "Nothing on this page."),
        ("page=9&before=7", "Nothing on this page."),
    ] {
        let page = person.get(&format!("{place}?{query}")).await.is(200).text();
        assert!(page.contains(words) && !page.contains("No transactions"), "{query}: {page}");
        let before = if query.contains("before") { "&#38;before=7" } else { "" };
        assert!(
            page.contains(&format!("href=\"{place}?status={before}\">All transactions")),
            "{query}: {page}"
        );
    }
    let all = person.get(&place).await.is(200).text();
    assert!(!all.contains("Nothing on this page") && all.contains(ONE), "{all}");
}

#[tokio::test]
async fn reports_that_a_row_leaves_out_are_counted_in_words() {
    let (_app, mut person, channel, processor) = callbacks().await;
    let place = format!("/channels/{}/transactions", channel.id);
    let mut met = 0;
    for (number, words) in
        [(20, None), (21, Some("1 earlier report too")), (1254, Some("1\u{202f}234 earlier reports too"))]
    {
        while met < number {
            let more = (number - met).min(400);
            let all: Vec<_> = (0..more).map(|_| said(ONE, "SEEN_ON_NETWORK")).collect();
            report(&processor, &json!({"count": more, "callbacks": all})).await;
            met += more;
        }
        let page = person.get(&place).await.is(200).text();
        assert_eq!(page.contains("The CSV has "), words.is_some(), "{number}: {page}");
        assert!(words.is_none_or(|words| page.contains(words)), "{number}: {page}");
    }
}

#[tokio::test]
async fn a_file_has_all_that_was_said_and_no_formulas() {
    let (app, mut person, channel, processor) = callbacks().await;
    let reason = json!({"txid": ONE, "txStatus": "REJECTED", "extraInfo": "=HYPERLINK(\"x\")\n,a"});
    report(&processor, &reason).await;
    for _ in 0..300 {
        processor.wrote("a note").await;
    }
    report(&processor, &json!({"callbacks": [said(ONE, "-1"), said(TWO, "MINED")]})).await;
    let path = format!("/channels/{}/transactions.csv", channel.id);
    let file = person.get(&path).await.is(200);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(file.header("content-disposition").expect("one").contains(".csv"));
    let text = file.text();
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[1].contains("\"Rejected\",\"'=HYPERLINK(\"\"x\"\") ,a\""), "{text}");
    assert!(lines[1].ends_with("\"1\"") && lines[2].contains("\"'-1\"") && lines[3].contains(TWO), "{text}");
    let mut other = Person::new(&app.site);
    app.another_account("other");
    other.sign_in("other", PASSWORD).await;
    other.get(&path).await.is(404);
    other.get(&format!("/channels/{}/transactions", channel.id)).await.is(404);
}

#[tokio::test]
async fn a_long_channel_costs_a_bounded_look_and_the_page_says_how_far_it_went() {
    let (app, mut person, channel, processor) = callbacks().await;
    let long = |number: usize| {
        let entries: Vec<_> =
            (0..500).map(|at| said(&format!("{:064x}", number * 500 + at), "MINED")).collect();
        json!({"count": 500, "callbacks": entries})
    };
    for number in 0..70 {
        report(&processor, &long(number)).await;
        app.advance(Duration::from_mins(1));
    }
    let place = format!("/channels/{}/transactions", channel.id);
    let page = person.get(&place).await.is(200).text();
    assert!(page.contains("Made of the last ") && page.contains("back to 1 Mar"), "{page}");
    assert_eq!(page.matches("data-name=\"Status\"").count(), 100);
    let newest = format!("{:064x}", 69 * 500);
    assert!(page.contains(&newest), "{page}");
    let link = |page: &str, words: &str| {
        let before = page.split(words).next().expect("a link").rsplit("href=\"").next().expect("an address");
        before.split('"').next().expect("its end").replace("&#38;", "&")
    };
    let second = person.get(&link(&page, "\">Older<")).await.is(200).text();
    assert!(!second.contains(&newest) && second.contains(&format!("{:064x}", 69 * 500 + 100)), "{second}");
    let further = person.get(&link(&page, "\">Look further back")).await.is(200).text();
    assert!(further.contains("This is made of what came before message"), "{further}");
    let oldest = person.get(&format!("{place}?before=2")).await.is(200).text();
    assert!(oldest.contains("Made of all 1 message.") && oldest.contains(&format!("{:064x}", 0)), "{oldest}");
}
