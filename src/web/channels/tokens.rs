//! A channel's access tokens: issued, shown once with everything to hand over, masked, revealed, revoked.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::channel::Channel;
use crate::domain::id::TokenId;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::token::{ApiToken, Description, History, NewToken, Permissions};
use crate::service::channels::{ChannelWithTokens, Channels};
use crate::service::error::Error;
use crate::service::tokens::Tokens;
use crate::web::channels::head::{Head, channel_id};
use crate::web::frame::answers::{html, html_again, redirect, told};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::{Confirmed, SignedIn};
use crate::web::frame::page::Pages;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::words::curl;
use crate::web::words::format::{When, channel_name, sentence};
use crate::web::words::qr::Qr;

/// How long after it was made a token's secret is shown to whoever is signed in, without the password being asked again:
/// long enough to write it down, also after a page was loaded again.
const SHOWN_FOR: Duration = Duration::from_mins(5);

/// Characters of a secret that its masked form shows, so that one can tell two apart.
const UNMASKED: usize = 4;

#[derive(Template)]
#[template(path = "channels/tokens.html")]
struct TokensPage {
    c: Chrome,
    ch: Head,
    tokens: Vec<TokenRow>,
    form: TokenForm,
    problems: Problems,
}

struct TokenRow {
    id: i64,
    anchor: String,
    label: String,
    owner: bool,
    read: bool,
    write: bool,
    revealed: Option<String>,
    masked: String,
    created: When,
}

#[derive(Template)]
#[template(path = "channels/token_issued.html")]
struct IssuedPage {
    c: Chrome,
    channel_id: String,
    channel: String,
    label: String,
    read: bool,
    write: bool,
    secret: String,
    address: String,
    qr: Qr,
    curl_write: String,
    curl_read: String,
    sheet: String,
}

pub struct TokenForm {
    label: String,
    read: bool,
    write: bool,
    history: bool,
}

impl Form for TokenForm {
    fn read(fields: &Fields) -> Self {
        Self {
            label: fields.line("label"),
            read: fields.ticked("read"),
            write: fields.ticked("write"),
            history: fields.text("history") == "show",
        }
    }
}

impl TokenForm {
    /// The rights that suit what the channel is for.
    fn of(channel: &Channel) -> Self {
        let Permissions { read, write } = channel.direction.permissions();
        Self { label: String::new(), read, write, history: false }
    }
}

pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    path: web::Path<String>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let found = channels.get(me.owner(), &channel_id(&path)?).await?;
    let c = pages.chrome(&request, &me.0, "channels").await?;
    let form = TokenForm::of(&found.channel);
    html(&page(&request, &site, c, &found, None, form, Problems::none(), clock.now()))
}

pub async fn reveal(
    request: HttpRequest,
    me: Confirmed,
    path: web::Path<(String, String)>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let token = token_id(&path.1)?;
    let found = channels.get(me.owner(), &channel_id(&path.0)?).await?;
    let c = pages.chrome(&request, &me.0, "channels").await?;
    let form = TokenForm::of(&found.channel);
    html(&page(&request, &site, c, &found, Some(token), form, Problems::none(), clock.now()))
}

#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn issue(
    request: HttpRequest,
    Submitted(form): Submitted<TokenForm>,
    me: SignedIn,
    path: web::Path<String>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let id = channel_id(&path)?;
    let issued = match Description::new(&form.label) {
        Err(error) => Err(Problems::one("label", sentence(&error))),
        Ok(description) => {
            let permissions = Permissions { read: form.read, write: form.write };
            let history = if form.history { History::Included } else { History::Hidden };
            match tokens.issue(me.owner(), &id, NewToken { description, permissions, history }).await {
                Err(Error::TooManyTokens { most }) => {
                    Err(Problems::one("", format!("This channel has {most} tokens, the most it may have.")))
                }
                outcome => Ok(outcome?),
            }
        }
    };
    match issued {
        // Shown by an address of its own: loading that again issues no second one.
        Ok(token) => Ok(redirect(&site.base, &format!("/channels/{}/tokens/{}", id.as_str(), token.id))),
        Err(problems) => {
            let found = channels.get(me.owner(), &id).await?;
            let c = pages.chrome(&request, &me.0, "channels").await?;
            html_again(&page(&request, &site, c, &found, None, form, problems, clock.now()))
        }
    }
}

