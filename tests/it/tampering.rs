//! A file that somebody edited: what was altered answers an error, and the rest goes on.

use rusqlite::Connection;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::bearer::payload;
use crate::support::furnished::furnished;
use crate::support::person::Person;
use crate::support::push_browser::PushBrowser;

#[tokio::test]
async fn altered_bytes_are_noticed_and_other_messages_are_served() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    app.edit("update message set sealed = cast(sealed || x'00' as blob) where id = 1");
    o.call("GET", "/1", &[], "").await.is(500);
    assert_eq!(o.call("GET", "/2", &[], "").await.is(200).text(), "two");
    assert_eq!(o.wrote("three").await, 3);
}

#[tokio::test]
async fn swapped_messages_are_noticed() {
    let app = App::start().await;
    let (first, second) = (app.channel().await.owner_token(), app.channel().await.owner_token());
    first.wrote("first").await;
    first.wrote("second").await;
    second.wrote("elsewhere").await;
    // The second message takes the first one's place: both are genuine, neither is where it was put.
    app.edit("update new_envelope set message_id = 3 - message_id where message_id in (1, 2)");
    first.call("GET", "/1", &[], "").await.is(500);
    let listed = first.messages("").await;
    assert!(
        listed.iter().all(|message| message["damaged"] == true && message["payload"] == ""),
        "{listed:?}"
    );
    assert_eq!(payload(&second.messages("").await[0]), b"elsewhere");
}

#[tokio::test]
async fn a_message_moved_to_another_channel_is_noticed() {
    let app = App::start().await;
    let (from, to) = (app.channel().await.owner_token(), app.channel().await.owner_token());
    from.wrote("not for you").await;
    to.wrote("for you").await;
    app.edit("update new_envelope set message_id = 1 where message_id = 2");
    to.call("GET", "/1", &[], "").await.is(500);
    assert_eq!(from.call("GET", "/1", &[], "").await.is(200).text(), "not for you");
}

#[tokio::test]
async fn a_token_whose_secret_was_moved_from_another_row_is_refused() {
    let app = App::start().await;
    let channel = app.channel().await;
    let t = channel.two_way().await;
    app.edit("update token set secret = (select secret from token order by id limit 1) where id > 1");
    let status = app.owner().token(&channel.id, &t.id).await.status;
    assert_eq!(status, 500, "the secret was moved from another row");
    t.read("").await.is(500);
    channel.owner_token().read("").await.ok();
}

#[tokio::test]
async fn a_channel_that_was_given_to_another_account_in_the_file_does_not_open_there() {
    let app = App::start().await;
    let channel = app.channel().await;
    let other = app.another_account("mallory");
    app.edit("update channel set account_id = 2");
    assert!(other.channel_ids().await.is_empty(), "its key is bound to the account that made it");
    other.get(&channel.id).await.is(500);
}

#[tokio::test]
async fn one_damaged_message_does_not_take_the_others_down() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    app.edit("update message set sealed = zeroblob(80) where id = 2");
    assert_eq!(t.unread().await, [1, 2, 3]);
    let listed = t.messages("").await;
    assert_eq!(listed[1]["damaged"], true);
    assert_eq!(listed[2].get("damaged"), None);
    t.call("GET", "/2", &[], "").await.is(500);
}

#[tokio::test]
async fn a_damaged_message_has_its_number_and_can_be_marked_and_deleted() {
    let app = App::start().await;
    let channel = app.sequenced_channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    o.wrote("one").await;
    app.edit("update message set sealed = zeroblob(80)");
    assert_eq!(t.unread().await, [1]);
    t.write("too early").await.problem(400, 409);
    t.mark_read(1).await;
    assert_eq!(t.wrote("two").await, 2);
    t.delete(1).await.is(204);
    assert_eq!(t.all().await, [2]);
}

/// Exchanges the look-up hashes of the rows 1 and 2.
fn exchange(app: &App, table: &str, column: &str) {
    let connection = Connection::open(app.installation.database()).expect("the database");
    let hash = |id: i64| -> Vec<u8> {
        let sql = format!("select {column} from {table} where id = ?1");
        connection.query_row(&sql, [id], |row| row.get(0)).expect("a hash")
    };
    let (first, second) = (hash(1), hash(2));
    for (id, hash) in [(1, vec![0; 32]), (2, first), (1, second)] {
        let sql = format!("update {table} set {column} = ?2 where id = ?1");
        assert_eq!(connection.execute(&sql, (id, hash)).expect("a change"), 1);
    }
}

/// What `check` says of the file, which is damaged.
#[track_caller]
fn faults(app: &App) -> String {
    let output = app.installation.run(&["check"], "");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).expect("text")
}

async fn signed_in(app: &App, user: &str) -> Person {
    let mut browser = Person::new(&app.site);
    browser.sign_in(user, PASSWORD).await;
    browser
}

