//! What one connection of HTTP/2 may ask for at a time, and what streams cost of which nothing is taken.

use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use h2::client::{ResponseFuture, SendRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::owner::Owner;
use crate::support::process::Installation;
use crate::support::tls::{Tls, secure};
use crate::support::{eventually, soon};

const MIB: usize = 1024 * 1024;

/// What the server allows a connection of HTTP/2.
const MOST_STREAMS: usize = 100;

/// Of so many it keeps answers that nobody takes.
const AT_ONCE: usize = 8;

fn get(path: &str) -> http::Request<()> {
    http::Request::get(format!("https://127.0.0.1{path}")).body(()).expect("a request")
}

fn head(path: &str) -> http::Request<()> {
    let mut request = get(path);
    *request.method_mut() = http::Method::HEAD;
    request
}

fn wait_for_a_message(bearer: &Bearer) -> http::Request<()> {
    let mut request = get(&bearer.path("?unread=true&wait=60"));
    let authorization = bearer.authorization().parse().expect("a header");
    request.headers_mut().insert(http::header::AUTHORIZATION, authorization);
    request
}

/// All streams but one wait for a message of this channel, as far as the one tells: it comes after them.
async fn all_wait(client: &mut SendRequest<Bytes>, bearer: &Bearer) -> FuturesUnordered<ResponseFuture> {
    let answers = FuturesUnordered::new();
    for number in 1..=MOST_STREAMS {
        *client = soon("a stream", client.clone().ready()).await.expect("a free stream");
        if number == MOST_STREAMS {
            let (health, _) = client.send_request(get("/healthz"), true).expect("a stream");
            assert_eq!(soon("the health", health).await.expect("an answer").status(), 200);
            break;
        }
        answers.push(client.send_request(wait_for_a_message(bearer), true).expect("a stream").0);
    }
    answers
}

#[tokio::test]
async fn streams_that_wait_for_messages_leave_their_turns_to_others() {
    let tls = Tls::new();
    let app = App::with(&tls.settings()).await;
    let owner = Owner::new(&secure(&app.site, &tls.certificate), 1, USER, PASSWORD);
    let channel = owner.channel().await;
    let mut client = tls.streams(&app.site, 1024).await;
    let mut answers = all_wait(&mut client, &channel.two_way().await).await;
    // One more was answered, though they take a minute and turns are fewer.
    assert!(answers.next().now_or_never().is_none(), "they wait");
    channel.owner_token().write("for all").await.is(200);
    let statuses: Vec<_> =
        soon("all answers", answers.map(|answer| answer.expect("an answer").status()).collect()).await;
    assert_eq!(statuses, [http::StatusCode::OK; MOST_STREAMS - 1]);
}

#[tokio::test]
async fn streams_that_waited_for_a_message_make_few_answers_at_once() {
    let tls = Tls::new();
    let installation = Installation::with_account();
    let server = installation.serve(&tls.settings()).await;
    let owner = Owner::new(&secure(&server.site, &tls.certificate), 1, USER, PASSWORD);
    let channel = owner.channel().await;
    let o = channel.owner_token();
    // Without what the first of all messages needs.
    let first = o.write_as("a/b", vec![b'x'; MIB]).await.is(200);
    o.delete(&first.ok()["sequence"]).await.empty(204);
    let mut client = tls.streams(&server.site, 0).await;
    let mut answers = all_wait(&mut client, &channel.two_way().await).await;
    let before = server.resident();
    o.write_as("a/b", vec![b'x'; MIB]).await.is(200);
    let mut kept = Vec::new();
    for _ in 0..AT_ONCE {
        kept.push(soon("an answer", answers.next()).await.expect("a stream").expect("an answer"));
    }
    // By then whatever was woken has gone on.
    for _ in 0..20 {
        owner.list().await.ok();
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 4 * AT_ONCE * MIB, "{grown} bytes for {MOST_STREAMS} streams");
}

#[tokio::test]
async fn a_connection_of_http_2_keeps_few_answers_that_are_not_taken() {
    let tls = Tls::new();
    let installation = Installation::with_account();
    let server = installation.serve(&tls.settings()).await;
    let (mut before, mut connections) = (0, Vec::new());
    for number in 0..=20 {
        let mut client = tls.streams(&server.site, 0).await;
        let mut answers = FuturesUnordered::new();
        for _ in 0..MOST_STREAMS {
            client = soon("a stream", client.ready()).await.expect("a free stream");
            answers.push(client.send_request(get("/login"), true).expect("a stream").0);
        }
        // Those that have their turn are begun, and no others.
        soon("an answer", answers.next()).await.expect("a stream").expect("an answer").status();
        connections.push((client, answers));
        if number == 0 {
            // Without what the first of all requests needs.
            before = server.resident();
        }
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 8 * MIB, "{grown} bytes for 20 connections");
}

#[tokio::test]
async fn streams_that_are_reset_while_they_wait_cost_nothing() {
    let tls = Tls::new();
    let installation = Installation::with_account();
    let server = installation.serve(&tls.settings()).await;
    let connection = tls.connect(&server.site).await;
    let handshake = h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(connection);
    let (mut client, mut connection) = soon("a handshake", handshake).await.expect("a handshake");
    let mut pings = connection.ping_pong().expect("the only one");
    tokio::spawn(connection);
    let mut kept = Vec::new();
    for _ in 0..AT_ONCE {
        client = soon("a stream", client.ready()).await.expect("a free stream");
        kept.push(client.send_request(get("/login"), true).expect("a stream").0);
    }
    for answer in &mut kept {
        soon("an answer", answer).await.expect("an answer");
    }
    let before = server.resident();
    for _ in 0..250 {
        let mut waiting = Vec::new();
        for _ in AT_ONCE..MOST_STREAMS {
            client = soon("a stream", client.ready()).await.expect("a free stream");
            waiting.push(client.send_request(get("/login"), true).expect("a stream"));
        }
        // The server has them all before they are reset.
        soon("a pong", pings.ping(h2::Ping::opaque())).await.expect("a pong");
        drop(waiting);
        soon("a pong", pings.ping(h2::Ping::opaque())).await.expect("a pong");
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 8 * MIB, "{grown} bytes for 23 000 streams");
}

#[tokio::test]
async fn a_stream_that_takes_nothing_is_reset() {
    let tls = Tls::new();
    let app = App::with(&format!("server.body_timeout = \"1s\"\n{}", tls.settings())).await;
    let client = tls.streams(&app.site, 0).await;
    let mut client = soon("a stream", client.ready()).await.expect("a free stream");
    let (answer, _) = client.send_request(get("/login"), true).expect("a stream");
    let mut body = soon("an answer", answer).await.expect("an answer").into_body();
    let end = soon("the end of the stream", body.data()).await.expect("an end");
    assert_eq!(end.expect_err("no data").reason(), Some(h2::Reason::CANCEL));
}

#[tokio::test]
async fn a_stream_that_was_woken_and_gets_no_turn_is_reset() {
    let tls = Tls::new();
    let app = App::with(&format!("server.body_timeout = \"1s\"\n{}", tls.settings())).await;
    let owner = Owner::new(&secure(&app.site, &tls.certificate), 1, USER, PASSWORD);
    let channel = owner.channel().await;
    let connection = tls.connect(&app.site).await;
    let handshake = h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(connection);
    let (mut client, mut connection) = soon("a handshake", handshake).await.expect("a handshake");
    let mut pings = connection.ping_pong().expect("the only one");
    tokio::spawn(connection);
    let waiting = wait_for_a_message(&channel.two_way().await);
    client = soon("a stream", client.ready()).await.expect("a free stream");
    let (woken, _) = client.send_request(waiting, true).expect("a stream");
    // All turns are taken for a second by those of which nothing is taken, and then by others of the kind.
    let mut untaken = Vec::new();
    for _ in 0..5 * AT_ONCE {
        client = soon("a stream", client.ready()).await.expect("a free stream");
        untaken.push(client.send_request(get("/login"), true).expect("a stream").0);
    }
    for answer in &mut untaken[..AT_ONCE] {
        soon("an answer", answer).await.expect("an answer");
    }
    soon("a pong", pings.ping(h2::Ping::opaque())).await.expect("a pong");
    channel.owner_token().write("for nobody").await.is(200);
    let end = soon("the end of the stream", woken).await.expect_err("no answer");
    assert_eq!(end.reason(), Some(h2::Reason::CANCEL));
}

#[tokio::test]
async fn few_heads_that_are_long_wait_for_their_turn() {
    const CONNECTIONS: usize = 10;
    let tls = Tls::new();
    let installation = Installation::with_account();
    let server = installation.serve(&tls.settings()).await;
    let long = || {
        let mut request = get("/login");
        for _ in 0..350 {
            // A byte each on the wire.
            request.headers_mut().append("a", http::HeaderValue::from_static(""));
        }
        request
    };
    let (mut before, mut connections) = (0, Vec::new());
    for number in 0..=CONNECTIONS {
        let mut client = tls.streams(&server.site, 0).await;
        let mut answers = Vec::new();
        for _ in 0..MOST_STREAMS {
            client = soon("a stream", client.ready()).await.expect("a free stream");
            answers.push(client.send_request(long(), true).expect("a stream").0);
        }
        let last = soon("a refusal", answers.pop().expect("an answer")).await;
        assert_eq!(last.expect_err("no answer").reason(), Some(h2::Reason::REFUSED_STREAM));
        soon("an answer", &mut answers[0]).await.expect("an answer").status();
        connections.push((client, answers));
        if number == 0 {
            before = server.resident();
        }
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < CONNECTIONS * MIB, "{grown} bytes for {CONNECTIONS} connections");
}

#[tokio::test]
async fn one_stream_that_takes_nothing_makes_room_for_those_that_wait() {
    let tls = Tls::new();
    let app = App::with(&format!("server.body_timeout = \"1h\"\n{}", tls.settings())).await;
    let mut client = tls.streams(&app.site, 0).await;
    let mut stalled = Vec::new();
    for _ in 0..AT_ONCE {
        client = soon("a stream", client.ready()).await.expect("a free stream");
        let (answer, _) = client.send_request(get("/login"), true).expect("a stream");
        stalled.push(soon("an answer", answer).await.expect("an answer").into_body());
    }
    for _ in 0..3 {
        client = soon("a stream", client.ready()).await.expect("a free stream");
        let (answer, _) = client.send_request(head("/login"), true).expect("a stream");
        soon("an answer", answer).await.expect("an answer");
    }
    let ended = stalled.iter_mut().filter_map(|body| body.data().now_or_never());
    let reasons: Vec<_> = ended.map(|end| end.expect("an end").expect_err("no data").reason()).collect();
    assert_eq!(reasons, [Some(h2::Reason::CANCEL)], "the others go on");
}

#[tokio::test]
async fn a_connection_of_http_2_is_told_how_many_streams_it_may_open() {
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    let tls = Tls::new();
    let app = App::with(&tls.settings()).await;
    let mut connection = tls.connect(&app.site).await;
    let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &empty_settings].concat();
    soon("sending", connection.write_all(&preface)).await.expect("an open connection");
    let mut head = [0; 9];
    soon("a frame", connection.read_exact(&mut head)).await.expect("a frame");
    assert_eq!(head[3], 4, "its first frame has its settings");
    let mut settings = vec![0; usize::from(head[2])];
    soon("a frame", connection.read_exact(&mut settings)).await.expect("a frame");
    let most = settings.chunks(6).find(|one| u16::from_be_bytes([one[0], one[1]]) == MAX_CONCURRENT_STREAMS);
    let most = most.expect("a limit");
    assert_eq!(u32::from_be_bytes([most[2], most[3], most[4], most[5]]) as usize, MOST_STREAMS);
}