/// A new token with everything to hand over. Later the password is asked first, as for every secret.
#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn hand_over(
    request: HttpRequest,
    me: SignedIn,
    path: web::Path<(String, String)>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let (id, token) = (channel_id(&path.0)?, token_id(&path.1)?);
    let channel = channels.find(me.owner(), &id).await?;
    let token = match tokens.get(me.owner(), &id, token).await {
        Err(Error::TokenRevoked) => {
            return Ok(redirect(&site.base, &format!("/channels/{}/tokens", id.as_str())));
        }
        outcome => outcome?,
    };
    // The token made with the channel acts as its holder, so nothing here is about handing it over.
    if channel.owner_token == Some(token.id) {
        return Err(Refusal::NotFound);
    }
    if clock.now().since(token.created) > SHOWN_FOR && me.0.confirmed_until().is_none() {
        return Err(Refusal::StepUp(format!("/channels/{}/tokens/{}", id.as_str(), token.id)));
    }
    let c = pages.chrome(&request, &me.0, "channels").await?;
    html(&issued_page(&request, &site, c, &channel, &token))
}

pub async fn ask_revoke(
    request: HttpRequest,
    me: Confirmed,
    path: web::Path<(String, String)>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (channel_id(&path.0)?, token_id(&path.1)?);
    let token = match tokens.get(me.owner(), &channel, id).await {
        Err(Error::TokenRevoked) => {
            return Ok(redirect(&site.base, &format!("/channels/{}/tokens", channel.as_str())));
        }
        outcome => outcome?,
    };
    let c = pages.chrome(&request, &me.0, "channels").await?;
    let channel = channel.as_str();
    html(&ConfirmPage {
        c,
        heading: format!("Revoke the token “{}”?", token.description),
        action: format!("/channels/{channel}/tokens/{id}/revoke"),
        carried: Vec::new(),
        consequences: vec![
            "Whoever uses it is refused from that moment on, and open connections close. This cannot be undone; a \
             new token can be made."
                .to_owned(),
            "What was written with it stays. Your own inbox is not affected.".to_owned(),
        ],
        typed: String::new(),
        word: "Revoke the token",
        back: format!("/channels/{channel}/tokens"),
        problems: Problems::none(),
    })
}

pub async fn revoke(
    _form: Submitted<Pressed>,
    me: Confirmed,
    path: web::Path<(String, String)>,
    site: web::Data<Site>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let channel = channel_id(&path.0)?;
    tokens.revoke(me.owner(), &channel, token_id(&path.1)?).await?;
    told(&site, &format!("/channels/{}/tokens", channel.as_str()), Done::TokenRevoked)
}

fn token_id(text: &str) -> Result<TokenId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

#[expect(clippy::too_many_arguments, reason = "a page is made from many things, each of its own kind")]
fn page(
    request: &HttpRequest,
    site: &Site,
    c: Chrome,
    found: &ChannelWithTokens,
    revealed: Option<TokenId>,
    form: TokenForm,
    problems: Problems,
    now: Timestamp,
) -> TokensPage {
    let rows = found.tokens.iter().map(|token| {
        let secret = token.secret.expose();
        TokenRow {
            id: token.id.0,
            anchor: format!("secret-{}", token.id),
            label: token.description.clone(),
            owner: found.channel.owner_token == Some(token.id),
            read: token.permissions.read,
            write: token.permissions.write,
            revealed: (revealed == Some(token.id)).then(|| secret.to_owned()),
            masked: format!("{}••••••••", secret.get(..UNMASKED).unwrap_or_default()),
            created: When::new(token.created, now),
        }
    });
    TokensPage {
        tokens: rows.collect(),
        ch: Head::new(request, site, &found.channel, found.tokens.len() as u64, "tokens", now),
        c,
        form,
        problems,
    }
}

fn issued_page(
    request: &HttpRequest,
    site: &Site,
    c: Chrome,
    channel: &Channel,
    token: &ApiToken,
) -> IssuedPage {
    let id = channel.id.as_str();
    let address = site.channel_address(request, id);
    let secret = token.secret.expose().to_owned();
    IssuedPage {
        c,
        channel_id: id.to_owned(),
        channel: channel_name(&channel.label, id),
        label: token.description.clone(),
        read: token.permissions.read,
        write: token.permissions.write,
        qr: Qr::of_access(&address, &secret),
        curl_write: curl::write(&address, &secret),
        curl_read: curl::read(&address, &secret),
        sheet: format!("/channels/{id}/share?token={}", token.id),
        address,
        secret,
    }
}
