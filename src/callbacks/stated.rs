//! A report with all that it says, for the page of one message: proofs followed, the signature judged, and every member
//! that nobody knows.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::callbacks::envelope::{Signed, judge};
use crate::callbacks::hash::Hash;
use crate::callbacks::members::{are_texts, is_in_words, listed};
use crate::callbacks::proof::{Fault, Target};
use crate::callbacks::report::{Entry, Form, Report, entries, inside, read};
use crate::callbacks::wire::Wire;
use crate::callbacks::{MOST_ENTRIES, kept, path, proof};

/// Which transactions of a report are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Only what is said of this one. One that the report does not name asks for all.
    pub of: Option<&'a str>,
    /// How many are passed over.
    pub from: usize,
    pub most: usize,
}

/// A part of a report and what stands beside it.
#[derive(Debug)]
pub struct Stated {
    /// With the entries that were asked for.
    pub report: Report,
    /// Whether only what is said of one transaction was asked for.
    pub is_of_one: bool,
    /// How many there would be without `from` and `most`.
    pub fitting: usize,
    /// What its envelope says, if it came in one.
    pub signed: Option<Signed>,
    /// What stands beside the signed part of an envelope: anybody may have written it there.
    pub outside: Vec<(String, String)>,
    /// One for each entry.
    pub details: Vec<Detail>,
}

/// What is said of one transaction beyond its state.
#[derive(Debug, Default)]
pub struct Detail {
    pub path: Option<Result<Root, Fault>>,
    /// Members that the entry does not have in words, with what they say.
    pub others: Vec<(String, String)>,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    pub hash: Hash,
    /// Whether the path leads there from the transaction of the entry; else the entry has no id that could be in it.
    pub is_tied: bool,
    /// Of a part of a block only.
    pub is_of_subtree: bool,
    /// The height that the path names.
    pub height: Option<u64>,
    /// What the path says that it leads to.
    pub target: Option<Target>,
}

/// Understands a message as [`read`] does, and what else it says of some of its transactions.
pub fn read_all(text: &str, part: Part<'_>) -> Option<Stated> {
    let mut report = read(text)?;
    let value: Value = serde_json::from_str(text).ok()?;
    let of = part.of.filter(|of| report.entries.iter().any(|entry| entry.txid == *of));
    let fits = |at: &usize| of.is_none_or(|of| report.entries[*at].txid == of);
    let mut places: Vec<_> = (0..report.entries.len()).filter(fits).collect();
    let fitting = places.len();
    // Those of one transaction are read from the first one on.
    let from = if of.is_some() { 0 } else { part.from };
    places = places.into_iter().skip(from).take(part.most).collect();
    let mut details = Vec::new();
    let (mut signed, mut outside) = (None, Vec::new());
    match report.form {
        Form::ArcBatch => {
            let batch = value.get("callbacks").and_then(Value::as_array).into_iter().flatten();
            let mut first = 0;
            for one in batch.take(MOST_ENTRIES) {
                // More of what may be a large message need not be understood.
                if details.len() == places.len() {
                    break;
                }
                let (Ok(wire), Some(object)) = (Wire::deserialize(one), one.as_object()) else { continue };
                let entries = entries(&wire);
                let here = first..first + entries.len();
                first = here.end;
                let wanted = places.iter().filter(|place| here.contains(*place));
                let wanted: Vec<_> = wanted.map(|place| &entries[place - here.start]).collect();
                details.extend(of_object(object, &wanted));
            }
        }
        Form::MapiInEnvelope => {
            let wire = Wire::deserialize(&value).ok()?;
            signed = Some(judge(&wire));
            let inner: Value = serde_json::from_str(inside(&wire)?).ok()?;
            details.extend(of_mapi(inner.as_object()?, &mut report));
            let beside = value.as_object()?.iter().filter(|(name, value)| {
                let is_known = ["payload", "signature", "publicKey"].contains(&name.as_str());
                !(is_known && (value.is_string() || value.is_null()))
            });
            outside = listed(beside);
        }
        Form::Mapi => details.extend(of_mapi(value.as_object()?, &mut report)),
        Form::Arc | Form::Arcade | Form::MerkleService => {
            let wanted: Vec<_> = places.iter().map(|place| &report.entries[*place]).collect();
            details.extend(of_object(value.as_object()?, &wanted));
        }
    }
    report.entries = places.iter().map(|place| report.entries[*place].clone()).collect();
    details.resize_with(report.entries.len(), Detail::default);
    Some(Stated { report, is_of_one: of.is_some(), fitting, signed, outside, details })
}

