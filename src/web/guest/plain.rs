//! Writing without a script, where that is honest: to a channel that everybody may write to and whose holder has no key. A
//! token stays in the browser behind the `#`, and only a script seals.

use std::future::{Ready, ready};

use actix_web::dev::Payload as Body;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use crate::auth::access::Writer;
use crate::auth::bearer::Bearers;
use crate::auth::error::AuthError;
use crate::domain::id::ChannelId;
use crate::domain::message::{ContentType, NewMessage, Payload};
use crate::http::address::Addresses;
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::service::receptions::Receptions;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::AnyCall;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::shared;
use crate::web::guest::page::{GuestPage, Plain, Preview};
use crate::web::words::format::number;

/// Somebody without a token at a channel that everybody may write to. Comes before the form, of which it says whether any
/// of it is read.
pub struct Stranger(Writer);

impl FromRequest for Stranger {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Body) -> Self::Future {
        ready(stranger(request))
    }
}

fn stranger(request: &HttpRequest) -> Result<Stranger, Refusal> {
    let named = request.match_info().get("channel").and_then(|text| text.parse::<ChannelId>().ok());
    let peer = shared::<Addresses>(request)?.client(request);
    let writer = shared::<Bearers>(request)?.anonymous_writer(&named.ok_or(Refusal::NotFound)?, peer);
    Ok(Stranger(writer.map_err(|error| match error {
        AuthError::Unauthenticated => Refusal::NotFound,
        other => other.into(),
    })?))
}

pub struct Letter(String);

impl Form for Letter {
    const FOR_ANYBODY: bool = true;
    const HOLDS_MESSAGE: bool = true;
    fn read(fields: &Fields) -> Self {
        Self(fields.text("text").replace("\r\n", "\n"))
    }
}

pub async fn write(
    Stranger(writer): Stranger,
    Submitted(Letter(text)): Submitted<Letter>,
    call: AnyCall,
    bearers: web::Data<Bearers>,
    addresses: web::Data<Addresses>,
    receptions: web::Data<Receptions>,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Refusal> {
    let visitor = bearers.anonymous_visitor(&writer.channel().id, addresses.client(&call.request))?;
    let reception = receptions.receive(&visitor)?;
    let problem = if !reception.keys.is_empty() {
        // Since the page was shown, the holder has made one.
        "Not sent: the holder has a key now, so that only a script can write here. Your text still stands below."
            .to_owned()
    } else if text.len() > call.site.bodies.bytes {
        let most = number(call.site.bodies.bytes as u64);
        format!("Not sent: this is longer than {most} bytes, the most this server takes.")
    } else if text.trim().is_empty() {
        "Write something first.".to_owned()
    } else {
        match messages.write(&writer, message_of(&call, &text)?, None).await {
            Ok(_) => String::new(),
            Err(Error::Locked) => "Not sent: this channel is locked.".to_owned(),
            Err(Error::StorageFull) => "Not sent: the holder's storage is full.".to_owned(),
            Err(other) => return Err(other.into()),
        }
    };
    let sent = problem.is_empty();
    let plain = Plain { text: if sent { String::new() } else { text }, problem, sent };
    let page = GuestPage::new(&call, Some(Preview::new(&call, &visitor, reception, plain)));
    if sent { html(&page) } else { html_again(&page) }
}

fn message_of(call: &AnyCall, text: &str) -> Result<NewMessage, Refusal> {
    let content_type = ContentType::new("text/plain; charset=utf-8").map_err(|_| Refusal::NotFound)?;
    let payload = Payload::new(call.site.bodies.room.count(text.trim().as_bytes().to_vec()));
    Ok(NewMessage { content_type, payload: payload.ok_or(Refusal::NotFound)? })
}
