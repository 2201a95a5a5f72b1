//! What whoever comes to a channel is told of it: the key to seal with, and whose it is. Ours.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::guards::ChannelVisitor;
use crate::api::json;
use crate::domain::channel::{ChannelState, Sequencing};
use crate::http::failure::Failure;
use crate::service::receptions::Receptions;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
#[expect(clippy::struct_excessive_bools, reason = "members of an answer, each a fact of its own")]
pub(super) struct KeyJson {
    /// `libsodium sealed_box` and the base64 of the key; null when the holder has none.
    key: Option<String>,
    /// Keys of before that the holder still takes, newest first: for links that name the fingerprint of one.
    older_keys: Vec<String>,
    /// The holder's name; empty when nothing was said.
    name: String,
    /// What the holder says to whoever comes; may be empty.
    greeting: String,
    /// Whether `GET …/picture` has one.
    picture: bool,
    can_read: bool,
    can_write: bool,
    locked: bool,
    sequenced: bool,
    /// Messages up to this number are hidden from the token; 0 when all are there.
    since: i64,
    /// Whether the token is the channel's `Owner` token: the key is then the bearer's own.
    is_holder: bool,
}

/// For whoever may read or write, with a token or without one.
pub(super) async fn get(
    visitor: ChannelVisitor,
    receptions: web::Data<Receptions>,
) -> Result<HttpResponse, Failure> {
    let reception = receptions.receive(&visitor.0)?;
    let mut keys = reception.keys.iter().map(ToString::to_string);
    Ok(json::answer(&KeyJson {
        key: keys.next(),
        older_keys: keys.collect(),
        name: reception.name,
        greeting: reception.greeting,
        picture: reception.has_picture,
        can_read: visitor.0.may_read(),
        can_write: visitor.0.may_write(),
        locked: reception.state == ChannelState::Locked,
        sequenced: reception.sequencing == Sequencing::Sequenced,
        since: visitor.0.since().0,
        is_holder: visitor.0.is_holder(),
    }))
}
