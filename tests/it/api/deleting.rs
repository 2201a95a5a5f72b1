//! Deleting messages.

use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::support::app::App;

const NONE: [u64; 0] = [];

#[tokio::test]
async fn case_124_a_deleted_message_is_gone_for_everyone() {
    let app = App::start().await;
    for days in [json!(0), json!(null)] {
        let channel = app.channel_with(json!({"retention": {"min_age_days": days}})).await;
        let (o, t, r) = (channel.owner_token(), channel.two_way().await, channel.read_only().await);
        o.wrote("one").await;
        o.wrote("two").await;
        t.delete(1).await.empty(204);
        assert_eq!((o.all().await, t.all().await, r.unread().await), (vec![2], vec![2], vec![2]));
    }
}

#[tokio::test]
async fn case_125_a_message_under_its_minimum_age_cannot_be_deleted() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"retention": {"min_age_days": 2}})).await;
    let o = channel.owner_token();
    o.wrote("one").await;
    o.delete(1).await.problem(400, 400);
    assert_eq!(o.all().await, [1]);
}

#[tokio::test]
async fn case_126_the_minimum_age_ends_to_the_millisecond() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"retention": {"min_age_days": 1}})).await;
    let o = channel.owner_token();
    o.wrote("one").await;
    app.advance(Duration::from_mins(24 * 60 - 1));
    o.delete(1).await.problem(400, 400);
    app.advance(Duration::from_millis(59_999));
    o.delete(1).await.problem(400, 400);
    app.advance(Duration::from_millis(1));
    o.delete(1).await.empty(204);
}

#[tokio::test]
async fn case_127_a_read_only_token_cannot_delete() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.owner_token().wrote("one").await;
    channel.read_only().await.delete(1).await.refused(401);
    assert_eq!(channel.owner_token().all().await, [1]);
}

#[tokio::test]
async fn case_128_what_is_not_there_cannot_be_deleted() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    o.delete(1).await.empty(204);
    for sequence in ["1", "2", "0", "-1", "x", "1.5", "99999999999999999999"] {
        o.delete(sequence).await.problem(404, 404);
    }
}

#[tokio::test]
async fn case_128_under_a_minimum_age_too() {
    let app = App::start().await;
    let channel = app.channel_with(json!({"retention": {"min_age_days": 2}})).await;
    channel.owner_token().delete(7).await.problem(404, 404);
}

#[tokio::test]
async fn case_129_a_deleted_payload_is_gone_from_the_database() {
    let mut app = App::start().await;
    let o = app.channel().await.owner_token();
    o.write_as("application/octet-stream", vec![b'x'; 50_000]).await.ok();
    let database = app.installation.database();
    assert!(longest_value(&database) >= 50_000, "this test would not see the payload");
    o.delete(1).await.empty(204);
    assert!(longest_value(&database) < 10_000);
    app.stop().await;
    assert!(longest_value(&database) < 10_000);
}

/// The length in bytes of the longest value in any column of any table.
fn longest_value(database: &std::path::Path) -> i64 {
    let connection = Connection::open(database).expect("a database");
    let columns =
        "select m.name, c.name from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table'";
    let mut statement = connection.prepare(columns).expect("a list of columns");
    let names = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let longest = |(table, column): (String, String)| {
        let query = format!("select coalesce(max(octet_length(\"{column}\")), 0) from \"{table}\"");
        connection.query_row(&query, [], |row| row.get::<_, i64>(0)).expect("a length")
    };
    names.expect("columns").map(|name| longest(name.expect("a name"))).max().expect("a table")
}

#[tokio::test]
async fn a_write_only_token_may_delete() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.owner_token().wrote("one").await;
    channel.write_only().await.delete(1).await.empty(204);
    assert_eq!(channel.owner_token().all().await, NONE);
}

#[tokio::test]
async fn deleting_with_a_token_of_another_channel_is_403() {
    let app = App::start().await;
    let channel = app.channel().await;
    channel.owner_token().wrote("one").await;
    app.channel().await.owner_token().at(&channel).delete(1).await.refused(403);
    assert_eq!(channel.owner_token().all().await, [1]);
}
