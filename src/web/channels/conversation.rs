//! One channel as a conversation: what was said, with a place to answer.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::auth::csrf;
use crate::auth::owner_side::OwnerSides;
use crate::domain::channel::{ChannelState, Direction, Sequencing};
use crate::domain::id::ChannelId;
use crate::domain::message::Sequence;
use crate::domain::size::size;
use crate::service::acted::Acted;
use crate::service::conversation::{Conversations, Opening, Stretch};
use crate::service::error::Error;
use crate::service::letters::Letters;
use crate::service::messages::Messages;
use crate::web::channels::head::Head;
use crate::web::channels::sending::{Outgoing, Stopped};
use crate::web::channels::talk::{More, Presentation, Turn, days};
use crate::web::frame::answers::{html, html_again, location};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form, choices};
use crate::web::frame::forms::submitted::{Submitted, SubmittedBy};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::own_path;
use crate::web::words::curl;
use crate::web::words::days::Day;
use crate::web::words::format::Unread;
use crate::web::words::links::Piece;

#[derive(Template)]
#[template(path = "channels/conversation.html")]
struct ConversationPage {
    c: Chrome,
    ch: Head,
    unread: Unread,
    blocked: bool,
    may_write: MayWrite,
    older: Option<i64>,
    newer: Option<i64>,
    days: Vec<Day<Turn>>,
    curl: String,
    draft: String,
    limit: usize,
    /// The same in words.
    limit_words: String,
    /// Goes with what is sent from this page.
    key: String,
    kinds: Vec<Choice>,
    sealing: Sealing,
    /// Whether others could seal what they write.
    has_key: bool,
    reply: String,
    last_letter: i64,
    /// The holder ticked that this one is not.
    unsealed: bool,
    problems: Problems,
}

const UNSEALED: &str = "Messages in this channel are sealed, which takes a script. Without one this would go out readable \
                        for the operator of this server. Tick the box below if that is what you want.";

/// Who may write here.
enum MayWrite {
    Everybody,
    /// A notice board.
    HolderOnly,
    /// A drop box: the holder writes nothing.
    OthersOnly,
    Nobody,
}

impl MayWrite {
    /// What the empty field says.
    fn asks(&self) -> &'static str {
        match self {
            Self::HolderOnly => "Only you write here",
            Self::Everybody | Self::OthersOnly | Self::Nobody => "Write a message",
        }
    }
}

/// Whether answers are sealed: with what, only the holder's browser knows.
#[derive(PartialEq, Eq)]
enum Sealing {
    Off,
    /// The other side seals, and no key of theirs is known before they write.
    ToCome,
    On,
}

/// The messages alone, for a page that has the others.
#[derive(Template)]
#[template(path = "channels/talk.html")]
struct TalkPart {
    c: Chrome,
    ch: Head,
    unread: Unread,
    older: Option<i64>,
    newer: Option<i64>,
    days: Vec<Day<Turn>>,
}

/// Which stretch of a long channel.
#[derive(Deserialize)]
pub struct Stretched {
    at: Option<i64>,
    before: Option<i64>,
    after: Option<i64>,
    /// Only the messages.
    #[serde(default)]
    part: bool,
    /// `messages` where something else would be shown without it.
    #[serde(default)]
    view: String,
}

impl Stretched {
    /// Whether the channel was asked for, and nothing in it.
    fn is_bare(&self) -> bool {
        self.opening() == Opening::Unread && !self.part && self.view.is_empty()
    }

    fn opening(&self) -> Opening {
        let sequences = (self.at.map(Sequence), self.before.map(Sequence), self.after.map(Sequence));
        match sequences {
            (Some(at), _, _) => Opening::At(at),
            (_, Some(before), _) => Opening::Before(before),
            (_, _, Some(after)) => Opening::After(after),
            (None, None, None) => Opening::Unread,
        }
    }
}

pub async fn show(
    call: Call,
    wanted: web::Query<Stretched>,
    sides: web::Data<OwnerSides>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let reader = sides.reader(call.owner(), &id)?;
    if wanted.is_bare() && conversations.facts(call.owner(), &id).await?.0.direction == Direction::Callbacks {
        return Ok(call.redirect(&format!("/channels/{}/transactions", id.as_str())));
    }
    let stretch = conversations.stretch(call.owner(), &reader, wanted.opening());
    if wanted.part {
        let ConversationPage { c, ch, unread, older, newer, days, .. } =
            page(&call, call.part(), stretch.await?, Outgoing::default());
        return html(&TalkPart { c, ch, unread, older, newer, days });
    }
    let (c, stretch) = call.page("channels", stretch).await?;
    if stretch.told.is_empty() && wanted.opening() != Opening::Unread {
        // There is nothing there, which does not mean that there is nothing.
        return Ok(call.redirect(&Head::new(&call, &stretch.channel, 0, "talk").talk()));
    }
    html(&page(&call, c, stretch, Outgoing::default()))
}

