//! The pages: server-rendered, every action a plain form. They call the same service methods as the API.
//!
//! Each area has a room with its own table of paths and its templates in a folder of the same name. All of them stand on
//! `frame`, which stands on `words`.

mod admin;
mod channels;
mod entry;
pub mod frame;
mod guest;
mod help;
mod inbox;
mod profile;
mod words;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

pub use crate::web::guest::route_for_people;

use crate::web::frame::refusal::Refusal;
use crate::web::frame::routes::{PageRoute, get, missing, register};
use crate::web::frame::{assets, finish, installed};

/// What comes from `static/`.
const ASSETS: &[PageRoute] = &[
    get("/assets/{version}/{name:.*}", |r| r.to(assets::serve)),
    get("/client.js", |r| r.to(assets::client)),
    get("/client.d.ts", |r| r.to(assets::client_types)),
];

/// Registers every page. The last of all routes: what no other surface answers is a page that does not exist.
pub fn configure(app: &mut web::ServiceConfig) {
    let pages = web::scope("")
        .wrap(from_fn(finish::serve))
        .app_data(web::QueryConfig::default().error_handler(|_, _| Refusal::NotFound.into()))
        .configure(|app| register(app, ASSETS))
        .configure(|app| register(app, installed::TABLE))
        .configure(inbox::configure)
        .configure(channels::configure)
        .configure(profile::configure)
        .configure(admin::configure)
        .configure(help::configure)
        .configure(guest::configure)
        .configure(entry::configure)
        .service(web::resource("/robots.txt").to(robots))
        .service(web::redirect("/.well-known/change-password", "../profile/security"))
        .default_service(web::to(missing));
    app.service(pages);
}

/// Nothing here is for search engines.
async fn robots() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("User-agent: *\nDisallow: /\n")
}
