//! Merkle proofs as mAPI sends them (TSC), and what a proof of any form comes to.

use serde_json::{Map, Value};

use crate::callbacks::hash::{Hash, decoded};

/// A block has no more levels.
const MOST_NODES: usize = 64;

/// Where the root stands in a header.
const ROOT: std::ops::Range<usize> = 36..68;

/// The length of a header.
const HEADER: usize = 80;

/// Why nothing follows from a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read.
    Unreadable(&'static str),
    /// It can, and contradicts itself or the report.
    Inconsistent(&'static str),
}

/// What a proof comes to. Whether a block with this root exists is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    pub root: Hash,
    /// What it says that it leads to, where that is of a known kind.
    pub target: Option<Target>,
}

/// What a proof says that it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The block whose header came along and has the root.
    Header(Hash),
    /// A block by its hash, of which nothing here shows that it has the root.
    Named(Hash),
    /// The root itself.
    Root,
}

impl Target {
    /// The block that it is about, where it says which.
    pub fn block(self) -> Option<Hash> {
        match self {
            Self::Header(block) | Self::Named(block) => Some(block),
            Self::Root => None,
        }
    }
}

/// Computes the root of a proof, and compares it with the header or root that came with it.
pub fn follow(proof: &Map<String, Value>, txid: Option<Hash>) -> Result<Proof, Fault> {
    match proof.get("composite") {
        None | Some(Value::Null | Value::Bool(false)) => {}
        Some(_) => return Err(Fault::Unreadable("it is a composite one, which is not followed here")),
    }
    match proof.get("proofType") {
        None | Some(Value::Null) => {}
        Some(kind) if *kind == "branch" => {}
        Some(_) => return Err(Fault::Unreadable("it is no branch, and only those are followed here")),
    }
    let text = |name: &str| proof.get(name).and_then(Value::as_str);
    let id = text("txOrId").ok_or(Fault::Unreadable("it names no transaction"))?;
    // What is no id is the transaction itself.
    let leaf = Hash::parse(id)
        .or_else(|| decoded(id).map(|bytes| Hash::of(&bytes)))
        .ok_or(Fault::Unreadable("its transaction is not hexadecimal"))?;
    if txid.is_some_and(|txid| txid != leaf) {
        return Err(Fault::Inconsistent("it is about another transaction"));
    }
    let mut at = proof.get("index").and_then(Value::as_u64).ok_or(Fault::Unreadable("it has no index"))?;
    let nodes = proof.get("nodes").and_then(Value::as_array).ok_or(Fault::Unreadable("it has no nodes"))?;
    if nodes.len() > MOST_NODES {
        return Err(Fault::Unreadable("it has more nodes than a tree has levels"));
    }
    let mut root = leaf;
    for node in nodes {
        let node = match node.as_str() {
            Some("*") if at % 2 == 0 => root,
            Some("*") => return Err(Fault::Inconsistent("it repeats a hash where there is another")),
            Some(hash) => Hash::parse(hash).ok_or(Fault::Unreadable("one of its nodes is no hash"))?,
            None => return Err(Fault::Unreadable("one of its nodes is no hash")),
        };
        root = if at % 2 == 0 { Hash::above(root, node) } else { Hash::above(node, root) };
        at /= 2;
    }
    if at > 0 {
        return Err(Fault::Inconsistent("its index lies beside the tree"));
    }
    let target = compared(proof, root)?;
    Ok(Proof { root, target })
}

/// What a proof says that it leads to. A root in it has to be this one.
fn compared(proof: &Map<String, Value>, root: Hash) -> Result<Option<Target>, Fault> {
    const OTHER_ROOT: Fault = Fault::Inconsistent("the root that came with it is another one");
    let said = |value: &Value| value.as_str().and_then(Hash::parse);
    let kind = match proof.get("targetType") {
        None | Some(Value::Null) => Some("hash"),
        Some(kind) => kind.as_str(),
    };
    match (kind, proof.get("target")) {
        (Some("header"), Some(Value::String(header))) => {
            let bytes = decoded(header).filter(|bytes| bytes.len() == HEADER);
            let bytes = bytes.ok_or(Fault::Unreadable("its header is not 80 bytes in hexadecimal"))?;
            let in_it = bytes.get(ROOT).and_then(|root| root.try_into().ok()).map(Hash::of_bytes);
            if in_it == Some(root) { Ok(Some(Target::Header(Hash::of(&bytes)))) } else { Err(OTHER_ROOT) }
        }
        // Its members may say anything of any block: only the 80 bytes that a hash is made of tell whose root it is.
        (_, Some(Value::Object(header))) => match header.get("merkleroot").and_then(said) {
            Some(in_it) if in_it != root => Err(OTHER_ROOT),
            _ => Ok(header.get("hash").and_then(said).map(Target::Named)),
        },
        (Some("hash"), Some(target)) => Ok(said(target).map(Target::Named)),
        (Some("merkleRoot"), Some(target)) if said(target) == Some(root) => Ok(Some(Target::Root)),
        (Some("merkleRoot"), Some(_)) => Err(OTHER_ROOT),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TX: &str = "6aa6e138ed482c0b7194f3cc57bf8a3c8408101800f0a24abcaa4523f199feae";
    const BLOCK: &str = "59793dd21536aa06bc16d782858137a4d2241dfb1329d2107460ad6364bd8df0";

    /// A proof of the only transaction of a block, which is the root too, with these members.
    fn with(members: &Value) -> Result<Proof, Fault> {
        let mut proof = json!({"index": 0, "txOrId": TX, "nodes": []});
        let (Some(proof), Some(members)) = (proof.as_object_mut(), members.as_object()) else {
            panic!("no objects: {members}")
        };
        proof.extend(members.clone());
        follow(proof, Hash::parse(TX))
    }

    #[test]
    fn the_block_that_a_proof_names_is_told_as_one_that_is_only_named() {
        let named = Hash::parse(BLOCK).map(Target::Named);
        for (members, target) in [
            (json!({"targetType": "hash", "target": BLOCK}), named),
            (json!({"target": BLOCK}), named),
            (json!({"targetType": null, "target": BLOCK.to_uppercase()}), named),
            (json!({"target": {"merkleroot": TX, "hash": BLOCK}}), named),
            (json!({"targetType": "merkleRoot", "target": TX}), Some(Target::Root)),
            (json!({"targetType": "later", "target": BLOCK}), None),
            (json!({"target": "00"}), None),
            (json!({}), None),
        ] {
            assert_eq!(with(&members).map(|proof| proof.target), Ok(target), "{members}");
        }
    }

    #[test]
    fn a_proof_of_another_kind_is_not_followed() {
        for members in [
            json!({"composite": false, "proofType": "branch"}),
            json!({"composite": null, "proofType": null}),
        ] {
            assert!(with(&members).is_ok(), "{members}");
        }
        for members in [
            json!({"composite": true}),
            json!({"composite": "no"}),
            json!({"proofType": "tree"}),
            json!({"proofType": 1}),
        ] {
            assert!(matches!(with(&members), Err(Fault::Unreadable(_))), "{members}");
        }
    }
}