pub async fn write(
    SubmittedBy(mut outgoing, call): SubmittedBy<Outgoing>,
    sides: web::Data<OwnerSides>,
    conversations: web::Data<Conversations>,
    messages: web::Data<Messages>,
    letters: web::Data<Letters>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let writer = sides.writer(call.owner(), &id)?;
    let sent = if outgoing.is_letter() {
        match outgoing.judge_letter() {
            Some(letter) => Some(outgoing.send_letter(&letters, &writer, letter).await),
            None => None,
        }
    } else {
        if !outgoing.unsealed && letters.reply(call.owner(), &id).await?.is_some() {
            outgoing.problems.add("text", UNSEALED);
        }
        let all = outgoing.judge(&call.site.bodies);
        if outgoing.problems.any() {
            None
        } else {
            let last = outgoing.send(&messages, &writer, all).await;
            Some(last.map(|last| last.unwrap_or(Sequence::NONE)))
        }
    };
    match sent {
        None => {}
        Some(Ok(last)) => {
            let place = format!("/channels/{}?at={last}", id.as_str());
            if outgoing.quiet {
                let place = (LOCATION, location(&call.site.base, &place));
                return Ok(HttpResponse::Created().insert_header(place).finish());
            }
            return call.told(&format!("{place}#s{last}"), Done::Sent);
        }
        // Another page was faster; this one seals again, with a higher number.
        Some(Err(Stopped { error: Error::LetterNumberUsed { last }, .. })) => {
            return Ok(HttpResponse::Conflict().body(last.to_string()));
        }
        Some(Err(stopped)) => outgoing.was_stopped(stopped)?,
    }
    let reader = sides.reader(call.owner(), &id)?;
    let stretch = conversations.stretch(call.owner(), &reader, Opening::Unread);
    let (c, stretch) = call.page("channels", stretch).await?;
    html_again(&page(&call, c, stretch, outgoing))
}

/// Up to which message everything was read: what the page showed, and nothing that came since. And which page that was.
pub struct ReadUpTo {
    up_to: Option<Sequence>,
    back: String,
}

impl Form for ReadUpTo {
    fn read(fields: &Fields) -> Self {
        Self { up_to: fields.text("up_to").parse().ok(), back: own_path(&fields.text("back")).to_owned() }
    }
}

pub async fn mark_read(
    Submitted(form): Submitted<ReadUpTo>,
    call: Call,
    sides: web::Data<OwnerSides>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    let reader = sides.reader(call.owner(), &id)?;
    let up_to = form.up_to.unwrap_or(Sequence(i64::MAX));
    let Acted { outcome, undo } = messages.mark_read_up_to(call.owner(), &reader, up_to).await?;
    call.told_with(&form.back, Done::MarkedRead(outcome), undo)
}

fn page(call: &Call, c: Chrome, stretch: Stretch, draft: Outgoing) -> ConversationPage {
    let Stretch { channel, tokens, unread, told, older, newer, first_unread, .. } = stretch;
    let ch = Head::new(call, &channel, tokens, "talk");
    ConversationPage {
        unread: Unread(unread),
        blocked: unread.number > 0 && channel.sequencing == Sequencing::Sequenced,
        may_write: match (channel.state, channel.direction) {
            (ChannelState::Locked, _) => MayWrite::Nobody,
            (_, Direction::TwoWay) => MayWrite::Everybody,
            (_, Direction::Incoming | Direction::Callbacks) => MayWrite::OthersOnly,
            (_, Direction::Outgoing) => MayWrite::HolderOnly,
        },
        older: older.map(|older| older.0),
        newer: newer.map(|newer| newer.0),
        days: days(&told, &channel, first_unread, call.now()),
        curl: curl::write(&ch.address, "TOKEN"),
        limit: call.site.bodies.bytes,
        limit_words: size(call.site.bodies.bytes as u64),
        key: csrf::new_key(),
        kinds: choices(&[("text", "Text"), ("json", "JSON")], &draft.kind),
        draft: draft.text,
        has_key: stretch.has_key,
        sealing: match (&stretch.reply, stretch.has_links) {
            (Some(_), _) => Sealing::On,
            (None, true) => Sealing::ToCome,
            (None, false) => Sealing::Off,
        },
        reply: stretch.reply.unwrap_or_default().as_str().to_owned(),
        last_letter: stretch.last_letter,
        unsealed: draft.unsealed,
        problems: draft.problems,
        c,
        ch,
    }
}
