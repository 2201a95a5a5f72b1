//! What is printed of other people's words: nothing of it passes for what the program says.

use serde_json::json;

use crate::support::app::App;
use crate::support::process::with_contact;

#[tokio::test]
async fn nobody_writes_a_line_that_looks_like_the_programs_own() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    let forged = "#9  2026-01-01T00:00:00.000Z  holder  sealed, from a holder of the link";
    o.wrote(&format!("hi\r\n\n{forged}\r{forged}\u{2028}{forged}\npay me")).await;
    o.write_as(&format!("a/b\u{20}; x=1\t{forged}"), "text").await;
    o.write_as("text/plain", "red \u{1b}[31m").await.ok();
    let read = client.succeed(&["read", "shop"], "");
    let heads: Vec<_> = read.lines().filter(|line| !line.is_empty() && !line.starts_with("  ")).collect();
    assert!(heads.iter().all(|line| line.contains("not sealed") && !line.contains("#9")), "{read}");
    assert_eq!(heads.len(), o.all().await.len(), "{read}");
    assert!(read.contains("\n  hi\n\n  #9  ") && read.contains("\n  pay me\n"), "{read}");
    assert!(read.contains("(text/plain, 9 bytes, with signs in it that move"), "{read}");

    let made =
        json!({"description": "a\u{1b}[31mred\u{7}\n9   Own…  yes", "can_read": true, "can_write": true});
    app.owner().issue(&channel.id, &made).await.ok();
    let table = app.installation.succeed(&["token", "list", &channel.id], "");
    assert!(table.contains("a[31mred9   Own") && !table.contains(['\u{1b}', '\u{7}']), "{table}");
    assert_eq!(table.lines().count(), 4, "a heading and three tokens: {table}");
}

#[tokio::test]
async fn paths_stand_alone_on_standard_output() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    o.write_as("application/vnd.peerbox.sealed", vec![1; 90]).await.ok();
    o.write_as("application/octet-stream", vec![0, 1]).await.ok();
    let output = client.run(&["read", "shop", "--out", "in"], "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "in/2.bin\n");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("message 1 is sealed for a key that is not here"), "{said}");
    assert_eq!(output.status.code(), Some(13));
}

#[tokio::test]
async fn each_message_of_several_contacts_says_whose_it_is_and_comes_once() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    let address = format!("{}{}", app.site.base(), t.path(""));
    client.succeed(&["contact", "add", "anna", &address, "--token-stdin"], &t.secret);
    o.wrote("one").await;
    let two = client.succeed(&["listen", "shop", "anna", "--since", "0", "--count", "2"], "");
    assert!(two.contains("shop  #1  ") && two.contains("anna  #1  "), "{two}");
    let alone = client.succeed(&["listen", "shop", "shop", "--since", "0", "--count", "1"], "");
    assert!(alone.starts_with("#1  "), "{alone}");
    o.wrote("two").await;
    let exec = "cat >> got; echo >> got";
    client.succeed(&["listen", "shop", "shop", "--mark", "--count", "2", "--exec", exec], "");
    assert_eq!(std::fs::read_to_string(client.root().join("got")).expect("a file"), "one\ntwo\n");
}
