//! One channel as a conversation: what was said, with a place to answer.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::auth::owner_side::OwnerSides;
use crate::domain::channel::{Channel, ChannelState, Sequencing};
use crate::domain::content::{Content, text_of};
use crate::domain::id::ChannelId;
use crate::domain::message::{ContentType, NewMessage, Payload, Sequence};
use crate::domain::time::Timestamp;
use crate::http::body::BodyLimits;
use crate::service::conversation::{Conversations, Stretch, Told};
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::web::channels::head::Head;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::curl;
use crate::web::words::format::{
    Mark, Unread, When, author_words, beginning, count, day_title, number, size,
};
use crate::web::words::json::{PARSED_BYTES, pretty, understood};
use crate::web::words::snippet::snippet;

/// Characters of a message that the conversation shows before it points to the whole.
const SHOWN_CHARS: usize = 2000;

#[derive(Template)]
#[template(path = "channels/conversation.html")]
struct ChannelPage {
    c: Chrome,
    ch: Head,
    unread: bool,
    unread_words: String,
    blocked: bool,
    blocked_words: String,
    locked: bool,
    older: Option<i64>,
    newest: Option<&'static str>,
    damaged: String,
    days: Vec<TalkDay>,
    curl: String,
    draft: String,
    limit: usize,
    kinds: Vec<Choice>,
    problems: Problems,
}

struct TalkDay {
    title: String,
    says: Vec<Say>,
}

#[expect(clippy::struct_excessive_bools, reason = "what a message shows is a handful of yes or no")]
struct Say {
    sequence: i64,
    own: bool,
    unread: bool,
    mark: Mark,
    author: String,
    received: When,
    note: String,
    opaque: bool,
    code: bool,
    text: String,
    cut: bool,
}

/// Which stretch of a long channel.
#[derive(Deserialize)]
pub struct Before {
    before: Option<i64>,
}

pub async fn show(
    call: Call,
    place: web::Query<Before>,
    sides: web::Data<OwnerSides>,
    conversations: web::Data<Conversations>,
) -> Result<HttpResponse, Refusal> {
    let reader = sides.reader(call.owner(), &call.named("channel")?)?;
    let before = place.before.map(Sequence);
    let stretch = conversations.stretch(call.owner(), &reader, before);
    let (c, stretch) = call.page("channels", stretch).await?;
    html(&page(&call, c, stretch, before, Answer::default()))
}

/// What somebody is about to send.
#[derive(Default)]
pub struct Answer {
    text: String,
    kind: String,
    problems: Problems,
}

impl Form for Answer {
    const HOLDS_MESSAGE: bool = true;

    fn read(fields: &Fields) -> Self {
        // Browsers send line ends as two characters; people mean one.
        let text = fields.text("text").replace("\r\n", "\n");
        Self { text, kind: fields.text("kind"), problems: Problems::none() }
    }
}

impl Answer {
    fn judge(&mut self, bodies: &BodyLimits) -> Option<NewMessage> {
        let (content_type, text) = match self.kind.as_str() {
            "json" => {
                if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&self.text) {
                    self.problems.add(
                        "text",
                        format!("This is not JSON: {error}. Choose plain text to send it as it is."),
                    );
                    return None;
                }
                ("application/json", self.text.clone())
            }
            _ => ("text/plain; charset=utf-8", self.text.clone()),
        };
        if text.len() > bodies.bytes {
            let most = number(bodies.bytes as u64);
            self.problems
                .add("text", format!("The message is larger than {most} bytes, the most this server takes."));
            return None;
        }
        let payload = Payload::new(bodies.room.count(text.into_bytes()));
        if payload.is_none() {
            self.problems.add("text", "Write something first.");
        }
        Some(NewMessage { content_type: ContentType::new(content_type).ok()?, payload: payload? })
    }
}

pub async fn write(
    Submitted(mut draft): Submitted<Answer>,
    call: Call,
    sides: web::Data<OwnerSides>,
    conversations: web::Data<Conversations>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    let id: ChannelId = call.named("channel")?;
    if let Some(new) = draft.judge(&call.site.bodies) {
        let writer = sides.writer(call.owner(), &id)?;
        match messages.write(&writer, new, None).await {
            Ok(message) => {
                let place = format!("/channels/{}#s{}", id.as_str(), message.sequence);
                return call.told(&place, Done::Sent);
            }
            Err(Error::Locked) => {
                draft.problems.add("", "The channel was locked meanwhile; nothing was sent.");
            }
            Err(Error::SequencingConflict) => {
                draft
                    .problems
                    .add("", "Something new came meanwhile and must be read first; nothing was sent.");
            }
            Err(Error::StorageFull) => {
                draft.problems.add("", "The account's storage is full. Delete messages to make room.");
            }
            Err(error) => return Err(error.into()),
        }
    }
    let reader = sides.reader(call.owner(), &id)?;
    let stretch = conversations.stretch(call.owner(), &reader, None);
    let (c, stretch) = call.page("channels", stretch).await?;
    html_again(&page(&call, c, stretch, None, draft))
}

