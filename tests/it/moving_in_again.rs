//! A later dump of the same reference server: channels that are here already get what is new there, or are named.

use std::fs;

use serde_json::json;

use crate::moving_in::{DUMP, dump};
use crate::support::bearer::Bearer;
use crate::support::eventually;
use crate::support::owner::Owner;
use crate::support::process::{Installation, Process};

/// The same server some time later: two more messages of which one is deleted, a new token, one that was revoked, a
/// message that was deleted, one that was read, another device and another channel.
fn later() -> String {
    let mut text = DUMP.to_owned();
    for (row, rows) in [
        (
            "32\t7\t21\tlate\t\\N\tt\tf\t2021-06-01 13:00:00\t\\N\n",
            "32\t7\t21\tlate\t\\N\tt\tf\t2021-06-01 13:00:00\t2021-06-04 12:00:00\n33\t7\t21\tnewest\tnewest\tt\tt\t2021-06-03 12:00:00\t\\N\n34\t7\t22\tother\tOwner\tt\tt\t2021-06-03 13:00:00\t\\N\n",
        ),
        ("21\t7\tabc_DEF-123\t", "22\t7\tanother\t\\N\t\\N\tf\tf\t\\N\t\\N\tf\n21\t7\tabc_DEF-123\t"),
        ("1\t30\ta device\tt\n", "1\t30\ta device\tt\n4\t33\ta new device\tt\n"),
        (
            "104\t31\t21\t4\t",
            "106\t33\t21\t6\t2021-06-03 14:00:00\ttext/plain\t\\\\x6e6577\n105\t30\t21\t5\t2021-06-03 13:00:00\ttext/plain\t\\\\x676f6e65\n107\t34\t22\t1\t2021-06-03 14:00:00\ttext/plain\t\\\\x6f74686572\n104\t31\t21\t4\t",
        ),
        (
            "5\t103\t30\tt\tf\n6\t103\t31\tf\tf\n7\t103\t32\tt\tf\n8\t104\t30\tf\tf\n",
            "5\t103\t30\tt\tt\n6\t103\t31\tf\tt\n7\t103\t32\tt\tt\n8\t104\t30\tt\tf\n11\t105\t30\tt\tt\n12\t106\t30\tf\tf\n13\t106\t33\tt\tf\n14\t107\t34\tt\tf\n",
        ),
    ] {
        assert_eq!(text.matches(row).count(), 1, "{row}");
        text = text.replace(row, rows);
    }
    text
}

fn bearer(server: &Process, channel: &str, secret: &str) -> Bearer {
    let (site, id) = (server.site.clone(), String::new());
    Bearer { site, channel: channel.to_owned(), id, secret: secret.to_owned() }
}

/// What an export says of the channel that both dumps have, as lines in an order.
fn exported(installation: &Installation) -> String {
    installation.succeed(&["export", "--account", "7", "--channel", "abc_DEF-123", "--with-secrets"], "")
}

