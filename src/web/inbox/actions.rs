//! What is done to messages of a list: one or many, read, archived, starred, snoozed, deleted, and all that taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::{HttpResponse, web};

use crate::auth::error::AuthError;
use crate::auth::owner_side::OwnerSides;
use crate::domain::id::{ChannelId, UndoId};
use crate::domain::message::Sequence;
use crate::domain::read_state::UnreadCount;
use crate::service::acted::Acted;
use crate::service::marks::MessageAction;
use crate::service::message_deletion::Deleted;
use crate::service::messages::Messages;
use crate::service::undo::TakenBack;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::way_back;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;
use crate::web::inbox::snooze::{self, SnoozePage};
use crate::web::words::format::count;

/// The most messages that one action is about.
const MOST: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Note(MessageAction),
    /// Until when is to be asked.
    AskUntil,
    Snooze,
    /// A message and every newer one in its channel.
    UnreadFrom,
    Delete,
}

pub struct ActionForm {
    action: Option<Action>,
    keys: Vec<String>,
    back: String,
    /// Until when something is snoozed, as the question for it says.
    until: String,
    at: String,
    sure: bool,
    /// Nothing was asked for: somebody pressed Enter at a box.
    stay: bool,
    /// The script asks and shows the result itself.
    quiet: bool,
}

/// How long a message may be snoozed.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

impl Form for ActionForm {
    fn read(fields: &Fields) -> Self {
        let one = fields.text("one");
        let (verb, keys) = match one.split_once(':') {
            Some((verb, key)) => (verb.to_owned(), vec![key.to_owned()]),
            None => match fields.text("action").as_str() {
                "read-shown" => ("read".to_owned(), fields.all("new")),
                "archive-shown" => ("archive".to_owned(), fields.all("shown")),
                verb => (verb.to_owned(), fields.all("pick")),
            },
        };
        let action = match verb.as_str() {
            "read" => Some(Action::Note(MessageAction::Read)),
            "unread" => Some(Action::Note(MessageAction::Unread)),
            "archive" => Some(Action::Note(MessageAction::Archive)),
            "inbox" => Some(Action::Note(MessageAction::ToInbox)),
            "star" => Some(Action::Note(MessageAction::Star)),
            "unstar" => Some(Action::Note(MessageAction::Unstar)),
            "snooze" if fields.text("until").is_empty() => Some(Action::AskUntil),
            "snooze" => Some(Action::Snooze),
            "unread-from" => Some(Action::UnreadFrom),
            "delete" => Some(Action::Delete),
            _ => None,
        };
        let back = own_path(&fields.text("back")).to_owned();
        let stay = verb == "stay";
        Self {
            action,
            keys,
            back,
            stay,
            until: fields.text("until"),
            at: fields.text("at"),
            sure: fields.ticked("sure"),
            quiet: fields.ticked("quiet"),
        }
    }
}

pub async fn act(
    Submitted(form): Submitted<ActionForm>,
    call: Call,
    sides: web::Data<OwnerSides>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    if form.stay {
        return Ok(call.redirect(&form.back));
    }
    let chosen = by_channel(&form.keys);
    let (Some(action), false) = (form.action, chosen.is_empty()) else {
        return call.told(&form.back, Done::NothingChosen);
    };
    let number = chosen.values().map(Vec::len).sum::<usize>() as u64;
    match action {
        Action::Note(change) => {
            let readers = held(chosen, |channel| sides.reader(call.owner(), channel))?;
            // Opening a message marks it too, which is nobody's slip.
            let Acted { outcome, undo } =
                messages.note_each(call.owner(), readers, change, !form.quiet).await?;
            if form.quiet {
                return Ok(HttpResponse::NoContent().finish());
            }
            let done = match change {
                MessageAction::Read => Done::MarkedRead(UnreadCount::exactly(outcome)),
                MessageAction::Unread => Done::MarkedUnread(outcome),
                MessageAction::Archive => Done::Archived(outcome),
                MessageAction::ToInbox => Done::MovedToInbox(outcome),
                MessageAction::Star => Done::Starred(outcome),
                MessageAction::Unstar => Done::Unstarred(outcome),
                MessageAction::Snooze(_) => Done::Snoozed(outcome),
            };
            call.told_with(&form.back, done, undo)
        }
        Action::AskUntil => {
            let now = call.now();
            html(&SnoozePage::new(call.chrome("inbox").await?, form.keys, form.back, number, now))
        }
        Action::Snooze => {
            let (now, until) = (call.now(), snooze::chosen(&form.until, &form.at, call.now().zone));
            let Some(until) = until.filter(|until| *until > now.at && *until < now.at.after(LONGEST)) else {
                let page = SnoozePage::new(call.chrome("inbox").await?, form.keys, form.back, number, now);
                return html_again(&page.again(form.at));
            };
            let readers = held(chosen, |channel| sides.reader(call.owner(), channel))?;
            let acted = messages.note_each(call.owner(), readers, MessageAction::Snooze(until), true).await?;
            call.told_with(&form.back, Done::Snoozed(acted.outcome), acted.undo)
        }
        // It is about one message, and so is what is taken back.
        Action::UnreadFrom if number != 1 => call.told(&form.back, Done::NothingChosen),
        Action::UnreadFrom => {
            let mut undo = None;
            for (reader, sequences) in held(chosen, |channel| sides.reader(call.owner(), channel))? {
                for from in sequences {
                    undo = messages.mark_unread_from(call.owner(), &reader, from).await?.undo;
                }
            }
            call.told_with(&form.back, Done::MarkedUnreadFrom, undo)
        }
        Action::Delete if form.sure => {
            let writers = held(chosen, |channel| sides.writer(call.owner(), channel))?;
            let Acted { outcome, undo } = messages.delete_each(call.owner(), writers).await?;
            let done = match outcome {
                Deleted { gone: 0, kept, .. } if kept > 0 => Done::KeptByRetention(kept),
                Deleted { gone, kept, for_good } if kept > 0 => Done::DeletedInPart { gone, kept, for_good },
                Deleted { gone, for_good: true, .. } => Done::DeletedForGood(gone),
                Deleted { gone, .. } => Done::Deleted(gone),
            };
            call.told_with(&form.back, done, undo)
        }
        Action::Delete => {
            let c = call.chrome("inbox").await?;
            html(&ask(c, &form, number))
        }
    }
}

