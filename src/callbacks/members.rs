//! Members of reports that no entry has in words: they are shown by their names.

use serde_json::Value;

use crate::callbacks::kept;
use crate::callbacks::report::Entry;

/// Members of an object that are shown.
const MOST_OTHERS: usize = 40;

/// How a program in Go writes that there is no such time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Whether an entry has in words what this member says, which any form may have; or it says nothing.
pub(super) fn is_in_words(name: &str, value: &Value, entry: &Entry) -> bool {
    let is_nothing = value.is_null() || *value == "";
    match name {
        "timestamp" => is_nothing || entry.at.is_some(),
        "blockHeight" => is_nothing || *value == 0 || entry.height.is_some(),
        "extraInfo" | "blockHash" => is_nothing || value.is_string(),
        "competingTxs" => is_nothing || are_texts(value),
        "txid" | "txids" | "merklePath" | "callbackPayload" => is_nothing,
        _ => false,
    }
}

/// Whether it is a list of nothing but texts.
pub(super) fn are_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|all| all.iter().all(Value::is_string))
}

/// Members by their names; where there are many, the first, and how many follow.
pub(super) fn listed<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>) -> Vec<(String, String)> {
    let mut members = members.fuse();
    let mut list: Vec<_> =
        members.by_ref().take(MOST_OTHERS).map(|(name, value)| (kept(name), told(value))).collect();
    let more = members.count();
    if more > 0 {
        list.push((format!("{more} more"), "in the message itself".to_owned()));
    }
    list
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) if text == NO_TIME => format!("never ({NO_TIME})"),
        Value::String(text) => kept(text),
        other => kept(&other.to_string()),
    }
}
