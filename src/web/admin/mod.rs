//! Managing the server, for operators.

mod accounts;
mod backups;
mod diagnostics;
mod process;
mod quota;
mod removal;
mod state;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, post, register};

const TABLE: &[PageRoute] = &[
    get("/admin", |r| r.to(accounts::show)),
    post("/admin/accounts", |r| r.to(accounts::create)),
    post("/admin/accounts/{account}", |r| r.to(accounts::change_account)),
    get("/admin/accounts/{account}/delete", |r| r.to(removal::ask_account)),
    post("/admin/accounts/{account}/delete", |r| r.to(removal::delete_account)),
    get("/admin/accounts/{account}/disable", |r| r.to(removal::ask_disable_account)),
    get("/admin/accounts/{account}/quota", |r| r.to(quota::show)),
    post("/admin/accounts/{account}/quota", |r| r.to(quota::change)),
    get("/admin/backups", |r| r.to(backups::show)),
    post("/admin/backups", |r| r.to(backups::make)),
    get("/admin/backups/{name}", |r| r.to(backups::download)),
    get("/admin/diagnostics", |r| r.to(diagnostics::show)),
    get("/admin/log", |r| r.to(process::log)),
    get("/admin/settings", |r| r.to(process::settings)),
    get("/admin/users/{user}/delete", |r| r.to(removal::ask_user)),
    post("/admin/users/{user}/delete", |r| r.to(removal::delete_user)),
    get("/admin/users/{user}/disable", |r| r.to(removal::ask_disable_user)),
    post("/admin/users/{user}", |r| r.to(accounts::change_user)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
