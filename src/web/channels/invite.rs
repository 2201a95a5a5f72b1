//! Inviting somebody: a name, what they may do and for how long, and a greeting. The link is on a page of its own.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::channel::{ChannelLabel, Direction};
use crate::domain::id::ChannelId;
use crate::domain::reception::{Greeting, MAX_GREETING_CHARS};
use crate::domain::token::{Description, NewEnd};
use crate::service::channels::Channels;
use crate::service::invitations::{Invitation, Invitations, InvitedTo};
use crate::service::keys::Keys;
use crate::service::profiles::Profiles;
use crate::service::receptions::Receptions;
use crate::web::channels::expiry::ExpiryChoice;
use crate::web::channels::tokens::link_path;
use crate::web::channels::welcome::greeting_of;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{Now, channel_name, sentence};

#[derive(Template)]
#[template(path = "channels/invite.html")]
struct InvitePage {
    c: Chrome,
    form: InviteForm,
    /// The channel that is there, in which somebody may be invited, and what it is called.
    place: Option<(String, String)>,
    /// What the invited person may do, by the names of the form.
    may: &'static str,
    most_chars: usize,
    /// What they see above the conversation; empty where the holder has said nothing.
    your_name: String,
    /// What others seal with; empty when there is none.
    key: String,
    problems: Problems,
}

/// The channel from which somebody came here.
#[derive(Deserialize)]
pub struct InviteQuery {
    #[serde(default)]
    channel: String,
}

pub struct InviteForm {
    name: String,
    direction: Direction,
    expiry: ExpiryChoice,
    greeting: String,
    /// The channel that is there.
    channel: String,
    /// Whether that is the place; else a new one is.
    shared: bool,
}

impl Form for InviteForm {
    const IS_KEPT: bool = true;
    fn read(fields: &Fields) -> Self {
        Self {
            name: fields.line("label"),
            direction: match fields.text("may").as_str() {
                "write" => Direction::Incoming,
                "read" => Direction::Outgoing,
                _ => Direction::TwoWay,
            },
            expiry: ExpiryChoice::read(fields),
            greeting: greeting_of(fields),
            channel: fields.text("channel"),
            shared: fields.text("place") == "shared",
        }
    }
}

impl InviteForm {
    fn judge(&self, now: Now<'_>) -> Result<Invitation, Problems> {
        let mut problems = Problems::none();
        let name = Description::new(&self.name).map_err(|_| problems.add("label", "Say who it is."));
        let label = ChannelLabel::new(&self.name).map_err(|error| problems.add("label", sentence(&error)));
        let end = self.expiry.judge(now).map_err(|wrong| problems.add("ends", wrong));
        let greeting =
            Greeting::new(&self.greeting).map_err(|error| problems.add("greeting", sentence(&error)));
        let (Ok(name), Ok(label), Ok(end), Ok(greeting)) = (name, label, end, greeting) else {
            return Err(problems);
        };
        let ends = match end {
            NewEnd::At(end) => Some(end),
            NewEnd::AsBefore | NewEnd::Never => None,
        };
        let place = match self.channel.parse::<ChannelId>() {
            Ok(id) if self.shared => InvitedTo::In(id),
            _ => InvitedTo::OfOwn(label),
        };
        Ok(Invitation { name, direction: self.direction, ends, greeting, place })
    }
}

pub async fn ask(
    call: Call,
    from: web::Query<InviteQuery>,
    keys: web::Data<Keys>,
    channels: web::Data<Channels>,
    profiles: web::Data<Profiles>,
    receptions: web::Data<Receptions>,
) -> Result<HttpResponse, Refusal> {
    let mut form = InviteForm {
        name: String::new(),
        direction: Direction::TwoWay,
        expiry: ExpiryChoice { choice: "90".to_owned(), day: String::new() },
        greeting: String::new(),
        shared: !from.channel.is_empty(),
        channel: from.into_inner().channel,
    };
    if form.shared {
        let id: ChannelId = form.channel.parse().map_err(|_| Refusal::NotFound)?;
        form.greeting = receptions.shown(call.owner(), &id).await?.greeting;
    }
    html(&page(&call, (&keys, &channels, &profiles), form, Problems::none()).await?)
}

pub async fn make(
    SubmittedBy(form, call): SubmittedBy<InviteForm>,
    invitations: web::Data<Invitations>,
    keys: web::Data<Keys>,
    channels: web::Data<Channels>,
    profiles: web::Data<Profiles>,
) -> Result<HttpResponse, Refusal> {
    let problems = match form.judge(call.now()) {
        Ok(invitation) => match invitations.invite(call.owner(), invitation).await {
            Ok((channel, token)) => {
                return Ok(call.redirect(&link_path(channel.as_str(), token)));
            }
            Err(error) => Problems::of_limit(&error).ok_or(error)?,
        },
        Err(problems) => problems,
    };
    html_again(&page(&call, (&keys, &channels, &profiles), form, problems).await?)
}

async fn page(
    call: &Call,
    (keys, channels, profiles): (&Keys, &Channels, &Profiles),
    form: InviteForm,
    problems: Problems,
) -> Result<InvitePage, Refusal> {
    let place = match form.channel.parse::<ChannelId>() {
        Ok(id) => {
            let found = channels.find(call.owner(), &id).await?;
            Some((id.as_str().to_owned(), channel_name(&found.label, id.as_str())))
        }
        Err(_none) => None,
    };
    let found = keys.in_use(call.owner()).and(profiles.show(call.owner()));
    let (c, (key, holdings)) = call.page("invite", found).await?;
    Ok(InvitePage {
        c,
        may: match form.direction {
            Direction::TwoWay => "both",
            Direction::Incoming | Direction::Callbacks => "write",
            Direction::Outgoing => "read",
        },
        form,
        place,
        most_chars: MAX_GREETING_CHARS,
        your_name: holdings.profile.display,
        key: key.map(|key| key.public.to_string()).unwrap_or_default(),
        problems,
    })
}