/// Up to which message everything was read: what the page showed, and nothing that came since.
pub struct ReadUpTo(Option<Sequence>);

impl Form for ReadUpTo {
    fn read(fields: &Fields) -> Self {
        Self(fields.text("up_to").parse().ok())
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
    let unread = messages.mark_read_up_to(&reader, form.0.unwrap_or(Sequence(i64::MAX))).await?;
    call.told(&format!("/channels/{}", id.as_str()), Done::MarkedRead(unread))
}

fn page(call: &Call, c: Chrome, stretch: Stretch, before: Option<Sequence>, draft: Answer) -> ChannelPage {
    let Stretch { channel, tokens, unread, told, older, .. } = stretch;
    let ch = Head::new(call, &channel, tokens, "talk");
    let damaged = told.iter().filter(|one| one.message.payload.is_damaged()).count() as u64;
    let (any, messages, is_are) =
        (unread.number > 0, Unread(unread).messages(), if unread.number == 1 { "is" } else { "are" });
    ChannelPage {
        unread: any,
        unread_words: format!("{messages} {is_are} unread."),
        blocked: any && channel.sequencing == Sequencing::Sequenced,
        blocked_words: format!("{messages} must be read before you can write here."),
        locked: channel.state == ChannelState::Locked,
        older: older.map(|older| older.0),
        newest: before.map(|_| ""),
        damaged: if damaged == 0 {
            String::new()
        } else {
            format!("{} here cannot be opened: the stored bytes were changed.", count(damaged, "message"))
        },
        days: days(&told, &channel, call.now()),
        curl: curl::write(&ch.address, "TOKEN"),
        limit: call.site.bodies.bytes,
        kinds: [("text", "Plain text"), ("json", "JSON")]
            .map(|(value, word)| Choice {
                value: value.to_owned(),
                word: word.to_owned(),
                chosen: draft.kind == value,
            })
            .into(),
        draft: draft.text,
        problems: draft.problems,
        c,
        ch,
    }
}

fn days(told: &[Told], channel: &Channel, now: Timestamp) -> Vec<TalkDay> {
    let mut days: Vec<TalkDay> = Vec::new();
    for one in told {
        let title = day_title(one.message.received, now);
        let say = say(one, channel, now);
        match days.last_mut() {
            Some(day) if day.title == title => day.says.push(say),
            _ => days.push(TalkDay { title, says: vec![say] }),
        }
    }
    days
}

fn say(told: &Told, channel: &Channel, now: Timestamp) -> Say {
    let message = &told.message;
    let bytes = message.payload.as_bytes();
    let content_type = message.content_type.as_str();
    let content = Content::of(content_type, bytes);
    let plain = content_type.starts_with("text/plain");
    let most = SHOWN_CHARS * 4;
    let text = || text_of(content_type, bytes).unwrap_or_default();
    let (mut text, mut cut) = match content {
        Content::Text => beginning(text().as_bytes(), most),
        Content::Json => {
            let text = text();
            match understood(text.as_bytes(), PARSED_BYTES) {
                Some(value) => pretty(&value, most),
                None => beginning(text.as_bytes(), most),
            }
        }
        Content::Picture(_) | Content::Sealed | Content::Opaque | Content::Damaged => {
            (snippet(message, content), false)
        }
    };
    if let Some((end, _)) = text.char_indices().nth(SHOWN_CHARS) {
        text.truncate(end);
        cut = true;
    }
    let author = author_words(&told.author);
    // Everybody who writes here has a hue of their own; the holder's messages stand on the other side.
    let seed = author
        .bytes()
        .fold(channel.row.0, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()) & 0xffff);
    let opaque = !matches!(content, Content::Text | Content::Json);
    Say {
        sequence: message.sequence.0,
        own: told.author.is_own(),
        unread: told.unread,
        mark: Mark::new(seed, &author),
        author,
        received: When::new(message.received, now),
        note: match (plain, opaque) {
            _ if content == Content::Damaged => String::new(),
            (true, _) => String::new(),
            (false, false) => content_type.to_owned(),
            (false, true) => format!("{content_type}, {}", size(bytes.len() as u64)),
        },
        opaque,
        code: !opaque && !plain,
        text,
        cut: cut || opaque,
    }
}
