//! A report on transactions, as far as a list shows it: which, how they are, since when.

use std::collections::HashSet;

use crate::callbacks::field::Plain;
use crate::callbacks::hash::Hash;
use crate::callbacks::status::Status;
use crate::callbacks::wire::{Batch, Wire};
use crate::callbacks::{MOST_BYTES, MOST_ENTRIES, kept};
use crate::domain::time::Timestamp;

/// Other transactions that spend the same, of which so many are named.
const MOST_COMPETING: usize = 20;

/// When the first block was found, in milliseconds since 1970. A processor that names an earlier time has none: programs in Go write the year 1.
const FIRST_BLOCK: i64 = 1_231_006_505_000;

/// Who writes reports in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Arc,
    ArcBatch,
    Arcade,
    MerkleService,
    Mapi,
    /// Put into an envelope, which may be signed.
    MapiInEnvelope,
}

/// A message that says what became of transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub form: Form,
    /// At least one, at most [`MOST_ENTRIES`].
    pub entries: Vec<Entry>,
    /// How many there are in the message, as far as it can be told without keeping them.
    pub all: usize,
}

/// What is said of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As a valid id is written; of anything else the beginning as it came. Empty for what is about no transaction.
    pub txid: String,
    pub status: Status,
    /// Why it was rejected, or what else the processor says of it.
    pub reason: Option<String>,
    pub block: Option<String>,
    pub height: Option<u64>,
    /// When the processor said so.
    pub at: Option<Timestamp>,
    /// The nanoseconds that `at` leaves out: what is said of one transaction may follow within a millisecond.
    pub nanos: u32,
    pub competing: Vec<String>,
    /// How many more there are in the message.
    pub more_competing: usize,
}

/// Understands a message; `None` for one that is no report.
pub fn read(text: &str) -> Option<Report> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let wire: Wire<'_> = serde_json::from_str(text).ok()?;
    // What only looks like an envelope may be a report itself, with members that nobody knows.
    if let Some(entry) = inside(&wire).and_then(|inside| of_mapi(&serde_json::from_str(inside).ok()?)) {
        return Some(Report { form: Form::MapiInEnvelope, entries: vec![entry], all: 1 });
    }
    if wire.is_batch {
        return of_batch(&serde_json::from_str(text).ok()?);
    }
    of_wire(&wire)
}

fn of_batch(batch: &Batch<'_>) -> Option<Report> {
    let mut found: Vec<Entry> = Vec::new();
    let mut all = batch.callbacks.all - batch.callbacks.items.len();
    for wire in &batch.callbacks.items {
        if found.len() < MOST_ENTRIES {
            let more = entries(wire);
            all += more.len();
            found.extend(more);
        } else {
            // No more are kept, so nothing is asked but how many there may be.
            all += wire.txids.all.max(1);
        }
    }
    found.truncate(MOST_ENTRIES);
    let entries = found;
    (!entries.is_empty()).then_some(Report { form: Form::ArcBatch, entries, all })
}

/// The text in an envelope.
pub(super) fn inside<'a>(wire: &'a Wire<'_>) -> Option<&'a str> {
    let is_envelope = wire.signature.is_there() || wire.public_key.is_there() || wire.encoding.is_there();
    wire.payload.text().filter(|_| is_envelope)
}

fn of_wire(wire: &Wire<'_>) -> Option<Report> {
    if let Some(entry) = of_mapi(wire) {
        return Some(Report { form: Form::Mapi, entries: vec![entry], all: 1 });
    }
    let entries = entries(wire);
    let form = match (wire.tx_status.is_there(), wire.is_arcade || wire.txids.all > 0) {
        (false, _) => Form::MerkleService,
        (true, true) => Form::Arcade,
        (true, false) => Form::Arc,
    };
    let all = entries.len() + wire.txids.all - wire.txids.items.len();
    (!entries.is_empty()).then_some(Report { form, entries, all })
}

