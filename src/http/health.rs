//! `/healthz`: the process answers. `/readyz`: it can also store.

use actix_web::{HttpResponse, web};

use crate::http::failure::Failure;
use crate::service::readiness::Readiness;

/// Registers both; they need no credentials and tell nothing.
pub fn configure(app: &mut web::ServiceConfig) {
    app.service(web::resource("/healthz").route(web::get().to(alive)))
        .service(web::resource("/readyz").route(web::get().to(ready)));
}

async fn alive() -> &'static str {
    "alive"
}

async fn ready(readiness: web::Data<Readiness>) -> Result<HttpResponse, Failure> {
    readiness.check().await?;
    Ok(HttpResponse::Ok().body("ready"))
}
