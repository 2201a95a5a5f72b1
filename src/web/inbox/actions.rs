//! What is done to messages of a list: one or many, marked read or unread, or deleted after asking.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};

use crate::auth::error::AuthError;
use crate::auth::owner_side::OwnerSides;
use crate::domain::id::ChannelId;
use crate::domain::message::Sequence;
use crate::domain::read_state::{ReadState, UnreadCount};
use crate::service::messages::{Deleted, Messages};
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;
use crate::web::words::format::count;

/// The most messages that one action is about.
const MOST: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Mark(ReadState),
    Delete,
}

pub struct Acted {
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

pub async fn act(
    Submitted(form): Submitted<Acted>,
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
    match action {
        Action::Mark(state) => {
            let readers = held(chosen, |channel| sides.reader(call.owner(), channel))?;
            let number = messages.mark_each(call.owner(), readers, state).await?;
            if form.quiet {
                return Ok(HttpResponse::NoContent().finish());
            }
            let done = match state {
                ReadState::Read => Done::MarkedRead(UnreadCount::exactly(number)),
                ReadState::Unread => Done::MarkedUnread(number),
            };
            call.told(&form.back, done)
        }
        Action::Delete if form.sure => {
            let writers = held(chosen, |channel| sides.writer(call.owner(), channel))?;
            let Deleted { deleted, kept } = messages.delete_each(call.owner(), writers).await?;
            let done = if kept > 0 { Done::KeptByRetention(kept) } else { Done::Deleted(deleted) };
            call.told(&form.back, done)
        }
        Action::Delete => {
            let number = chosen.values().map(Vec::len).sum::<usize>() as u64;
            let c = call.chrome("inbox").await?;
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
