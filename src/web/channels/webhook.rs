//! One webhook: how it is, what became of its deliveries, and what can be done about them.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::id::{ChannelId, WebhookId};
use crate::domain::message::Sequence;
use crate::domain::webhook::{Delivery, Outcome, Webhook, WebhookState};
use crate::notify::outbox::Outbox;
use crate::service::webhooks::{Backlog, Found, Webhooks};
use crate::web::channels::head::Head;
use crate::web::channels::webhook_form::WebhookFields;
use crate::web::channels::webhooks::State;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::{Submitted, SubmittedBy};
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::delivered::said;
use crate::web::words::format::{When, count};

#[derive(Template)]
#[template(path = "channels/webhook.html")]
struct WebhookPage {
    c: Chrome,
    ch: Head,
    id: WebhookId,
    place: String,
    state: State,
    is_at_work: bool,
    /// When the next message is tried again.
    next_try: Option<When>,
    failing_since: Option<When>,
    has_backlog: bool,
    /// The message that it fails on.
    held_up_by: Option<i64>,
    /// What it is still to be told of, in words.
    waiting: String,
    deliveries: Vec<Row>,
    /// The secret, where it was asked for.
    secret: Option<String>,
    form: WebhookFields,
    has_token: bool,
    problems: Problems,
}

struct Row {
    /// 0 for a test.
    sequence: i64,
    at: When,
    tries: u32,
    tone: &'static str,
    word: &'static str,
    status: Option<u16>,
    answer: String,
    /// Whether it can be sent again by hand.
    is_over: bool,
}

impl Row {
    fn new<G: Guard>(delivery: Delivery, webhook: &Webhook, call: &Call<G>) -> Self {
        let is_test = delivery.sequence == Sequence::NONE;
        let (tone, word) = said(delivery.outcome);
        Self {
            sequence: delivery.sequence.0,
            at: When::new(delivery.at, call.now()),
            tries: delivery.tries,
            tone,
            word,
            status: delivery.status,
            answer: delivery.answer,
            is_over: !is_test && delivery.sequence <= webhook.told,
        }
    }
}

pub async fn show(call: Call, webhooks: web::Data<Webhooks>) -> Result<HttpResponse, Refusal> {
    let found = webhooks.get(call.owner(), &call.named("channel")?, call.named("webhook")?);
    let (c, found) = call.page("channels", found).await?;
    let form = WebhookFields::of(&found.webhook.settings);
    html(&page(&call, c, found, None, form, Problems::none()))
}

/// With the secret, for whoever gave the password.
pub async fn reveal(call: Call<Confirmed>, webhooks: web::Data<Webhooks>) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named("channel")?, call.named("webhook")?);
    let found = webhooks.get(call.owner(), &channel, id).and(webhooks.secret(call.owner(), &channel, id));
    let (c, (found, (_channel, secret))) = call.page("channels", found).await?;
    let form = WebhookFields::of(&found.webhook.settings);
    html(&page(&call, c, found, Some(secret.expose().to_owned()), form, Problems::none()))
}

pub async fn renew(
    SubmittedBy(_pressed, call): SubmittedBy<Pressed, Confirmed>,
    webhooks: web::Data<Webhooks>,
) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    webhooks.renew_secret(call.owner(), &channel, id).await?;
    call.told(&format!("{}/secret", path(&channel, id)), Done::WebhookSaved)
}

pub async fn save(
    SubmittedBy(form, call): SubmittedBy<WebhookFields, Confirmed>,
    webhooks: web::Data<Webhooks>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    let before = webhooks.get(call.owner(), &channel, id).await?.webhook;
    match form.judge(&outbox, Some(&before.settings)) {
        Ok(new) => {
            webhooks.amend(call.owner(), &channel, id, new).await?;
            call.told(&path(&channel, id), Done::WebhookSaved)
        }
        Err(problems) => {
            let found = webhooks.get(call.owner(), &channel, id);
            let (c, found) = call.page("channels", found).await?;
            html_again(&page(&call, c, found, None, form, problems))
        }
    }
}