/// What an object of ARC, Arcade or merkle-service says of the transactions in it.
fn of_object(object: &Map<String, Value>, entries: &[&Entry]) -> Vec<Detail> {
    if entries.is_empty() {
        return Vec::new();
    }
    let member = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let path = member("merklePath").map(|hex| (hex, false)).or(member("stump").map(|hex| (hex, true)));
    // One path has all of an object's transactions; it is followed once.
    let path = path.map(|(hex, is_of_subtree)| (path::follow(hex), is_of_subtree));
    let root = |id: &str| {
        let (found, is_of_subtree) = path.as_ref()?;
        let found = match found {
            Ok(found) => found,
            Err(fault) => return Some(Err(*fault)),
        };
        let txid = Hash::parse(id);
        if txid.is_some_and(|txid| !found.names(txid)) {
            return Some(Err(Fault::Inconsistent("it does not contain this transaction")));
        }
        Some(Ok(Root {
            hash: found.root,
            is_tied: txid.is_some(),
            is_of_subtree: *is_of_subtree,
            height: Some(found.height),
            target: None,
        }))
    };
    let mut details: Vec<_> =
        entries.iter().map(|entry| Detail { path: root(&entry.txid), others: Vec::new() }).collect();
    if let (Some(first), Some(entry)) = (details.first_mut(), entries.first()) {
        let in_words = |name: &str, value: &Value| match name {
            "txid" | "txStatus" | "merklePath" => value.is_string(),
            "txids" => are_texts(value),
            "type" => value.is_string() && member("txStatus").is_none(),
            "stump" => value.is_string() && member("merklePath").is_none(),
            _ => is_in_words(name, value, entry),
        };
        first.others = listed(object.iter().filter(|(name, value)| !in_words(name, value)));
    }
    details
}

