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
    /// The block that its own header belongs to, where one came with it.
    pub header: Option<Hash>,
}

/// Computes the root of a proof, and compares it with the header or root that came with it.
pub fn follow(proof: &Map<String, Value>, txid: Option<Hash>) -> Result<Proof, Fault> {
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
    let header = compared(proof, root)?;
    Ok(Proof { root, header })
}

/// The block of the header that came with a proof, whose root has to be this one.
fn compared(proof: &Map<String, Value>, root: Hash) -> Result<Option<Hash>, Fault> {
    const OTHER_ROOT: Fault = Fault::Inconsistent("the root that came with it is another one");
    let said = |value: &Value| value.as_str().and_then(Hash::parse);
    let target = proof.get("target");
    match (proof.get("targetType").and_then(Value::as_str), target) {
        (Some("header"), Some(Value::String(header))) => {
            let bytes = decoded(header).filter(|bytes| bytes.len() == HEADER);
            let bytes = bytes.ok_or(Fault::Unreadable("its header is not 80 bytes in hexadecimal"))?;
            let in_it = bytes.get(ROOT).and_then(|root| root.try_into().ok()).map(Hash::of_bytes);
            if in_it == Some(root) { Ok(Some(Hash::of(&bytes))) } else { Err(OTHER_ROOT) }
        }
        // Its members may say anything of any block: only the 80 bytes that a hash is made of tell whose root it is.
        (_, Some(Value::Object(header))) => match header.get("merkleroot").and_then(said) {
            Some(in_it) if in_it != root => Err(OTHER_ROOT),
            _ => Ok(None),
        },
        (Some("merkleRoot"), Some(target)) if said(target) != Some(root) => Err(OTHER_ROOT),
        _ => Ok(None),
    }
}
