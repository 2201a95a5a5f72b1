//! Help: for people, the keyboard, the API, developers of pages; and what the pages' scripts are.

mod about;
mod api;
mod client;
mod guide;
mod operations;
mod shortcuts;
mod webhooks;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, register};

const TABLE: &[PageRoute] = &[
    get("/help", |r| r.to(guide::show)),
    get("/help/api", |r| r.to(api::show)),
    get("/help/client", |r| r.to(client::show)),
    get("/help/client/example.html", |r| r.to(client::example)),
    get("/about", |r| r.to(about::show)),
    get("/help/shortcuts", |r| r.to(shortcuts::show)),
    get("/help/webhooks", |r| r.to(webhooks::show)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