#[tokio::test]
async fn a_connection_is_told_to_go_when_the_server_does_and_gets_its_answers() {
    let tls = Tls::new();
    for signal in ["TERM", "USR2"] {
        let installation = Installation::with_account();
        let mut server = installation.serve_as(&installation.root().join("program"), &tls.settings()).await;
        let channel = Owner::new(&secure(&server.site, &tls.certificate), 1, USER, PASSWORD).channel().await;
        let (o, t) = (channel.owner_token(), channel.two_way().await);
        let mut client = tls.streams(&server.site, 65_535).await;
        let mut write = get(&o.path(""));
        *write.method_mut() = http::Method::POST;
        let headers = [("authorization", o.authorization()), ("content-type", "text/plain".to_owned())];
        for (name, value) in headers {
            write.headers_mut().insert(name, value.parse().expect("a header"));
        }
        client = soon("a stream", client.ready()).await.expect("a free stream");
        let (written, mut body) = client.send_request(write, false).expect("a stream");
        body.send_data(Bytes::from_static(b"half "), false).expect("room");
        let (waiting, _) = client.send_request(wait_for_a_message(&t), true).expect("a stream");
        let (health, _) = client.send_request(get("/healthz"), true).expect("a stream");
        assert_eq!(soon("the health", health).await.expect("an answer").status(), 200);
        server.signal(signal);
        eventually("a word that it ends", async || {
            let told = client.clone().ready().await.err();
            told.is_some_and(|told| told.is_go_away() && told.reason() == Some(h2::Reason::NO_ERROR))
        })
        .await;
        assert!(client.send_request(get("/healthz"), true).is_err(), "nothing more is asked for here");
        assert_eq!(soon("what waited", waiting).await.expect("an answer").status(), 200, "{signal}");
        body.send_data(Bytes::from_static(b"way"), true).expect("room");
        let answer = soon("the answer to the write", written).await.expect("an answer");
        assert_eq!(answer.status(), 200, "{signal}");
        let told = soon("what it says", answer.into_body().data()).await.expect("data").expect("bytes");
        assert!(told.starts_with(b"{\"sequence\":1,"), "{told:?}");
        match signal {
            "TERM" => assert!(server.end().await.success(), "{}", server.log()),
            // The next one, in the same process.
            _ => drop(tls.streams(&server.site, 65_535).await),
        }
    }
}
