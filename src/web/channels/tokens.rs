//! A channel's access tokens: listed with those who have them, issued, shown once with everything to hand over, revealed,
//! revoked.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::callbacks::ready::Processors;
use crate::domain::channel::{Channel, Direction};
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::key::PublicKey;
use crate::domain::phone::Phone;
use crate::domain::read_state::UnreadCount;
use crate::domain::size::size;
use crate::domain::token::{ApiToken, Description, History, NewEnd, NewToken, Permissions};
use crate::service::Reading;
use crate::service::channels::Channels;
use crate::service::contacts::{Contacts, Counterparty};
use crate::service::error::Error;
use crate::service::keys::Keys;
use crate::service::tokens::Tokens;
use crate::web::channels::expiry::{Expiry, ExpiryChoice};
use crate::web::channels::head::Head;
use crate::web::channels::phones::PhoneRow;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::curl;
use crate::web::words::format::{Mark, Now, Unread, When, channel_name, sentence};
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
    phones: Vec<PhoneRow>,
    form: TokenForm,
    problems: Problems,
}

struct TokenRow {
    id: i64,
    anchor: String,
    label: String,
    mark: Mark,
    owner: bool,
    read: bool,
    write: bool,
    revealed: Option<Revealed>,
    masked: String,
    used: Option<When>,
    behind: String,
    end: Option<Expiry>,
}

/// A secret that is shown, and the page of the link that it opens for a person. The one made with the channel is for nobody else.
struct Revealed {
    secret: String,
    link: Option<String>,
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
    end: Option<Expiry>,
    secret: String,
    address: String,
    qr: Qr,
    link: String,
    curl_write: String,
    curl_read: String,
    sheet: String,
    /// In a channel for what they report.
    processors: Option<Processors>,
    /// How long a message may be.
    most: String,
}

pub struct TokenForm {
    label: String,
    rights: Permissions,
    history: bool,
    expiry: ExpiryChoice,
}

/// The rights that are ticked.
pub fn rights(fields: &Fields) -> Permissions {
    Permissions {
        read: fields.ticked("read"),
        write: fields.ticked("write"),
        delete: fields.ticked("delete"),
    }
}

impl Form for TokenForm {
    const IS_KEPT: bool = true;
    fn read(fields: &Fields) -> Self {
        Self {
            label: fields.line("label"),
            rights: rights(fields),
            history: fields.text("history") == "show",
            expiry: ExpiryChoice::read(fields),
        }
    }
}

impl TokenForm {
    /// The rights that suit what the channel is for. What others wrote is not given away unless somebody says so.
    fn of(channel: &Channel) -> Self {
        let rights = Permissions { delete: false, ..channel.direction.permissions() };
        Self { label: String::new(), rights, history: false, expiry: ExpiryChoice::default() }
    }

    fn judge(&self, now: Now<'_>) -> Result<NewToken, Problems> {
        let mut problems = Problems::none();
        let description =
            Description::new(&self.label).map_err(|error| problems.add("label", sentence(&error)));
        let end = self.expiry.judge(now).map_err(|wrong| problems.add("ends", wrong));
        let Permissions { read, write, delete } = self.rights;
        if !(read || write || delete) {
            problems.add("rights", "Tick at least one: with none, it would open nothing.");
        }
        let (Ok(description), Ok(end)) = (description, end) else { return Err(problems) };
        if problems.any() {
            return Err(problems);
        }
        let history = if self.history { History::Included } else { History::Hidden };
        let expires = match end {
            NewEnd::At(end) => Some(end),
            NewEnd::AsBefore | NewEnd::Never => None,
        };
        Ok(NewToken { description, permissions: self.rights, history, expires })
    }
}

/// The channel, who has access to it, and their phones.
type Listed = ((Channel, Vec<Counterparty>), Vec<Phone>);

fn listed<G: Guard>(contacts: &Contacts, call: &Call<G>, channel: &ChannelId) -> Reading<Listed> {
    contacts.list(call.owner(), channel).and(contacts.phones(call.owner(), channel))
}

pub async fn show(call: Call, contacts: web::Data<Contacts>) -> Result<HttpResponse, Refusal> {
    let listed = listed(&contacts, &call, &call.named("channel")?);
    let (c, found) = call.page("channels", listed).await?;
    let form = TokenForm::of(&found.0.0);
    html(&page(&call, c, found, None, form, Problems::none()))
}

pub async fn reveal(call: Call<Confirmed>, contacts: web::Data<Contacts>) -> Result<HttpResponse, Refusal> {
    let token: TokenId = call.named("token")?;
    let listed = listed(&contacts, &call, &call.named("channel")?);
    let (c, found) = call.page("channels", listed).await?;
    let form = TokenForm::of(&found.0.0);
    html(&page(&call, c, found, Some(token), form, Problems::none()))
}

