//! `bench`: a load on a channel of one's own, of which nothing stays.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::process::{Installation, with_contact};
use crate::support::{eventually, soon};

#[tokio::test]
async fn only_ones_own_channel_is_put_under_load_and_nothing_of_it_stays() {
    let app = App::start().await;
    let channel = app.channel().await;
    let (o, t) = (channel.owner_token(), channel.two_way().await);
    let client = with_contact(&t);
    client.fails(&["bench", "shop"], "", 2, "somebody else's channel");
    client.fails(&["bench", "http://127.0.0.1:1/api/v1/channel/abc"], "", 7, "no contact");
    let address = format!("{}{}", app.site.base(), o.path(""));
    client.succeed(&["contact", "add", "mine", &address, "--token-stdin"], &o.secret);
    let few = ["bench", &address, "--requests", "25", "--bytes", "100", "--connections", "3", "--json"];
    let measured: Value = serde_json::from_str(&client.succeed(&few, "")).expect("JSON");
    let counts: Vec<_> =
        measured.as_array().expect("a list").iter().map(|one| (&one["what"], &one["requests"])).collect();
    let (write, read, delete) = (json!("write"), json!("read"), json!("delete"));
    assert_eq!(counts, [(&write, &json!(25)), (&read, &json!(25)), (&delete, &json!(25))]);
    assert!(
        measured[0]["p50"].as_f64() <= measured[0]["p99"].as_f64() && measured[0]["p50"].as_f64() > Some(0.0)
    );
    assert_eq!(t.all().await, [] as [u64; 0]);
    client.fails(&["bench", "mine", "--requests", "100001"], "", 2, "100001");
    client.fails(&["bench", "mine", "--seconds", "11m"], "", 2, "at most 10m");
}

#[tokio::test]
async fn a_load_that_cannot_be_deleted_is_one_message_and_named() {
    let app = App::start().await;
    let retention = json!({"min_age_days": 1, "max_age_days": null, "auto_prune": false});
    let o = app.channel_with(json!({"retention": retention})).await.owner_token();
    let client = Installation::empty();
    let address = format!("{}{}", app.site.base(), o.path(""));
    client.succeed(&["contact", "add", "mine", &address, "--token-stdin"], &o.secret);
    client.fails(&["bench", "mine"], "", 11, "message 1 of this run could not be deleted");
    assert_eq!(o.all().await, [1]);
}

#[tokio::test]
async fn nothing_stays_of_a_load_that_is_interrupted() {
    let app = App::start().await;
    let o = app.channel().await.owner_token();
    let client = Installation::empty();
    let address = format!("{}{}", app.site.base(), o.path(""));
    client.succeed(&["contact", "add", "mine", &address, "--token-stdin"], &o.secret);
    o.wrote("our own").await;
    let mut command = client.command(&["bench", "mine", "--requests", "100000", "--connections", "2"]);
    let mut bench = command.stderr(Stdio::null()).spawn().expect("the executable");
    eventually("some messages", async || o.all().await.len() > 20).await;
    let interrupt = format!("kill -INT {}", bench.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().expect("a shell").success());
    let ended = tokio::task::spawn_blocking(move || bench.wait().expect("an end").code());
    assert_eq!(soon("the end", ended).await.expect("a thread"), Some(1));
    assert_eq!(o.all().await, [1]);
}
