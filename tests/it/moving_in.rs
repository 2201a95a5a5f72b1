//! Moving in from the reference server with a dump of its database. `tests/reference` does it with a real one.

use std::fs;
use std::path::PathBuf;

use crate::support::bearer::{Bearer, payload};
use crate::support::owner::Owner;
use crate::support::process::Installation;

/// One account with one channel and three tokens, of which one is revoked and one came late; four messages, of which one is
/// deleted. Its tables stand in the order in which `pg_dump` writes them.
pub const DUMP: &str = r"--
-- PostgreSQL database dump
--
SET client_encoding = 'UTF8';
CREATE TABLE public.account (
    id bigint NOT NULL,
    name character varying
);
COPY public.account (id, name) FROM stdin;
7	the shop
\.


COPY public.accountcredential (id, account, scheme, credential) FROM stdin;
1	7	Basic	bWFyYTp4
2	7	Basic	aW5hOnBhOnNz
3	7	Bearer	other
\.


COPY public.apitoken (id, account, channel, token, description, canread, canwrite, validfrom, validto) FROM stdin;
32	7	21	late	\N	t	f	2021-06-01 13:00:00	\N
30	7	21	owner	Owner	t	t	2021-06-01 12:00:00.5	\N
31	7	21	gone	the other\tside	t	t	2021-06-01 12:30:00	2021-06-02 12:00:00
\.


COPY public.channel (id, owner, externalid, publicread, publicwrite, locked, sequenced, minagedays, maxagedays, autoprune) FROM stdin;
21	7	abc_DEF-123	t	\N	f	\N	\N	30	f
\.


COPY public.fcmtoken (id, apitoken, token, isvalid) FROM stdin;
1	30	a device	t
2	31	another	t
3	30	unused	f
\.


COPY public.message (id, fromtoken, channel, seq, receivedts, contenttype, payload) FROM stdin;
103	30	21	3	2021-06-01 13:30:00	text/plain	\\x6279206f776e6572
101	31	21	1	2021-06-01 12:31:00.123456	application/json	\\x7b7d
102	31	21	2	2021-06-01 12:32:00	text/plain	\\x676f6e65
104	31	21	4	2021-06-01 13:40:00	\N	\\x00ff5c
\.


COPY public.messagestatus (id, message, token, isread, isdeleted) FROM stdin;
1	101	30	t	f
2	101	31	t	f
3	102	30	f	t
4	102	31	t	t
5	103	30	t	f
6	103	31	f	f
7	103	32	t	f
8	104	30	f	f
9	104	31	t	f
10	104	32	f	f
\.
";

pub fn dump(installation: &Installation, text: &str) -> PathBuf {
    let path = installation.root().join("dump.sql");
    fs::write(&path, text).expect("space");
    path
}

