//! The members of a report that are asked for, whatever else stands beside them and whatever type they have.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::callbacks::field::{First, Plain};

/// An object of JSON as far as it may be a report; of anything else nothing is there.
#[derive(Debug, Default)]
pub(super) struct Wire<'a> {
    /// Whether it may be a [`Batch`].
    pub(super) is_batch: bool,

    /// ARC and Arcade.
    pub(super) txid: Plain<'a>,
    pub(super) tx_status: Plain<'a>,
    pub(super) timestamp: Plain<'a>,
    pub(super) extra_info: Plain<'a>,
    pub(super) block_hash: Plain<'a>,
    pub(super) block_height: Plain<'a>,
    pub(super) competing: First<Plain<'a>>,
    pub(super) txids: First<Plain<'a>>,
    /// Whether there is a member that only Arcade writes.
    pub(super) is_arcade: bool,

    /// merkle-service.
    pub(super) kind: Plain<'a>,
    pub(super) is_subtree: bool,

    /// mAPI, and what it is put into when a miner signs.
    pub(super) callback_txid: Plain<'a>,
    pub(super) callback_reason: Plain<'a>,
    pub(super) payload: Plain<'a>,
    pub(super) signature: Plain<'a>,
    pub(super) public_key: Plain<'a>,
    pub(super) encoding: Plain<'a>,
}

/// Several in one message. None of them is a batch again, so that what stands inside is bounded.
#[derive(Deserialize)]
pub(super) struct Batch<'a> {
    #[serde(borrow)]
    pub(super) callbacks: First<Wire<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Wire<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WireVisitor)
    }
}

struct WireVisitor;

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Wire<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut wire = Wire::default();
        while let Some(Name(name)) = members.next_key()? {
            match &*name {
                "txid" => wire.txid = members.next_value()?,
                "txStatus" => wire.tx_status = members.next_value()?,
                "timestamp" => wire.timestamp = members.next_value()?,
                "extraInfo" => wire.extra_info = members.next_value()?,
                "blockHash" => wire.block_hash = members.next_value()?,
                "blockHeight" => wire.block_height = members.next_value()?,
                "competingTxs" => wire.competing = members.next_value()?,
                "txids" => wire.txids = members.next_value()?,
                "type" => wire.kind = members.next_value()?,
                "callbackTxId" => wire.callback_txid = members.next_value()?,
                "callbackReason" => wire.callback_reason = members.next_value()?,
                "payload" => wire.payload = members.next_value()?,
                "signature" => wire.signature = members.next_value()?,
                "publicKey" => wire.public_key = members.next_value()?,
                "encoding" => wire.encoding = members.next_value()?,
                other => {
                    wire.is_subtree |= matches!(other, "stump" | "subtreeIndex");
                    wire.is_batch |= other == "callbacks";
                    wire.is_arcade |= ARCADE.contains(&other);
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(wire)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Wire::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Wire::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Wire::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Wire::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Wire::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Wire::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Wire::default())
    }
}

/// Members that Arcade adds to those of ARC.
const ARCADE: [&str; 6] =
    ["status", "rawTx", "retryCount", "nextRetryAt", "orphanedProofs", "merkleRegisteredAt"];

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Plain::deserialize(deserializer)? {
            Plain::Text(text) => Ok(Self(text)),
            Plain::Nothing | Plain::Number(_) => Ok(Self(Cow::Borrowed(""))),
        }
    }
}
