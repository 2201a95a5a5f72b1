//! The sheet that is handed to a counterparty: address and token as text, as a picture, and how to use them.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::id::{ChannelId, TokenId};
use crate::domain::token::ApiToken;
use crate::service::channels::Channels;
use crate::web::channels::head::{Head, of_anyone};
use crate::web::channels::tokens::link_path;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::fields::Choice;
use crate::web::frame::refusal::Refusal;
use crate::web::words::curl;
use crate::web::words::qr::Qr;

#[derive(Template)]
#[template(path = "channels/share.html")]
struct SharePage {
    c: Chrome,
    ch: Head,
    sheet: Option<Sheet>,
    qr: Qr,
    address_hint: &'static str,
    tokens: Vec<Choice>,
}

struct Sheet {
    label: String,
    sentence: &'static str,
    secret: String,
    qr: Qr,
    link: String,
    curl: String,
}

/// Whose sheet.
#[derive(Deserialize)]
pub struct SheetQuery {
    #[serde(default)]
    token: String,
}

pub async fn show(
    call: Call,
    chosen: web::Query<SheetQuery>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let (c, found) = call.page("channels", channels.opened(call.owner(), &id)).await?;
    let wanted = chosen.token.parse::<TokenId>().ok();
    // The token made with the channel acts as its holder, so it is never handed out from here.
    let mut others = found.tokens.iter().filter(|token| found.channel.owner_token != Some(token.id));
    let token = others.clone().find(|token| Some(token.id) == wanted);
    if token.is_some() && call.session.confirmed_until().is_none() {
        return Err(Refusal::StepUp(format!("/channels/{}/share?token={}", id.as_str(), chosen.token)));
    }
    let ch = Head::new(&call, &found.channel, found.tokens.len() as u64, "share");
    let public = of_anyone(&found.channel, &call.site);
    html(&SharePage {
        sheet: token.map(|token| sheet(&ch.address, link_path(&ch.id, token.id), token)),
        qr: Qr::new(&ch.address),
        address_hint: match (public.read, public.write) {
            (false, false) => "The address alone opens nothing: an access token goes with it.",
            (true, false) => "With the address alone anyone can read; writing needs an access token.",
            (false, true) => "With the address alone anyone can write; reading needs an access token.",
            (true, true) => "With the address alone anyone can read and write.",
        },
        tokens: others
            .by_ref()
            .map(|token| Choice::new(token.id.to_string(), token.description.clone(), false))
            .collect(),
        c,
        ch,
    })
}

fn sheet(address: &str, link: String, token: &ApiToken) -> Sheet {
    let secret = token.secret.expose().to_owned();
    let write = curl::write(address, &secret);
    let read = curl::read(address, &secret);
    let (sentence, curl) = match (token.permissions.read, token.permissions.write) {
        (true, true) => {
            ("With this token you can read and write in the channel.", format!("{write}\n\n{read}"))
        }
        (true, false) => ("With this token you can read in the channel.", read),
        (false, true) => ("With this token you can leave messages in the channel.", write),
        (false, false) => ("This token permits nothing yet.", String::new()),
    };
    Sheet {
        label: token.description.clone(),
        sentence,
        qr: Qr::of_access(address, &secret),
        link,
        secret,
        curl,
    }
}
