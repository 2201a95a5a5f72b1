//! One message: its content in safe views, its facts, its neighbours, its bytes for download.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::auth::owner_side::OwnerSides;
use crate::domain::channel::{ChannelState, Direction};
use crate::domain::content::{Content, OfWallet, charset, media_type};
use crate::domain::file_name::name_of;
use crate::domain::id::ChannelId;
use crate::domain::message::Sequence;
use crate::domain::size::size;
use crate::http::disposition::Disposition;
use crate::service::conversation::{AuthorName, Conversations, Single};
use crate::service::inbox::Inbox;
use crate::service::messages::Messages;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::inbox::list::List;
use crate::web::inbox::panels::{JsonLine, Panel, PanelBody, panels};
use crate::web::inbox::query::InboxQuery;
use crate::web::inbox::report::Wanted;
use crate::web::inbox::rows::MessageRow;
use crate::web::words::format::{Mark, When, author_words, channel_name, count, kept};
use crate::web::words::links::Piece;
use crate::web::words::reports::Allowance;
use crate::web::words::sealed::Boxed;

#[derive(Template)]
#[template(path = "inbox/message.html")]
struct MessagePage {
    c: Chrome,
    m: OpenMessage,
    panels: Vec<Panel>,
    around: Vec<MessageRow>,
    list_heading: &'static str,
    back: String,
    context: String,
    /// What the queries of other parts of a report begin with.
    other_parts: String,
    picking: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "what the page shows is a handful of yes or no")]
struct OpenMessage {
    key: String,
    path: String,
    channel_id: String,
    channel: String,
    mark: Mark,
    sequence: i64,
    own: bool,
    unread: bool,
    starred: bool,
    archived: bool,
    author: String,
    /// The name of the token that a program of the holder's wrote it with.
    written_with: Option<String>,
    received: When,
    size: String,
    bytes: String,
    content_type: String,
    /// The content type without its parameters.
    media: String,
    /// What its first bytes say that it is.
    known: Option<OfWallet>,
    /// The name that came with a file.
    file_name: Option<String>,
    api_address: String,
    kept: String,
    can_reply: bool,
    /// Whether the page has the whole text.
    copyable: bool,
    /// For the holder's browser to try its keys on.
    boxed: Option<Boxed>,
    /// Its bytes are lost.
    damaged: bool,
    newer: Option<i64>,
    older: Option<i64>,
}

pub async fn show(
    call: Call,
    query: web::Query<InboxQuery>,
    wanted: web::Query<Wanted>,
    sides: web::Data<OwnerSides>,
    conversations: web::Data<Conversations>,
    inbox: web::Data<Inbox>,
) -> Result<HttpResponse, Refusal> {
    let (channel, sequence) = (call.named::<ChannelId>("channel")?, call.named::<Sequence>("sequence")?);
    let reader = sides.reader(call.owner(), &channel)?;
    let query = query.into_inner();
    let list = List::of(&query, call.now().zone);
    let words = list.words();
    let single = conversations.single(call.owner(), &reader, sequence);
    let found = single.and(inbox.page(call.owner(), list.wanted(&query)));
    let (mut c, (single, page)) = call.page(list.section(), found).await?;
    c.search.clone_from(&query.q);
    // What no field here shows holds for no other search.
    if !query.q.is_empty() {
        c.beside = query.beside();
    }
    let now = call.now();
    let panels = panels(&single.told.message, &wanted, now);
    let whole = panels.iter().any(|panel| {
        matches!(panel.body, PanelBody::Text(_) | PanelBody::Source(_)) && panel.rest.is_empty()
    });
    let m = open_message(&call, single, whole);
    let mut allowance = Allowance::of_a_page();
    let rows = page.rows.iter().map(|line| MessageRow::new(line, &words, &mut allowance, now));
    let mut around: Vec<_> = rows.collect();
    for row in &mut around {
        row.current = row.key == m.key;
    }
    let context = query.to_address();
    let other_parts = format!("{context}{}", if context.is_empty() { "?" } else { "&" });
    let (back, list_heading) = (format!("/inbox{context}"), list.heading());
    html(&MessagePage { c, m, panels, around, list_heading, back, context, other_parts, picking: false })
}

