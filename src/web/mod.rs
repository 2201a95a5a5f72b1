//! The pages: server-rendered, every action a plain form. They call the same service methods as the API.

mod admin;
mod api_operations;
mod appearance;
pub mod assets;
mod channel;
mod channel_form;
mod channel_settings;
mod channels;
mod chrome;
mod cookies;
mod curl;
mod device;
mod error_page;
mod flash;
mod form_check;
mod format;
mod forms;
mod guards;
mod help;
mod inbox;
mod inbox_actions;
mod live;
mod look;
mod message;
pub mod page;
mod panels;
mod profile;
mod qr;
mod query;
mod rows;
mod search;
mod security;
mod setup;
mod share;
mod sign_in;
pub mod site;
mod tokens;

use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::failure::Failure;
use crate::web::error_page::Refusal;

/// Registers every page. The last of all routes: what no other surface answers is a page that does not exist.
pub fn configure(app: &mut web::ServiceConfig) {
    let pages = web::scope("")
        .wrap(from_fn(page::finish))
        .app_data(web::QueryConfig::default().error_handler(|_, _| Refusal::NotFound.into()))
        .service(assets::serve)
        .service(inbox::start)
        .service(inbox::show)
        .service(search::show)
        .service(inbox_actions::act)
        .service(message::raw)
        .service(message::show)
        .service(live::events)
        .service(channels::ask)
        .service(channels::make)
        .service(channels::show)
        .service(channel_settings::show)
        .service(channel_settings::save)
        .service(channel_settings::close)
        .service(channel_settings::ask_delete)
        .service(channel_settings::delete)
        .service(tokens::reveal)
        .service(tokens::hand_over)
        .service(tokens::ask_revoke)
        .service(tokens::revoke)
        .service(tokens::show)
        .service(tokens::issue)
        .service(share::show)
        .service(channel::mark_read)
        .service(channel::show)
        .service(channel::write)
        .service(profile::ask_delete)
        .service(profile::delete)
        .service(security::list)
        .service(security::end)
        .service(security::show)
        .service(security::change_password)
        .service(appearance::show)
        .service(appearance::save)
        .service(profile::show)
        .service(profile::save)
        .service(admin::create)
        .service(admin::change_account)
        .service(admin::change_user)
        .service(admin::show)
        .service(help::api)
        .service(help::shortcuts)
        .service(sign_in::show)
        .service(sign_in::sign_in)
        .service(sign_in::sign_out)
        .service(sign_in::ask_again)
        .service(sign_in::lock)
        .service(sign_in::confirm)
        .service(setup::show)
        .service(setup::set_up)
        .service(setup::ask)
        .service(setup::register)
        .service(setup::ask_new_password)
        .service(setup::set_new_password)
        .service(web::resource("/robots.txt").to(robots))
        .service(web::redirect("/.well-known/change-password", "../profile/security"))
        .service(web::redirect("/help", "help/api"))
        .default_service(web::to(missing));
    app.service(pages);
}

/// Nothing here is for search engines.
async fn robots() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("User-agent: *\nDisallow: /\n")
}

/// A path of the API that does not exist is answered without a body, as the reference does.
async fn missing(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    if request.path().starts_with("/api/") {
        return Ok(HttpResponse::NotFound().finish());
    }
    if !request.method().is_safe() {
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "").into());
    }
    Err(Refusal::NotFound)
}
