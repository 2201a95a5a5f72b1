//! Who may see a page, and what else a session may be asked.

use actix_web::http::Method;
use actix_web::http::header::REFERER;
use actix_web::{HttpMessage, HttpRequest};

use crate::auth::access::Operator;
use crate::auth::session::{Session, Sessions};
use crate::web::frame::cookies::Jar;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::{Site, own_path, shared};

/// What a page demands of somebody with a session.
pub trait Guard {
    /// What the page may do because of it.
    type Permit;

    fn judge(request: &HttpRequest, session: &Session) -> Result<Self::Permit, Refusal>;
}

/// Nothing more.
pub struct SignedIn;

impl Guard for SignedIn {
    type Permit = ();

    fn judge(_request: &HttpRequest, _session: &Session) -> Result<(), Refusal> {
        Ok(())
    }
}

/// The password was given a short while ago.
pub struct Confirmed;

impl Guard for Confirmed {
    type Permit = ();

    fn judge(request: &HttpRequest, session: &Session) -> Result<(), Refusal> {
        match session.confirmed_until() {
            Some(_) => Ok(()),
            None => Err(Refusal::StepUp(way_back(request))),
        }
    }
}

/// Somebody who manages this server, who may look.
pub struct Managing;

impl Guard for Managing {
    type Permit = Operator;

    fn judge(_request: &HttpRequest, session: &Session) -> Result<Operator, Refusal> {
        // To anybody else there is no such page.
        session.owner().operator().ok_or(Refusal::NotFound)
    }
}

/// The same after the password was given a short while ago, who may change it.
pub struct ConfirmedManaging;

impl Guard for ConfirmedManaging {
    type Permit = Operator;

    fn judge(request: &HttpRequest, session: &Session) -> Result<Operator, Refusal> {
        let operator = Managing::judge(request, session)?;
        Confirmed::judge(request, session).map(|()| operator)
    }
}

/// The session of a page that demands one.
pub async fn signed_in(request: &HttpRequest) -> Result<Session, Refusal> {
    session_of(request).await?.ok_or_else(|| Refusal::SignIn(way_back(request)))
}

/// The session of the request's cookie. Looked up once for each request, however many parameters ask for it.
pub async fn session_of(request: &HttpRequest) -> Result<Option<Session>, Refusal> {
    let known = request.extensions().get::<Session>().cloned();
    if known.is_some() {
        return Ok(known);
    }
    let site = shared::<Site>(request)?;
    let Some(secret) = Jar::Session.read_secret(&site, request) else { return Ok(None) };
    let session = shared::<Sessions>(request)?.find(&secret).await?;
    if let Some(session) = &session {
        request.extensions_mut().insert(session.clone());
    }
    Ok(session)
}

/// Refuses when a session is worth less than at the beginning of the request, whose body took its time: it ended, or its
/// delicate actions were closed.
pub fn require_still(request: &HttpRequest, session: &Session) -> Result<(), Refusal> {
    let again = shared::<Sessions>(request)?.again(session)?;
    let again = again.ok_or_else(|| Refusal::SignIn(way_back(request)))?;
    match (session.confirmed_until(), again.confirmed_until()) {
        (Some(_), None) => Err(Refusal::StepUp(way_back(request))),
        _ => Ok(()),
    }
}

/// Where to go on after signing in: the page itself, or for an action the page that it was on.
pub fn way_back(request: &HttpRequest) -> String {
    if request.method() == Method::GET {
        return request.uri().path_and_query().map_or("/inbox", |path| path.as_str()).to_owned();
    }
    let page = request.headers().get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = page.split_once("://").and_then(|(_, rest)| rest.find('/').map(|start| &rest[start..]));
    let base = shared::<Site>(request).map(|site| site.base.clone()).unwrap_or_default();
    own_path(path.and_then(|path| path.strip_prefix(base.as_str())).unwrap_or_default()).to_owned()
}
