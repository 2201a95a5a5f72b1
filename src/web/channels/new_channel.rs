//! Making a channel.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::channel::{Direction, NewChannel, PublicAccess, Retention, Sequencing};
use crate::domain::token::NewToken;
use crate::service::channels::Channels;
use crate::service::tokens::Tokens;
use crate::web::channels::fields::{ChannelForm, Judged, days_said};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;

#[derive(Template)]
#[template(path = "channels/new.html")]
struct NewChannelPage {
    c: Chrome,
    first: bool,
    fields: ChannelForm,
    sequenced: bool,
    public_access: bool,
    days_hint: String,
    /// Days after which callbacks are deleted where nothing was typed.
    callback_days: i32,
    min_days: u64,
    max_days: u64,
    problems: Problems,
}

impl NewChannelPage {
    /// Whether the rarely used settings are unfolded.
    fn advanced(&self) -> bool {
        let ChannelForm { public, min_days, max_days, .. } = &self.fields;
        self.sequenced || *public != PublicAccess::default() || !min_days.is_empty() || !max_days.is_empty()
    }
}

/// Whether this is the first channel after making the account.
#[derive(Deserialize)]
pub struct First {
    #[serde(default)]
    first: String,
}

pub async fn ask(call: Call, first: web::Query<First>) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("channels").await?;
    let form = NewForm { fields: ChannelForm::default(), sequenced: false };
    html(&new_page(c, &call.site, !first.first.is_empty(), form, Problems::none()))
}

pub struct NewForm {
    fields: ChannelForm,
    sequenced: bool,
}

impl Form for NewForm {
    const IS_KEPT: bool = true;
    fn read(fields: &Fields) -> Self {
        Self { fields: ChannelForm::read(fields), sequenced: fields.ticked("sequenced") }
    }
}

impl NewForm {
    fn is_for_callbacks(&self) -> bool {
        self.fields.direction == Direction::Callbacks
    }

    /// Days after which messages are deleted: of callbacks also where nothing was typed. Zero is never.
    fn max_days(&self) -> String {
        if self.is_for_callbacks() && self.fields.max_days.is_empty() {
            callback_days().to_string()
        } else {
            self.fields.max_days.clone()
        }
    }

    fn judge(&self) -> Result<NewChannel, Problems> {
        let fields = ChannelForm { max_days: self.max_days(), ..self.fields.clone() };
        let Judged { label, retention } = fields.judge(&Retention::default())?;
        let sequencing = if self.sequenced { Sequencing::Sequenced } else { Sequencing::Free };
        let ChannelForm { direction, public, .. } = self.fields;
        Ok(NewChannel { label, direction, public, sequencing, retention })
    }
}

pub async fn make(
    SubmittedBy(form, call): SubmittedBy<NewForm>,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Refusal> {
    let made = match form.judge() {
        Ok(new) => match channels.create(call.owner(), new).await {
            Err(error) => Err(Problems::of_limit(&error).ok_or(error)?),
            Ok(made) => Ok(made),
        },
        Err(problems) => Err(problems),
    };
    match made {
        Ok(made) if form.is_for_callbacks() => {
            let id = &made.channel.id;
            let token = tokens.issue(call.owner(), id, NewToken::for_callbacks()).await?;
            // That page says what is next.
            Ok(call.redirect(&format!("/channels/{}/tokens/{}/hand-over", id.as_str(), token.id)))
        }
        Ok(made) => call.told(&format!("/channels/{}", made.channel.id.as_str()), Done::ChannelMade),
        Err(problems) => {
            let c = call.chrome("channels").await?;
            html_again(&new_page(c, &call.site, false, form, problems))
        }
    }
}

fn callback_days() -> i32 {
    Retention::of_callbacks().max_age_days().unwrap_or(0)
}

fn new_page(c: Chrome, site: &Site, first: bool, form: NewForm, problems: Problems) -> NewChannelPage {
    let days = callback_days();
    let max_days = days_said(&form.max_days());
    let NewForm { fields, sequenced } = form;
    NewChannelPage {
        c,
        first,
        sequenced,
        public_access: site.public_access,
        days_hint: format!("Empty means never; for callbacks it means {days} days. 0 means never."),
        callback_days: days,
        min_days: days_said(&fields.min_days),
        max_days,
        fields,
        problems,
    }
}