#[tokio::test]
async fn a_session_opens_no_account_but_the_one_it_was_begun_for() {
    let app = App::start().await;
    app.another_account("mallory");
    signed_in(&app, USER).await;
    let mut mallory = signed_in(&app, "mallory").await;
    exchange(&app, "session", "secret_blind");
    assert!(Person::sent_to(&mallory.get("/inbox").await).starts_with("/login"));
    app.edit("delete from session");
    for edited in [
        "update session set user_id = 1 where user_id = 2",
        "update user set account_id = 1 where id = 2",
        "update session set version = 7 where user_id = 2; update user set version = 7 where id = 2",
        "update user set operator = 1 where id = 2",
    ] {
        let mut mallory = signed_in(&app, "mallory").await;
        mallory.get("/inbox").await.is(200);
        let connection = Connection::open(app.installation.database()).expect("the database");
        let before: (i64, i64, bool) = connection
            .query_row("select account_id, version, operator from user where id = 2", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .expect("the user");
        connection.execute_batch(edited).expect("a change");
        assert!(Person::sent_to(&mallory.get("/inbox").await).starts_with("/login"), "{edited}");
        assert!(faults(&app).contains("session.secret_blind"), "{edited}");
        connection
            .execute("update user set account_id = ?1, version = ?2, operator = ?3 where id = 2", before)
            .expect("the user as before");
        connection.execute("delete from session", []).expect("no session");
    }
}

#[tokio::test]
async fn nobody_comes_to_manage_the_server_by_an_edit_of_the_file() {
    let app = App::start().await;
    let mallory = app.another_account("mallory");
    app.edit("update user set operator = 1 where id = 2");
    mallory.list().await.is(401);
    assert!(faults(&app).contains("user.password of an operator of row 2 does not open"));
    app.owner().list().await.ok();
}

#[tokio::test]
async fn a_link_for_a_new_password_is_for_its_user_only() {
    let app = App::start().await;
    app.another_account("mallory");
    let mut operator = signed_in(&app, USER).await;
    operator.get("/admin").await.is(200);
    let page = operator.post("/admin/users/2", &[("do", "reset")]).await.is(200).text();
    let code = page.split_once("/reset?code=").map_or("", |(_, rest)| rest);
    let code = code.split(['<', '"']).next().expect("a code");
    app.edit("update reset_link set user_id = 1 where user_id = 2");
    let mut mallory = Person::new(&app.site);
    let page = mallory.get(&format!("/reset?code={code}")).await.is(200).text();
    assert!(!page.contains("type=\"password\""), "there is nothing to choose: {page}");
    // Whose form it is makes no difference.
    mallory.get("/login").await.is(200);
    mallory.post("/reset", &[("code", code), ("password", "mine from now on")]).await.is(422);
    app.owner().list().await.ok();
    assert!(faults(&app).contains("reset_link.code_blind of row 1"));
}

#[tokio::test]
async fn names_and_addresses_find_only_what_is_theirs() {
    let app = App::start().await;
    let mallory = app.another_account("mallory");
    let open = serde_json::json!({"public_read": true});
    let (hidden, known) = (app.channel_with(open.clone()).await, mallory.channel_with(open).await);
    hidden.owner_token().wrote("for those who have the address").await;
    exchange(&app, "channel", "id_blind");
    let reply = app.anonymous().get(&format!("/api/v1/channel/{}", known.id)).await;
    assert_eq!(reply.status, 500, "{}", reply.text());
    mallory.get(&known.id).await.refused(403);
    assert!(faults(&app).contains("channel.id_blind of row 1"));
    exchange(&app, "channel", "id_blind");

    exchange(&app, "user", "name_blind");
    let installation = &app.installation;
    let passwd = ["user", "passwd", "mallory", "--password-stdin"];
    assert!(!installation.run(&passwd, "another password\n").status.success(), "that is somebody else's row");
    assert!(faults(&app).contains("user.name_blind of row 2"));
    exchange(&app, "user", "name_blind");

    exchange(&app, "account", "name_blind");
    assert!(!installation.run(&["account", "show", "first"], "").status.success());
    assert!(faults(&app).contains("account.name_blind of row 1"));
    exchange(&app, "account", "name_blind");
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn tokens_and_devices_are_found_only_by_what_is_sealed_beside_them() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    t.register("device-of-the-counterparty").await.is(200);
    o.register("device-of-mine").await.is(200);
    app.edit(
        "update push_registration
            set device_blind = (select device_blind from push_registration where token_id = 1)
          where token_id = 2",
    );
    assert!(faults(&app).contains("the device of registration"));
    let renamed = serde_json::json!({"token": "device-that-listens"});
    app.anonymous().put("/api/v1/pushnotifications/device-of-mine", &renamed).await.is(200);
    let connection = Connection::open(app.installation.database()).expect("the database");
    let registered: Vec<i64> = connection
        .prepare("select token_id from push_registration")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("registrations");
    assert_eq!(registered, [1], "it hears of its own token only");

    exchange(&app, "token", "secret_blind");
    o.read("").await.is(401);
    app.owner().tokens(&channel.id, &format!("?token={}", o.secret)).await.is(404);
    assert!(faults(&app).contains("token.secret_blind of row 1"));
}

#[tokio::test]
async fn a_check_finds_what_is_missing_and_what_is_counted_wrong() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    o.wrote("one").await;
    o.wrote("two").await;
    for (edited, undone, fault) in [
        ("drop trigger token_gone", "", "the trigger token_gone is missing"),
        ("drop index token_by_channel", "", "the index token_by_channel is missing"),
        (
            "update account set messages = messages + 1",
            "update account set messages = messages - 1",
            "account 1 remembers another number of messages",
        ),
        ("update channel set head = 1", "update channel set head = 2", "the head of channel row 1"),
        ("update channel set bytes = 0", "", "channel row 1 remembers another number of messages"),
        ("drop table push_registration", "", "the table push_registration is missing"),
    ] {
        let connection = Connection::open(app.installation.database()).expect("the database");
        connection.execute_batch(edited).expect("a change");
        assert!(faults(&app).contains(fault), "{edited}: {}", faults(&app));
        connection.execute_batch(undone).expect("a change back");
    }
}

