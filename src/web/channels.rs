//! The list of channels, and making a new one.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::channel::{Channel, ChannelState, NewChannel, PublicAccess, Retention, Sequencing};
use crate::domain::time::{Clock, Timestamp};
use crate::service::channels::{ChannelSummary, Channels};
use crate::service::error::Error;
use crate::service::inbox::{Glimpse, Inbox};
use crate::web::channel_form::{ChannelForm, Wanted};
use crate::web::chrome::{Chrome, Problems};
use crate::web::curl;
use crate::web::error_page::Refusal;
use crate::web::flash::Done;
use crate::web::format::{Mark, Unread, When, channel_name, count, size};
use crate::web::forms::{Fields, Form, Submitted};
use crate::web::guards::SignedIn;
use crate::web::page::{Pages, html, html_again};
use crate::web::sign_in::told;
use crate::web::site::Site;

/// Channels on one page.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "channels.html")]
struct ChannelsPage {
    c: Chrome,
    count: usize,
    channels: Vec<ChannelRow>,
    more: Option<String>,
    curl: String,
}

struct ChannelRow {
    id: String,
    name: String,
    mark: Mark,
    unread: Unread,
    flags: Vec<Flag>,
    open: Option<&'static str>,
    messages: String,
    tokens: String,
    size: String,
    last: Option<When>,
    head: i64,
}

/// Something about a channel that its holder should see at a glance.
pub struct Flag {
    pub icon: &'static str,
    pub word: &'static str,
}

#[derive(Template)]
#[template(path = "channel_new.html")]
struct NewChannelPage {
    c: Chrome,
    first: bool,
    fields: ChannelForm,
    sequenced: bool,
    public_access: bool,
    days_hint: String,
    meaning: String,
    problems: Problems,
}

impl NewChannelPage {
    /// Whether the rarely used settings are unfolded.
    fn advanced(&self) -> bool {
        let ChannelForm { public, min_days, max_days, .. } = &self.fields;
        self.sequenced || *public != PublicAccess::default() || !min_days.is_empty() || !max_days.is_empty()
    }
}

/// Which part of a long list.
#[derive(Deserialize)]
pub struct Part {
    /// The place of the last channel of the page before.
    #[serde(default)]
    after: String,
}

/// A channel's place in the list: the last message counts, then the channel's age. Unlike a position it stays true when
/// channels come and go between two pages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    newest: Option<Timestamp>,
    row: i64,
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (newest, row) = text.split_once('.')?;
        let newest = match newest {
            "" => None,
            millis => Some(Timestamp::from_millis(millis.parse().ok()?)),
        };
        Some(Self { newest, row: row.parse().ok()? })
    }

    fn to_address(self) -> String {
        let newest = self.newest.map(|newest| newest.as_millis().to_string()).unwrap_or_default();
        format!("?after={newest}.{}", self.row)
    }
}

#[get("/channels")]
#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    part: web::Query<Part>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    inbox: web::Data<Inbox>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let mut listed = channels.summaries(me.owner()).await?;
    let unread = inbox.unread_by_channel(me.owner()).await?;
    let of = |one: &ChannelSummary| unread.get(&one.channel.row.0).copied();
    let place = |one: &ChannelSummary| Place {
        newest: of(one).and_then(|unread| unread.newest),
        row: one.channel.row.0,
    };
    listed.sort_by_key(|one| std::cmp::Reverse(place(one)));
    let all = listed.len();
    if let Some(after) = Place::read(&part.after) {
        listed.retain(|one| place(one) < after);
    }
    let c = pages.chrome(&request, &me.0, "channels").await?;
    let now = clock.now();
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let curl = curl::create_channel(&site.api(&request), me.owner().account().0, &user);
    let more = listed.get(PAGE).and_then(|_| listed.get(PAGE - 1)).map(|last| place(last).to_address());
    let rows = listed.iter().take(PAGE).map(|one| row(one, &site, of(one), now));
    html(&ChannelsPage { c, count: all, channels: rows.collect(), more, curl })
}

