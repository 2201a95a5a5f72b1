//! Managing the server, for operators.

mod accounts;
mod backups;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, post, register};

const TABLE: &[PageRoute] = &[
    get("/admin", |r| r.to(accounts::show)),
    post("/admin/accounts", |r| r.to(accounts::create)),
    post("/admin/accounts/{account}", |r| r.to(accounts::change_account)),
    get("/admin/backups", |r| r.to(backups::show)),
    post("/admin/backups", |r| r.to(backups::make)),
    get("/admin/backups/{name}", |r| r.to(backups::download)),
    post("/admin/users/{user}", |r| r.to(accounts::change_user)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
