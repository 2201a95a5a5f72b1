//! Envelopes come into a small table and are filed in the large one later. Nobody sees where one lies.

use futures_util::future::join_all;
use rusqlite::Connection;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::process::Installation;

/// Messages of each of two channels: enough that filing goes round, and some stay new.
const MESSAGES: u64 = 1500;

fn rows(database: &Connection, table: &str) -> u64 {
    let sql = format!("select count(*) from {table}");
    let count: i64 = database.query_row(&sql, [], |row| row.get(0)).expect("a count");
    count.cast_unsigned()
}

async fn fill(writers: &[&Bearer]) {
    for _ in 0..MESSAGES / 50 {
        join_all(writers.iter().flat_map(|writer| (0..50).map(|_| writer.wrote("a text")))).await;
    }
}

#[tokio::test]
async fn new_and_filed_messages_are_one_list() {
    let app = App::start().await;
    let (channel, other) = (app.channel().await, app.channel().await);
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    fill(&[&o, &other.owner_token()]).await;
    let database = Connection::open(app.installation.database()).expect("the database");
    let (filed, new) = (rows(&database, "filed_envelope"), rows(&database, "new_envelope"));
    assert!(filed > MESSAGES && new > 100 && filed + new == 2 * MESSAGES, "{filed} filed, {new} new");

    let everything: Vec<u64> = (1..=MESSAGES).collect();
    assert_eq!(t.all().await, everything);
    assert_eq!(t.unread().await, everything);
    assert_eq!(t.etag().await, MESSAGES.to_string());

    t.mark_read_up_to(MESSAGES - 1).await;
    t.mark_unread(2).await;
    t.mark_unread(MESSAGES - 2).await;
    assert_eq!(t.unread().await, [2, MESSAGES - 2, MESSAGES]);

    t.delete(1).await.is(204);
    t.delete(MESSAGES).await.is(204);
    assert_eq!(t.all().await, everything[1..everything.len() - 1]);
    assert_eq!(t.etag().await, (MESSAGES - 1).to_string());
    assert_eq!(t.wrote("the next").await, MESSAGES + 1);
    assert_eq!(o.unread().await, [MESSAGES + 1]);
    assert_eq!(rows(&database, "message"), 2 * MESSAGES - 1);

    app.owner().delete(&channel.id).await.is(204);
    eventually("cleared away", async || rows(&database, "leftover") == 0).await;
    assert_eq!(rows(&database, "message"), MESSAGES);
    assert_eq!(rows(&database, "envelope"), MESSAGES);
    assert_eq!(other.owner_token().all().await, everything);
}

#[tokio::test]
async fn a_check_finds_what_lost_its_envelope_its_message_or_its_channel() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let o = server.owner().channel().await.owner_token();
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    drop(server);
    let database = Connection::open(installation.database()).expect("the database");
    let edits = [
        ("delete from new_envelope where sequence = 1", "1 message without an envelope"),
        ("delete from message where id = 2", "1 envelope without a message"),
        ("update new_envelope set channel_id = 99 where sequence = 3", "1 envelope without a channel"),
    ];
    for (edit, fault) in edits {
        assert_eq!(database.execute(edit, []).expect("a change"), 1);
        let output = installation.run(&["check"], "");
        assert_eq!(output.status.code(), Some(6), "{output:?}");
        let told = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8_lossy(&told).contains(fault), "{fault}: {}", told.escape_ascii());
    }
}

#[tokio::test]
async fn a_head_below_many_own_messages_is_found_and_follows_deletions() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t, other) = (channel.owner_token(), channel.two_way().await, channel.two_way().await);
    for text in ["one", "two", "three"] {
        t.wrote(text).await;
    }
    other.wrote("four").await;
    fill(&[&o]).await;
    let database = Connection::open(app.installation.database()).expect("the database");
    assert!(rows(&database, "filed_envelope") > 4);
    for (head, deleted) in [("4", 2), ("4", 4), ("3", 3), ("1", 1)] {
        assert_eq!(o.etag().await, head);
        t.delete(deleted).await.is(204);
    }
    assert_eq!(o.etag().await, "0");
    assert_eq!(t.etag().await, (MESSAGES + 4).to_string());
    app.installation.succeed(&["check"], "");
}

