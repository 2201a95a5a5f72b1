//! The key that answers in a channel are sealed with, as the holder's browser wrapped it.

use actix_web::{HttpResponse, web};

use crate::domain::id::ChannelId;
use crate::domain::letter::WrappedReply;
use crate::http::failure::Failure;
use crate::service::letters::Letters;
use crate::web::frame::call::Call;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;

/// What a script sends.
pub struct NewReply(Option<WrappedReply>);

impl Form for NewReply {
    fn read(fields: &Fields) -> Self {
        Self(WrappedReply::new(&fields.text("reply")))
    }
}

pub async fn save(
    Submitted(NewReply(reply)): Submitted<NewReply>,
    call: Call,
    letters: web::Data<Letters>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let reply = reply.ok_or_else(|| Failure::bad_request("This is no reply key as a page wraps it"))?;
    letters.set_reply(call.owner(), &id, reply).await?;
    Ok(HttpResponse::NoContent().finish())
}
