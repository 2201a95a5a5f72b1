//! What is inside a sealed message: a line that says what it is, the body, and padding that hides how long it is. The same as
//! the pages make; `PROTOCOL.md` says how.

use serde_json::{Map, Value, json};

use crate::crypto::link_proof::LinkSecret;
use crate::domain::key::PublicKey;
use crate::domain::message::ContentType;
use crate::domain::time::Timestamp;

const VERSION: u64 = 1;
const PADDED_TO: usize = 256;

/// Of a body whose type is none.
const BYTES: &str = "application/octet-stream";

/// What stands in a line before the proof, and after its 44 signs.
const BEFORE_PROOF: &str = ",\"auth\":\"";
const AFTER_PROOF: &str = "\"}";
const PROOF_SIGNS: usize = 44;

/// Which way a message goes, so that none can be sent back as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToOwner,
    FromOwner,
}

impl Direction {
    fn as_str(self) -> &'static str {
        match self {
            Self::ToOwner => "to-owner",
            Self::FromOwner => "from-owner",
        }
    }
}

/// What proves the messages of a link.
pub struct Link<'a> {
    pub channel: &'a str,
    pub direction: Direction,
    pub secret: Option<&'a LinkSecret>,
}

/// What a message says of itself.
pub struct Written<'a> {
    pub content_type: &'a str,
    pub body: &'a [u8],
    /// Which of the sender's messages in the channel it is.
    pub number: u64,
    pub at: Timestamp,
    /// What answers are sealed with.
    pub reply_to: &'a PublicKey,
}

/// What is proven of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It holds the link.
    Proven,
    /// It does not hold the link, or somebody changed the message.
    Wrong,
    /// There is nothing to prove it with.
    Missing,
}

/// What was in an envelope.
#[derive(Debug, PartialEq, Eq)]
pub enum Unpacked {
    Letter {
        content_type: String,
        body: Vec<u8>,
        number: Option<u64>,
        at: Option<String>,
        reply_to: Option<PublicKey>,
        proof: Proof,
    },
    /// A newer program wrote it.
    Newer,
}

/// The content of a box.
pub fn pack(written: &Written<'_>, of: &Link<'_>) -> Vec<u8> {
    let mut line = json!({
        "v": VERSION,
        "type": written.content_type,
        "length": written.body.len(),
        "n": written.number,
        "at": written.at.to_string(),
        "reply_to": written.reply_to.to_string(),
    })
    .to_string();
    if let Some(secret) = of.secret {
        let head = proven(of, &line);
        let proof = secret.prove(&[head.as_bytes(), written.body]);
        line.pop();
        line.extend([BEFORE_PROOF, &base64_simd::STANDARD.encode_to_string(proof), AFTER_PROOF]);
    }
    let mut content = line.into_bytes();
    content.push(b'\n');
    content.extend_from_slice(written.body);
    content.resize(content.len().next_multiple_of(PADDED_TO), 0);
    content
}

/// What a content says; `None` where it is not of this form. A body shorter than its line says is no message.
pub fn unpack(content: &[u8], of: &Link<'_>) -> Option<Unpacked> {
    let end = memchr::memchr(b'\n', content)?;
    let line = str::from_utf8(&content[..end]).ok()?;
    let said: Map<String, Value> = serde_json::from_str(line).ok()?;
    let version = said.get("v")?;
    if version.as_u64() != Some(VERSION) {
        return Some(Unpacked::Newer);
    }
    let length = usize::try_from(said.get("length")?.as_u64()?).ok()?;
    let body = content[end + 1..].get(..length)?;
    let content_type = said.get("type")?.as_str()?;
    let at = said.get("at").and_then(Value::as_str).filter(|at| Timestamp::parse(at).is_some());
    Some(Unpacked::Letter {
        content_type: ContentType::new(content_type).map_or(BYTES, |_| content_type).to_owned(),
        body: body.to_vec(),
        number: said.get("n").and_then(Value::as_u64).filter(|number| *number > 0),
        at: at.map(str::to_owned),
        reply_to: said.get("reply_to").and_then(Value::as_str).and_then(PublicKey::parse),
        proof: judge(line, body, of),
    })
}

