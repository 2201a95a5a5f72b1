//! The list of an account's channels as JSON: written once, and again only for the channels that changed since.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use schemars::JsonSchema;

use crate::api::channel_json::ChannelJson;
use crate::domain::id::AccountId;
use crate::service::channel_lists::ChannelList;
use crate::service::channels::ChannelWithTokens;

/// The list as it is sent. Its frame is written by hand, because most of what is inside was written before.
#[derive(JsonSchema)]
#[schemars(rename = "ChannelList")]
#[expect(dead_code, reason = "it says the shape of what `write` writes")]
pub(super) struct ChannelListJson<'a> {
    channels: Vec<ChannelJson<'a>>,
}

/// Bytes that are kept, of all lists together.
const KEPT: u64 = 16 * 1024 * 1024;

/// Lists that are expected: one for each account and address that it is reached at.
const LISTS: usize = 1_000;

/// The lists that were asked for.
pub struct ListsAsJson {
    kept: Cache<(AccountId, String), Arc<Rendered>, ByBytes>,
}

/// A list, its JSON, and where in it each channel stands.
struct Rendered {
    list: Arc<ChannelList>,
    json: Bytes,
    places: Vec<Range<usize>>,
}

/// Weighs a list by its JSON.
#[derive(Clone)]
struct ByBytes;

impl Weighter<(AccountId, String), Arc<Rendered>> for ByBytes {
    fn weight(&self, _key: &(AccountId, String), written: &Arc<Rendered>) -> u64 {
        written.json.len() as u64
    }
}

impl Default for ListsAsJson {
    fn default() -> Self {
        Self { kept: Cache::with_weighter(LISTS, KEPT, ByBytes) }
    }
}

impl ListsAsJson {
    /// The list with addresses below `base`.
    pub(super) fn json(&self, account: AccountId, base: String, list: &Arc<ChannelList>) -> Bytes {
        let key = (account, base);
        let before = self.kept.get(&key);
        if let Some(before) = &before
            && Arc::ptr_eq(&before.list, list)
        {
            return before.json.clone();
        }
        let written = Arc::new(write(list, &key.1, before.as_deref()));
        self.kept.insert(key, Arc::clone(&written));
        written.json.clone()
    }
}

fn write(list: &Arc<ChannelList>, base: &str, before: Option<&Rendered>) -> Rendered {
    let known = before.into_iter().flat_map(|before| before.list.channels().zip(&before.places));
    let mut known = known.peekable();
    let mut json = Vec::with_capacity(before.map_or(0, |before| before.json.len() + 1024));
    let mut places = Vec::new();
    json.extend_from_slice(b"{\"channels\":[");
    for channel in list.channels() {
        if !places.is_empty() {
            json.push(b',');
        }
        let start = json.len();
        while known.next_if(|(then, _)| row(then) < row(channel)).is_some() {}
        match (before, known.peek().filter(|(then, _)| Arc::ptr_eq(then, channel))) {
            (Some(before), Some((_, place))) => json.extend_from_slice(&before.json[(*place).clone()]),
            _ => append(&mut json, channel, base),
        }
        places.push(start..json.len());
    }
    json.extend_from_slice(b"]}");
    Rendered { list: Arc::clone(list), json: json.into(), places }
}

fn append(json: &mut Vec<u8>, channel: &ChannelWithTokens, base: &str) {
    // Text, numbers and lists of them always have a JSON form, and memory takes it.
    let _written = serde_json::to_writer(json, &ChannelJson::new(channel, base));
}

fn row(channel: &ChannelWithTokens) -> i64 {
    channel.channel.row.0
}
