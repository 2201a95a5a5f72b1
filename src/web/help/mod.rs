//! Help: the API and the keyboard.

mod api;
mod operations;
mod shortcuts;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{Endpoint, get, register};

const TABLE: &[Endpoint] =
    &[get("/help/api", |r| r.to(api::show)), get("/help/shortcuts", |r| r.to(shortcuts::show))];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
