//! Which messages the holder's browser tries its keys on, and what it is told of them.

use crate::domain::content::{Content, may_be_sealed, media_type};
use crate::domain::letter::SEALED;
use crate::domain::message::Message;

/// A message that may be a sealed box.
pub struct Boxed {
    /// `ours` for what a page sealed; `maybe` for bytes of any other type.
    pub kind: &'static str,
    /// How long the box is: lists do not fetch large ones.
    pub bytes: usize,
}

impl Boxed {
    /// `None` for what is surely no box.
    pub fn of(message: &Message, content: Content) -> Option<Self> {
        let bytes = message.payload.as_bytes();
        let is_ours = media_type(message.content_type.as_str()) == SEALED;
        may_be_sealed(content, bytes)
            .then(|| Self { kind: if is_ours { "ours" } else { "maybe" }, bytes: bytes.len() })
    }
}
