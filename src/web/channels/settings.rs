//! A channel's settings, and deleting it.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::{
    Amendment, Arrangement, Channel, ChannelState, PublicAccess, Retention, Sequencing, Settings,
};
use crate::domain::id::ChannelId;
use crate::domain::letter::WrappedReply;
use crate::service::channels::Channels;
use crate::service::conversation::Conversations;
use crate::service::letters::Letters;
use crate::web::channels::fields::{ChannelForm, Judged};
use crate::web::channels::head::Head;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::{ConfirmPage, Typed};
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::{Submitted, SubmittedBy};
use crate::web::frame::guards::Confirmed;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;
use crate::web::words::format::{channel_name, count};

const CHANGED_ELSEWHERE: &str =
    "The settings were changed elsewhere meanwhile. Yours are below; save again to keep them.";

#[derive(Template)]
#[template(path = "channels/settings.html")]
struct SettingsPage {
    c: Chrome,
    ch: Head,
    was: String,
    fields: ChannelForm,
    locked: bool,
    arrangement: Arrangement,
    groups: Vec<String>,
    /// The key that answers are sealed with, as the holder's browser wrapped it.
    reply: String,
    public_access: bool,
    days_hint: String,
    sequencing: &'static str,
    loss: String,
    problems: Problems,
}

pub struct SettingsForm {
    fields: ChannelForm,
    locked: bool,
    /// What the settings were when the form was shown.
    was: String,
    /// Messages may be deleted by it.
    sure: bool,
}

impl Form for SettingsForm {
    const IS_KEPT: bool = true;
    fn read(fields: &Fields) -> Self {
        Self {
            fields: ChannelForm::read(fields),
            locked: fields.ticked("locked"),
            was: fields.text("was"),
            sure: fields.ticked("sure"),
        }
    }
}

impl SettingsForm {
    fn of(channel: &Channel) -> Self {
        let locked = channel.state == ChannelState::Locked;
        Self { fields: ChannelForm::of(channel), locked, was: fingerprint(channel), sure: false }
    }

    /// As the question sends it on.
    fn carried(self) -> Vec<(&'static str, String)> {
        let mut fields = self.fields.carried();
        fields.push(("was", self.was));
        fields.extend(self.locked.then(|| ("locked", "yes".to_owned())));
        fields
    }
}

/// Tells whether somebody else changed the settings while the form was open.
fn fingerprint(channel: &Channel) -> String {
    let state = channel.state == ChannelState::Locked;
    let PublicAccess { read, write } = channel.public;
    let retention = &channel.retention;
    format!(
        "{:?}.{read}.{write}.{state}.{:?}.{:?}.{}",
        channel.direction,
        retention.min_age_days(),
        retention.max_age_days(),
        retention.auto_prune()
    )
}

pub async fn show(
    call: Call,
    conversations: web::Data<Conversations>,
    channels: web::Data<Channels>,
    letters: web::Data<Letters>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let facts = conversations.facts(call.owner(), &id);
    let beside = channels.groups(call.owner()).and(letters.reply(call.owner(), &id));
    let (c, ((channel, tokens), beside)) = call.page("channels", facts.and(beside)).await?;
    let ch = Head::new(&call, &channel, tokens, "settings");
    html(&page(&call, c, ch, &channel, beside, SettingsForm::of(&channel), Problems::none()))
}

pub async fn save(
    SubmittedBy(mut form, call): SubmittedBy<SettingsForm>,
    conversations: web::Data<Conversations>,
    channels: web::Data<Channels>,
    letters: web::Data<Letters>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let (channel, _tokens) = conversations.facts(call.owner(), &id).await?;
    let judged = form.fields.judge(&channel.retention);
    let problems = if form.was == fingerprint(&channel) {
        match judged {
            Ok(Judged { label, retention }) => {
                let lost = if form.sure { 0 } else { channels.lost_by(call.owner(), &id, retention).await? };
                if lost > 0 {
                    let c = call.chrome("channels").await?;
                    return html(&shorter_page(c, &channel, form, retention, lost));
                }
                let state = if form.locked { ChannelState::Locked } else { ChannelState::Open };
                let amendment = Amendment { public: form.fields.public, state };
                let new = Settings { label, direction: form.fields.direction, amendment, retention };
                if channels.save_settings(call.owner(), &id, channel.settings(), new).await? {
                    return call.told(&format!("/channels/{}/settings", id.as_str()), Done::ChannelSaved);
                }
                Problems::one("", CHANGED_ELSEWHERE)
            }
            Err(problems) => problems,
        }
    } else {
        let mut problems = judged.err().unwrap_or_default();
        problems.add("", CHANGED_ELSEWHERE);
        problems
    };
    let beside = channels.groups(call.owner()).and(letters.reply(call.owner(), &id));
    let shown = conversations.facts(call.owner(), &id).and(beside);
    let (c, ((channel, tokens), beside)) = call.page("channels", shown).await?;
    form.was = fingerprint(&channel);
    let ch = Head::new(&call, &channel, tokens, "settings");
    html_again(&page(&call, c, ch, &channel, beside, form, problems))
}

