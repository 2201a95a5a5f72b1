//! The page of a link that leads a person into a channel, and the link's secret, which the holder's browser makes, wraps
//! and has kept here.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Serialize;
use url::Url;

use crate::domain::channel::Channel;
use crate::domain::host::is_this_machine;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::key::AccountKey;
use crate::domain::token::{ApiToken, Permissions, WrappedLink};
use crate::http::failure::Failure;
use crate::service::channels::Channels;
use crate::service::error::Error;
use crate::service::invitations::Invitations;
use crate::service::keys::Keys;
use crate::service::receptions::{Receptions, Shown};
use crate::service::tokens::Tokens;
use crate::web::channels::expiry::Expiry;
use crate::web::channels::head::of_anyone;
use crate::web::channels::tokens::{is_shown, link_path, to_tokens};
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::channel_name;
use crate::web::words::qr::Qr;

#[derive(Template)]
#[template(path = "channels/link.html")]
struct LinkPage {
    c: Chrome,
    channel_id: String,
    channel: String,
    token: TokenId,
    name: String,
    may: Permissions,
    /// Whether anybody reads what is not sealed.
    open: bool,
    end: Option<Expiry>,
    shown: Shown,
    /// Without a key: what a script makes of it never comes here.
    link: String,
    /// It leads nobody here but whoever sits at this machine.
    is_near: bool,
    qr: Qr,
    /// What others seal with; empty when there is none.
    key: String,
}

pub async fn show(
    call: Call,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
    keys: web::Data<Keys>,
    receptions: web::Data<Receptions>,
) -> Result<HttpResponse, Refusal> {
    let (id, token) = (call.named::<ChannelId>("channel")?, call.named("token")?);
    let found = channels.find(call.owner(), &id).and(tokens.get(call.owner(), &id, token));
    let found = found.and(keys.in_use(call.owner()).and(receptions.shown(call.owner(), &id)));
    let (c, ((channel, token), (key, shown))) = match call.page("channels", found).await {
        Err(Error::TokenRevoked) => return Ok(to_tokens(&call, &id)),
        outcome => outcome?,
    };
    // The token made with the channel acts as its holder, so there is no link to hand out.
    if channel.owner_token == Some(token.id) {
        return Err(Refusal::NotFound);
    }
    if !is_shown(&call, &token) {
        return Err(Refusal::StepUp(link_path(id.as_str(), token.id)));
    }
    html(&page(&call, c, &channel, &token, key, shown))
}

fn page(
    call: &Call,
    c: Chrome,
    channel: &Channel,
    token: &ApiToken,
    key: Option<AccountKey>,
    shown: Shown,
) -> LinkPage {
    let id = channel.id.as_str();
    let link = call.site.guest_link(&call.request, id, token.secret.expose());
    LinkPage {
        c,
        channel_id: id.to_owned(),
        channel: channel_name(&channel.label, id),
        token: token.id,
        name: token.description.clone(),
        may: token.permissions,
        open: of_anyone(channel, &call.site).read,
        end: token.expires.map(|end| Expiry::new(end, call.now())),
        shown,
        is_near: Url::parse(&link).is_ok_and(|link| link.host_str().is_some_and(is_this_machine)),
        qr: Qr::new(&link),
        link,
        key: key.map(|key| key.public.to_string()).unwrap_or_default(),
    }
}

/// What a script sends of a link, and whether it takes the place of another.
pub struct Wrapped(Option<WrappedLink>, bool);

impl Form for Wrapped {
    fn read(fields: &Fields) -> Self {
        Self(WrappedLink::new(&fields.text("link")), fields.ticked("again"))
    }
}

/// A link as scripts get it.
#[derive(Serialize)]
struct KeptLink {
    link: String,
}

/// Keeps the secret of a token's link, and answers with the one that is kept.
pub async fn keep(
    Submitted(Wrapped(link, replaces)): Submitted<Wrapped>,
    call: Call,
    invitations: web::Data<Invitations>,
) -> Result<HttpResponse, Refusal> {
    let link = link.ok_or_else(|| Failure::bad_request("This is no wrapped secret of a link."))?;
    let (channel, token) = (call.named::<ChannelId>("channel")?, call.named::<TokenId>("token")?);
    let kept = invitations.keep_link(call.owner(), &channel, token, link, replaces).await?;
    Ok(HttpResponse::Ok().json(KeptLink { link: kept.as_str().to_owned() }))
}
