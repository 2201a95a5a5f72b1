//! What request bodies may hold in memory together, while they are sent and while they wait for the writer.

use rusqlite::Connection;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::raw::Raw;
use crate::support::reply::Reply;

const MIB: usize = 1024 * 1024;

/// Messages as large as they may ever be: four fill the room.
const LARGE: &str = "limits.message_bytes = \"16m\"";

/// Sends all of a large body but its last byte, and waits until the server has taken what the kernel does not hold.
async fn unfinished(app: &App, path: &str, authorization: &str) -> Raw {
    let mut raw = Raw::connect(&app.site).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\n{authorization}content-type: a/b\r\ncontent-length: {}\r\n\r\n",
        16 * MIB
    );
    raw.send(head).await;
    raw.send(vec![b'x'; 16 * MIB - 1]).await;
    raw
}

async fn of(app: &App, bearer: &Bearer) -> Raw {
    let authorization = format!("authorization: {}\r\n", bearer.authorization());
    unfinished(app, &bearer.path(""), &authorization).await
}

fn refused(reply: &Reply) -> bool {
    if reply.status == 200 {
        return false;
    }
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    true
}

#[tokio::test]
async fn bodies_under_way_leave_no_room_for_more_and_give_it_back() {
    let app = App::with(LARGE).await;
    let o = app.channel().await.owner_token();
    let mut sending = Vec::new();
    for _ in 0..4 {
        sending.push(of(&app, &o).await);
    }
    let owner = app.owner();
    // What is refused for its content shows that it was read, and stores nothing.
    let broken = async || owner.post(&owner.path("/channel"), "application/json", "{").await;
    eventually("no room", async || broken().await.status == 503).await;
    assert!(refused(&o.write("a text").await));
    assert_eq!(o.read("").await.status, 200, "what has no body needs no room");
    sending[0].send("x").await;
    sending[0].reply().await.is(200);
    let first = o.messages("").await.pop().expect("the message")["sequence"].as_u64().expect("a number");
    sending.truncate(2);
    eventually("room", async || !refused(&o.write("a text").await)).await;
    sending[1].send("x").await;
    sending[1].reply().await.is(200);
    assert!(o.wrote("a text").await > first);
}

#[tokio::test]
async fn strangers_do_not_take_the_room_of_those_who_have_a_token() {
    let app = App::with(&format!("{LARGE}\nlimits.anonymous = \"1000000 per minute\"")).await;
    let channel = app.channel_with(json!({"public_write": true})).await;
    let o = channel.owner_token();
    let stranger = app.anonymous();
    let path = channel.path("");
    let _large = loop {
        let mut large = unfinished(&app, &path, "").await;
        tokio::select! {
            // A text took the room that the last bytes of it needed; another one is begun.
            _refused = large.try_reply() => {}
            () = eventually("no room", async || refused(&stranger.post(&path, "text/plain", "a text").await)) => {
                break large;
            }
        }
    };
    o.write_as("a/b", vec![b'x'; 16 * MIB]).await.is(200);
}

#[tokio::test]
async fn changes_that_wait_for_the_writer_keep_their_room() {
    let app = App::with(LARGE).await;
    let (owner, o) = (app.owner(), app.channel().await.owner_token());
    let database = Connection::open(app.installation.database()).expect("the database");
    database.execute_batch("begin immediate").expect("the lock");
    let mut writing = JoinSet::new();
    for _ in 0..4 {
        let o = o.clone();
        writing.spawn(async move { o.write_as("a/b", vec![b'x'; 16 * MIB]).await.status });
    }
    // What is refused for its content shows that it was read, without the writer.
    let broken = async || owner.post(&owner.path("/channel"), "application/json", "{").await;
    eventually("no room", async || broken().await.status == 503).await;
    assert_eq!(broken().await.header("retry-after"), Some("1"));
    assert_eq!(o.read("").await.status, 200, "what has no body needs no room");
    database.execute_batch("commit").expect("no lock");
    assert_eq!(writing.join_all().await, [200; 4]);
    broken().await.is(400);
    assert_eq!(o.wrote("a text").await, 5);
}