fn judge(line: &str, body: &[u8], of: &Link<'_>) -> Proof {
    let Some(secret) = of.secret else { return Proof::Missing };
    let is_proven = proof_of(line).is_some_and(|(line, proof)| {
        secret.is_proven(&[proven(of, &format!("{line}}}")).as_bytes(), body], &proof)
    });
    if is_proven { Proof::Proven } else { Proof::Wrong }
}

/// A line up to its proof, and the proof.
fn proof_of(line: &str) -> Option<(&str, Vec<u8>)> {
    let line = line.strip_suffix(AFTER_PROOF)?;
    let (line, proof) = line.split_at_checked(line.len().checked_sub(PROOF_SIGNS)?)?;
    Some((line.strip_suffix(BEFORE_PROOF)?, base64_simd::STANDARD.decode_to_vec(proof).ok()?))
}

/// What is proven, up to the body.
fn proven(of: &Link<'_>, line: &str) -> String {
    format!("{}\n{}\n{line}\n", of.channel, of.direction.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(secret: Option<&LinkSecret>, direction: Direction) -> Link<'_> {
        Link { channel: "a-channel", direction, secret }
    }

    fn content(secret: Option<&LinkSecret>) -> Vec<u8> {
        let written = Written {
            content_type: "text/plain; charset=utf-8",
            body: "Grüße".as_bytes(),
            number: 12,
            at: Timestamp::parse("2026-11-26T10:00:00.000Z").expect("a time"),
            reply_to: &PublicKey::new(&[5; 32]).expect("a key"),
        };
        pack(&written, &link(secret, Direction::ToOwner))
    }

    fn proof(content: &[u8], link: &Link<'_>) -> Option<Proof> {
        match unpack(content, link) {
            Some(Unpacked::Letter { proof, .. }) => Some(proof),
            _ => None,
        }
    }

    #[test]
    fn it_is_what_the_contract_says() {
        let secret = LinkSecret::new(&[7; 16]).expect("16 bytes");
        let content = content(Some(&secret));
        assert_eq!(content.len() % 256, 0);
        let line = String::from_utf8_lossy(&content);
        assert!(
            line.contains(",\"auth\":\"cJK6yahDutBz1gb/+QGK2uNou/uUSFXw57+hFOE/xSs=\"}\nGrüße\0"),
            "{line}"
        );
    }

    #[test]
    fn only_an_unchanged_message_of_the_link_is_proven() {
        let secret = LinkSecret::new(&[7; 16]).expect("16 bytes");
        let other = LinkSecret::new(&[8; 16]).expect("16 bytes");
        let mut sealed = content(Some(&secret));
        assert_eq!(proof(&sealed, &link(Some(&secret), Direction::ToOwner)), Some(Proof::Proven));
        assert_eq!(proof(&sealed, &link(Some(&secret), Direction::FromOwner)), Some(Proof::Wrong));
        assert_eq!(proof(&sealed, &link(Some(&other), Direction::ToOwner)), Some(Proof::Wrong));
        assert_eq!(proof(&sealed, &link(None, Direction::ToOwner)), Some(Proof::Missing));
        let unproven = content(None);
        assert_eq!(proof(&unproven, &link(Some(&secret), Direction::ToOwner)), Some(Proof::Wrong));
        let body = sealed.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
        sealed[body] ^= 1;
        assert_eq!(proof(&sealed, &link(Some(&secret), Direction::ToOwner)), Some(Proof::Wrong));
    }

    #[test]
    fn what_is_no_envelope_is_none() {
        let link = link(None, Direction::ToOwner);
        for text in ["", "hello\n", "[]\n", "{}\n", "{\"v\":1,\"type\":\"a/b\",\"length\":3}\nab"] {
            assert_eq!(unpack(text.as_bytes(), &link), None, "{text}");
        }
        assert_eq!(unpack(b"{\"v\":2}\nx", &link), Some(Unpacked::Newer));
    }
}
