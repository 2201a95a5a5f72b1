//! Connections in all. Those of this machine are not counted by address, so that is tested where it is decided.

use futures_util::future::join_all;

use crate::support::app::App;
use crate::support::process::Installation;
use crate::support::raw::Raw;
use crate::support::site::Site;

const ASK: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// A connection that was used.
async fn used(site: &Site) -> Raw {
    let mut raw = Raw::connect(site).await;
    works(&mut raw).await;
    raw
}

async fn works(raw: &mut Raw) {
    raw.send(ASK).await;
    raw.reply().await.is(200);
}

#[tokio::test]
async fn the_connection_that_is_idle_for_longest_makes_room() {
    let app = App::with("limits.connections = 3").await;
    let mut first = used(&app.site).await;
    let mut second = used(&app.site).await;
    let mut third = used(&app.site).await;
    let mut fourth = used(&app.site).await;
    assert!(!first.ended().await, "it is not told anything");
    for open in [&mut second, &mut third, &mut fourth] {
        works(open).await;
    }
    let mut fifth = used(&app.site).await;
    assert!(!second.ended().await, "it is not told anything");
    for open in [&mut third, &mut fourth, &mut fifth] {
        works(open).await;
    }
}

#[tokio::test]
async fn a_client_that_sends_nothing_makes_room() {
    let app = App::with("limits.connections = 2").await;
    let mut silent = [Raw::connect(&app.site).await, Raw::connect(&app.site).await];
    let mut third = used(&app.site).await;
    let mut fourth = used(&app.site).await;
    for raw in &mut silent {
        assert!(!raw.ended().await, "it is not told anything");
    }
    works(&mut third).await;
    works(&mut fourth).await;
}

#[tokio::test]
async fn clients_that_send_nothing_take_no_place_of_others() {
    let app = App::with("limits.connections = 16").await;
    let mut open = Vec::new();
    for _ in 0..13 {
        open.push(used(&app.site).await);
    }
    let silent = join_all((0..100).map(|_| Raw::connect(&app.site))).await;
    open.push(used(&app.site).await);
    for raw in &mut open {
        works(raw).await;
    }
    drop(silent);
}

#[tokio::test]
async fn a_web_socket_has_a_place_too() {
    let app = App::with("limits.connections = 2").await;
    let t = app.channel().await.two_way().await;
    let mut socket = Raw::upgraded(&app.site, &t.notify_path()).await;
    let mut first = used(&app.site).await;
    let mut second = used(&app.site).await;
    socket.rest().await;
    works(&mut first).await;
    works(&mut second).await;
}

#[tokio::test]
async fn a_server_takes_all_the_descriptors_that_it_may() {
    let installation = Installation::with_account();
    let server = installation.serve_with_files("-S 64", "").await;
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(used(&server.site).await);
    }
    for raw in &mut open {
        works(raw).await;
    }
}

#[tokio::test]
async fn connections_leave_descriptors_for_files() {
    let installation = Installation::with_account();
    let server = installation.serve_with_files("128", "server.workers = 2").await;
    let mut idle = Vec::new();
    for _ in 0..150 {
        idle.push(Raw::connect(&server.site).await);
    }
    let channel = server.owner().channel().await;
    let t = channel.two_way().await;
    channel.owner_token().wrote("one").await;
    assert_eq!(t.unread().await, [1]);
    idle[0].rest().await;
}

#[tokio::test]
async fn more_connections_than_descriptors_wait_to_be_taken() {
    let installation = Installation::with_account();
    let server = installation.serve_with_files("128", "server.workers = 2").await;
    for _ in 0..10 {
        let crowd = join_all((0..200).map(|_| Raw::connect(&server.site))).await;
        used(&server.site).await;
        drop(crowd);
    }
    let log = server.log();
    assert!(!log.contains("accept"), "{log}");
}
