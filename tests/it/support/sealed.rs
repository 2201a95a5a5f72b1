//! What is sealed in the file, as `schema.sql` says it, and values that do not open.

const SCHEMA: &str = include_str!("../../../schema.sql");

/// Rows of which nothing opens, in tables that have none yet.
pub const GARBAGE: &str = "
    insert into mailbox (user_id, address, confirmed, rhythm, asked, asked_at, answer)
      values (1, zeroblob(60), 1, 1, 0, 0, zeroblob(60));
    insert into mail_delivery (user_id, at, messages, outcome, answer) values (1, 0, 1, 2, zeroblob(60));
    insert into webhook_delivery (webhook_id, sequence, at, tries, outcome, answer)
      values (1, 1, 0, 1, 1, zeroblob(60));
    insert or replace into push_key (id, secret) values (1, zeroblob(60));
    insert into push_subscription (user_id, endpoint_blind, endpoint, keys, label, created_at)
      values (1, zeroblob(32), zeroblob(60), zeroblob(60), zeroblob(60), 0);
    insert into push_delivery (subscription_id, at, messages, outcome, answer) values (1, 0, 1, 2, zeroblob(60));
    insert into push_registration (token_id, device_blind, device, created_at)
      values (1, zeroblob(32), zeroblob(60), 0);
    insert into reset_link (user_id, by_mail, code_blind, created_at, proof)
      values (1, 1, zeroblob(32), 0, zeroblob(60));
    insert into saved_search (account_id, name, query) values (1, zeroblob(60), zeroblob(60));
    insert into certificate (id, authority, pem, trouble) values (1, zeroblob(60), zeroblob(60), zeroblob(60));
    insert or replace into token_use (token_id, hour) values (1, zeroblob(60))";

/// The columns that are sealed, as table and column.
pub fn sealed_columns() -> Vec<(&'static str, &'static str)> {
    let (mut table, mut columns) = ("", Vec::new());
    for line in SCHEMA.lines() {
        if let Some(rest) = line.strip_prefix("create table ") {
            table = rest.split(' ').next().unwrap_or_default();
        }
        if !line.starts_with("--") && line.contains("-- sealed") {
            columns.push((table, line.trim_start().split(' ').next().unwrap_or_default()));
        }
    }
    columns
}