#[tokio::test]
async fn programs_and_people_go_on_with_the_same_addresses_tokens_and_passwords() {
    let installation = Installation::empty();
    let path = dump(&installation, DUMP);
    let import = ["import-reference", path.to_str().expect("text")];
    let tried = installation.succeed(&[import[0], import[1], "--dry-run"], "");
    assert_eq!(tried, "would import 1 account, 2 users, 1 channel, 3 tokens, 3 messages, 1 device\n");
    assert!(!installation.data_dir().exists() && !installation.key_file().exists(), "only tried");
    let output = installation.run(&import, "");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), tried.replace("would import", "imported"), "{told}");
    for words in [
        "revoked tokens among them: 1\n",
        "messages that were deleted there: 1\n",
        "messages with a content type that cannot be kept, which have none that says anything: 1\n",
        "credentials that are no name and password, which are left out: 1\n",
        "channels open to whoever knows their address, which was not so there: 1\n",
        "nobody manages this server yet",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    installation.succeed(&["check"], "");

    let server = installation.serve("").await;
    let site = &server.site;
    let bearer = |secret: &str| Bearer {
        site: site.clone(),
        channel: "abc_DEF-123".to_owned(),
        id: String::new(),
        secret: secret.to_owned(),
    };
    let (owner, late) = (bearer("owner"), bearer("late"));
    let messages = owner.messages("").await;
    assert_eq!(owner.all().await, [1, 3, 4]);
    assert_eq!(messages[0]["received"], "2021-06-01T12:31:00.123Z");
    assert_eq!(
        (payload(&messages[2]), &messages[2]["content_type"]),
        (vec![0, 255, b'\\'], &"application/octet-stream".into())
    );
    assert_eq!((owner.unread().await, late.all().await, late.unread().await), (vec![4], vec![3, 4], vec![4]));
    bearer("gone").read("").await.refused(401);
    for (user, password) in [("mara", "x"), ("ina", "pa:ss")] {
        let holder = Owner::new(site, 7, user, password);
        assert_eq!(holder.channel_ids().await, ["abc_DEF-123"]);
        let token = holder.token("abc_DEF-123", "32").await.ok();
        assert_eq!((&token["token"], &token["description"]), (&"late".into(), &"Token 32".into()));
        holder.token("abc_DEF-123", "31").await.problem(404, 404);
    }
    owner.mark_read(4).await;
    assert_eq!(owner.wrote("goes on").await, 5);
    installation.fails(&import, "", 4, "is in use by process");
    drop(server);

    // What was done here stays when the same dump comes again.
    assert_eq!(
        installation.succeed(&import, ""),
        "imported 0 accounts, 0 users, 0 channels, 0 tokens, 0 messages, 0 devices\n"
    );
    let server = installation.serve("").await;
    let owner = Bearer { site: server.site.clone(), ..owner };
    assert_eq!((owner.all().await, owner.unread().await), (vec![1, 3, 4, 5], vec![]));
    // The inbox begins with what the first token had read.
    let mut person = crate::support::person::Person::new(&server.site);
    person.sign_in("mara", "x").await;
    let inbox = person.get("/inbox?view=unread").await.is(200).text();
    assert_eq!((inbox.matches("data-row=").count(), inbox.contains("abc_DEF-123.4")), (1, true), "{inbox}");
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_named_by_its_line_and_nothing_is() {
    let installation = Installation::with_account();
    let before = installation.succeed(&["account", "list"], "");
    let cases: &[(&str, &str, i32, &str)] = &[
        ("7\tthe shop\n", "1\tthe shop\n", 7, "line 10: another account has this id"),
        ("7\tthe shop\n", "7\tfirst\n", 7, "line 10: another account has this id or this name"),
        (
            "7\tthe shop\n",
            "7\tthe shop\n8\tthe_shop\n",
            6,
            "line 11: an account of this name was there before",
        ),
        ("7\tthe shop\n", "7\n", 6, "line 10: the row has 1 columns instead of 2"),
        ("7\tthe shop\n", "0\tthe shop\n", 6, "line 10: column id is no number from 1 on"),
        ("bWFyYTp4", "bWFyYXg=", 6, "line 15: the credential is not"),
        ("aW5hOnBhOnNz", "TUFSQTp5", 6, "line 16: a user of this name was there before"),
        ("aW5hOnBhOnNz", "dXNlcm5hbWU6eA==", 7, "line 16: a user of this name belongs to another"),
        ("\tlate\t", "\towner\t", 7, "a token with this secret is here already"),
        ("\tlate\t", "\tla te\t", 6, "line 22: the secret is none"),
        ("13:00:00\t\\N", "yesterday\t\\N", 6, "line 22: column validfrom is no time"),
        ("abc_DEF-123", "abc/DEF", 6, "line 29: the externalid cannot be"),
        ("\t\\N\t30\tf\n", "\t40\t30\tf\n", 6, "line 29: min_age_days is greater"),
        ("21\t7\tabc", "21\t8\tabc", 6, "line 29: there is no such account"),
        ("103\t30\t21\t3", "103\t30\t21\t1", 6, "the channel has another message of this number"),
        ("103\t30\t21\t3", "103\t99\t21\t3", 6, "it was written with a token of another channel"),
        ("\\\\x00ff5c", "\\\\x00ff5", 6, "line 44: column payload is not written as bytes are"),
        ("8\t104\t30\tf\tf", "8\t105\t30\tf\tf", 6, "line 56: there is no such message"),
        ("8\t104\t30\tf\tf", "8\t104\t39\tf\tf", 6, "line 56: there is no such token"),
        ("8\t104\t30\tf\tf", "8\t104\t30\tyes\tf", 6, "line 56: column isread is neither t nor f"),
        ("'UTF8'", "'LATIN1'", 6, "line 4: the dump is not in UTF-8"),
        ("public.channel (", "public.channels (", 6, "has no rows of table channel;"),
    ];
    for (from, to, code, words) in cases {
        let text = DUMP.replacen(from, to, 1);
        assert!(text != DUMP, "{from}");
        let path = dump(&installation, &text);
        let arguments = ["import-reference", path.to_str().expect("text")];
        installation.fails(&arguments, "", *code, words);
        installation.fails(&[arguments[0], arguments[1], "--dry-run"], "", *code, words);
    }
    let cut = dump(&installation, &DUMP[..DUMP.len() - 30]);
    installation.fails(&["import-reference", cut.to_str().expect("text")], "", 6, "it is not whole");
    fs::write(&cut, [0x1f, 0x8b, 8, 0, 0]).expect("space");
    installation.fails(&["import-reference", cut.to_str().expect("text")], "", 6, "unpack it first");
    let wide: Vec<u8> = "\u{feff}--".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&cut, wide).expect("space");
    installation.fails(&["import-reference", cut.to_str().expect("text")], "", 6, "is in UTF-16");
    let words = "a file and not a pipe";
    installation.fails(&["import-reference", "/dev/stdin"], DUMP, 4, words);
    let piped = String::from_utf8(installation.run(&["import-reference", "/dev/stdin"], DUMP).stderr);
    assert_eq!(piped.expect("text").matches(words).count(), 1, "told once");
    assert_eq!(installation.succeed(&["account", "list"], ""), before);
    assert_eq!(installation.succeed(&["user", "list"], "").lines().count(), 2);
    installation.succeed(&["check"], "");
}