#[tokio::test]
async fn a_later_dump_brings_what_is_new_there_as_if_it_had_been_the_first() {
    let (installation, afresh) = (Installation::empty(), Installation::empty());
    let path = dump(&installation, DUMP);
    let import = ["import-reference", path.to_str().expect("text")];
    installation.succeed(&import, "");
    // It was tried: somebody read with a token what nobody has read there yet.
    let server = installation.serve("").await;
    bearer(&server, "abc_DEF-123", "late").mark_read(4).await;
    drop(server);

    fs::write(&path, later()).expect("space");
    let before = exported(&installation);
    let tried = installation.succeed(&[import[0], import[1], "--dry-run"], "");
    assert_eq!(exported(&installation), before, "only tried");
    let output = installation.run(&import, "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let expected = "imported 0 accounts, 0 users, 1 channel, 2 tokens, 2 messages, 1 device\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{told}");
    assert_eq!(tried.replace("would import", "imported"), expected);
    for words in [
        "messages that were deleted there: 1\n",
        "channels that are here already and get what is new: 1\n",
        "tokens that are here already and were revoked there since: 1\n",
        "messages that are here already and were deleted there since: 1\n",
        "messages that are here already and were read there since, for each reader: 2\n",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    installation.succeed(&["check"], "");
    // A second time it has nothing new, and is as if this had been the first dump.
    let nothing = "imported 0 accounts, 0 users, 0 channels, 0 tokens, 0 messages, 0 devices\n";
    assert_eq!(installation.succeed(&import, ""), nothing);
    let path = dump(&afresh, &later());
    afresh.succeed(&["import-reference", path.to_str().expect("text")], "");
    assert_eq!(exported(&installation), exported(&afresh));
    let server = installation.serve("").await;
    let (owner, newest) = (bearer(&server, "abc_DEF-123", "owner"), bearer(&server, "abc_DEF-123", "newest"));
    assert_eq!((owner.all().await, owner.unread().await), (vec![1, 4, 6], vec![6]));
    assert_eq!((newest.all().await, newest.unread().await), (vec![6], vec![]));
    bearer(&server, "abc_DEF-123", "late").read("").await.refused(401);
    assert_eq!(bearer(&server, "another", "other").all().await, [1]);
    assert_eq!(newest.wrote("goes on").await, 7);
    drop(server);
    // The first dump is older by now, and has a message that was deleted since.
    dump(&installation, DUMP);
    installation.fails(
        &import,
        "",
        7,
        "channel abc_DEF-123 was changed here and stays so, without 1 message\n",
    );
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn a_channel_that_was_changed_here_stays_and_is_named_with_what_it_lacks() {
    for change in ["writes", "deletes", "writes and deletes", "issues"] {
        let installation = Installation::empty();
        let path = dump(&installation, DUMP);
        let import = ["import-reference", path.to_str().expect("text")];
        installation.succeed(&import, "");
        let server = installation.serve("").await;
        let owner = bearer(&server, "abc_DEF-123", "owner");
        if change.starts_with("writes") {
            assert_eq!(owner.wrote("here").await, 5);
            assert_eq!(owner.wrote("here").await, 6);
        }
        let deleted: &[u64] = match change {
            "deletes" => &[4],
            "writes and deletes" => &[5, 6],
            _ => &[],
        };
        for sequence in deleted {
            owner.delete(sequence).await.empty(204);
        }
        if change == "issues" {
            let holder = Owner::new(&server.site, 7, "mara", "x");
            holder.issue("abc_DEF-123", &json!({"description": "made here", "can_read": true})).await.ok();
        }
        drop(server);
        fs::write(&path, later()).expect("space");
        let before = exported(&installation);
        let messages = if change == "deletes" { "2 messages" } else { "1 message" };
        let words = format!(
            "channel abc_DEF-123 was changed here and stays so, without {messages}, 1 token, 1 revocation, 1 deletion\n"
        );
        installation.fails(&[import[0], import[1], "--dry-run"], "", 7, &words);
        installation.fails(&import, "", 7, &words);
        installation.fails(
            &import,
            "",
            7,
            "1 changed channel did not get what the dump has; delete such a channel",
        );
        assert_eq!(exported(&installation), before, "{change}");
        installation.succeed(&["check"], "");
        // All else came.
        let server = installation.serve("").await;
        assert_eq!(bearer(&server, "another", "other").all().await, [1]);
        // The advice helps.
        Owner::new(&server.site, 7, "mara", "x").delete("abc_DEF-123").await.empty(204);
        drop(server);
        let told = installation.succeed(&import, "");
        assert_eq!(
            told, "imported 0 accounts, 0 users, 1 channel, 4 tokens, 3 messages, 2 devices\n",
            "{change}"
        );
        installation.succeed(&["check"], "");
    }
}

#[tokio::test]
async fn what_ended_here_by_its_age_is_not_missed() {
    let pruned = |text: &str| text.replace("\t\\N\t30\tf\n", "\t\\N\t30\tt\n");
    let installation = Installation::empty();
    let path = dump(&installation, &pruned(DUMP));
    let import = ["import-reference", path.to_str().expect("text")];
    installation.succeed(&import, "");
    let server = installation.serve("retention.prune_interval = \"1s\"").await;
    let owner = bearer(&server, "abc_DEF-123", "owner");
    eventually("all to be gone", async || owner.all().await.is_empty()).await;
    drop(server);
    fs::write(&path, pruned(&later())).expect("space");
    let told = installation.succeed(&import, "");
    assert_eq!(told, "imported 0 accounts, 0 users, 1 channel, 2 tokens, 2 messages, 1 device\n");
    installation.succeed(&["check"], "");
}
