//! One message for the holder's browser to open: the box, or what was sealed for the holder beside it.

use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::auth::owner_side::OwnerSides;
use crate::domain::id::ChannelId;
use crate::domain::message::Sequence;
use crate::domain::token::WrappedLink;
use crate::service::letters::{Letters, SealedMessage};
use crate::web::frame::call::Call;
use crate::web::frame::refusal::Refusal;

/// Bytes in base64, as everything else in an answer of JSON.
pub async fn show(
    call: Call,
    sides: web::Data<OwnerSides>,
    letters: web::Data<Letters>,
) -> Result<HttpResponse, Refusal> {
    let (channel, sequence) = (call.named::<ChannelId>("channel")?, call.named::<Sequence>("sequence")?);
    let SealedMessage { message, token, link, own, copy } =
        letters.boxed(&sides.reader(call.owner(), &channel)?, sequence).await?;
    let base64 = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    Ok(HttpResponse::Ok().json(json!({
        "type": message.content_type.as_str(),
        "box": copy.is_none().then(|| base64(message.payload.as_bytes())),
        "copy": copy.as_deref().map(base64),
        "own": own,
        "token": token.map(|token| token.0.to_string()),
        "link": link.as_ref().map(WrappedLink::as_str),
        "received": message.received.to_string(),
    })))
}
