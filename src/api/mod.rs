//! The REST API: routes, and per resource the requests, the answers and the handlers.

mod channel_json;
pub mod channel_list;
mod channels;
mod guards;
mod json;
mod key;
mod message_list;
mod messages;
pub mod notify;
pub mod openapi;
mod picture;
pub mod problem;
mod push;
mod query;
mod raw_message;
mod tokens;

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpResponse, Resource, Route, guard, web};

/// One operation of the API, declared once: it is routed by this and documented from this.
pub struct Endpoint {
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    route: fn(Route) -> Route,
}

impl Endpoint {
    const fn new(
        method: Method,
        path: &'static str,
        summary: &'static str,
        route: fn(Route) -> Route,
    ) -> Self {
        Self { method, path, summary, route }
    }
}

const CHANNEL: &str = "/api/v1/channel/{channel}";
const NOTIFY: &str = "/api/v1/channel/{channel}/notify";
const NOTIFY_TICKET: &str = "/api/v1/channel/{channel}/notify-ticket";
const KEY: &str = "/api/v1/channel/{channel}/key";
const PICTURE: &str = "/api/v1/channel/{channel}/picture";
const MESSAGE: &str = "/api/v1/channel/{channel}/{sequence}";
const PUSH: &str = "/api/v1/pushnotifications";
const PUSH_DEVICE: &str = "/api/v1/pushnotifications/{device}";
const CHANNELS: &str = "/api/v1/account/{account}/channel";
const CHANNEL_LIST: &str = "/api/v1/account/{account}/channel/list";
const OWN_CHANNEL: &str = "/api/v1/account/{account}/channel/{channel}";
const ACCOUNT_NOTIFY: &str = "/api/v1/account/{account}/notify";
const ACCOUNT_NOTIFY_TICKET: &str = "/api/v1/account/{account}/notify-ticket";
const TOKENS: &str = "/api/v1/account/{account}/channel/{channel}/api-token";
const TOKEN: &str = "/api/v1/account/{account}/channel/{channel}/api-token/{token}";

/// Every operation, those of one path together; message paths first, because the router tries them in order.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Method::POST, CHANNEL, "Write a message", |r| r.to(messages::write)),
    Endpoint::new(Method::GET, CHANNEL, "Read messages", |r| r.to(messages::read)),
    Endpoint::new(Method::HEAD, CHANNEL, "Highest sequence of others", |r| r.to(messages::head)),
    Endpoint::new(Method::GET, NOTIFY, "Be notified over a WebSocket", |r| r.to(notify::connect)),
    Endpoint::new(Method::POST, NOTIFY_TICKET, "Get a ticket for a socket", |r| r.to(notify::ticket)),
    Endpoint::new(Method::GET, KEY, "Get the key to seal with", |r| r.to(key::get)),
    Endpoint::new(Method::GET, PICTURE, "Get the picture of a channel", |r| r.to(picture::get)),
    Endpoint::new(Method::POST, MESSAGE, "Mark as read or unread", |r| r.to(messages::mark)),
    Endpoint::new(Method::DELETE, MESSAGE, "Delete a message", |r| r.to(messages::delete)),
    Endpoint::new(Method::GET, MESSAGE, "Download one message", |r| r.to(raw_message::download)),
    Endpoint::new(Method::POST, PUSH, "Register a device", |r| r.to(push::register)),
    Endpoint::new(Method::PUT, PUSH_DEVICE, "Rename a device", |r| r.to(push::rename)),
    Endpoint::new(Method::DELETE, PUSH_DEVICE, "Forget a device", |r| r.to(push::forget)),
    Endpoint::new(Method::GET, ACCOUNT_NOTIFY, "Be notified of all channels", |r| {
        r.to(notify::connect_account)
    }),
    Endpoint::new(Method::POST, ACCOUNT_NOTIFY_TICKET, "Get a ticket for such a socket", |r| {
        r.to(notify::account_ticket)
    }),
    Endpoint::new(Method::POST, CHANNELS, "Create a channel", |r| r.to(channels::create)),
    Endpoint::new(Method::GET, CHANNEL_LIST, "List channels", |r| r.to(channels::list)),
    Endpoint::new(Method::GET, OWN_CHANNEL, "Get a channel", |r| r.to(channels::get)),
    Endpoint::new(Method::POST, OWN_CHANNEL, "Amend a channel", |r| r.to(channels::amend)),
    Endpoint::new(Method::DELETE, OWN_CHANNEL, "Delete a channel", |r| r.to(channels::delete)),
    Endpoint::new(Method::POST, TOKENS, "Issue a token", |r| r.to(tokens::issue)),
    Endpoint::new(Method::GET, TOKENS, "List tokens", |r| r.to(tokens::list)),
    Endpoint::new(Method::GET, TOKEN, "Get a token", |r| r.to(tokens::get)),
    Endpoint::new(Method::DELETE, TOKEN, "Revoke a token", |r| r.to(tokens::revoke)),
];