fn of_mapi(object: &Map<String, Value>, report: &mut Report) -> Option<Detail> {
    let entry = report.entries.first_mut()?;
    let payload = match object.get("callbackPayload") {
        Some(Value::Object(payload)) => Some(payload.clone()),
        Some(Value::String(text)) => serde_json::from_str::<Map<_, _>>(text).ok(),
        Some(_) | None => None,
    };
    let in_words = |name: &str, value: &Value| match name {
        "callbackTxId" | "callbackReason" => value.is_string(),
        "callbackPayload" => payload.is_some(),
        _ => is_in_words(name, value, entry),
    };
    let others = listed(object.iter().filter(|(name, value)| !in_words(name, value)));
    let mut detail = Detail { path: None, others };
    match payload {
        Some(payload) if payload.contains_key("nodes") => {
            let txid = Hash::parse(&entry.txid);
            let found = proof::follow(&payload, txid);
            // Of an object no more is told than its hash, and of what nothing ties to a transaction only the root.
            let is_target_told = txid.is_some()
                && found.is_ok_and(|found| found.target.is_some())
                && payload.get("target").is_some_and(Value::is_string);
            let in_words = |name: &str| match name {
                "index" | "txOrId" | "nodes" => true,
                "target" | "targetType" => is_target_told,
                _ => false,
            };
            detail.others.extend(listed(payload.iter().filter(|(name, _)| !in_words(name))));
            detail.path = Some(found.map(|found| Root {
                hash: found.root,
                is_tied: txid.is_some(),
                is_of_subtree: false,
                height: None,
                target: found.target,
            }));
        }
        Some(payload) => {
            let other = payload.get("doubleSpendTxId").and_then(Value::as_str);
            entry.competing.extend(other.map(kept));
            let rest = payload.iter().filter(|(name, _)| *name != "doubleSpendTxId" || other.is_none());
            detail.others.extend(listed(rest));
        }
        None => {}
    }
    Some(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by a program of its own, in another language: a block of 13 transactions, of which the last is proved.
    const ENVELOPE: &str = concat!(
        r#"{"payload":"{\"apiVersion\":\"1.5.0\",\"timestamp\":\"2026-11-20T10:00:00.123Z\",\"minerId\":\"03029"#,
        r#"688d3462d6b8ae271994f00d5086a5757efe72a0a4610d6c7e2d50965e076\",\"blockHash\":\"59793dd21536aa06bc16"#,
        r#"d782858137a4d2241dfb1329d2107460ad6364bd8df0\",\"blockHeight\":861234,\"callbackTxId\":\"6aa6e138ed4"#,
        r#"82c0b7194f3cc57bf8a3c8408101800f0a24abcaa4523f199feae\",\"callbackReason\":\"merkleProof\",\"callbac"#,
        r#"kPayload\":\"{\\\"flags\\\":2,\\\"index\\\":12,\\\"txOrId\\\":\\\"6aa6e138ed482c0b7194f3cc57bf8a3c84"#,
        r#"08101800f0a24abcaa4523f199feae\\\",\\\"targetType\\\":\\\"header\\\",\\\"target\\\":\\\"010000001111"#,
        r#"111111111111111111111111111111111111111111111111111111111111fd74a20b9b15449c4d22ae7c65404847b20a546c"#,
        r#"5e2c204cad8a5506ccc2a54201020304ffff7f2005000000\\\",\\\"nodes\\\":[\\\"*\\\",\\\"*\\\",\\\"a352c107"#,
        r#"b6af000c56e27a9124d00ba87e503ce9ac1c987b38f7760cf09f1eb1\\\",\\\"0b42e696843a6596e38edca95c13102fd9c"#,
        r#"891460e549447264fb7ae0e9c01b3\\\"]}\"}","signature":"3045022100f1eec51d72d7203ac2c422dd163422a19cf73"#,
        r#"7e4ae51a43e32a1a1b7cea65f430220164fc403733d7e3faeb510c5b91ff405511de94500189e2058f61f38ce8c7a0e","pu"#,
        r#"blicKey":"03029688d3462d6b8ae271994f00d5086a5757efe72a0a4610d6c7e2d50965e076","encoding":"UTF-8","mi"#,
        r#"metype":"application/json"}"#,
    );
    const ROOT: &str = "42a5c2cc06558aad4c202c5e6c540ab2474840657cae224d9c44159b0ba274fd";
    const BLOCK: &str = "59793dd21536aa06bc16d782858137a4d2241dfb1329d2107460ad6364bd8df0";
    /// The same signature with its other `s`.
    const HIGH: &str = "3046022100f1eec51d72d7203ac2c422dd163422a19cf737e4ae51a43e32a1a1b7cea65f43022100e9b03bfc8c\
        c281c0514aef3a46e00bf96990f3a1af30021b66dc3f5401a9c733";

    const ALL: Part<'_> = Part { of: None, from: 0, most: MOST_ENTRIES };

    fn root_of(stated: &Stated) -> Option<String> {
        stated.details[0].path.and_then(Result::ok).map(|root| root.hash.to_string())
    }

    fn stated(text: &str) -> Stated {
        read_all(text, ALL).unwrap_or_else(|| panic!("no report: {text}"))
    }

    #[test]
    fn a_signed_proof_is_followed_and_its_signature_judged() {
        let told = stated(ENVELOPE);
        assert_eq!(told.report.form, Form::MapiInEnvelope);
        assert_eq!(root_of(&told).as_deref(), Some(ROOT));
        let header = told.details[0].path.and_then(Result::ok).and_then(|root| root.target);
        assert!(matches!(header, Some(Target::Header(_))));
        assert_eq!(header.and_then(Target::block).map(|hash| hash.to_string()).as_deref(), Some(BLOCK));
        let value: Value = serde_json::from_str(ENVELOPE).unwrap_or_default();
        let key = value["publicKey"].as_str().unwrap_or_default().to_owned();
        assert_eq!(told.signed, Some(Signed::By(key.clone())));
        let with = |name: &str, text: &str| {
            let mut value = value.clone();
            value[name] = text.into();
            stated(&value.to_string()).signed
        };
        assert_eq!(with("signature", HIGH), Some(Signed::By(key.clone())), "miners write either form");
        let changed = value["payload"].as_str().unwrap_or_default().replace("861234", "861235");
        assert_eq!(with("payload", &changed), Some(Signed::Wrong(key)));
        assert!(matches!(with("signature", "3006020101020101"), Some(Signed::Wrong(_))));
        assert!(matches!(with("signature", "00"), Some(Signed::Unreadable(_))));
        assert!(matches!(with("publicKey", "02ff"), Some(Signed::Unreadable(_))));
        assert_eq!(with("signature", ""), Some(Signed::Not));
        let names = |others: &[(String, String)]| others.iter().map(|one| one.0.clone()).collect::<Vec<_>>();
        assert_eq!(
            names(&told.details[0].others),
            ["apiVersion", "minerId", "flags"],
            "what nobody knows is kept"
        );
        assert_eq!(names(&told.outside), ["encoding", "mimetype"], "and not mixed with what is signed");
    }

    #[test]
    fn a_proof_that_contradicts_itself_is_not_followed() {
        let value: Value = serde_json::from_str(ENVELOPE).unwrap_or_default();
        let inner: Value =
            serde_json::from_str(value["payload"].as_str().unwrap_or_default()).unwrap_or_default();
        let proof: Value =
            serde_json::from_str(inner["callbackPayload"].as_str().unwrap_or_default()).unwrap_or_default();
        let with = |change: &dyn Fn(&mut Value)| {
            let (mut inner, mut proof) = (inner.clone(), proof.clone());
            change(&mut proof);
            inner["callbackPayload"] = proof;
            stated(&inner.to_string()).details[0].path
        };
        assert!(matches!(with(&|_| ()), Some(Ok(_))));
        let header = proof["target"].as_str().unwrap_or_default();
        let other = header.replace("fd74a2", "fd74a3");
        let no_hash = with(&|proof| proof["targetType"] = "hash".into());
        assert_eq!(no_hash.and_then(Result::ok).and_then(|root| root.target), None);
        for change in [
            &|proof: &mut Value| proof["target"] = other.as_str().into(),
            &(|proof: &mut Value| proof["index"] = 13.into()) as &dyn Fn(&mut Value),
            &|proof: &mut Value| proof["index"] = 28.into(),
            // As the specification has it in its example: the fields of the header, and no word of what they are.
            &|proof: &mut Value| {
                proof["target"] = serde_json::json!({ "merkleroot": BLOCK });
                proof["targetType"] = Value::Null;
            },
            &|proof: &mut Value| proof["txOrId"] = ROOT.into(),
        ] {
            assert!(matches!(with(change), Some(Err(Fault::Inconsistent(_)))));
        }
        for change in [
            &|proof: &mut Value| proof["nodes"] = vec!["*"; 65].into(),
            &(|proof: &mut Value| proof["nodes"][0] = 7.into()) as &dyn Fn(&mut Value),
            &|proof: &mut Value| proof["index"] = "1".into(),
            &|proof: &mut Value| proof["target"] = "00".into(),
        ] {
            assert!(matches!(with(change), Some(Err(Fault::Unreadable(_)))));
        }
    }

    #[test]
    fn a_double_spend_names_the_other_transaction() {
        let text = format!(
            r#"{{"callbackTxId":"{ROOT}","callbackReason":"doubleSpend",
                "callbackPayload":{{"doubleSpendTxId":"{BLOCK}","payload":"01"}}}}"#
        );
        let told = stated(&text);
        assert_eq!(told.report.entries[0].competing, [BLOCK]);
        assert_eq!(told.details[0].others, [("payload".to_owned(), "01".to_owned())]);
    }

    #[test]
    fn members_of_another_type_than_is_known_are_shown() {
        let names = |text: &str| {
            let others = stated(text).details[0].others.clone();
            others.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        let with = |more: &str| names(&format!(r#"{{"txid":"{ROOT}","txStatus":"MINED",{more}}}"#));
        let usual = r#""timestamp":"2026-11-20T10:00:00Z","blockHeight":7,"blockHash":"","extraInfo":"a","#;
        assert!(with(&format!(r#"{usual}"merklePath":"00","competingTxs":null"#)).is_empty());
        for (more, shown) in [
            (r#""blockHeight":"861234""#, vec!["blockHeight=861234"]),
            (r#""blockHeight":861234.5"#, vec!["blockHeight=861234.5"]),
            (r#""timestamp":1700000000"#, vec!["timestamp=1700000000"]),
            (r#""timestamp":"yesterday""#, vec!["timestamp=yesterday"]),
            (r#""timestamp":"0001-01-01T00:00:00Z""#, vec!["timestamp=never (0001-01-01T00:00:00Z)"]),
            (r#""competingTxs":["a",7]"#, vec![r#"competingTxs=["a",7]"#]),
            (
                r#""callbackReason":"x","publicKey":"02","signature":"30","type":"y""#,
                vec!["callbackReason=x", "publicKey=02", "signature=30", "type=y"],
            ),
            (r#""payload":"{}","encoding":"UTF-8""#, vec!["payload={}", "encoding=UTF-8"]),
        ] {
            assert_eq!(with(more), shown);
        }
        let many: Vec<_> = (0..50).map(|at| format!("\"m{at:02}\":1")).collect();
        let shown = with(&many.join(","));
        assert_eq!((shown.len(), shown[40].as_str()), (41, "10 more=in the message itself"));
    }

    #[test]
    fn a_path_is_of_a_transaction_only_where_an_id_ties_them() {
        let path = "010101000295cd603fe577fa9548ec0c9b50b067566fe07c8af6acba45f6196f3a15d511f6";
        let alone = "f611d5153a6f19f645baacf68a7ce06f5667b0509b0cec4895fa77e53f60cd95";
        let ties = |id: &str| {
            let text = format!(r#"{{"txid":"{id}","txStatus":"MINED","merklePath":"{path}"}}"#);
            stated(&text).details[0].path.map(|path| path.map(|root| root.is_tied).ok())
        };
        assert_eq!(ties(alone), Some(Some(true)));
        assert_eq!(ties("seven"), Some(Some(false)));
        assert_eq!(ties(ROOT), Some(None), "of another transaction");
        let both = format!(r#"{{"type":"STUMP","txids":["{alone}","{ROOT}"],"stump":"{path}"}}"#);
        let told = stated(&both);
        assert!(matches!(told.details[0].path, Some(Ok(Root { is_tied: true, is_of_subtree: true, .. }))));
        assert!(matches!(told.details[1].path, Some(Err(Fault::Inconsistent(_)))));
        let proof = format!(r#"{{"index":0,"txOrId":"{ROOT}","nodes":[],"target":"{BLOCK}"}}"#);
        let text =
            format!(r#"{{"callbackTxId":"7","callbackReason":"merkleProof","callbackPayload":{proof}}}"#);
        assert_eq!(stated(&text).details[0].others, [("target".to_owned(), BLOCK.to_owned())]);
    }

    #[test]
    fn what_is_asked_for_is_told_and_no_more() {
        let with = |id: &str, more: &str| format!(r#"{{"txid":"{id}","txStatus":"MINED","later":"{more}"}}"#);
        let many = format!(r#"{{"txids":["{BLOCK}","{ROOT}"],"txStatus":"MINED","later":"c","status":1}}"#);
        let text = format!(r#"{{"callbacks":[{},null,{},{many},{{}}]}}"#, with(ROOT, "a"), with(BLOCK, "b"));
        let told = |of, from, most| {
            let told = read_all(&text, Part { of, from, most }).expect("a report");
            assert_eq!((told.report.all, told.details.len()), (4, told.report.entries.len()));
            let entries = told.report.entries.iter().zip(&told.details);
            let entries = entries.map(|(entry, detail)| {
                let later = detail.others.iter().find(|other| other.0 == "later");
                (entry.txid.clone(), later.map(|other| other.1.clone()).unwrap_or_default())
            });
            (entries.collect::<Vec<_>>(), told.fitting)
        };
        let one = |id: &str, more: &str| (id.to_owned(), more.to_owned());
        assert_eq!(told(None, 0, 2), (vec![one(ROOT, "a"), one(BLOCK, "b")], 4));
        assert_eq!(told(None, 1, 9), (vec![one(BLOCK, "b"), one(BLOCK, "c"), one(ROOT, "")], 4));
        assert_eq!(told(Some(ROOT), 0, 9), (vec![one(ROOT, "a"), one(ROOT, "c")], 2));
        assert_eq!(told(Some("7"), 3, 9), (vec![one(ROOT, "c")], 4), "what it does not name");
        assert_eq!(told(None, 9, 9), (vec![], 4));
    }
}
