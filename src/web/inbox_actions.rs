//! What is done to messages of a list: one or many, marked read or unread, or deleted after asking.

use actix_web::{HttpRequest, HttpResponse, post, web};
use askama::Template;
use futures_util::future::join_all;

use crate::auth::access::Owner;
use crate::auth::error::AuthError;
use crate::auth::owner_side::OwnerSides;
use crate::domain::id::ChannelId;
use crate::domain::message::Sequence;
use crate::domain::read_state::{MarkScope, ReadState};
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::web::chrome::{Chrome, Problems};
use crate::web::error_page::{Refusal, redirect};
use crate::web::flash::Done;
use crate::web::format::count;
use crate::web::forms::{Fields, Form, Submitted};
use crate::web::guards::SignedIn;
use crate::web::page::{Pages, html};
use crate::web::sign_in::told;
use crate::web::site::{Site, own_path};

/// A question before something that cannot be undone.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    pub c: Chrome,
    pub heading: String,
    pub action: String,
    /// Fields that the confirmed form carries on.
    pub carried: Vec<(&'static str, String)>,
    pub consequences: Vec<String>,
    /// A name that must be typed; nothing when a button is enough.
    pub typed: String,
    pub word: &'static str,
    pub back: String,
    pub problems: Problems,
}

/// The most messages that one action is about.
const MOST: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Mark(ReadState),
    Delete,
}

struct Acted {
    action: Option<Action>,
    keys: Vec<String>,
    back: String,
    sure: bool,
    /// Nothing was asked for: somebody pressed Enter at a box.
    stay: bool,
    /// The script asks and shows the result itself.
    quiet: bool,
}

impl Form for Acted {
    fn read(fields: &Fields) -> Self {
        let one = fields.text("one");
        let (verb, keys) = match one.split_once(':') {
            Some((verb, key)) => (verb.to_owned(), vec![key.to_owned()]),
            None => match fields.text("action").as_str() {
                "read-shown" => ("read".to_owned(), fields.all("shown")),
                verb => (verb.to_owned(), fields.all("pick")),
            },
        };
        let action = match verb.as_str() {
            "read" => Some(Action::Mark(ReadState::Read)),
            "unread" => Some(Action::Mark(ReadState::Unread)),
            "delete" => Some(Action::Delete),
            _ => None,
        };
        let back = own_path(&fields.text("back")).to_owned();
        let stay = verb == "stay";
        Self { action, keys, back, stay, sure: fields.ticked("sure"), quiet: fields.ticked("quiet") }
    }
}

#[post("/inbox/act")]
pub async fn act(
    request: HttpRequest,
    Submitted(form): Submitted<Acted>,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    sides: web::Data<OwnerSides>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    if form.stay {
        return Ok(redirect(&site.base, &form.back));
    }
    let chosen: Vec<_> = form.keys.iter().filter_map(|key| parse(key)).take(MOST).collect();
    let (Some(action), false) = (form.action, chosen.is_empty()) else {
        return told(&site, &form.back, Done::NothingChosen);
    };
    let number = chosen.len() as u64;
    match action {
        Action::Mark(state) => {
            let marks = chosen.iter().map(|chosen| mark(me.owner(), &sides, &messages, chosen, state));
            for outcome in join_all(marks).await {
                outcome?;
            }
            if form.quiet {
                return Ok(HttpResponse::NoContent().finish());
            }
            let done = match state {
                ReadState::Read => Done::MarkedRead(number),
                ReadState::Unread => Done::MarkedUnread(number),
            };
            told(&site, &form.back, done)
        }
        Action::Delete if form.sure => {
            let deletions = chosen.iter().map(|chosen| delete(me.owner(), &sides, &messages, chosen));
            let mut kept = 0;
            for outcome in join_all(deletions).await {
                kept += u64::from(!outcome?);
            }
            let done = if kept > 0 { Done::KeptByRetention(kept) } else { Done::Deleted(number) };
            told(&site, &form.back, done)
        }
        Action::Delete => {
            let c = pages.chrome(&request, &me.0, "inbox").await?;
            html(&ask(c, &form, number))
        }
    }
}

fn ask(c: Chrome, form: &Acted, number: u64) -> ConfirmPage {
    let mut carried = vec![("action", "delete".to_owned()), ("back", form.back.clone())];
    carried.extend(form.keys.iter().map(|key| ("pick", key.clone())));
    ConfirmPage {
        c,
        heading: format!("Delete {}?", count(number, "message")),
        action: "/inbox/act".to_owned(),
        carried,
        consequences: vec![
            "They are removed for everyone: for you and for every program and person with a token of the channel. \
             This cannot be undone."
                .to_owned(),
        ],
        typed: String::new(),
        word: "Delete for everyone",
        back: form.back.clone(),
        problems: Problems::none(),
    }
}

/// Marking what is gone meanwhile is not an error: the list was simply older than the channel.
async fn mark(
    owner: &Owner,
    sides: &OwnerSides,
    messages: &Messages,
    (channel, sequence): &(ChannelId, Sequence),
    state: ReadState,
) -> Result<(), Refusal> {
    let reader = match sides.reader(owner, channel) {
        Err(AuthError::Forbidden) => return Ok(()),
        outcome => outcome?,
    };
    match messages.mark(&reader, *sequence, MarkScope::Only, state).await {
        Err(Error::MessageNotFound) => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// False when the channel keeps the message for now.
async fn delete(
    owner: &Owner,
    sides: &OwnerSides,
    messages: &Messages,
    (channel, sequence): &(ChannelId, Sequence),
) -> Result<bool, Refusal> {
    let writer = match sides.writer(owner, channel) {
        Err(AuthError::Forbidden) => return Ok(true),
        outcome => outcome?,
    };
    match messages.delete(&writer, *sequence).await {
        Ok(()) | Err(Error::MessageNotFound) => Ok(true),
        Err(Error::RetentionNotExpired) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn parse(key: &str) -> Option<(ChannelId, Sequence)> {
    let (channel, sequence) = key.rsplit_once('.')?;
    Some((channel.parse().ok()?, sequence.parse().ok()?))
}