/// What is done with a webhook as a whole.
pub enum Press {
    Pause,
    Resume(Backlog),
    PassOver(Sequence),
}

impl Form for Press {
    fn read(fields: &Fields) -> Self {
        match fields.text("do").as_str() {
            "resume" => Self::Resume(Backlog::Told),
            "skip" => Self::Resume(Backlog::LeftOut),
            "pass" => Self::PassOver(sequence(fields).unwrap_or(Sequence::NONE)),
            _ => Self::Pause,
        }
    }
}

pub async fn turn(
    Submitted(press): Submitted<Press>,
    call: Call,
    webhooks: web::Data<Webhooks>,
) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    let done = match press {
        Press::Pause => {
            webhooks.pause(call.owner(), &channel, id).await?;
            Done::WebhookPaused
        }
        Press::Resume(backlog) => {
            webhooks.resume(call.owner(), &channel, id, backlog).await?;
            Done::WebhookResumed
        }
        Press::PassOver(message) => {
            webhooks.pass_over(call.owner(), &channel, id, message).await?;
            Done::WebhookPassedOver
        }
    };
    call.told(&path(&channel, id), done)
}

/// What is sent now: a test, or a message once more.
pub struct Send(Option<Sequence>);

impl Form for Send {
    fn read(fields: &Fields) -> Self {
        Self(sequence(fields))
    }
}

fn sequence(fields: &Fields) -> Option<Sequence> {
    fields.text("sequence").parse().ok().filter(|number| *number > 0).map(Sequence)
}

pub async fn send(
    Submitted(Send(sequence)): Submitted<Send>,
    call: Call,
    webhooks: web::Data<Webhooks>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    let due = webhooks.due(call.owner(), &channel, id, sequence).await?;
    let sent = outbox.send_now(call.owner().account(), due).await;
    let done = match sent.map(|delivery| delivery.outcome) {
        Some(Outcome::Taken) => Done::WebhookTaken,
        Some(Outcome::Failed | Outcome::PassedOver) => Done::WebhookNotTaken,
        None => Done::TooMuchByHand,
    };
    call.told(&path(&channel, id), done)
}

pub async fn delete(
    _pressed: Submitted<Pressed>,
    call: Call,
    webhooks: web::Data<Webhooks>,
) -> Result<HttpResponse, Refusal> {
    let channel: ChannelId = call.named("channel")?;
    webhooks.delete(call.owner(), &channel, call.named("webhook")?).await?;
    call.told(&format!("/channels/{}/webhooks", channel.as_str()), Done::WebhookDeleted)
}

/// The page of a webhook.
pub fn path(channel: &ChannelId, id: WebhookId) -> String {
    format!("/channels/{}/webhooks/{id}", channel.as_str())
}

fn page<G: Guard>(
    call: &Call<G>,
    c: Chrome,
    Found { channel, webhook, waiting, deliveries }: Found,
    secret: Option<String>,
    form: WebhookFields,
    problems: Problems,
) -> WebhookPage {
    let when = |at| When::new(at, call.now());
    let failed = |one: &&Delivery| one.outcome == Outcome::Failed && one.sequence > webhook.told;
    let is_paused = webhook.state == WebhookState::Paused;
    let held_up_by = deliveries.iter().filter(failed).map(|one| one.sequence.0).min();
    WebhookPage {
        ch: Head::new(call, &channel, 0, "settings"),
        c,
        id: webhook.id,
        place: webhook.settings.address.authority(),
        state: State::of(&webhook),
        is_at_work: webhook.state == WebhookState::AtWork,
        next_try: webhook.next_try.map(when),
        failing_since: webhook.failing_since.map(when),
        has_backlog: waiting > 0,
        held_up_by: held_up_by.filter(|_| !is_paused),
        waiting: count(waiting, "message"),
        deliveries: deliveries.into_iter().map(|one| Row::new(one, &webhook, call)).collect(),
        secret,
        form,
        has_token: webhook.settings.token.is_some(),
        problems,
    }
}
