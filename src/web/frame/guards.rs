//! Who may see a page, as parameter types: whoever holds one was checked.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::REFERER;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::auth::access::{Operator, Owner};
use crate::auth::session::{Session, Sessions};
use crate::web::frame::cookies::Jar;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::{own_path, site};

/// Somebody with a session.
pub struct SignedIn(pub Session);

/// Somebody with a session who gave the password a short while ago.
pub struct Confirmed(pub Session);

/// Somebody with a session who manages this server, who may look.
pub struct OperatorPage(pub Session, pub Operator);

/// Somebody with a session who manages this server and gave the password a short while ago, who may change it.
pub struct ConfirmedOperator(pub Session, pub Operator);

impl SignedIn {
    pub fn owner(&self) -> &Owner {
        self.0.owner()
    }
}

impl Confirmed {
    pub fn owner(&self) -> &Owner {
        self.0.owner()
    }
}

impl FromRequest for SignedIn {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { signed_in(&request).await.map(Self) })
    }
}

impl FromRequest for Confirmed {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { confirmed(signed_in(&request).await?, &request).map(Self) })
    }
}

impl FromRequest for OperatorPage {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { operator(&request).await.map(|(session, operator)| Self(session, operator)) })
    }
}

impl FromRequest for ConfirmedOperator {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let (session, operator) = operator(&request).await?;
            Ok(Self(confirmed(session, &request)?, operator))
        })
    }
}

/// The session of the request's cookie. Looked up once for each request, however many parameters ask for it.
pub async fn session_of(request: &HttpRequest) -> Result<Option<Session>, Refusal> {
    let known = request.extensions().get::<Session>().cloned();
    if known.is_some() {
        return Ok(known);
    }
    let site = site(request)?;
    let Some(secret) = Jar::Session.read_secret(&site, request) else { return Ok(None) };
    let Some(sessions) = request.app_data::<web::Data<Sessions>>() else { return Ok(None) };
    let session = sessions.find(&secret).await?;
    if let Some(session) = &session {
        request.extensions_mut().insert(session.clone());
    }
    Ok(session)
}

/// Refuses when a session is worth less than at the beginning of the request, whose body took its time: it ended, or its
/// delicate actions were closed.
pub fn require_still(request: &HttpRequest, session: &Session) -> Result<(), Refusal> {
    let sessions = request.app_data::<web::Data<Sessions>>();
    let again = sessions.map(|sessions| sessions.again(session)).transpose()?.flatten();
    let again = again.ok_or_else(|| Refusal::SignIn(way_back(request)))?;
    match (session.confirmed_until(), again.confirmed_until()) {
        (Some(_), None) => Err(Refusal::StepUp(way_back(request))),
        _ => Ok(()),
    }
}

async fn signed_in(request: &HttpRequest) -> Result<Session, Refusal> {
    session_of(request).await?.ok_or_else(|| Refusal::SignIn(way_back(request)))
}

async fn operator(request: &HttpRequest) -> Result<(Session, Operator), Refusal> {
    let session = signed_in(request).await?;
    // To anybody else there is no such page.
    let operator = session.owner().operator().ok_or(Refusal::NotFound)?;
    Ok((session, operator))
}

fn confirmed(session: Session, request: &HttpRequest) -> Result<Session, Refusal> {
    match session.confirmed_until() {
        Some(_) => Ok(session),
        None => Err(Refusal::StepUp(way_back(request))),
    }
}

/// Where to go on after signing in: the page itself, or for an action the page that it was on.
fn way_back(request: &HttpRequest) -> String {
    if request.method() == Method::GET {
        return request.uri().path_and_query().map_or("/inbox", |path| path.as_str()).to_owned();
    }
    let page = request.headers().get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = page.split_once("://").and_then(|(_, rest)| rest.find('/').map(|start| &rest[start..]));
    let base = site(request).map(|site| site.base.clone()).unwrap_or_default();
    own_path(path.and_then(|path| path.strip_prefix(base.as_str())).unwrap_or_default()).to_owned()
}
