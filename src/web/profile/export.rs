//! Taking everything along: the account's channels as a file.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
};
use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::stream;
use serde::Deserialize;

use crate::auth::error::AuthError;
use crate::auth::session::Sessions;
use crate::domain::id::ChannelId;
use crate::http::disposition::Disposition;
use crate::service::channels::Channels;
use crate::service::error::Error;
use crate::service::exports::Exports;
use crate::transfer::export::ExportText;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::forms::origin;
use crate::web::frame::guards::Confirmed;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{channel_name, count};

#[derive(Template)]
#[template(path = "profile/export.html")]
struct ExportPage {
    c: Chrome,
    tab: &'static str,
    channels: Vec<ListedChannel>,
    messages: String,
}

struct ListedChannel {
    id: String,
    name: String,
}

pub async fn show(call: Call, channels: web::Data<Channels>) -> Result<HttpResponse, Refusal> {
    let (c, summaries) = call.page("profile", channels.summaries(call.owner())).await?;
    let messages = summaries.iter().map(|summary| summary.channel.messages).sum();
    let channels = summaries.into_iter().map(|summary| {
        let id = summary.channel.id.as_str();
        ListedChannel { id: id.to_owned(), name: channel_name(&summary.channel.label, id) }
    });
    html(&ExportPage { c, tab: "export", channels: channels.collect(), messages: count(messages, "message") })
}

/// What is to be in the file.
#[derive(Deserialize)]
pub struct WantedExport {
    /// Only this channel; empty for all.
    #[serde(default)]
    channel: String,
    #[serde(default)]
    secrets: String,
}

/// The file, which is written as it is sent. One that is broken off lacks its last line, and is never taken for a whole one.
pub async fn download(
    call: Call<Confirmed>,
    wanted: web::Query<WantedExport>,
    exports: web::Data<Exports>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    let only = match wanted.channel.as_str() {
        "" => None,
        id => Some(id.parse::<ChannelId>().map_err(|_| Refusal::NotFound)?),
    };
    // A link on a page of somebody else is not to lay a file with secrets on the disk.
    if wanted.secrets == "yes" && origin::is_foreign(&call.request) {
        return Err(Refusal::NotFound);
    }
    let account = call.owner().account();
    let lines = ExportText::begin(&exports, call.owner(), only, wanted.secrets == "yes").await?;
    let begun = (lines, sessions, call.session.clone(), 0);
    let pieces = stream::try_unfold(begun, move |(mut lines, sessions, session, left_out)| async move {
        let is_open =
            || Ok::<_, Error>(sessions.again(&session)?.is_some_and(|now| now.confirmed_until().is_some()));
        if lines.may_tell_secrets() && !is_open()? {
            return Err(AuthError::Unauthenticated.into());
        }
        let piece = lines.next().await?;
        let left_out = left_out + lines.take_left_out().len();
        // The page was answered long ago, so only the log can say it.
        if piece.is_none() && left_out > 0 {
            tracing::warn!(account = account.0, left_out, "a download lacks what is damaged");
        }
        Ok::<_, Error>(piece.map(|piece| (piece, (lines, sessions, session, left_out))))
    });
    let day = call.now().at.to_string();
    let name = format!("peerbox-{}.jsonl", day.get(..10).unwrap_or_default());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/jsonl"))
        .insert_header((CONTENT_DISPOSITION, Disposition::Attachment.named(&name)))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .streaming(pieces))
}
