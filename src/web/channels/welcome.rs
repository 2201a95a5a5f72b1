//! What whoever comes to a channel sees of its holder, as the holder chooses it; and the address of a drop page.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::Channel;
use crate::domain::id::ChannelId;
use crate::domain::key::AccountKey;
use crate::domain::reception::{Greeting, InvalidPicture, MAX_GREETING_CHARS, MAX_PICTURE_BYTES, Picture};
use crate::service::channels::Channels;
use crate::service::keys::Keys;
use crate::service::receptions::{NewPicture, Receptions, Shown};
use crate::web::channels::head::{Head, of_anyone};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Upload};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::sentence;

#[derive(Template)]
#[template(path = "channels/welcome.html")]
struct WelcomePage {
    c: Chrome,
    ch: Head,
    /// What the holder is called; empty when nothing was said.
    name: String,
    has_picture: bool,
    greeting: String,
    most_chars: usize,
    /// Bytes of the largest picture.
    most_bytes: usize,
    /// The address that everybody may write at; empty where nobody may without a token.
    drop_page: String,
    /// What others seal with; empty when there is none.
    key: String,
    problems: Problems,
}

pub struct WelcomeForm {
    greeting: String,
    without_picture: bool,
    picture: Option<Upload>,
}

impl Form for WelcomeForm {
    const IS_KEPT: bool = true;
    const HOLDS_FILES: bool = true;
    fn read(fields: &Fields) -> Self {
        Self {
            greeting: greeting_of(fields),
            without_picture: fields.ticked("no_picture"),
            picture: fields.files().first().cloned(),
        }
    }
}

/// The greeting as it was typed, with the line ends of this server.
pub fn greeting_of(fields: &Fields) -> String {
    fields.text("greeting").replace("\r\n", "\n").trim().to_owned()
}

impl WelcomeForm {
    fn judge(&self) -> Result<(Greeting, NewPicture), Problems> {
        let mut problems = Problems::none();
        let greeting =
            Greeting::new(&self.greeting).map_err(|error| problems.add("greeting", sentence(&error)));
        let picture = match &self.picture {
            Some(file) => picture_of(file).map(NewPicture::Of),
            None if self.without_picture => Ok(NewPicture::None),
            None => Ok(NewPicture::AsBefore),
        };
        let picture = picture.map_err(|error| problems.add("picture", sentence(&error)));
        match (greeting, picture) {
            (Ok(greeting), Ok(picture)) => Ok((greeting, picture)),
            _ => Err(problems),
        }
    }
}

fn picture_of(file: &Upload) -> Result<Picture, InvalidPicture> {
    Picture::new(file.bytes.as_ref().ok_or(InvalidPicture)?.to_vec())
}

pub async fn show(
    call: Call,
    channels: web::Data<Channels>,
    receptions: web::Data<Receptions>,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let found = channels.find(call.owner(), &id).and(receptions.shown(call.owner(), &id));
    let (c, ((channel, shown), key)) = call.page("channels", found.and(keys.in_use(call.owner()))).await?;
    let greeting = shown.greeting.clone();
    html(&page(&call, c, &channel, key, shown, greeting, Problems::none()))
}

pub async fn save(
    SubmittedBy(form, call): SubmittedBy<WelcomeForm>,
    channels: web::Data<Channels>,
    receptions: web::Data<Receptions>,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let problems = match form.judge() {
        Ok((greeting, picture)) => match receptions.save(call.owner(), &id, greeting, picture).await {
            Ok(()) => return call.told(&format!("/channels/{}/welcome", id.as_str()), Done::ChannelSaved),
            Err(error) => Problems::of_limit(&error).ok_or(error)?,
        },
        Err(problems) => problems,
    };
    let found = channels.find(call.owner(), &id).and(receptions.shown(call.owner(), &id));
    let (c, ((channel, shown), key)) = call.page("channels", found.and(keys.in_use(call.owner()))).await?;
    html_again(&page(&call, c, &channel, key, shown, form.greeting, problems))
}

/// The picture for the holder, whom the API does not know by a cookie.
pub async fn picture(call: Call, receptions: web::Data<Receptions>) -> Result<HttpResponse, Refusal> {
    let found = receptions.own_picture(call.owner(), &call.named("channel")?).await?;
    let picture = found.ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, picture.content_type()))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(picture.into_bytes()))
}

fn page(
    call: &Call,
    c: Chrome,
    channel: &Channel,
    key: Option<AccountKey>,
    shown: Shown,
    greeting: String,
    problems: Problems,
) -> WelcomePage {
    let ch = Head::new(call, channel, 0, "welcome");
    let Shown { name, has_picture, .. } = shown;
    let drop_page = of_anyone(channel, &call.site).write.then(|| {
        let fingerprint =
            key.as_ref().map(|key| base64_simd::URL_SAFE_NO_PAD.encode_to_string(key.fingerprint.0));
        let names_key = fingerprint.map(|text| format!("#.{text}")).unwrap_or_default();
        format!("{}/c/{}{names_key}", call.site.public_url(&call.request), channel.id.as_str())
    });
    let drop_page = drop_page.unwrap_or_default();
    let key = key.map(|key| key.public.to_string()).unwrap_or_default();
    WelcomePage {
        c,
        ch,
        name,
        has_picture,
        greeting,
        most_chars: MAX_GREETING_CHARS,
        most_bytes: MAX_PICTURE_BYTES,
        drop_page,
        key,
        problems,
    }
}
