//! What request bodies may hold in memory together, while they are sent and while they wait for the writer.

use std::pin::pin;

use futures_util::future::join;
use rusqlite::Connection;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::person::Person;
use crate::support::raw::Raw;
use crate::support::reply::Reply;

const MIB: usize = 1024 * 1024;

/// Messages as large as they may ever be.
const LARGE: &str = "limits.message_bytes = \"16m\"";

/// Large ones that fill the room but for what is kept for small ones.
const ALL: [usize; 4] = [16 * MIB, 16 * MIB, 16 * MIB, 12 * MIB];

/// More than what counts as small.
const MORE: usize = 128 * 1024;

/// Sends all of a large body but its last byte, and waits until the server has it.
async fn unfinished(app: &App, path: &str, authorization: &str, length: usize) -> Raw {
    let mut raw = Raw::connect(&app.site).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\n{authorization}content-type: a/b\r\ncontent-length: {length}\r\n\r\n",
    );
    raw.send(head).await;
    raw.send(vec![b'x'; length - 1]).await;
    raw.taken().await;
    raw
}

fn is_refused(reply: &Reply) -> bool {
    if reply.status == 200 {
        return false;
    }
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    true
}

async fn write_more(o: &Bearer) -> Reply {
    o.write_as("a/b", vec![b'x'; MORE]).await
}

/// Large bodies of which each lacks its last byte, and which have taken all the room that they may.
async fn full_of_unfinished(app: &App, o: &Bearer) -> Vec<Raw> {
    let authorization = format!("authorization: {}\r\n", o.authorization());
    let mut sending = Vec::new();
    for length in ALL {
        sending.push(unfinished(app, &o.path(""), &authorization, length).await);
    }
    assert!(is_refused(&write_more(o).await));
    sending
}

#[tokio::test]
async fn files_of_forms_share_the_room_too() {
    let app = App::with(LARGE).await;
    let channel = app.channel().await;
    let o = channel.owner_token();
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let path = format!("/channels/{}", channel.id);
    let mut sending = Vec::new();
    for length in ALL {
        let mut raw = Raw::connect(&app.site).await;
        raw.send(format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\norigin: http://x\r\ncookie: {}\r\ncontent-length: {}\r\n\
             content-type: multipart/form-data; boundary=b\r\n\r\n\
             --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
            person.cookie_header(),
            length + MIB
        ))
        .await;
        raw.send(vec![b'x'; length]).await;
        raw.taken().await;
        sending.push(raw);
    }
    assert!(is_refused(&write_more(&o).await));
    drop(sending);
    assert!(!is_refused(&write_more(&o).await));
}

#[tokio::test]
async fn large_bodies_wait_for_each_other_and_small_ones_for_none() {
    let app = App::with(LARGE).await;
    let o = app.channel().await.owner_token();
    let mut sending = full_of_unfinished(&app, &o).await;
    assert_eq!(o.read("").await.status, 200, "what has no body needs no room");
    let before = o.wrote("a text").await;
    let mut waiting = pin!(write_more(&o));
    tokio::select! {
        biased;
        _early = &mut waiting => panic!("there is no room"),
        () = sending[0].send("x") => {}
    }
    let (first, waiting) = join(sending[0].reply(), waiting).await;
    first.is(200);
    waiting.is(200);
    sending.truncate(2);
    sending[1].send("x").await;
    sending[1].reply().await.is(200);
    assert_eq!(o.wrote("a text").await, before + 4);
}

#[tokio::test]
async fn strangers_do_not_take_the_room_of_those_who_have_a_token() {
    let app = App::with(&format!("{LARGE}\nlimits.anonymous = \"1000000 per minute\"")).await;
    let channel = app.channel_with(json!({"public_write": true})).await;
    let (o, stranger, path) = (channel.owner_token(), app.anonymous(), channel.path(""));
    let _large = unfinished(&app, &path, "", 16 * MIB).await;
    assert!(is_refused(&stranger.post(&path, "a/b", &"x".repeat(MORE)).await));
    stranger.post(&path, "text/plain", "a text").await.is(200);
    o.write_as("a/b", vec![b'x'; 16 * MIB]).await.is(200);
}

#[tokio::test]
async fn changes_that_wait_for_the_writer_keep_their_room() {
    let app = App::with(LARGE).await;
    let (owner, o) = (app.owner(), app.channel().await.owner_token());
    let mut large = full_of_unfinished(&app, &o).await;
    let database = Connection::open(app.installation.database()).expect("the database");
    database.execute_batch("begin immediate").expect("the lock");
    for body in &mut large {
        body.send("x").await;
    }
    let mut small = JoinSet::new();
    for _ in 0..64 {
        let o = o.clone();
        small.spawn(async move { o.write_as("a/b", vec![b'x'; 64 * 1024]).await.status });
    }
    // What is refused for its content shows that it was read, without the writer.
    let broken = async || owner.post(&owner.path("/channel"), "application/json", "{").await;
    eventually("no room", async || broken().await.status == 503).await;
    assert_eq!(broken().await.header("retry-after"), Some("1"));
    assert_eq!(o.read("").await.status, 200, "what has no body needs no room");
    database.execute_batch("commit").expect("no lock");
    for body in &mut large {
        body.reply().await.is(200);
    }
    assert_eq!(small.join_all().await, [200; 64]);
    broken().await.is(400);
}
