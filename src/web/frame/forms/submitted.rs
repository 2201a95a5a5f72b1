//! `Submitted<T>` and `SubmittedBy<T>`: the only ways to a form's fields, and only after the origin was checked, and the token
//! where there is one.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::auth::csrf;
use crate::auth::session::Session;
use crate::domain::secret::SessionSecret;
use crate::http::body;
use crate::http::body::BodyLimits;
use crate::http::multipart::{self, PartLimits};
use crate::web::frame::call::Call;
use crate::web::frame::cookies::Jar;
use crate::web::frame::forms::carried::{CARRIED_BYTES, Carried};
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::origin;
use crate::web::frame::forms::refused::FormRefusal;
use crate::web::frame::guards::{Guard, SignedIn, require_still, session_of, way_back};
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
        const { assert!(!T::IS_KEPT, "a form that is kept is `SubmittedBy` somebody") };
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(read(&request, payload).await?.0)) })
    }
}

/// A form that is kept, or waits for the password, and whoever sent it. Parameters are made at the same time, and the first
/// refusal counts: a call that was judged beside the form would refuse before all of the form is here, and what was typed
/// would be lost.
pub struct SubmittedBy<T, G: Guard = SignedIn>(pub T, pub Call<G>);

impl<T: Form + 'static, G: Guard + 'static> FromRequest for SubmittedBy<T, G> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (form, fields) = read::<T>(&request, payload).await?;
            let call =
                Call::<G>::extract(&request).await.inspect_err(|refusal| wait(&request, refusal, &fields))?;
            Ok(Self(form, call))
        })
    }
}

async fn read<T: Form>(request: &HttpRequest, mut payload: Payload) -> Result<(T, Fields), Refusal> {
    let payload = web::Payload::from_request(request, &mut payload).await;
    submitted(request, payload.map_err(|_| Refusal::Form(FormRefusal::NotAForm))?).await
}

/// Has a form that was refused for the password go with the page that asks for it.
fn wait(request: &HttpRequest, refusal: &Refusal, fields: &Fields) {
    if matches!(refusal, Refusal::StepUp(_)) {
        request.extensions_mut().insert(Carried::whole(own_path_of(request), fields));
    }
}

/// Where a request went, below the base path.
fn own_path_of(request: &HttpRequest) -> &str {
    let base = shared::<Site>(request).map(|site| site.base.clone()).unwrap_or_default();
    request.path().strip_prefix(base.as_str()).unwrap_or_default()
}

/// Whom a form's token must belong to.
enum Sender {
    Visitor(SessionSecret),
    SignedIn(Session),
    /// Anybody, with no token.
    Anybody,
    /// Nobody, whose form is read only so that what was typed is not lost.
    SignedOut,
}

async fn submitted<T: Form>(
    request: &HttpRequest,
    mut payload: web::Payload,
) -> Result<(T, Fields), Refusal> {
    let site = shared::<Site>(request)?;
    origin::judge(&site, request).map_err(Refusal::Form)?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let in_parts = T::HOLDS_FILES && media.starts_with("multipart/form-data");
    if !in_parts && !media.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::Form(FormRefusal::NotAForm));
    }
    // Looked for before the body is read: nobody keeps the server busy with forms that no page gave.
    let sender = if T::FOR_ANYBODY {
        Sender::Anybody
    } else if T::FOR_VISITORS {
        let visit = Jar::Visit.read_secret(&site, request);
        Sender::Visitor(visit.ok_or(Refusal::Form(FormRefusal::WrongToken))?)
    } else {
        match session_of(request).await? {
            Some(session) => Sender::SignedIn(session),
            None if T::IS_KEPT => Sender::SignedOut,
            None => return Err(Refusal::SignIn(way_back(request))),
        }
    };
    let most = match sender {
        Sender::SignedOut => CARRIED_BYTES,
        _ if T::HOLDS_MESSAGE => site.bodies.bytes,
        _ if T::CARRIES => CARRIED_BYTES,
        _ => 0,
    };
    let is_stranger = !matches!(sender, Sender::SignedIn(_));
    let room = if is_stranger { site.bodies.room.for_strangers() } else { site.bodies.room.clone() };
    // A byte of text takes up to three in a form.
    let limits = BodyLimits { bytes: most * 3 + FIELDS_BYTES, room, ..site.bodies.clone() };
    let fields = if in_parts {
        let files = if is_stranger { 0 } else { site.bodies.bytes };
        Fields::of_parts(multipart::read(request, payload, &part_limits(files, limits)).await)
    } else {
        Fields::parse(&body::read(request, &mut payload, &limits).await?)
    };
    if T::IS_KEPT
        && let Some(carried) = Carried::of(own_path_of(request), &fields)
    {
        request.extensions_mut().insert(carried);
    }
    let token = fields.text(TOKEN_FIELD);
    let known = match sender {
        Sender::Visitor(secret) => csrf::matches(&secret, &token),
        Sender::Anybody => true,
        Sender::SignedOut => return Err(Refusal::SignIn(way_back(request))),
        Sender::SignedIn(session) => {
            let is_known = session.accepts(&token);
            let still = require_still(request, &session);
            still.inspect_err(|refusal| {
                if is_known {
                    wait(request, refusal, &fields);
                }
            })?;
            is_known
        }
    };
    match fields.failure() {
        // What came with it proves nothing, or came to nothing before that.
        Some(failure) if !known => Err(failure.clone().into()),
        _ if known => Ok((T::read(&fields), fields)),
        _ => Err(Refusal::Form(FormRefusal::WrongToken)),
    }
}

/// What a form in parts may hold: files of a message's length each, and a good many of them at once.
fn part_limits(file_bytes: usize, body: BodyLimits) -> PartLimits {
    PartLimits {
        parts: FILES + 16,
        text_bytes: body.bytes,
        file_bytes,
        all_bytes: ALL_FILES_BYTES.max(file_bytes).min(file_bytes * FILES) + body.bytes,
        body,
    }
}