/// What an object says by itself, in the forms of ARC, Arcade and merkle-service.
pub(super) fn entries(wire: &Wire<'_>) -> Vec<Entry> {
    let mut ids: Vec<String> = Vec::new();
    let mut met = HashSet::new();
    for id in [&wire.txid].into_iter().chain(&wire.txids.items).filter_map(Plain::text) {
        let id = txid(id);
        if ids.len() < MOST_ENTRIES && met.insert(id.clone()) {
            ids.push(id);
        }
    }
    let has_id = ids.iter().any(|id| Hash::parse(id).is_some());
    let status = match (wire.tx_status.text(), wire.kind.text()) {
        (Some(name), _) => Status::of_wire(&kept(name)),
        (None, Some(name)) if has_id || wire.is_subtree || wire.block_hash.is_there() => {
            Status::of_wire(&kept(name))
        }
        (None, _) => return Vec::new(),
    };
    let is_report = if wire.tx_status.is_there() { has_id || status.is_known() } else { status.is_known() };
    if !is_report {
        return Vec::new();
    }
    if ids.is_empty() {
        ids.push(String::new());
    }
    let shared = entry(wire, String::new(), status);
    ids.into_iter().map(|txid| Entry { txid, ..shared.clone() }).collect()
}

fn of_mapi(wire: &Wire<'_>) -> Option<Entry> {
    let id = txid(wire.callback_txid.text()?);
    let status = Status::of_wire(&kept(wire.callback_reason.text()?));
    (Hash::parse(&id).is_some() || status.is_known()).then(|| entry(wire, id, status))
}

fn entry(wire: &Wire<'_>, txid: String, status: Status) -> Entry {
    let competing: Vec<_> =
        wire.competing.items.iter().filter_map(Plain::text).take(MOST_COMPETING).map(self::txid).collect();
    let at = wire
        .timestamp
        .text()
        .and_then(Timestamp::parse_finely)
        .filter(|(at, _)| at.as_millis() >= FIRST_BLOCK);
    Entry {
        txid,
        status,
        reason: wire.extra_info.text().map(kept),
        block: wire.block_hash.text().map(self::txid),
        height: wire.block_height.number().filter(|height| *height > 0),
        at: at.map(|(at, _)| at),
        nanos: at.map_or(0, |(_, nanos)| nanos),
        more_competing: if competing.len() < MOST_COMPETING {
            0
        } else {
            wire.competing.all - MOST_COMPETING
        },
        competing,
    }
}