/// Makes of a file what version 1 would have made: message and envelope in one row, tokens that go with their channel.
const TO_VERSION_1: &str = "
    drop table mailbox_told;
    drop table mailbox;
    drop table notification_level;
    drop table notification_setting;
    drop table push_delivery;
    drop table push_told;
    drop table push_subscription;
    drop table push_key;
    alter table push_registration drop column told;
    alter table push_registration drop column tries;
    alter table push_registration drop column next_at;
    alter table push_registration drop column state;
    alter table push_registration drop column failing_since;
    alter table push_registration drop column taken_at;
    alter table push_registration drop column status;
    drop table webhook_delivery;
    drop table webhook;
    drop table certificate;
    drop trigger channel_leftovers;
    drop trigger token_leftovers;
    drop trigger channel_version;
    drop trigger token_version_new;
    drop trigger token_version;
    drop trigger token_version_gone;
    drop table account_key;
    alter table channel drop column reply;
    alter table channel drop column letters;
    alter table channel drop column greeting;
    drop table token_use;
    alter table token drop column note;
    alter table token drop column hue;
    drop trigger token_access;
    drop trigger token_will_end;
    drop index token_by_end;
    alter table token drop column expires_at;
    alter table token drop column link;
    drop table channel_picture;
    drop table saved_search;
    alter table user drop column zone;
    drop table mail_delivery;
    alter table account drop column quota;
    alter table account drop column last_message;
    alter table account drop column key_copied;
    alter table account drop column steps_away;
    alter table channel drop column pinned;
    alter table channel drop column muted;
    alter table channel drop column group_name;
    alter table message rename to content;
    create table message (
      id          integer primary key,
      channel_id  integer not null references channel (id) on delete cascade,
      sequence    integer not null,
      author      integer not null,
      received_at integer not null,
      sealed      blob not null
    ) strict;
    create unique index message_by_sequence on message (channel_id, sequence, author);
    insert into message (id, channel_id, sequence, author, received_at, sealed)
    select message_id, channel_id, sequence, author, received_at, sealed
      from envelope join content on content.id = message_id;
    drop trigger session_gone;
    alter table session drop column proof;
    drop table reset_link;
    create table reset_link (
      user_id    integer primary key references user (id) on delete cascade,
      code_blind blob not null unique,
      created_at integer not null
    ) strict;
    update channel
       set bytes = (select coalesce(sum(length(sealed)), 0) from message where channel_id = channel.id);
    update account set bytes = (select sum(bytes) from channel where account_id = account.id);
    drop view envelope;
    drop table new_envelope;
    drop table filed_envelope;
    drop table content;
    alter table channel drop column version;
    alter table account drop column deleted;
    alter table channel drop column direction;

    drop table star;
    drop table snooze;
    drop table undo_part;
    drop table undo;
    drop table deleted_state;
    drop table deleted_message;
    drop table filed_author;
    drop table leftover;
    alter table token drop column can_delete;
    alter table push_registration rename to registration;
    alter table token rename to any_token;
    create table token (
      id           integer primary key autoincrement,
      channel_id   integer not null references channel (id) on delete cascade,
      secret_blind blob unique,
      secret       blob,
      description  blob not null,
      can_read     integer not null,
      can_write    integer not null,
      since        integer not null,
      created_at   integer not null,
      revoked_at   integer
    ) strict;
    insert into token select * from any_token;
    create table push_registration (
      id           integer primary key,
      token_id     integer not null references token (id) on delete cascade,
      device_blind blob not null,
      device       blob not null,
      created_at   integer not null,
      unique (device_blind, token_id)
    ) strict;
    insert into push_registration select * from registration;
    drop table registration;
    drop table any_token;
    create index token_by_channel on token (channel_id, id);
    create index push_registration_by_token on push_registration (token_id);
    create trigger token_access after update of secret_blind, can_read, can_write on token begin
      update access_epoch set value = value + 1;
    end;
    create trigger token_gone after delete on token begin
      update access_epoch set value = value + 1;
    end;
    pragma user_version = 1;";

/// What the file consists of, without comments, quotes and spaces.
fn schema(installation: &Installation) -> Vec<String> {
    let database = Connection::open(installation.database()).expect("the database");
    let sql = "select name, sql from sqlite_schema where sql is not null order by name";
    let mut statement = database.prepare(sql).expect("a statement");
    let objects = statement
        .query_map([], |row| Ok(format!("{} {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    objects.expect("objects").map(|object| plain(&object.expect("an object"))).collect()
}

fn plain(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.collect::<String>().replace([' ', '"'], "")
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let installation = Installation::with_account();
    let server = installation.serve("").await;
    let channel = server.owner().channel().await;
    let o = channel.owner_token();
    let t = channel.two_way().await;
    for text in ["one", "two", "three"] {
        o.wrote(text).await;
    }
    o.delete(2).await.is(204);
    t.mark_read(1).await;
    t.register("device").await.is(200);
    drop(server);
    let laid_out_anew = schema(&installation);
    let database = Connection::open(installation.database()).expect("the database");
    database.execute_batch(TO_VERSION_1).expect("the old schema");
    drop(database);

    let before = std::fs::read(installation.database()).expect("the file");
    let other = Installation::with_account();
    let wrong_key = other.key_file();
    let arguments = ["--key-file", wrong_key.to_str().expect("text"), "account", "list"];
    assert_eq!(installation.run(&arguments, "").status.code(), Some(10));
    assert_eq!(std::fs::read(installation.database()).expect("the file"), before);

    let server = installation.serve("").await;
    let (o, t) = (Bearer { site: server.site.clone(), ..o }, Bearer { site: server.site.clone(), ..t });
    assert_eq!(t.all().await, [1, 3]);
    assert_eq!(t.unread().await, [3]);
    assert_eq!(o.wrote("four").await, 4);
    drop(server);
    let database = Connection::open(installation.database()).expect("the database");
    assert_eq!(rows(&database, "push_registration"), 1);
    drop(database);
    installation.succeed(&["check"], "");
    assert_eq!(schema(&installation), laid_out_anew);
}
