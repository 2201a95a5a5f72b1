//! One socket for all channels of an account, and going on in one call.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::owner::Owner;
use crate::support::socket::Socket;

impl Owner {
    async fn socket(&self, query: &str) -> Result<Socket, u16> {
        let path = self.path(&format!("/notify{query}"));
        Socket::open(&self.site, &path, &[("authorization", &self.authorization)]).await
    }

    /// An open one, and what its first frame says.
    async fn begun(&self, query: &str) -> (Socket, u64, bool) {
        let mut socket = self.socket(query).await.expect("a socket");
        let first = socket.notification().await;
        (socket, first["id"].as_u64().expect("an id"), first["missed"].as_bool().expect("a flag"))
    }

    async fn ticket(&self) -> String {
        let answer = self.call("POST", &self.path("/notify-ticket")).await.ok();
        answer["ticket"].as_str().expect("a ticket").to_owned()
    }
}

#[tokio::test]
async fn case_172_one_socket_tells_of_all_channels_and_of_no_other_account() {
    let app = App::with("api.notification_frame = \"text\"").await;
    let owner = app.owner();
    let (first, second) = (app.channel().await, app.channel().await);
    let (mut socket, _, _) = owner.begun("").await;
    let t = first.two_way().await;
    let later = app.channel().await;
    t.wrote("1").await;
    second.owner_token().wrote("2").await;
    later.write_only().await.wrote("3").await;
    let mut last = 0;
    for (channel, author) in [(&first, "other"), (&second, "holder"), (&later, "other")] {
        let frame = socket.notification().await;
        assert_eq!((&frame["channel_id"], &frame["author"]), (&json!(channel.id), &json!(author)));
        assert_eq!((&frame["sequence"], &frame["content_type"]), (&json!(1), &json!("text/plain")));
        let id = frame["id"].as_u64().expect("an id");
        assert!(id > last, "{id} after {last}");
        last = id;
    }

    let other = app.installation.create_account("second", "somebody", "a password of theirs");
    let other = Owner::new(&app.site, other, "somebody", "a password of theirs");
    let (mut theirs, _, _) = other.begun("").await;
    t.wrote("4").await;
    other.channel().await.owner_token().wrote("5").await;
    assert_eq!(socket.notification().await["sequence"], 2);
    assert_eq!(theirs.notification().await["author"], "holder");
    assert_eq!(other.under(owner.account).socket("").await.err(), Some(403));
    assert_eq!(owner.presenting("Basic eDp5").socket("").await.err(), Some(401));
    assert_eq!(owner.presenting(&t.authorization()).socket("").await.err(), Some(401));
    owner.call("GET", &owner.path("/notify")).await.problem(400, 400);
}

#[tokio::test]
async fn case_173_it_says_whether_anything_was_missed() {
    let mut app = App::start().await;
    let owner = app.owner();
    let channel = app.channel().await;
    let mut t = channel.two_way().await;
    let (mut socket, begun, missed) = owner.begun("").await;
    assert!(missed, "nobody knows what a new client knows");
    t.wrote("1").await;
    let id = socket.notification().await["id"].as_u64().expect("an id");
    assert!(id > begun);
    drop(socket);
    assert!(!owner.begun(&format!("?after={id}")).await.2);
    // Marking and settings are no messages.
    channel.amend(&json!({"public_read": true})).await.ok();
    channel.owner_token().call("POST", "/1?read=true", &[], "").await.empty(200);
    assert!(!owner.begun(&format!("?after={id}")).await.2);
    let (mut watching, _, _) = owner.begun("").await;
    t.wrote("2").await;
    assert_eq!(watching.sequence().await, 2);
    assert!(owner.begun(&format!("?after={id}")).await.2);
    let (_, id, _) = owner.begun("").await;
    assert!(owner.begun(&format!("?after={}", id + 1000)).await.2, "of a server that has not told so much");
    assert_eq!(owner.socket("?after=x").await.err(), Some(400));

    app.restart().await;
    let owner = app.owner();
    assert!(!owner.begun(&format!("?after={id}")).await.2, "nothing came");
    let other = app.another_account("zoe").channel().await.owner_token();
    other.wrote("elsewhere").await;
    assert_eq!(owner.begun(&format!("?after={id}")).await.1, id, "others are not told of");
    t.site = app.site.clone();
    app.advance(Duration::from_millis(1));
    let last = t.wrote("3").await;
    let (_, latest, missed) = owner.begun(&format!("?after={id}")).await;
    assert!(missed);
    // What is deleted is not missed, and what comes then is, though its row takes the place of the last.
    t.delete(last).await.empty(204);
    app.restart().await;
    let owner = app.owner();
    t.site = app.site.clone();
    assert!(!owner.begun(&format!("?after={latest}")).await.2);
    app.advance(Duration::from_millis(1));
    t.wrote("4").await;
    assert!(owner.begun(&format!("?after={latest}")).await.2);
}

