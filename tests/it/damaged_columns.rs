//! Every sealed column, one after the other, holds what does not open: pages and lists are there without it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rusqlite::Connection;

use crate::support::app::{App, PASSWORD, USER};
use crate::support::furnished::furnished;
use crate::support::person::Person;
use crate::support::sealed::{GARBAGE, sealed_columns};

/// Whether a page is about that very thing, without which it is nothing. Lists and what removes it are not.
fn is_of(column: &str, page: &str) -> bool {
    let ends = |end: &str| page.ends_with(end);
    match column {
        // A greeting without the key would have visitors write what anybody can read.
        "account_key.public" | "account_key.copy" => ends("/welcome") || page.starts_with("/invite"),
        "channel.public_id" | "channel.key" => {
            page.starts_with("/channels/") && page.len() > 50
                || page.starts_with("/m/")
                || page.contains("?channel=")
        }
        "message.sealed" => ends("/raw"),
        // It opens nothing any more.
        "token.secret" => page.contains("/tokens/"),
        "webhook.address" | "webhook.secret" | "webhook.token" => {
            page.contains("/webhooks/") && !ends("/delete")
        }
        _ => false,
    }
}

/// One page of each kind that links lead to, from the inbox on.
async fn pages(person: &mut Person) -> BTreeSet<String> {
    let (mut found, mut to_open) = (BTreeMap::new(), VecDeque::from(["/inbox".to_owned()]));
    while let Some(path) = to_open.pop_front() {
        let reply = person.get(&path).await;
        assert!(reply.status < 400, "{path}: {}", reply.status);
        for link in reply.text().split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let link = link.split('#').next().unwrap_or_default().replace("&amp;", "&");
            let parts = link.split('=').next().unwrap_or_default().split(['/', '?']);
            // What stands for one thing of many: an id, or a number.
            let is_one = |part: &str| part.len() == 43 || part.bytes().all(|byte| byte.is_ascii_digit());
            let kind: Vec<_> = parts.map(|part| if is_one(part) { "*" } else { part }).collect();
            let is_ours = link.starts_with('/') && !link.starts_with("/assets/");
            if is_ours && let Entry::Vacant(entry) = found.entry(kind.join("/")) {
                entry.insert(link.clone());
                to_open.push_back(link);
            }
        }
    }
    found.into_values().collect()
}

#[tokio::test]
async fn whatever_does_not_open_takes_nothing_else_down() {
    let app = App::start().await;
    let (channel, lena, _late) = furnished(&app).await;
    let mut person = app.signed_in().await;
    let pages = pages(&mut person).await;
    assert!(pages.len() > 40, "{pages:?}");
    let database = Connection::open(app.installation.database()).expect("the database");
    database.execute_batch(GARBAGE).expect("rows");
    let mut failed = Vec::new();
    let mut ask = async |what: &str, person: &mut Person| {
        for page in &pages {
            let reply = person.get(page).await;
            if reply.status >= 500 && !is_of(what, page) {
                failed.push(format!("{what}: {page} {}", reply.status));
            }
        }
        let fresh = Person::new(&app.site).try_to_sign_in(USER, PASSWORD).await;
        if fresh.status >= 500 {
            failed.push(format!("{what}: sign-in {}", fresh.status));
        }
    };
    ask("garbage", &mut person).await;
    for (table, column) in sealed_columns() {
        if table == "keyring" {
            continue;
        }
        database.execute_batch(&format!("create table kept as select * from {table}")).expect("a copy");
        let sql = format!("update {table} set {column} = zeroblob(coalesce(length({column}), 60))");
        let changed = database.execute(&sql, []).expect("a change");
        assert!(changed > 0, "{table}.{column}");
        let what = format!("{table}.{column}");
        ask(&what, &mut person).await;
        let keys: Vec<String> = database
            .prepare("select name from pragma_table_info(?1) where pk > 0")
            .and_then(|mut keys| keys.query_map([table], |row| row.get(0))?.collect())
            .expect("keys");
        let same: Vec<_> = keys.iter().map(|key| format!("kept.{key} = {table}.{key}")).collect();
        let same = same.join(" and ");
        database
            .execute_batch(&format!(
                "update {table}
                    set {column} = (select kept.{column} from kept where {same})
                  where exists (select 1 from kept where {same});
                 drop table kept"
            ))
            .expect("a change back");
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(person.get("/inbox").await.is(200).text().contains("Tomatoes"), "all is as it was");
    assert!(lena.read("").await.status < 500 && channel.get().await.status < 500);
}
