//! The plain address beside https: it answers an authority's question and sends everybody else to https.

use std::rc::Rc;

use actix_web::http::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::config::{BaseUrl, Config, Listen, Speaks};
use crate::server::tls::Answers;

/// Where an authority asks (RFC 8555, section 8.3).
const QUESTIONS: &str = "/.well-known/acme-challenge/";

const HTTPS_PORT: u16 = 443;

/// Where those are sent who come without TLS.
#[derive(Debug, Clone)]
pub(super) struct Redirect {
    answers: Answers,
    /// The addresses that people use, where the configuration says any.
    own_urls: Vec<BaseUrl>,
    domains: Vec<String>,
    port: u16,
}

impl Redirect {
    pub(super) fn new(config: &Config, answers: &Answers) -> Self {
        let https = |listen: &Listen| match listen {
            Listen::Tcp(address, Speaks::Https) => Some(address.port()),
            _ => None,
        };
        let domains = config.tls.iter().flat_map(|tls| &tls.domains);
        Self {
            answers: answers.clone(),
            // One without TLS would lead back here.
            own_urls: config.server.own_urls().filter(|url| url.is_https()).cloned().collect(),
            domains: domains.map(ToString::to_string).collect(),
            port: config.server.listen.iter().find_map(https).unwrap_or(HTTPS_PORT),
        }
    }

    /// Adds what is answered to everything.
    pub(super) fn configure(self, worker: &mut web::ServiceConfig) {
        let redirect = Rc::new(self);
        worker.default_service(web::to(move |request: HttpRequest| {
            let answer = redirect.answer(&request);
            async { answer }
        }));
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        if let Some(token) = request.uri().path().strip_prefix(QUESTIONS) {
            return match self.answers.over_http(token) {
                Some(answer) => {
                    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/octet-stream")).body(answer)
                }
                None => HttpResponse::NotFound().finish(),
            };
        }
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        match self.origin(host) {
            Some(origin) => {
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let Ok(place) = HeaderValue::try_from(format!("{origin}{path}")) else {
                    return HttpResponse::BadRequest().finish();
                };
                // The method stays the same, so that nothing is lost that was meant to be written.
                HttpResponse::PermanentRedirect().insert_header((LOCATION, place)).finish()
            }
            None => HttpResponse::NotFound().finish(),
        }
    }

    /// A name of ours; one that the client made up is sent nowhere.
    fn origin(&self, host: &str) -> Option<String> {
        let asked = BaseUrl::parse(&format!("http://{host}")).ok();
        if let Some(first) = self.own_urls.first() {
            let is_asked = |url: &&BaseUrl| asked.as_ref().is_some_and(|asked| asked.host() == url.host());
            return Some(self.own_urls.iter().find(is_asked).unwrap_or(first).origin().to_owned());
        }
        let asked = asked?;
        let asked = asked.origin().trim_start_matches("http://");
        let name = match asked.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => asked,
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let known = self.domains.is_empty() || self.domains.iter().any(|domain| domain == bare);
        let port = if self.port == HTTPS_PORT { String::new() } else { format!(":{}", self.port) };
        known.then(|| format!("https://{name}{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_sent_on() {
        let check = |toml: &str, host: &str, expect: Option<&str>| {
            let config = Config::from_toml(&format!("data.dir = 'd'\n{toml}")).expect("usable");
            let redirect = Redirect::new(&config, &Answers::default());
            assert_eq!(redirect.origin(host).as_deref(), expect, "{toml} {host}");
        };
        let names =
            "tls.domains = ['a.b', '::1']\nserver.listen = ['https://[::1]:8443', 'redirect://[::1]:80']";
        check(names, "a.b", Some("https://a.b:8443"));
        check(names, "A.B:80", Some("https://a.b:8443"));
        check(names, "[::1]", Some("https://[::1]:8443"));
        check(names, "evil.example", None);
        check(names, "", None);
        check("tls.domains = ['a.b', 'c.d']", "evil.example", Some("https://a.b"));
        check("tls.domains = ['a.b', 'c.d', '::1']", "C.D:80", Some("https://c.d"));
        check("tls.domains = ['a.b', '::1']", "[::1]", Some("https://[::1]"));
        let explicit = "tls.domains = ['a.b', 'c.d']\nserver.base_url = 'https://a.b:8443'";
        check(explicit, "c.d", Some("https://a.b:8443"));
        let files = "tls.cert_file = 'c'\ntls.key_file = 'k'\nserver.listen = ['https://[::1]:443', 'redirect://[::1]:80']";
        check(files, "any.example:80", Some("https://any.example"));
        check(files, "bad host", None);
        check(files, "u@host", None);
    }
}