#[tokio::test]
async fn case_174_a_ticket_opens_one_socket_of_the_account_and_nothing_else() {
    let app = App::start().await;
    let owner = app.owner();
    let channel = app.channel().await;
    let t = channel.two_way().await;
    let open = async |owner: &Owner, ticket: &str| {
        let path = owner.path(&format!("/notify?ticket={ticket}"));
        Socket::open(&app.site, &path, &[]).await.map(drop)
    };
    let ticket = owner.ticket().await;
    assert_eq!(open(&owner, &ticket).await, Ok(()));
    assert_eq!(open(&owner, &ticket).await, Err(401), "used");
    assert_eq!(open(&owner.under(7), &owner.ticket().await).await, Err(403));
    let of_account = owner.ticket().await;
    let of_channel = Socket::open(&app.site, &t.path(&format!("/notify?ticket={of_account}")), &[]).await;
    assert_eq!(of_channel.err(), Some(401));
    assert_eq!(open(&owner, &t.ticket().await).await, Err(401));
    let late = owner.ticket().await;
    app.advance(Duration::from_secs(31));
    assert_eq!(open(&owner, &late).await, Err(401));
    let of_disabled = owner.ticket().await;
    app.installation.succeed(&["account", "disable", "first"], "");
    assert_eq!(open(&owner, &of_disabled).await, Err(401));
}

#[tokio::test]
async fn case_175_it_ends_with_the_right_and_there_are_only_so_many() {
    let app = App::with("limits.sockets_per_token = 2").await;
    let owner = app.owner();
    let (mut first, _, _) = owner.begun("").await;
    let (mut second, _, _) = owner.begun("").await;
    assert_eq!(owner.socket("").await.err(), Some(429));
    app.installation.succeed(&["account", "disable", "first"], "");
    app.advance(Duration::from_millis(250));
    assert_eq!((first.closed().await, second.closed().await), (Some(1008), Some(1008)));
}

#[tokio::test]
async fn case_176_one_call_marks_what_was_read_and_answers_what_follows() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    for text in ["1", "2", "3", "4", "5"] {
        o.wrote(text).await;
    }
    let numbers = |messages: Vec<Value>| -> Vec<u64> {
        messages.iter().map(|one| one["sequence"].as_u64().expect("a sequence")).collect()
    };
    assert_eq!(numbers(t.messages("?after=0&ack=0&limit=2").await), [1, 2]);
    assert_eq!(t.unread().await, [1, 2, 3, 4, 5]);
    assert_eq!(numbers(t.messages("?after=2&ack=2&limit=2").await), [3, 4]);
    assert_eq!(t.unread().await, [3, 4, 5]);
    t.call("DELETE", "/4", &[], "").await.empty(204);
    assert_eq!(numbers(t.messages("?unread=true&ack=4").await), [5]);
    t.read("?ack=6").await.problem(404, 404);
    t.read("?ack=x").await.invalid();
    let late = channel.two_way().await;
    assert_eq!(numbers(late.messages("?ack=5").await), [] as [u64; 0]);
    channel.amend(&json!({"public_read": true})).await.ok();
    let public = t.path("?after=0");
    app.anonymous().get(&public).await.ok();
    app.anonymous().get(&t.path("?after=0&ack=1")).await.refused(401);
}