/// Whether a picture is to be shown in the page, rather than saved.
#[derive(Deserialize)]
pub struct Raw {
    view: Option<u8>,
}

/// The payload as it came. Only pictures of safe types are shown; everything else is saved, under a type that runs
/// nothing, and even so nothing in it may run.
pub async fn raw(
    call: Call,
    query: web::Query<Raw>,
    sides: web::Data<OwnerSides>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    let (channel, sequence) = (call.named::<ChannelId>("channel")?, call.named::<Sequence>("sequence")?);
    let message = messages.get(&sides.reader(call.owner(), &channel)?, sequence)?;
    let bytes = message.payload.as_bytes().clone();
    let content_type = message.content_type.as_str();
    let content = Content::of(content_type, &bytes);
    let (media, disposition) = match content {
        Content::Picture(media) if query.view == Some(1) => (media.to_owned(), Disposition::Inline),
        Content::Picture(media) => (media.to_owned(), Disposition::Attachment),
        Content::Text => {
            (format!("text/plain; charset={}", charset(content_type, &bytes)), Disposition::Attachment)
        }
        Content::Json => ("application/json".to_owned(), Disposition::Attachment),
        Content::Sealed | Content::Opaque | Content::Damaged => {
            ("application/octet-stream".to_owned(), Disposition::Attachment)
        }
    };
    let name = name_of(content_type).unwrap_or_else(|| {
        let channel = channel.as_str().get(..8).unwrap_or("message");
        format!("{channel}-{sequence}.{}", extension(content, content_type))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media))
        .insert_header((CONTENT_DISPOSITION, disposition.named(&name)))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}

fn extension(content: Content, content_type: &str) -> &'static str {
    match content {
        Content::Json => "json",
        Content::Picture("image/png") => "png",
        Content::Picture("image/jpeg") => "jpg",
        Content::Picture("image/gif") => "gif",
        Content::Picture(_) => "webp",
        Content::Text => "txt",
        Content::Sealed | Content::Opaque | Content::Damaged => match media_type(content_type).as_str() {
            "application/pdf" => "pdf",
            "application/zip" => "zip",
            _ => "bin",
        },
    }
}

fn open_message(call: &Call, single: Single, whole: bool) -> OpenMessage {
    let Single { channel, told, newer, older } = single;
    let message = told.message;
    let (id, sequence) = (channel.id.as_str(), message.sequence.0);
    let bytes = message.payload.as_bytes();
    let name = channel_name(&channel.label, id);
    OpenMessage {
        key: format!("{id}.{sequence}"),
        path: format!("{id}/{sequence}"),
        channel_id: id.to_owned(),
        mark: Mark::new(channel.row.0, &name),
        channel: name,
        sequence,
        own: told.author.is_own(),
        unread: told.unread,
        starred: told.starred,
        archived: told.archived,
        author: author_words(&told.author),
        written_with: match told.author {
            AuthorName::HolderToken(contact) => Some(contact.name),
            AuthorName::Holder | AuthorName::Token(_) | AuthorName::Anonymous => None,
        },
        received: When::new(message.received, call.now()),
        size: size(bytes.len() as u64),
        bytes: count(bytes.len() as u64, "byte"),
        content_type: message.content_type.as_str().to_owned(),
        media: media_type(message.content_type.as_str()),
        known: OfWallet::of(bytes),
        file_name: name_of(message.content_type.as_str()),
        api_address: format!("{}/{sequence}", call.site.channel_address(&call.request, id)),
        kept: kept(&channel.retention),
        can_reply: channel.state == ChannelState::Open
            && matches!(channel.direction, Direction::TwoWay | Direction::Outgoing),
        copyable: whole,
        boxed: Boxed::of(&message, Content::of(message.content_type.as_str(), bytes)),
        damaged: message.payload.is_damaged(),
        newer: newer.map(|sequence| sequence.0),
        older: older.map(|sequence| sequence.0),
    }
}
