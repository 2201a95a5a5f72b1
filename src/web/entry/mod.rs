//! Coming in: signing in and out, the password again, the first account, registering, a new password; and leaving e-mail.

mod first_account;
mod forgotten;
mod new_account;
mod register;
mod reset;
mod sign_in;
mod step_up;
mod unsubscribe;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{self, PageRoute, get, post};

const TABLE: &[PageRoute] = &[
    get("/login", |r| r.to(sign_in::show)),
    post("/login", |r| r.to(sign_in::sign_in)),
    post("/logout", |r| r.to(sign_in::sign_out)),
    get("/step-up", |r| r.to(step_up::ask)),
    post("/step-up", |r| r.to(step_up::confirm)),
    post("/step-up/close", |r| r.to(step_up::lock)),
    get("/setup", |r| r.to(first_account::ask)),
    post("/setup", |r| r.to(first_account::make)),
    get("/register", |r| r.to(register::ask)),
    post("/register", |r| r.to(register::make)),
    get("/forgotten", |r| r.to(forgotten::show)),
    post("/forgotten", |r| r.to(forgotten::send)),
    get("/reset", |r| r.to(reset::ask)),
    post("/reset", |r| r.to(reset::set)),
    get("/unsubscribe/{shown}", |r| r.to(unsubscribe::ask)),
    post("/unsubscribe/{shown}", |r| r.to(unsubscribe::end)),
];

pub fn configure(app: &mut ServiceConfig) {
    routes::register(app, TABLE);
}
