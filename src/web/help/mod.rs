//! Help: for people, the keyboard, the API; and what the pages' scripts are.

mod about;
mod api;
mod guide;
mod operations;
mod shortcuts;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, register};

const TABLE: &[PageRoute] = &[
    get("/help", |r| r.to(guide::show)),
    get("/help/api", |r| r.to(api::show)),
    get("/about", |r| r.to(about::show)),
    get("/help/shortcuts", |r| r.to(shortcuts::show)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
