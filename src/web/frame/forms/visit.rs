//! What stands behind the forms of people who are not signed in: a secret in a cookie, given with the first such page.

use actix_web::cookie::Cookie;
use actix_web::{HttpMessage, HttpRequest};

use crate::auth::csrf;
use crate::domain::secret::SessionSecret;
use crate::web::frame::cookies::Jar;
use crate::web::frame::site::Site;

/// A visit that began with this page: its secret goes into a cookie with the answer.
#[derive(Clone)]
struct NewVisit(SessionSecret);

/// The token for forms on the page that answers this request. A visit begins here if there is none.
pub fn form_token(site: &Site, request: &HttpRequest) -> String {
    let visit = Jar::Visit.read_secret(site, request).unwrap_or_else(|| {
        let new = request.extensions().get::<NewVisit>().cloned();
        new.unwrap_or_else(|| {
            let visit = NewVisit(csrf::new_visit());
            request.extensions_mut().insert(visit.clone());
            visit
        })
        .0
    });
    csrf::token(&visit)
}

/// The cookie that goes out with the page on which a visit began.
pub fn cookie(site: &Site, request: &HttpRequest) -> Option<Cookie<'static>> {
    let NewVisit(secret) = request.extensions_mut().remove::<NewVisit>()?;
    Some(Jar::Visit.set(site, secret.expose(), None))
}
