//! How an area of the pages lists what it serves, in one table that routes it.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, web};

use crate::http::failure::Failure;
use crate::web::frame::refusal::Refusal;

/// A page, or an action on one.
pub struct PageRoute {
    method: Method,
    /// The path below the base path, with its parameters in braces.
    path: &'static str,
    route: fn(Route) -> Route,
}

/// A page that is shown.
pub const fn get(path: &'static str, route: fn(Route) -> Route) -> PageRoute {
    PageRoute { method: Method::GET, path, route }
}

/// Something that a form asks for.
pub const fn post(path: &'static str, route: fn(Route) -> Route) -> PageRoute {
    PageRoute { method: Method::POST, path, route }
}

/// Registers a table: one resource for each path. Those of one path stand together.
pub fn register(app: &mut web::ServiceConfig, table: &[PageRoute]) {
    for routes in table.chunk_by(|one, other| one.path == other.path) {
        let resource = routes.iter().fold(Resource::new(routes[0].path), |resource, one| {
            resource.route((one.route)(web::method(one.method.clone())))
        });
        app.service(resource.default_service(web::to(missing)));
    }
}

/// What no page answers. A path of the API that does not exist is answered without a body, as the reference does.
pub async fn missing(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    if request.path().starts_with("/api/") {
        return Ok(HttpResponse::NotFound().finish());
    }
    if !request.method().is_safe() {
        return Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "").into());
    }
    Err(Refusal::NotFound)
}
