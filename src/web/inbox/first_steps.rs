//! What a new holder does first: a list on the inbox until it is done or put away, and a message to try it with.

use actix_web::{HttpResponse, web};

use crate::auth::owner_side::OwnerSides;
use crate::domain::id::ChannelId;
use crate::domain::message::{ContentType, NewMessage, Payload};
use crate::domain::token::{Description, History, NewToken, Permissions};
use crate::service::error::Error;
use crate::service::first_steps::{FirstSteps, Steps};
use crate::service::messages::Messages;
use crate::service::tokens::Tokens;
use crate::web::frame::call::Call;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::{Refusal, broken};

/// One step.
pub struct FirstStep {
    pub words: &'static str,
    pub hint: String,
    pub done: bool,
    /// Where it is done; nothing for one that is only noted.
    pub place: String,
    /// The button that notes it.
    pub notes: &'static str,
}

/// The steps, unless all are done or they were put away.
pub fn list(call: &Call, steps: Steps) -> Vec<FirstStep> {
    if steps.noted.put_away {
        return Vec::new();
    }
    let step = |words, hint: &str, done, place: &str| FirstStep {
        words,
        hint: hint.to_owned(),
        done,
        place: place.to_owned(),
        notes: "",
    };
    let mut list = vec![
        step(
            "Make a channel",
            "An address where somebody can leave messages for you, even while you are away.",
            steps.channel,
            "/channels/new?first=1",
        ),
        step(
            "Invite somebody",
            "A link with which they write to you in a browser. A program gets a token, in the channel.",
            steps.counterparty,
            "/invite",
        ),
    ];
    if call.owner().operator().is_some() {
        let file = match &call.site.key_file {
            Some(path) => path.display().to_string(),
            None => "the passphrase".to_owned(),
        };
        let hint =
            format!("Without it nobody opens the data again: keep {file} in a second, safe place too.");
        let key = step("Keep a copy of the key", &hint, steps.noted.key_copied, "");
        list.push(FirstStep { notes: "key", ..key });
        list.push(step(
            "Set the public address",
            "server.base_url in the configuration, so that links and channel addresses name the right host.",
            call.site.has_public_address(),
            "/admin/diagnostics",
        ));
    }
    if list.iter().all(|step| step.done) { Vec::new() } else { list }
}

/// What is noted.
pub enum ToNote {
    Key,
    Away,
}

impl Form for ToNote {
    fn read(fields: &Fields) -> Self {
        if fields.text("note") == "key" { Self::Key } else { Self::Away }
    }
}

pub async fn note(
    Submitted(form): Submitted<ToNote>,
    call: Call,
    steps: web::Data<FirstSteps>,
) -> Result<HttpResponse, Refusal> {
    match form {
        ToNote::Key => {
            let operator = call.owner().operator().ok_or(Refusal::NotFound)?;
            steps.note_key_copied(&operator).await?;
        }
        ToNote::Away => steps.put_away(call.owner()).await?,
    }
    Ok(call.redirect("/inbox"))
}

/// Writes a message into a channel as a counterparty would, with a token that is revoked at once: whoever has only a
/// browser sees a message arrive.
pub async fn send_test(
    _form: Submitted<Pressed>,
    call: Call,
    sides: web::Data<OwnerSides>,
    tokens: web::Data<Tokens>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let new = NewToken {
        description: Description::new("Test").map_err(broken)?,
        permissions: Permissions { read: false, write: true, delete: false },
        history: History::Hidden,
        expires: None,
    };
    let token = tokens.issue(call.owner(), &id, new).await?;
    let writer = sides.writer_with(call.owner(), &id, token.id)?;
    let text =
        "This is a test. A counterparty's message looks like this: it came through a token of the channel.";
    let message = NewMessage {
        content_type: ContentType::new("text/plain; charset=utf-8").map_err(broken)?,
        payload: Payload::new(text.as_bytes().to_vec()).ok_or_else(|| broken("a text without letters"))?,
    };
    let written = messages.write(&writer, message, None).await;
    tokens.revoke(call.owner(), &id, token.id).await?;
    match written {
        Ok(_) => call.told("/inbox", Done::TestSent),
        Err(Error::Locked) => call.told("/inbox", Done::TestRefused),
        Err(error) => Err(error.into()),
    }
}
