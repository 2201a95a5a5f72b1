//! The webhooks of a channel, and making one.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::Channel;
use crate::domain::id::{ChannelId, WebhookId};
use crate::domain::webhook::{Webhook, WebhookState};
use crate::notify::outbox::Outbox;
use crate::service::webhooks::{Listed, Webhooks};
use crate::web::channels::head::Head;
use crate::web::channels::webhook_form::{WebhookFields, form_word};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "channels/webhooks.html")]
struct WebhooksPage {
    c: Chrome,
    ch: Head,
    webhooks: Vec<Row>,
    form: WebhookFields,
    has_token: bool,
    problems: Problems,
}

struct Row {
    id: WebhookId,
    is_damaged: bool,
    /// Machine and port; what follows may be a secret.
    place: String,
    form: &'static str,
    state: State,
}

impl Row {
    fn new(id: WebhookId, webhook: Option<&Webhook>) -> Self {
        let Some(webhook) = webhook else {
            let state = State { tone: "bad", word: "Damaged: delete it and make another" };
            return Self { id, is_damaged: true, place: "(damaged)".to_owned(), form: "", state };
        };
        Self {
            id,
            is_damaged: false,
            place: webhook.settings.address.authority(),
            form: form_word(webhook.settings.form),
            state: State::of(webhook),
        }
    }
}

/// How a webhook is, in a word.
pub struct State {
    pub tone: &'static str,
    pub word: &'static str,
}

impl State {
    pub fn of(webhook: &Webhook) -> Self {
        let (tone, word) = match webhook.state {
            WebhookState::AtWork if webhook.tries > 0 => ("warn", "Fails, is tried again"),
            WebhookState::AtWork if webhook.has_just_refused() => ("warn", "Did not take the last message"),
            WebhookState::AtWork => ("ok", "At work"),
            WebhookState::Paused => ("", "Paused"),
            WebhookState::GaveUp => ("warn", "Stopped: took nothing for three days"),
            WebhookState::NotWanted => ("warn", "Stopped: the receiver wants no more"),
        };
        Self { tone, word }
    }
}

pub async fn show(call: Call, webhooks: web::Data<Webhooks>) -> Result<HttpResponse, Refusal> {
    let listed = webhooks.list(call.owner(), &call.named("channel")?);
    let (c, found) = call.page("channels", listed).await?;
    html(&page(&call, c, found, WebhookFields::empty(), Problems::none()))
}

/// It sends what comes elsewhere for as long as it is there, so the password is asked as for a secret.
pub async fn make(
    SubmittedBy(form, call): SubmittedBy<WebhookFields, Confirmed>,
    webhooks: web::Data<Webhooks>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let problems = match form.judge(&outbox, None) {
        Ok(new) => match webhooks.make(call.owner(), &id, new).await {
            Ok(made) => {
                return call.told(&format!("/channels/{}/webhooks/{made}", id.as_str()), Done::WebhookMade);
            }
            Err(error) => Problems::of_limit(&error).ok_or(error)?,
        },
        Err(problems) => problems,
    };
    let (c, found) = call.page("channels", webhooks.list(call.owner(), &id)).await?;
    html_again(&page(&call, c, found, form, problems))
}

fn page<G: Guard>(
    call: &Call<G>,
    c: Chrome,
    (channel, webhooks): (Channel, Vec<Listed>),
    form: WebhookFields,
    problems: Problems,
) -> WebhooksPage {
    let webhooks = webhooks.iter().map(|one| Row::new(one.id, one.webhook.as_ref())).collect();
    WebhooksPage {
        ch: Head::new(call, &channel, 0, "settings"),
        c,
        webhooks,
        form,
        has_token: false,
        problems,
    }
}
