//! The cookies of the pages: their names, their reach, their lifetimes.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};

use crate::auth::session::Sessions;
use crate::domain::secret::SessionSecret;
use crate::web::frame::site::Site;

/// Which cookie.
#[derive(Debug, Clone, Copy)]
pub enum Jar {
    /// The secret of a session.
    Session,
    /// The secret behind the forms of somebody who is not signed in.
    Visit,
    /// How pages should look.
    Look,
    /// What the last action did.
    Flash,
}

impl Jar {
    /// Over https the prefix makes browsers refuse the cookie from anywhere but this host, so that http and https,
    /// and a neighbour under another path or name, never share one. The site's mark keeps neighbours on other ports apart.
    fn name(self, site: &Site) -> String {
        let prefix = match (site.is_https(), site.base.is_empty()) {
            (true, true) => "__Host-",
            (true, false) => "__Secure-",
            (false, _) => "",
        };
        let what = match self {
            Self::Session => "",
            Self::Visit => "-visit",
            Self::Look => "-look",
            Self::Flash => "-flash",
        };
        format!("{prefix}peerbox-{}{what}", site.mark)
    }

    /// The value that the browser sent.
    pub fn read(self, site: &Site, request: &HttpRequest) -> Option<String> {
        request.cookie(&self.name(site)).map(|cookie| cookie.value().to_owned())
    }

    /// The same as a secret, which no log shows.
    pub fn read_secret(self, site: &Site, request: &HttpRequest) -> Option<SessionSecret> {
        self.read(site, request).map(SessionSecret::new)
    }

    /// A cookie for the browser; without a lifetime it ends with the browser.
    pub fn set(self, site: &Site, value: &str, lifetime: Option<Duration>) -> Cookie<'static> {
        let path = if site.base.is_empty() { "/".to_owned() } else { site.base.clone() };
        let mut cookie = Cookie::build(self.name(site), value.to_owned())
            .path(path)
            .http_only(true)
            .secure(site.is_https())
            .same_site(SameSite::Lax)
            .finish();
        if let Some(lifetime) = lifetime {
            let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(actix_web::cookie::time::Duration::seconds(seconds));
        }
        cookie
    }

    /// Takes the cookie away.
    pub fn clear(self, site: &Site) -> Cookie<'static> {
        let mut cookie = self.set(site, "", None);
        cookie.make_removal();
        cookie
    }
}

/// The cookie of a session; one that is not remembered ends with the browser.
pub fn session_cookie(
    site: &Site,
    sessions: &Sessions,
    secret: &SessionSecret,
    remember: bool,
) -> actix_web::cookie::Cookie<'static> {
    Jar::Session.set(site, secret.expose(), remember.then(|| sessions.longest()))
}
