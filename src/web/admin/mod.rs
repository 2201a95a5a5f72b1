//! Managing the server, for operators.

mod accounts;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{Endpoint, get, post, register};

const TABLE: &[Endpoint] = &[
    get("/admin", |r| r.to(accounts::show)),
    post("/admin/accounts", |r| r.to(accounts::create)),
    post("/admin/accounts/{account}", |r| r.to(accounts::change_account)),
    post("/admin/users/{user}", |r| r.to(accounts::change_user)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
