//! Whoever is signed in: the profile, password, sessions, how pages look.

mod about;
mod appearance;
mod email;
mod export;
mod keys;
mod notifications;
mod security;
mod sessions;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, post, register};

const TABLE: &[PageRoute] = &[
    get("/profile", |r| r.to(about::show)),
    post("/profile", |r| r.to(about::save)),
    post("/profile/zone", |r| r.to(about::guess_zone)),
    get("/profile/delete", |r| r.to(about::ask_delete)),
    post("/profile/delete", |r| r.to(about::delete)),
    get("/profile/security", |r| r.to(security::show)),
    post("/profile/security", |r| r.to(security::change_password)),
    get("/profile/sessions", |r| r.to(sessions::list)),
    post("/profile/sessions", |r| r.to(sessions::end)),
    get("/profile/keys", |r| r.to(keys::list)),
    post("/profile/keys", |r| r.to(keys::publish)),
    get("/profile/keys/new", |r| r.to(keys::make)),
    get("/profile/keys/unlock", |r| r.to(keys::unlock)),
    get("/profile/keys/{key}/retire", |r| r.to(keys::ask_retire)),
    post("/profile/keys/{key}/retire", |r| r.to(keys::retire)),
    get("/profile/notifications", |r| r.to(notifications::show)),
    post("/profile/notifications", |r| r.to(notifications::save)),
    post("/profile/notifications/browsers", |r| r.to(notifications::subscribe)),
    post("/profile/notifications/channel", |r| r.to(notifications::save_channel)),
    get("/profile/notifications/email", |r| r.to(email::show)),
    post("/profile/notifications/email", |r| r.to(email::keep)),
    get("/profile/notifications/email/confirm", |r| r.to(email::ask_confirm)),
    post("/profile/notifications/email/confirm", |r| r.to(email::confirm)),
    post("/profile/notifications/email/rhythm", |r| r.to(email::save)),
    post("/profile/notifications/email/test", |r| r.to(email::test)),
    post("/profile/notifications/email/remove", |r| r.to(email::remove)),
    post("/profile/notifications/{browser}/remove", |r| r.to(notifications::remove)),
    post("/profile/notifications/{browser}/test", |r| r.to(notifications::test)),
    get("/profile/export", |r| r.to(export::show)),
    get("/profile/export/file", |r| r.to(export::download)),
    get("/profile/appearance", |r| r.to(appearance::show)),
    post("/profile/appearance", |r| r.to(appearance::save)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