#[tokio::test]
async fn names_that_clash_are_told_together_and_long_ones_are_kept() {
    let installation = Installation::empty();
    let long = "x".repeat(256);
    let credential = |name: &str| base64_simd::STANDARD.encode_to_string(format!("{name}:secret"));
    let told = |clashing: &str| {
        let more = format!(
            "bWFyYTp4\n8\t7\tBasic\t{}\n9\t7\tBasic\t{}\n10\t7\tBasic\t{}\n",
            credential(clashing),
            credential(&long),
            credential(&format!("{clashing} too")),
        );
        DUMP.replacen("7\tthe shop\n", &format!("7\tthe shop\n8\tthe shop\n9\t{long}\n"), 1)
            .replacen("bWFyYTp4\n", &more, 1)
            .replacen("2\t7\tBasic\t", "2\t9\tBasic\t", 1)
    };
    let path = dump(&installation, &told("MARA").replacen("MARA too", "mara", 1));
    let path = path.to_str().expect("text");
    for command in [&["import-reference", path, "--dry-run"][..], &["import-reference", path]] {
        installation.fails(command, "", 6, "line 11: an account of this name was there before; rename one");
        installation.fails(
            command,
            "",
            6,
            "\nline 18: a user of this name was there before, and capitals make",
        );
    }
    let text = told("lena").replacen("8\tthe shop\n", "8\tanother\n", 1);
    fs::write(path, text).expect("space");
    let moved = installation.succeed(&["import-reference", path], "");
    assert!(moved.starts_with("imported 3 accounts, 5 users"), "{moved}");
    let server = installation.serve("").await;
    let mut person = crate::support::person::Person::new(&server.site);
    person.sign_in(&long, "secret").await;
    person.get("/inbox").await.is(200);
}

#[test]
fn of_very_many_names_that_clash_none_is_forgotten() {
    let installation = Installation::empty();
    let told = |count: usize| {
        let twice: Vec<_> = (8..8 + count).map(|id| format!("{id}\tthe shop\n")).collect();
        let twice = twice.concat();
        let path = dump(&installation, &DUMP.replacen("7\tthe shop\n", &format!("7\tthe shop\n{twice}"), 1));
        let output = installation.run(&["import-reference", path.to_str().expect("text")], "");
        assert_eq!(output.status.code(), Some(6), "{output:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let lines = |told: &str| told.matches("an account of this name was there before").count();
    let few = told(120);
    assert!(lines(&few) == 120 && !few.contains("there may be more"), "{few}");
    let many = told(1100);
    assert!(lines(&many) == 1000 && many.contains("there may be more"), "{many}");
}

#[test]
fn a_trial_leaves_nothing_behind_and_says_where_it_cannot_be() {
    let installation = Installation::empty();
    let path = dump(&installation, DUMP);
    let trial = |folder: PathBuf| {
        let mut command =
            installation.command(&["import-reference", "--dry-run", path.to_str().expect("text")]);
        command.env("TMPDIR", folder).output().expect("the executable")
    };
    let room = installation.root().join("room");
    fs::create_dir(&room).expect("a folder");
    let output = trial(room.clone());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_dir(&room).expect("the folder").count(), 0, "nothing stays");
    let output = trial(installation.root().join("nowhere"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(4) && told.contains("name another with TMPDIR"), "{told}");
}