pub async fn issue(
    SubmittedBy(form, call): SubmittedBy<TokenForm>,
    contacts: web::Data<Contacts>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let issued = match form.judge(call.now()) {
        Err(problems) => Err(problems),
        Ok(new) => match tokens.issue(call.owner(), &id, new).await {
            Err(error) => Err(Problems::of_limit(&error).ok_or(error)?),
            Ok(token) => Ok(token),
        },
    };
    match issued {
        // Shown by an address of its own: loading that again issues no second one.
        Ok(token) => Ok(call.redirect(&format!("/channels/{}/tokens/{}/hand-over", id.as_str(), token.id))),
        Err(problems) => {
            let (c, found) = call.page("channels", listed(&contacts, &call, &id)).await?;
            html_again(&page(&call, c, found, None, form, problems))
        }
    }
}

/// A new token with everything to hand over. Later the password is asked first, as for every secret.
pub async fn hand_over(
    call: Call,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    let (id, token) = (call.named::<ChannelId>("channel")?, call.named("token")?);
    let found = channels.find(call.owner(), &id).and(tokens.get(call.owner(), &id, token));
    let found = found.and(keys.in_use(call.owner()));
    let (c, ((channel, token), key)) = match call.page("channels", found).await {
        Err(Error::TokenRevoked) => return Ok(to_tokens(&call, &id)),
        outcome => outcome?,
    };
    // The token made with the channel acts as its holder, so nothing here is about handing it over.
    if channel.owner_token == Some(token.id) {
        return Err(Refusal::NotFound);
    }
    if !is_shown(&call, &token) {
        let place = format!("/channels/{}/tokens/{}/hand-over", id.as_str(), token.id);
        return Err(Refusal::StepUp(place));
    }
    html(&issued_page(&call, c, &channel, &token, key.map(|key| key.public)))
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
    SubmittedBy(_form, call): SubmittedBy<Pressed, Confirmed>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let channel: ChannelId = call.named("channel")?;
    tokens.revoke(call.owner(), &channel, call.named("token")?).await?;
    call.told(&format!("/channels/{}/tokens", channel.as_str()), Done::TokenRevoked)
}

/// Whether a token's secret is shown without the password being asked.
pub fn is_shown(call: &Call, token: &ApiToken) -> bool {
    call.now().is_within(SHOWN_FOR, token.created) || call.session.confirmed_until().is_some()
}

/// The page of the link that a token opens for a person.
pub fn link_path(channel: &str, token: TokenId) -> String {
    format!("/channels/{channel}/tokens/{token}/link")
}

/// A token that was revoked has no page of its own any more.
pub fn to_tokens<G: Guard>(call: &Call<G>, channel: &ChannelId) -> HttpResponse {
    call.redirect(&format!("/channels/{}/tokens", channel.as_str()))
}

fn page<G: Guard>(
    call: &Call<G>,
    c: Chrome,
    ((channel, counterparties), phones): Listed,
    revealed: Option<TokenId>,
    form: TokenForm,
    problems: Problems,
) -> TokensPage {
    let ch = Head::new(call, &channel, counterparties.len() as u64, "tokens");
    let phones = phones.iter().map(|phone| PhoneRow::new(phone, &counterparties, call)).collect();
    let rows = counterparties.into_iter().map(|one| {
        let token = one.token;
        let secret = token.secret.expose();
        TokenRow {
            id: token.id.0,
            anchor: format!("secret-{}", token.id),
            mark: Mark::of_contact(token.id, &token.description, one.hue),
            owner: one.is_own,
            read: token.permissions.read,
            write: token.permissions.write,
            revealed: (revealed == Some(token.id)).then(|| Revealed {
                secret: secret.to_owned(),
                link: (!one.is_own).then(|| link_path(&ch.id, token.id)),
            }),
            masked: format!("{}••••••••", secret.get(..UNMASKED).unwrap_or_default()),
            used: one.used.map(|used| When::new(used, call.now())),
            behind: behind_words(one.behind),
            end: token.expires.map(|end| Expiry::new(end, call.now())),
            label: token.description,
        }
    });
    TokensPage { tokens: rows.collect(), phones, ch, c, form, problems }
}

/// What a counterparty has not read yet.
pub fn behind_words(behind: Option<UnreadCount>) -> String {
    match behind {
        None => "Reads nothing".to_owned(),
        Some(UnreadCount { number: 0, .. }) => "Has read everything".to_owned(),
        Some(count) => format!("{} unread", Unread(count).messages()),
    }
}

fn issued_page(
    call: &Call,
    c: Chrome,
    channel: &Channel,
    token: &ApiToken,
    key: Option<PublicKey>,
) -> IssuedPage {
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
        end: token.expires.map(|end| Expiry::new(end, call.now())),
        qr: Qr::of_access(&address, &secret),
        link: link_path(id, token.id),
        processors: (channel.direction == Direction::Callbacks)
            .then(|| Processors::new(&address, &secret, key)),
        most: size(call.site.bodies.bytes as u64),
        curl_write: curl::write(&address, &secret),
        curl_read: curl::read(&address, &secret),
        sheet: format!("/channels/{id}/share?token={}", token.id),
        address,
        secret,
    }
}
