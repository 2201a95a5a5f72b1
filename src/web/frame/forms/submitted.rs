//! `Submitted<T>`: the only way to a form's fields, and only after origin and token were checked.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::auth::csrf;
use crate::auth::session::Session;
use crate::domain::secret::SessionSecret;
use crate::http::body;
use crate::http::body::BodyLimits;
use crate::http::multipart::{self, PartLimits};
use crate::web::frame::cookies::Jar;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::origin;
use crate::web::frame::forms::refused::FormRefusal;
use crate::web::frame::guards::{require_still, session_of, way_back};
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::{Site, shared};

/// The hidden field with the token.
const TOKEN_FIELD: &str = "csrf";

/// Room for field names, tokens and everything that is not the text of a message.
const FIELDS_BYTES: usize = 64 * 1024;

/// Files in one form, and their bytes together. A script sends them one by one.
const FILES: usize = 48;
const ALL_FILES_BYTES: usize = 32 * 1024 * 1024;

/// A form that a page of ours sent from this browser.
pub struct Submitted<T>(pub T);

impl<T: Form + 'static> FromRequest for Submitted<T> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let payload = payload.await.map_err(|_| Refusal::Form(FormRefusal::NotAForm))?;
            submitted(&request, payload).await
        })
    }
}

/// Whom a form's token must belong to.
enum Sender {
    Visitor(SessionSecret),
    SignedIn(Session),
}

async fn submitted<T: Form>(
    request: &HttpRequest,
    mut payload: web::Payload,
) -> Result<Submitted<T>, Refusal> {
    let site = shared::<Site>(request)?;
    origin::judge(&site, request).map_err(Refusal::Form)?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let in_parts = T::HOLDS_FILES && media.starts_with("multipart/form-data");
    if !in_parts && !media.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::Form(FormRefusal::NotAForm));
    }
    // Looked for before the body is read: nobody keeps the server busy with forms that no page gave.
    let sender = if T::FOR_VISITORS {
        let visit = Jar::Visit.read_secret(&site, request);
        Sender::Visitor(visit.ok_or(Refusal::Form(FormRefusal::WrongToken))?)
    } else {
        let session = session_of(request).await?;
        Sender::SignedIn(session.ok_or_else(|| Refusal::SignIn(way_back(request)))?)
    };
    // A byte of text takes up to three in a form.
    let text_bytes = if T::HOLDS_MESSAGE { site.bodies.bytes * 3 } else { 0 };
    let room = if T::FOR_VISITORS { site.bodies.room.for_strangers() } else { site.bodies.room.clone() };
    let limits = BodyLimits { bytes: text_bytes + FIELDS_BYTES, room, ..site.bodies.clone() };
    let fields = if in_parts {
        Fields::of_parts(multipart::read(request, payload, &part_limits(&site, limits)).await)
    } else {
        Fields::parse(&body::read(request, &mut payload, &limits).await?)
    };
    let token = fields.text(TOKEN_FIELD);
    let known = match sender {
        Sender::Visitor(secret) => csrf::matches(&secret, &token),
        Sender::SignedIn(session) => {
            require_still(request, &session)?;
            session.accepts(&token)
        }
    };
    match fields.failure() {
        // What came with it proves nothing, or came to nothing before that.
        Some(failure) if !known => Err(failure.clone().into()),
        _ if known => Ok(Submitted(T::read(&fields))),
        _ => Err(Refusal::Form(FormRefusal::WrongToken)),
    }
}

/// What a form in parts may hold: files of a message's length each, and a good many of them at once.
fn part_limits(site: &Site, body: BodyLimits) -> PartLimits {
    PartLimits {
        parts: FILES + 16,
        text_bytes: body.bytes,
        file_bytes: site.bodies.bytes,
        all_bytes: ALL_FILES_BYTES.max(site.bodies.bytes) + body.bytes,
        body,
    }
}