/// Asks before messages go that are older than the channel is to keep them.
fn shorter_page(
    c: Chrome,
    channel: &Channel,
    form: SettingsForm,
    retention: Retention,
    lost: u64,
) -> ConfirmPage {
    let id = channel.id.as_str();
    let days = retention.pruned_after_days().unwrap_or_default().unsigned_abs();
    let are = if lost == 1 { "is" } else { "are" };
    ConfirmPage {
        c,
        heading: format!("Delete old messages of “{}”?", channel_name(&channel.label, id)),
        action: format!("/channels/{id}/settings"),
        carried: form.carried(),
        consequences: vec![format!(
            "{} older than {} {are} deleted for everyone. This cannot be undone.",
            count(lost, "message"),
            count(days.into(), "day")
        )],
        typed: String::new(),
        word: "Save and delete",
        back: format!("/channels/{id}/settings"),
        problems: Problems::none(),
    }
}

/// The page to come back to.
pub struct ComeBack(String);

impl Form for ComeBack {
    fn read(fields: &Fields) -> Self {
        Self(own_path(&fields.text("back")).to_owned())
    }
}

/// Nobody needs to find the right boxes to keep strangers out.
pub async fn close(
    Submitted(back): Submitted<ComeBack>,
    call: Call,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    channels.close_to_strangers(call.owner(), &call.named("channel")?).await?;
    call.told(&back.0, Done::ChannelClosed)
}

pub async fn ask_delete(
    call: Call<Confirmed>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, Refusal> {
    let facts = conversations.facts(call.owner(), &call.named("channel")?);
    let (c, (channel, tokens)) = call.page("channels", facts).await?;
    html(&delete_page(c, &channel, tokens, Problems::none()))
}

pub async fn delete(
    SubmittedBy(typed, call): SubmittedBy<Typed, Confirmed>,
    conversations: web::Data<Conversations>,
    channels: web::Data<Channels>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let (channel, _tokens) = conversations.facts(call.owner(), &id).await?;
    if typed.0 != channel_name(&channel.label, id.as_str()) {
        let problems = Problems::one("typed", "This is not the channel's name. Nothing was deleted.");
        let facts = conversations.facts(call.owner(), &id);
        let (c, (channel, tokens)) = call.page("channels", facts).await?;
        return html_again(&delete_page(c, &channel, tokens, problems));
    }
    channels.delete(call.owner(), &id).await?;
    call.told("/channels", Done::ChannelDeleted)
}

fn delete_page(c: Chrome, channel: &Channel, tokens: u64, problems: Problems) -> ConfirmPage {
    let id = channel.id.as_str();
    let name = channel_name(&channel.label, id);
    ConfirmPage {
        c,
        heading: format!("Delete the channel “{name}”?"),
        action: format!("/channels/{id}/delete"),
        carried: Vec::new(),
        consequences: vec![format!("{} This cannot be undone.", loss(channel, tokens))],
        typed: name,
        word: "Delete the channel",
        back: format!("/channels/{id}/settings"),
        problems,
    }
}

fn loss(channel: &Channel, tokens: u64) -> String {
    let stop = if tokens == 1 { "stops" } else { "stop" };
    let removed = if channel.messages == 1 { "is" } else { "are" };
    format!(
        "{} {stop} working and {} {removed} removed, for everyone.",
        count(tokens, "access token"),
        count(channel.messages, "message")
    )
}

fn page(
    call: &Call,
    c: Chrome,
    ch: Head,
    channel: &Channel,
    (groups, reply): (Vec<String>, Option<WrappedReply>),
    form: SettingsForm,
    problems: Problems,
) -> SettingsPage {
    SettingsPage {
        c,
        was: form.was,
        fields: form.fields,
        locked: form.locked,
        arrangement: channel.arrangement.clone(),
        reply: reply.unwrap_or_default().as_str().to_owned(),
        groups,
        public_access: call.site.public_access,
        days_hint: days_hint(&channel.retention),
        sequencing: match channel.sequencing {
            Sequencing::Sequenced => {
                "Read before writing: a side can write only after it has read everything new. This was chosen when \
                 the channel was made and cannot be changed."
            }
            Sequencing::Free => {
                "A side can write whether or not it has read what is new. This was chosen when the channel was made \
                 and cannot be changed."
            }
        },
        loss: loss(channel, ch.tokens),
        ch,
        problems,
    }
}

/// What the field of days leaves unsaid.
fn days_hint(retention: &Retention) -> String {
    match retention.max_age_days().filter(|days| *days > 0 && !retention.auto_prune()) {
        Some(days) => format!(
            "Programs see {}, but nothing is deleted by itself. Type a number to delete messages after so many days.",
            count(u64::try_from(days).unwrap_or(0), "day")
        ),
        None => "Empty keeps messages for ever.".to_owned(),
    }
}