fn row(one: &ChannelSummary, site: &Site, unread: Option<Glimpse>, now: Timestamp) -> ChannelRow {
    let channel = &one.channel;
    let name = channel_name(&channel.label, channel.id.as_str());
    ChannelRow {
        id: channel.id.as_str().to_owned(),
        mark: Mark::new(channel.row.0, &name),
        name,
        unread: unread.map(|unread| Unread(unread.count)).unwrap_or_default(),
        flags: flags(channel),
        open: open_to_anyone(channel, site),
        messages: count(channel.messages, "message"),
        tokens: count(one.tokens, "token"),
        size: size(channel.bytes),
        last: unread.and_then(|unread| unread.newest).map(|newest| When::new(newest, now)),
        head: channel.head.0,
    }
}

/// What is unusual about a channel.
pub fn flags(channel: &Channel) -> Vec<Flag> {
    let mut flags = Vec::new();
    if channel.state == ChannelState::Locked {
        flags.push(Flag { icon: "lock", word: "Locked" });
    }
    if channel.sequencing == Sequencing::Sequenced {
        flags.push(Flag { icon: "check", word: "Read before writing" });
    }
    flags
}

/// What somebody without a token may do who knows the address; nothing where that is the case of nobody.
pub fn open_to_anyone(channel: &Channel, site: &Site) -> Option<&'static str> {
    match (channel.public.read, channel.public.write) {
        _ if !site.public_access => None,
        (true, true) => Some("Anyone with the address can read and write"),
        (true, false) => Some("Anyone with the address can read"),
        (false, true) => Some("Anyone with the address can write"),
        (false, false) => None,
    }
}

/// Whether this is the first channel after making the account.
#[derive(Deserialize)]
pub struct First {
    #[serde(default)]
    first: String,
}

#[get("/channels/new")]
pub async fn ask(
    request: HttpRequest,
    me: SignedIn,
    first: web::Query<First>,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
) -> Result<HttpResponse, Refusal> {
    let c = pages.chrome(&request, &me.0, "channels").await?;
    let form = NewForm { fields: ChannelForm::default(), sequenced: false };
    html(&new_page(c, &site, !first.first.is_empty(), form, Problems::none()))
}

struct NewForm {
    fields: ChannelForm,
    sequenced: bool,
}

impl Form for NewForm {
    fn read(fields: &Fields) -> Self {
        Self { fields: ChannelForm::read(fields), sequenced: fields.ticked("sequenced") }
    }
}

impl NewForm {
    fn judge(&self) -> Result<NewChannel, Problems> {
        let Wanted { label, retention } = self.fields.judge(&Retention::default())?;
        let sequencing = if self.sequenced { Sequencing::Sequenced } else { Sequencing::Free };
        let ChannelForm { direction, public, .. } = self.fields;
        Ok(NewChannel { label, direction, public, sequencing, retention })
    }
}

#[post("/channels/new")]
pub async fn make(
    request: HttpRequest,
    Submitted(form): Submitted<NewForm>,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    let made = match form.judge() {
        Ok(new) => match channels.create(me.owner(), new).await {
            Err(Error::TooManyChannels { most }) => {
                Err(Problems::one("", format!("This account has {most} channels, the most it may have.")))
            }
            outcome => Ok(outcome?),
        },
        Err(problems) => Err(problems),
    };
    match made {
        Ok(made) => {
            told(&site, &format!("/channels/{}/tokens#new", made.channel.id.as_str()), Done::ChannelMade)
        }
        Err(problems) => {
            let c = pages.chrome(&request, &me.0, "channels").await?;
            html_again(&new_page(c, &site, false, form, problems))
        }
    }
}

fn new_page(c: Chrome, site: &Site, first: bool, form: NewForm, problems: Problems) -> NewChannelPage {
    let NewForm { fields, sequenced } = form;
    NewChannelPage {
        c,
        first,
        sequenced,
        public_access: site.public_access,
        days_hint: "Empty keeps messages for ever.".to_owned(),
        meaning: fields.meaning(sequenced),
        fields,
        problems,
    }
}
