//! The messages of all channels: lists of them, searching, one of them, what is done to them, live updates.

mod actions;
mod boxed;
mod first_steps;
mod list;
mod live;
mod message;
mod panels;
mod query;
mod report;
mod rows;
mod search;
mod snooze;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, post, register};

const TABLE: &[PageRoute] = &[
    get("/", |r| r.to(list::start)),
    get("/inbox", |r| r.to(list::show)),
    get("/search", |r| r.to(search::show)),
    post("/first-steps", |r| r.to(first_steps::note)),
    post("/channels/{channel}/test", |r| r.to(first_steps::send_test)),
    post("/search/save", |r| r.to(search::save)),
    post("/search/forget", |r| r.to(search::forget)),
    post("/inbox/act", |r| r.to(actions::act)),
    post("/inbox/undo", |r| r.to(actions::undo)),
    get("/m/{channel}/{sequence}", |r| r.to(message::show)),
    get("/m/{channel}/{sequence}/raw", |r| r.to(message::raw)),
    get("/m/{channel}/{sequence}/box", |r| r.to(boxed::show)),
    get("/events", |r| r.to(live::events)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
