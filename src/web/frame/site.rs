//! What the pages need to know of the configuration, resolved once.

use std::path::PathBuf;
use std::time::Duration;

use actix_web::{HttpRequest, web};

use crate::config::{BaseUrl, Config, PublicAccessMode, Signup, Theme};
use crate::http::address::Addresses;
use crate::http::body::BodyLimits;
use crate::web::frame::refusal::{Refusal, broken};
use actix_web::http::header::HOST;
use actix_web::http::uri::Authority;

/// The server as its pages see it.
pub struct Site {
    /// Path below which everything lives, without a slash at its end.
    pub base: String,
    /// `ui.title`.
    pub instance: String,
    /// Which database is behind these pages: several servers may have one host name, and cookies know no ports.
    pub mark: String,
    pub notice: String,
    pub default_theme: &'static str,
    pub signup_open: bool,
    /// Whether channels may be used without a token, where their holder wants it.
    pub public_access: bool,
    /// Characters.
    pub password_min: usize,
    /// What an account may store, in bytes, if that is limited.
    pub quota: Option<u64>,
    /// How long a message may be, and what else holds for bodies.
    pub bodies: BodyLimits,
    /// Where the data is, for whoever sets the server up.
    pub folder: String,
    /// The file of the master key, unless that comes from a passphrase.
    pub key_file: Option<PathBuf>,
    /// How long a confirmation by password holds.
    pub step_up: Duration,
    addresses: Addresses,
    own_tls: bool,
}

impl Site {
    pub fn new(config: &Config, addresses: Addresses, mark: String, bodies: BodyLimits) -> Self {
        Self {
            base: addresses.base_path().to_owned(),
            instance: config.ui.title.clone(),
            mark,
            notice: config.ui.notice.clone().unwrap_or_default(),
            default_theme: match config.ui.default_theme {
                Theme::System => "system",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
            signup_open: config.accounts.signup == Signup::Open,
            public_access: config.api.public_access == PublicAccessMode::Honour,
            password_min: config.accounts.password_min,
            quota: Some(config.limits.storage_per_account).filter(|bytes| *bytes > 0),
            bodies,
            folder: config.data.dir.display().to_string(),
            key_file: config.data.used_key_file().cloned(),
            step_up: config.sessions.step_up,
            own_tls: config.tls.is_some() && !config.server.speaks_plainly(),
            addresses,
        }
    }

    /// Whether the configuration says under which address people reach this server.
    pub fn has_public_address(&self) -> bool {
        self.addresses.base_url().is_some()
    }

    /// Whether browsers reach this server over https, so that cookies may be bound to it.
    pub fn is_https(&self) -> bool {
        self.addresses.base_url().map_or(self.own_tls, BaseUrl::is_https)
    }

    /// Scheme, host and base path, without a slash at the end.
    pub fn public_url(&self, request: &HttpRequest) -> String {
        self.addresses.public_url(request)
    }

    /// The page to sign in on, when the request came for another host than the configured ones.
    pub fn right_address(&self, request: &HttpRequest) -> Option<String> {
        let url = self.addresses.base_url()?;
        let seen = seen_host(request);
        (!self.addresses.is_own(|url| url.authority() == seen)).then(|| format!("{url}/login"))
    }

    /// Whether a form came from a page of this server, by the origin that its browser names.
    pub fn is_own_origin(&self, request: &HttpRequest, named: &str) -> bool {
        match self.addresses.base_url() {
            Some(_) => self.addresses.is_own(|url| named == url.origin()),
            // Without a configured address the scheme may be that of a proxy; the host must be the one asked for.
            None => {
                host_of(named) == host_of(&self.public_url(request)) || host_of(named) == seen_host(request)
            }
        }
    }

    /// The address of the API, without a slash at its end.
    pub fn api(&self, request: &HttpRequest) -> String {
        format!("{}/api/v1", self.public_url(request))
    }

    /// The address of a channel, as `href` in the API.
    pub fn channel_address(&self, request: &HttpRequest, id: &str) -> String {
        format!("{}/channel/{id}", self.api(request))
    }

    /// What a person opens in a browser to write and read in a channel. The token stands where browsers keep it to
    /// themselves.
    pub fn guest_link(&self, request: &HttpRequest, id: &str, secret: &str) -> String {
        format!("{}/c/{id}#{secret}", self.public_url(request))
    }

    /// What the operator should look at.
    pub fn warnings(&self, request: &HttpRequest) -> Vec<String> {
        let mut warnings = Vec::new();
        let forwarded = ["x-forwarded-for", "x-forwarded-host", "forwarded"];
        if self.addresses.base_url().is_none()
            && forwarded.iter().any(|name| request.headers().contains_key(*name))
        {
            warnings.push(
                "Requests come through a proxy, but server.base_url is not set: links and channel addresses may \
                 name the wrong host."
                    .to_owned(),
            );
        }
        if self.signup_open {
            warnings.push("Sign-up is open: anybody who reaches this server can make an account.".to_owned());
        }
        warnings
    }

    /// The client's address, for throttling and for the list of sessions.
    pub fn client(&self, request: &HttpRequest) -> Option<std::net::IpAddr> {
        self.addresses.client(request)
    }
}

fn host_of(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn seen_host(request: &HttpRequest) -> &str {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 has no Host header; the authority takes its place.
    header.or_else(|| request.uri().authority().map(Authority::as_str)).unwrap_or_default()
}

/// A path of this server to go on to, taken from a form or a query; anything else becomes the inbox.
pub fn own_path(text: &str) -> &str {
    let plain = |c: char| !c.is_control() && c != '\\';
    if text.starts_with('/') && !text.starts_with("//") && text.chars().all(plain) { text } else { "/inbox" }
}

/// What this worker shares with every request, by its type.
pub fn shared<T: ?Sized + 'static>(request: &HttpRequest) -> Result<web::Data<T>, Refusal> {
    let shared = request.app_data::<web::Data<T>>().cloned();
    shared.ok_or_else(|| broken("the pages were not set up"))
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_own_paths_are_gone_to() {
        for path in ["/inbox?view=all", "/m/a/1"] {
            assert_eq!(own_path(path), path);
        }
        for path in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", "inbox"] {
            assert_eq!(own_path(path), "/inbox");
        }
    }
}