/// Whether HEAD is an operation of its own on that path, rather than GET without the body. It is asked with every HEAD, so
/// the table is not looked through.
pub fn has_own_head(path: &str) -> bool {
    let channel = path.strip_prefix(CHANNEL.trim_end_matches("{channel}"));
    channel.is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

/// Registers every operation: one resource per path, and 405 with `Allow` for its other methods. `for_people` answers who
/// opens a channel's address in a browser. It is a route of the same resource: one before it would match the path a
/// second time for each call.
pub fn configure(app: &mut web::ServiceConfig, mut for_people: Option<Route>) {
    app.service(web::resource(openapi::PATH).route(web::get().to(openapi::show)));
    for operations in ENDPOINTS.chunk_by(|one, other| one.path == other.path) {
        let path = operations[0].path;
        let asked_by_people = if path == CHANNEL { for_people.take() } else { None };
        let resource = asked_by_people.into_iter().fold(Resource::new(path), Resource::route);
        let resource = operations.iter().fold(resource, |resource, endpoint| {
            // The library's own guard lists every method it was asked about with the request, for a 405 that is
            // answered below: four allocations for each.
            let method = endpoint.method.clone();
            let guard = guard::fn_guard(move |request| request.head().method == method);
            resource.route((endpoint.route)(web::route().guard(guard)))
        });
        let mut methods: Vec<&str> = operations.iter().map(|endpoint| endpoint.method.as_str()).collect();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        let allow = HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static(""));
        let other_method = web::to(move || {
            let allow = allow.clone();
            async move { HttpResponse::MethodNotAllowed().insert_header((ALLOW, allow)).finish() }
        });
        app.service(resource.default_service(other_method));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::normal_path;

    #[test]
    fn head_is_its_own_on_a_channel_only() {
        let own = ENDPOINTS.iter().filter(|endpoint| endpoint.method == Method::HEAD);
        assert_eq!(own.map(|endpoint| endpoint.path).collect::<Vec<_>>(), [CHANNEL]);
        assert!(has_own_head("/api/v1/channel/some"));
        for path in ["/api/v1/channel/", "/api/v1/channel/some/1", "/api/v1/account/1/channel/some", "/", ""]
        {
            assert!(!has_own_head(path), "{path}");
        }
    }

    #[test]
    fn every_word_of_a_path_may_be_written_in_capitals() {
        for endpoint in ENDPOINTS {
            let word = |segment: &str, capitals: bool| match segment {
                "{sequence}" => "7".to_owned(),
                parameter if parameter.starts_with('{') => "aB".to_owned(),
                literal if capitals => literal.to_uppercase(),
                literal => literal.to_owned(),
            };
            let path = |capitals: bool| {
                endpoint.path.split('/').map(|segment| word(segment, capitals)).collect::<Vec<_>>().join("/")
            };
            assert_eq!(normal_path::normal(&path(true), ""), path(false), "{}", endpoint.path);
        }
    }
}