/// What is to be taken back; nothing for what was done last.
pub struct Undone(Option<UndoId>);

impl Form for Undone {
    fn read(fields: &Fields) -> Self {
        Self(fields.text("undo").parse().ok())
    }
}

/// Takes back what was done, and shows the page again on which that was asked for.
pub async fn undo(
    Submitted(form): Submitted<Undone>,
    call: Call,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    let taken = messages.take_back(call.owner(), form.0).await?;
    let left = taken.and_then(|taken| taken.left);
    let done = match taken {
        None => Done::NothingToTakeBack,
        Some(TakenBack { left: Some(_), .. }) => Done::TakenBackInPart,
        Some(TakenBack { gone: 0, .. }) => Done::TakenBack,
        Some(TakenBack { .. }) => Done::TakenBackTooLate,
    };
    call.told_with(&way_back(&call.request), done, left)
}

fn ask(c: Chrome, form: &ActionForm, number: u64) -> ConfirmPage {
    let mut carried = vec![("action", "delete".to_owned()), ("back", form.back.clone())];
    carried.extend(form.keys.iter().map(|key| ("pick", key.clone())));
    ConfirmPage {
        c,
        heading: format!("Delete {}?", count(number, "message")),
        action: "/inbox/act".to_owned(),
        carried,
        consequences: vec![
            "They are removed for everyone: for you and for every program and person with a token of the channel. \
             You can take it back for a minute."
                .to_owned(),
        ],
        typed: String::new(),
        word: "Delete for everyone",
        back: form.back.clone(),
        problems: Problems::none(),
    }
}

/// The chosen messages of each channel, oldest first: marked in this order the cursor moves with them.
fn by_channel(keys: &[String]) -> BTreeMap<ChannelId, Vec<Sequence>> {
    let mut chosen: BTreeMap<ChannelId, Vec<Sequence>> = BTreeMap::new();
    for (channel, sequence) in keys.iter().filter_map(|key| parse(key)).take(MOST) {
        chosen.entry(channel).or_default().push(sequence);
    }
    for sequences in chosen.values_mut() {
        sequences.sort_unstable();
        sequences.dedup();
    }
    chosen
}

/// With the right to each channel. One that is gone meanwhile is no error: the list was simply older.
fn held<C>(
    chosen: BTreeMap<ChannelId, Vec<Sequence>>,
    right: impl Fn(&ChannelId) -> Result<C, AuthError>,
) -> Result<Vec<(C, Vec<Sequence>)>, AuthError> {
    let mut held = Vec::new();
    for (channel, sequences) in chosen {
        match right(&channel) {
            Ok(right) => held.push((right, sequences)),
            Err(AuthError::Forbidden) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(held)
}

fn parse(key: &str) -> Option<(ChannelId, Sequence)> {
    let (channel, sequence) = key.rsplit_once('.')?;
    Some((channel.parse().ok()?, sequence.parse().ok()?))
}