#[tokio::test]
async fn a_check_names_the_one_number_that_points_where_nothing_is() {
    let app = App::with("push.allow_private = \"loopback\"").await;
    let (_channel, lena, late) = furnished(&app).await;
    lena.register("a phone").await.is(200);
    let mut person = app.signed_in().await;
    let fields = PushBrowser::new("http://127.0.0.1:1/hook", 7).fields();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    person.get("/profile/notifications").await.is(200);
    person.post("/profile/notifications/browsers", &fields).await.is(303);
    let connection = Connection::open(app.installation.database()).expect("the database");
    connection
        .execute_batch(
            "insert into mailbox (user_id, asked, asked_at) values (1, 0, 0);
             insert into mailbox_told (user_id, channel_id, told) values (1, 1, 1)",
        )
        .expect("a mailbox");
    app.installation.succeed(&["check"], "");
    let (lena, late) = (&lena.id, &late.id);
    for (row, column, fault) in [
        (format!("read_cursor where reader = {lena}"), "cursor", format!("what is read by reader {lena} of")),
        (
            format!("read_exception where reader = {lena} and sequence in (3, 1003)"),
            "sequence",
            format!("a message read or unread by reader {lena} of"),
        ),
        (format!("token where id = {late}"), "since", format!("what is hidden from token {late} of")),
        ("webhook where id = 1".to_owned(), "told", "what is told to webhook 1 of".to_owned()),
        (
            "push_registration where id = 1".to_owned(),
            "told",
            "what is told to the phone of registration 1 of".to_owned(),
        ),
        (
            "push_told where channel_id = 1".to_owned(),
            "told",
            "what is told to the browser of subscription 1 of".to_owned(),
        ),
        (
            "mailbox_told where channel_id = 1".to_owned(),
            "told",
            "what is told to the mailbox of user 1 of".to_owned(),
        ),
    ] {
        let (table, which) = row.split_once(' ').expect("a table");
        let shift = |by: i64| {
            let sql = format!("update {table} set {column} = {column} + {by} {which}");
            assert_eq!(connection.execute(&sql, []).expect("a change"), 1, "{sql}");
        };
        shift(1000);
        assert_eq!(only_fault(&app), format!("{fault} channel row 1 is beyond the channel's head"));
        shift(-1000);
    }
    let others = "(select owner_token from channel where id = 2)";
    for (edited, undone, fault) in [
        (
            "delete from access_epoch".to_owned(),
            "insert into access_epoch (id, value) values (1, 1000)".to_owned(),
            "the access epoch is missing",
        ),
        (
            format!("update new_envelope set author = {others} where channel_id = 1 and sequence = 3"),
            format!("update new_envelope set author = {lena} where channel_id = 1 and sequence = 3"),
            "message 3 of channel row 1 was written with a token that is none of the channel's",
        ),
        (
            format!("update channel set owner_token = {others} where id = 1"),
            "update channel set owner_token = 1 where id = 1".to_owned(),
            "channel row 1 was made with token",
        ),
        (
            "update mailbox set address = x'01' where user_id = 1".to_owned(),
            "update mailbox set address = null where user_id = 1".to_owned(),
            "mailbox.address of row 1 does not open",
        ),
    ] {
        connection.execute_batch(&edited).expect("a change");
        assert!(only_fault(&app).contains(fault), "{edited}: {}", only_fault(&app));
        connection.execute_batch(&undone).expect("a change back");
    }
    // A clock that is set back does this too, so it is told and is no fault.
    connection
        .execute_batch(
            "update new_envelope set received_at = received_at - 1 where channel_id = 1 and sequence = 3",
        )
        .expect("a change");
    let output = app.installation.run(&["check"], "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.starts_with("message 3 of channel row 1 was received before"),
        "{told}"
    );
}

/// The one fault that `check` finds.
#[track_caller]
fn only_fault(app: &App) -> String {
    let output = app.installation.run(&["check"], "");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let found = String::from_utf8(output.stdout).expect("text");
    assert_eq!(found.lines().count(), 1, "{found}");
    found.trim_end().to_owned()
}
