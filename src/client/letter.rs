//! Messages as people write and read them: what is sealed for whom, what opens, and what that proves.

use crate::client::channel::{Outgoing, Received};
use crate::client::contact::{Contact, Sealing};
use crate::client::envelope::{self, Direction, Link, Proof, Unpacked, Written};
use crate::crypto::sealed_box::{self, UnusableKey};
use crate::domain::content::{self, Content};
use crate::domain::letter::SEALED;
use crate::domain::time::Timestamp;

/// What a message is to whoever reads it.
#[derive(Debug)]
pub struct Letter {
    pub sequence: u64,
    pub received: String,
    /// Which side wrote it, where the server says.
    pub author: Option<String>,
    /// Of the body; of the box where it did not open.
    pub content_type: String,
    pub body: Vec<u8>,
    pub state: State,
    /// Which of the sender's messages it is.
    pub number: Option<u64>,
    /// When it was written, by the sender's clock.
    pub at: Option<String>,
}

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not sealed.
    Open,
    /// Sealed for us, from a holder of the link.
    Proven,
    /// Sealed for us, but not from a holder of the link, or changed.
    Wrong,
    /// Sealed for us, by nobody knows whom.
    Unproven,
    /// A newer program sealed it.
    Newer,
    /// Sealed, and not for any of our keys.
    Closed,
    /// What we sealed ourselves, which only the other side opens.
    Ours,
    /// The server lost what was written.
    Damaged,
}

impl State {
    /// A word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Proven => "proven",
            Self::Wrong => "wrong",
            Self::Unproven => "unproven",
            Self::Newer => "newer",
            Self::Closed => "closed",
            Self::Ours => "ours",
            Self::Damaged => "damaged",
        }
    }

    /// Whether the body is what was written, and neither a box nor lost.
    pub fn is_readable(self) -> bool {
        !matches!(self, Self::Newer | Self::Closed | Self::Ours | Self::Damaged)
    }

    /// Whether somebody meant us to read it, and only another key or program can.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Newer | Self::Closed)
    }
}

/// Opens what came with the contact's keys.
pub fn opened(message: Received, contact: &Contact) -> Letter {
    let Received { sequence, received, content_type, payload, author, is_damaged } = message;
    let letter = |content_type, body, state, number, at| Letter {
        sequence,
        received,
        author: author.clone(),
        content_type,
        body,
        state,
        number,
        at,
    };
    if is_damaged {
        return letter(content_type, payload, State::Damaged, None, None);
    }
    let open = || contact.pairs.iter().find_map(|pair| pair.open(&payload));
    let is_envelope = content::media_type(&content_type) == SEALED;
    if !is_envelope {
        // A program seals the bytes themselves, under whatever type they have.
        let may_be_sealed = content::may_be_sealed(Content::of(&content_type, &payload), &payload);
        return match may_be_sealed.then(open).flatten() {
            Some(body) => letter(content_type, body, State::Unproven, None, None),
            None => letter(content_type, payload, State::Open, None, None),
        };
    }
    let is_own = author.as_deref() == Some("own");
    // What comes back to us as ours is proven as what we sent, or as nothing.
    let direction = if is_own { Direction::ToOwner } else { Direction::FromOwner };
    let link = Link { channel: contact.address.channel(), direction, secret: contact.secret.as_ref() };
    match open().map(|content| envelope::unpack(&content, &link)) {
        Some(Some(Unpacked::Letter { content_type, body, number, at, proof, .. })) => {
            let state = match proof {
                Proof::Proven => State::Proven,
                Proof::Wrong => State::Wrong,
                Proof::Missing => State::Unproven,
            };
            letter(content_type, body, state, number, at)
        }
        Some(Some(Unpacked::Newer)) => letter(content_type, payload, State::Newer, None, None),
        None if is_own => letter(content_type, payload, State::Ours, None, None),
        None | Some(None) => letter(content_type, payload, State::Closed, None, None),
    }
}

/// Whether a message of this contact is numbered when it is sealed.
pub fn is_numbered(contact: &Contact) -> bool {
    contact.seal_to.as_ref().is_some_and(|to| to.sealing == Sealing::Envelope)
}

/// What goes out for a body: sealed where the contact has a key, unless it is to be `plain`. `contact.sent` is its number.
pub fn sealed(
    contact: &mut Contact,
    content_type: &str,
    body: &[u8],
    plain: bool,
    at: Timestamp,
) -> Result<Outgoing, UnusableKey> {
    // The server keeps them with the token.
    let knows_keys = contact.is_ours && contact.token.is_some();
    let outgoing = |content_type: &str, body: Vec<u8>| Outgoing::of(content_type, body, knows_keys);
    let Some(to) = contact.seal_to.clone().filter(|_| !plain) else {
        return Ok(outgoing(content_type, body.to_vec()));
    };
    if to.sealing == Sealing::Raw {
        return Ok(outgoing(content_type, sealed_box::seal(body, &to.key)?));
    }
    let reply_to = *contact.pair().public();
    let written = Written { content_type, body, number: contact.sent, at, reply_to: &reply_to };
    let link = Link {
        channel: contact.address.channel(),
        direction: Direction::ToOwner,
        secret: contact.secret.as_ref(),
    };
    let content = envelope::pack(&written, &link);
    Ok(outgoing(SEALED, sealed_box::seal(&content, &to.key)?))
}
