//! A channel's access tokens: issued, shown once with everything to hand over, masked, revealed, revoked.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::Channel;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::token::{ApiToken, Description, History, NewToken, Permissions};
use crate::service::channels::{ChannelWithTokens, Channels};
use crate::service::error::Error;
use crate::service::tokens::Tokens;
use crate::web::channels::head::Head;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
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
        let Permissions { read, write, .. } = channel.direction.permissions();
        Self { label: String::new(), read, write, history: false }
    }
}

pub async fn show(call: Call, channels: web::Data<Channels>) -> Result<HttpResponse, Refusal> {
    let opened = channels.opened(call.owner(), &call.named("channel")?);
    let (c, found) = call.page("channels", opened).await?;
    let form = TokenForm::of(&found.channel);
    html(&page(&call, c, &found, None, form, Problems::none()))
}

pub async fn reveal(call: Call<Confirmed>, channels: web::Data<Channels>) -> Result<HttpResponse, Refusal> {
    let token: TokenId = call.named("token")?;
    let opened = channels.opened(call.owner(), &call.named("channel")?);
    let (c, found) = call.page("channels", opened).await?;
    let form = TokenForm::of(&found.channel);
    html(&page(&call, c, &found, Some(token), form, Problems::none()))
}

pub async fn issue(
    Submitted(form): Submitted<TokenForm>,
    call: Call,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let issued = match Description::new(&form.label) {
        Err(error) => Err(Problems::one("label", sentence(&error))),
        Ok(description) => {
            let permissions = Permissions { read: form.read, write: form.write, delete: true };
            let history = if form.history { History::Included } else { History::Hidden };
            match tokens.issue(call.owner(), &id, NewToken { description, permissions, history }).await {
                Err(Error::TooManyTokens { most }) => {
                    Err(Problems::one("", format!("This channel has {most} tokens, the most it may have.")))
                }
                outcome => Ok(outcome?),
            }
        }
    };
    match issued {
        // Shown by an address of its own: loading that again issues no second one.
        Ok(token) => Ok(call.redirect(&format!("/channels/{}/tokens/{}", id.as_str(), token.id))),
        Err(problems) => {
            let (c, found) = call.page("channels", channels.opened(call.owner(), &id)).await?;
            html_again(&page(&call, c, &found, None, form, problems))
        }
    }
}

/// A new token with everything to hand over. Later the password is asked first, as for every secret.
pub async fn hand_over(
    call: Call,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let (id, token) = (call.named::<ChannelId>("channel")?, call.named("token")?);
    let found = channels.find(call.owner(), &id).and(tokens.get(call.owner(), &id, token));
    let (c, (channel, token)) = match call.page("channels", found).await {
        Err(Error::TokenRevoked) => return Ok(to_tokens(&call, &id)),
        outcome => outcome?,
    };
    // The token made with the channel acts as its holder, so nothing here is about handing it over.
    if channel.owner_token == Some(token.id) {
        return Err(Refusal::NotFound);
    }
    if call.now().since(token.created) > SHOWN_FOR && call.session.confirmed_until().is_none() {
        return Err(Refusal::StepUp(format!("/channels/{}/tokens/{}", id.as_str(), token.id)));
    }
    html(&issued_page(&call, c, &channel, &token))
}

pub async fn ask_revoke(call: Call<Confirmed>, tokens: web::Data<Tokens>) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("token")?);
    let (c, token) = match call.page("channels", tokens.get(call.owner(), &channel, id)).await {
        Err(Error::TokenRevoked) => return Ok(to_tokens(&call, &channel)),
        outcome => outcome?,
    };
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
    call: Call<Confirmed>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let channel: ChannelId = call.named("channel")?;
    tokens.revoke(call.owner(), &channel, call.named("token")?).await?;
    call.told(&format!("/channels/{}/tokens", channel.as_str()), Done::TokenRevoked)
}

/// A token that was revoked has no page of its own any more.
fn to_tokens<G: Guard>(call: &Call<G>, channel: &ChannelId) -> HttpResponse {
    call.redirect(&format!("/channels/{}/tokens", channel.as_str()))
}

fn page<G: Guard>(
    call: &Call<G>,
    c: Chrome,
    found: &ChannelWithTokens,
    revealed: Option<TokenId>,
    form: TokenForm,
    problems: Problems,
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
            created: When::new(token.created, call.now()),
        }
    });
    TokensPage {
        tokens: rows.collect(),
        ch: Head::new(call, &found.channel, found.tokens.len() as u64, "tokens"),
        c,
        form,
        problems,
    }
}

fn issued_page(call: &Call, c: Chrome, channel: &Channel, token: &ApiToken) -> IssuedPage {
    let id = channel.id.as_str();
    let address = call.site.channel_address(&call.request, id);
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