/// An id as ids are written, so that one transaction has one.
fn txid(text: &str) -> String {
    Hash::parse(text).map_or_else(|| kept(text), |hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::callbacks::stated::{Part, read_all};

    const TX: &str = "cf5acea19143838ad019dc23333dbacfd7e5e46bc26627cf917e06bbe8ccc0a8";

    const ALL: Part<'_> = Part { of: None, from: 0, most: MOST_ENTRIES };

    fn lines(text: &str) -> Vec<(String, String)> {
        let entries = read(text).map(|report| report.entries).unwrap_or_default();
        entries.into_iter().map(|entry| (entry.txid, entry.status.words().to_owned())).collect()
    }

    #[test]
    fn reports_of_all_forms_are_known() {
        let arc = format!(
            r#"{{"timestamp":"2026-11-20T10:00:00.123456789Z","txid":"{TX}","txStatus":"MINED",
            "merklePath":"","blockHash":"{TX}","blockHeight":861234,"competingTxs":null,"extraInfo":""}}"#
        );
        let report = read(&arc).expect("it is one");
        assert_eq!((report.form, report.entries[0].height, report.all), (Form::Arc, Some(861_234), 1));
        assert_eq!(
            report.entries[0].at.map(|at| at.to_string()).as_deref(),
            Some("2026-11-20T10:00:00.123Z")
        );
        for (text, form, ids) in [
            (format!(r#"{{"txid":"{TX}","txStatus":"SEEN_MULTIPLE_NODES","status":7}}"#), Form::Arcade, 1),
            (
                format!(r#"{{"txid":"","txStatus":"MINED","txids":["{TX}","{TX}","x"],"status":1}}"#),
                Form::Arcade,
                2,
            ),
            (format!(r#"{{"count":2,"callbacks":[{arc},{arc}]}}"#), Form::ArcBatch, 2),
            (
                format!(r#"{{"type":"STUMP","txids":["{TX}"],"stump":"00","subtreeIndex":1}}"#),
                Form::MerkleService,
                1,
            ),
            (format!(r#"{{"type":"BLOCK_PROCESSED","blockHash":"{TX}"}}"#), Form::MerkleService, 1),
            (format!(r#"{{"callbackTxId":"{TX}","callbackReason":"doubleSpendAttempt"}}"#), Form::Mapi, 1),
            (
                format!(
                    r#"{{"txid":"{TX}","txStatus":"SENT_TO_NETWORK","payload":"{{}}","encoding":"UTF-8"}}"#
                ),
                Form::Arc,
                1,
            ),
        ] {
            let report = read(&text).expect("it is one");
            assert_eq!((report.form, report.entries.len()), (form, ids), "{text}");
        }
        let later = format!(r#"{{"txid":"{}","txStatus":"ORPHANED"}}"#, TX.to_uppercase());
        assert_eq!(lines(&later), [(TX.to_owned(), "ORPHANED".to_owned())], "a status that came later");
    }

    #[test]
    fn other_json_is_no_report() {
        for text in [
            "",
            "[]",
            "1",
            "null",
            "{}",
            "{",
            r#"{"txid":1,"txStatus":[]}"#,
            r#"{"type":"order","txid":"7"}"#,
            r#"{"callbacks":[]}"#,
            r#"{"callbacks":[{"callbacks":[{"txid":"a","txStatus":"MINED"}]}]}"#,
            r#"{"payload":"hello","signature":null}"#,
            r#"{"txid":"7","txStatus":"paid"}"#,
            r#"{"payload":"{}","encoding":"UTF-8"}"#,
            r#"{"payload":"{\"callbackTxId\":\"7\"}","encoding":"UTF-8"}"#,
        ] {
            assert!(read(text).is_none() && read_all(text, ALL).is_none(), "{text}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
    fn hostile_reports_cost_little() {
        let one = format!(r#"{{"txid":"{TX}","txStatus":"MINED","merklePath":"HEX"}}"#);
        let with = |hex: &str| one.replace("HEX", hex);
        let nested = format!(
            "{{\"txid\":\"a\",\"txStatus\":\"MINED\",\"x\":{}{}}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let inner = format!("{{\"callbacks\":[{}{{}}]}},", "{},".repeat(499));
        for text in [
            nested,
            format!("{{\"callbacks\":[{}{one}]}}", inner.repeat(600)),
            with(&"zz".repeat(400_000)),
            // As many hashes as fit, each a duplicate at the same place, or at places of nine bytes.
            with(&format!("0114fe00000400{}", "0001".repeat(250_000))),
            with(&format!("0140fd0050{}", "ffffffffffffffffff01".repeat(40_000))),
            with(&format!("01ff{}", "ff".repeat(100))),
            with("0000"),
            one.replace("MINED\"", "MINED\",\"blockHeight\":99999999999999999999999999"),
            format!(r#"{{"txid":"{TX}","txStatus":"MINED","txids":[{}1]}}"#, "\"a\",".repeat(200_000)),
            format!(r#"{{"count":1e999,"callbacks":[{}{one}]}}"#, "1,".repeat(400_000)),
        ] {
            let begun = Instant::now();
            let (_first, all) = (read(&text), read_all(&text, ALL));
            assert!(begun.elapsed() < Duration::from_secs(5), "{}", &text[..200]);
            let Some(all) = all else { continue };
            assert!(all.details.iter().all(|detail| !matches!(detail.path, Some(Ok(_)))), "{}", &text[..200]);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_somebody_writes_is_too_much(
            status in "(MINED|SEEN_ON_NETWORK|.{0,9})", id in "([0-9a-f]{64}|.{0,70})", hex in "([0-9a-f]{2}){0,200}",
            kind in 0_u8..4, height in any::<f64>(),
        ) {
            let said = serde_json::json!(id);
            let value = match kind {
                0 => serde_json::json!({"txid": said, "txStatus": status, "merklePath": hex, "blockHeight": height}),
                1 => serde_json::json!({"callbacks": [{"txid": said, "txStatus": status, "merklePath": hex}]}),
                2 => serde_json::json!({"type": status, "txids": [said], "stump": hex}),
                _ => serde_json::json!({"callbackTxId": said, "callbackReason": "merkleProof", "callbackPayload":
                    {"index": 1, "txOrId": id, "nodes": [hex, "*"], "targetType": "header", "target": hex}}),
            };
            let text = value.to_string();
            let (report, stated) = (read(&text), read_all(&text, ALL));
            prop_assert_eq!(report.is_some(), stated.is_some());
            if let Some(stated) = stated {
                prop_assert_eq!(stated.report.entries.len(), stated.details.len());
            }
        }
    }
}
