//! What grows with use is bounded, or counted in the account's storage.

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::json;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::person::Person;

fn rows(app: &App, table: &str) -> i64 {
    let database = Connection::open(app.installation.database()).expect("the database");
    database.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).expect("a count")
}

async fn written(bearer: &Bearer, messages: u64) {
    for _ in 0..messages / 50 {
        join_all((0..50).map(|_| bearer.wrote("a text"))).await;
    }
}

fn unread_up_to(sequence: u64) -> String {
    format!("{sequence}?older=true")
}

#[tokio::test]
async fn marking_older_messages_unread_costs_the_smaller_side() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    written(&o, 300).await;
    t.mark_read_up_to(300).await;
    t.mark(&unread_up_to(298), &json!({"read": false})).await.empty(200);
    assert_eq!(rows(&app, "read_exception"), 2, "two stay read above");
    assert_eq!(t.unread().await, (1..=298).collect::<Vec<_>>());
    t.mark_read(298).await;
    t.mark_read_up_to(299).await;
    assert_eq!((t.unread().await, rows(&app, "read_exception")), (vec![], 0));
    t.mark(&unread_up_to(2), &json!({"read": false})).await.empty(200);
    assert_eq!((t.unread().await, rows(&app, "read_exception")), (vec![1, 2], 2));
    t.mark(&unread_up_to(299), &json!({"read": false})).await.empty(200);
    assert_eq!((t.unread().await.len(), rows(&app, "read_exception")), (299, 1));
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn marking_one_by_one_from_the_newest_costs_the_smaller_side_too() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    written(&o, 100).await;
    assert_eq!(t.wrote("the reader's own").await, 101);
    t.mark_read_up_to(101).await;
    for sequence in (50..=100).rev() {
        t.mark_unread(sequence).await;
    }
    assert_eq!(rows(&app, "read_exception"), 0, "the cursor went back");
    assert_eq!(t.unread().await, (50..=100).collect::<Vec<_>>());
    t.mark_unread(40).await;
    t.mark_unread(101).await;
    assert_eq!(rows(&app, "read_exception"), 2);
    for sequence in 41..50 {
        t.mark_unread(sequence).await;
    }
    assert_eq!(rows(&app, "read_exception"), 1, "only an own message is an exception");
    assert_eq!(t.unread().await, (40..=101).collect::<Vec<_>>());
    for sequence in 40..=101 {
        t.mark_read(sequence).await;
    }
    assert_eq!((t.unread().await, rows(&app, "read_exception")), (vec![], 0));
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn marking_one_by_one_in_any_order_costs_the_smaller_side() {
    // Of so many marks one looks for the smaller side.
    const BETWEEN: i64 = 64;
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    written(&o, 200).await;
    assert_eq!(t.wrote("the reader's own").await, 201);
    written(&o, 100).await;
    // All but the first, as they came; then all but the last as unread, as they came.
    for sequence in 2..=301 {
        t.mark_read(sequence).await;
    }
    assert_eq!(t.unread().await, [1]);
    let excepted = rows(&app, "read_exception");
    assert!(excepted <= BETWEEN, "{excepted} for one unread");
    for sequence in 1..=300 {
        t.mark_unread(sequence).await;
    }
    assert_eq!(t.unread().await, (1..=300).collect::<Vec<_>>());
    let excepted = rows(&app, "read_exception");
    assert!(excepted <= BETWEEN + 1, "{excepted} for one read and an own one");
    // Scattered.
    for step in 0..300 {
        t.mark_read(step * 7 % 300 + 1).await;
    }
    assert_eq!(t.unread().await, Vec::<u64>::new());
    let excepted = rows(&app, "read_exception");
    assert!(excepted <= BETWEEN, "{excepted} for none unread");
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn marks_in_the_inbox_are_refused_when_the_storage_is_full() {
    let app = App::with("limits.storage_per_account = \"8k\"").await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let mut written = 0;
    while t.write("a text").await.status == 200 {
        written += 1;
    }
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    person.get("/inbox").await.is(200);
    // The first stays unread, so that the cursor does not move.
    let mut refused = 0;
    for sequence in 2..=written {
        let one = format!("read:{}.{sequence}", channel.id);
        let status = person.post("/inbox/act", &[("one", &one)]).await.status;
        refused += u64::from(status != 303);
    }
    let marked = rows(&app, "read_exception").cast_unsigned();
    assert!(marked > 0 && refused > 0, "{marked} marked, {refused} refused");
    assert_eq!(marked + refused, written - 1);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn read_states_count_in_the_storage_of_the_account() {
    let app = App::with("limits.storage_per_account = \"8k\"").await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let mut written = 0;
    while o.write("a text").await.status == 200 {
        written += 1;
    }
    t.mark_read_up_to(written).await;
    let mut marked = 0;
    while t.mark(&(marked + 2).to_string(), &json!({"read": false})).await.status == 200 {
        marked += 2;
        assert!(marked < 20, "marks are not counted");
    }
    t.mark(&(marked + 2).to_string(), &json!({"read": false})).await.problem(400, 507);
    t.mark_read_up_to(written).await;
    assert_eq!(rows(&app, "read_exception"), 0);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn revoked_tokens_count_in_the_storage_of_the_account() {
    let app = App::with("limits.storage_per_account = \"8k\"").await;
    let (owner, channel) = (app.owner(), app.channel().await);
    let mut issued = 0;
    let refused = loop {
        let reply = owner.issue(&channel.id, &json!({"description": "a token"})).await;
        if reply.status != 200 {
            break reply;
        }
        issued += 1;
        assert!(issued < 40, "revoked tokens are not counted");
        let token = reply.ok();
        owner.revoke(&channel.id, token["id"].as_str().expect("an id")).await.empty(204);
    };
    refused.problem(400, 507);
    channel.owner_token().write(&"x".repeat(500)).await.problem(400, 507);
    eventually("cleared away", async || rows(&app, "leftover") == 0).await;
    app.installation.succeed(&["check"], "");
    channel.delete().await.empty(204);
    app.channel().await.two_way().await;
}

#[tokio::test]
async fn remembered_answers_count_until_they_are_forgotten() {
    let app = App::with("limits.storage_per_account = \"4k\"").await;
    let o = app.channel().await.owner_token();
    let write = async |key: &str| {
        o.call("POST", "", &[("content-type", "a/b"), ("idempotency-key", key)], "x").await.status
    };
    let mut keys = 0;
    while write(&format!("key {keys}")).await == 200 {
        keys += 1;
        assert!(keys < 24, "answers are not counted");
    }
    for sequence in 1..=keys {
        o.delete(sequence).await.empty(204);
    }
    app.installation.succeed(&["check"], "");
    assert!(o.write(&"x".repeat(2500)).await.status != 200, "the answers still count");
    app.advance(std::time::Duration::from_hours(25));
    app.prune().await;
    assert_eq!(rows(&app, "idempotency"), 0);
    o.write(&"x".repeat(2500)).await.is(200);
    app.installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_user_keeps_so_many_sessions() {
    let app = App::start().await;
    let sign_in = async || {
        let mut person = Person::new(&app.site);
        person.sign_in(USER, PASSWORD).await;
        person
    };
    let mut first = sign_in().await;
    first.get("/inbox").await.is(200);
    let database = Connection::open(app.installation.database()).expect("the database");
    let more = "insert into session (user_id, secret_blind, version, device, address, remembered, created_at, seen_at, proof)
                select user_id, randomblob(32), version, device, address, remembered, created_at, seen_at, proof from session";
    for _ in 0..7 {
        database.execute(more, []).expect("sessions");
    }
    let mut last = sign_in().await;
    assert_eq!(rows(&app, "session"), 100);
    assert_ne!(first.get("/inbox").await.status, 200);
    last.get("/inbox").await.is(200);
}
