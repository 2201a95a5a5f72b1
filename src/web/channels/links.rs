//! The secrets of links, which the holder's browser makes, wraps and has kept here.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::domain::id::ChannelId;
use crate::domain::token::WrappedLink;
use crate::http::failure::Failure;
use crate::service::invitations::Invitations;
use crate::web::frame::call::Call;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;

/// What a script sends of a link.
pub struct Wrapped(Option<WrappedLink>);

impl Form for Wrapped {
    fn read(fields: &Fields) -> Self {
        Self(WrappedLink::new(&fields.text("link")))
    }
}

/// A link as scripts get it.
#[derive(Serialize)]
struct KeptLink {
    token: i64,
    link: String,
}

/// The wrapped secrets of the channel's links, for the browser that can open them.
pub async fn list(call: Call, invitations: web::Data<Invitations>) -> Result<HttpResponse, Refusal> {
    let links = invitations.links(call.owner(), &call.named("channel")?).await?;
    let kept =
        links.into_iter().map(|(token, link)| KeptLink { token: token.0, link: link.as_str().to_owned() });
    Ok(HttpResponse::Ok().json(kept.collect::<Vec<_>>()))
}

/// Keeps the secret of a token's link, in the place of another.
pub async fn keep(
    Submitted(Wrapped(link)): Submitted<Wrapped>,
    call: Call,
    invitations: web::Data<Invitations>,
) -> Result<HttpResponse, Refusal> {
    let link = link.ok_or_else(|| Failure::bad_request("This is no wrapped secret of a link."))?;
    let channel: ChannelId = call.named("channel")?;
    invitations.set_link(call.owner(), &channel, call.named("token")?, link).await?;
    Ok(HttpResponse::NoContent().finish())
}
