//! `Submitted<T>`: the only way to a form's fields, and only after origin and token were checked.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;

use crate::auth::csrf;
use crate::auth::session::Session;
use crate::domain::secret::SessionSecret;
use crate::http::body::{self, BodyLimits};
use crate::http::failure::Failure;
use crate::web::cookies::Jar;
use crate::web::error_page::Refusal;
use crate::web::form_check::{self, FormRefusal};
use crate::web::guards::{require_still, session_of};
use crate::web::site::Site;

/// The hidden field with the token.
const TOKEN_FIELD: &str = "csrf";

/// Room for field names, tokens and everything that is not the text of a message.
const FIELDS_BYTES: usize = 64 * 1024;

/// A form that a page of ours sent from this browser.
pub struct Submitted<T>(pub T);

/// A form's fields as a value.
pub trait Form: Sized {
    /// Whether the form is for people who are not signed in; its token then belongs to their visit.
    const FOR_VISITORS: bool = false;

    /// Whether one of its fields is the text of a message, which may be long.
    const HOLDS_MESSAGE: bool = false;

    fn read(fields: &Fields) -> Self;
}

/// The fields as they were sent, repeated names included.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of that name, or nothing.
    pub fn text(&self, name: &str) -> String {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub fn line(&self, name: &str) -> String {
        self.text(name).trim().to_owned()
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(key, value)| key == name && value == "yes")
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}

/// A form that is nothing but a button.
pub struct Pressed;

impl Form for Pressed {
    fn read(_fields: &Fields) -> Self {
        Self
    }
}

impl<T: Form + 'static> FromRequest for Submitted<T> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            let mut payload = payload.await.map_err(|_| Refusal::Form(FormRefusal::NotAForm))?;
            submitted(&request, &mut payload).await
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
    payload: &mut web::Payload,
) -> Result<Submitted<T>, Refusal> {
    let site = site(request)?;
    form_check::origin(&site, request).map_err(Refusal::Form)?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::Form(FormRefusal::NotAForm));
    }
    // Looked for before the body is read: nobody keeps the server busy with forms that no page gave.
    let sender = if T::FOR_VISITORS {
        let visit = Jar::Visit.read_secret(&site, request);
        Sender::Visitor(visit.ok_or(Refusal::Form(FormRefusal::WrongToken))?)
    } else {
        let session = session_of(request).await?;
        Sender::SignedIn(session.ok_or_else(|| Refusal::SignIn("/inbox".to_owned()))?)
    };
    // A byte of text takes up to three in a form.
    let text_bytes = if T::HOLDS_MESSAGE { site.bodies.bytes * 3 } else { 0 };
    let room = if T::FOR_VISITORS { site.bodies.room.for_strangers() } else { site.bodies.room.clone() };
    let limits = BodyLimits { bytes: text_bytes + FIELDS_BYTES, room, ..site.bodies.clone() };
    let fields = Fields::parse(&body::read(request, payload, &limits).await?);
    let token = fields.text(TOKEN_FIELD);
    let known = match sender {
        Sender::Visitor(secret) => csrf::matches(&secret, &token),
        Sender::SignedIn(session) => {
            require_still(request, &session)?;
            session.accepts(&token)
        }
    };
    if known { Ok(Submitted(T::read(&fields))) } else { Err(Refusal::Form(FormRefusal::WrongToken)) }
}

/// The site that this worker serves.
pub fn site(request: &HttpRequest) -> Result<web::Data<Site>, Refusal> {
    let site = request.app_data::<web::Data<Site>>().cloned();
    site.ok_or_else(|| {
        let status = actix_web::http::StatusCode::INTERNAL_SERVER_ERROR;
        Failure { cause: Some("the pages were not set up".to_owned()), ..Failure::new(status, "") }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_repeat() {
        let fields = Fields::parse(b"pick=a.1&pick=b.2&sure=yes&text=%20x+y&empty=");
        assert_eq!(fields.all("pick"), ["a.1", "b.2"]);
        assert!(fields.ticked("sure") && !fields.ticked("pick"));
        assert_eq!((fields.text("text").as_str(), fields.line("text").as_str()), (" x y", "x y"));
        assert_eq!(fields.text("missing"), "");
    }
}
