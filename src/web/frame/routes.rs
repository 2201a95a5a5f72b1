//! How an area of the pages lists what it serves, in one table that routes it.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, web};

use crate::http::failure::Failure;
use crate::web::frame::answers::redirect;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::{Site, shared};

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
        let path = routes[0].path;
        let resource = routes.iter().fold(Resource::new(path), |resource, one| {
            resource.route((one.route)(web::method(one.method.clone())))
        });
        let resource = if is_page(table, path) {
            resource
        } else {
            let levels = levels_to_page(table, path);
            let onward = move |request: HttpRequest| async move { to_page(&request, levels) };
            resource.route(web::get().to(onward))
        };
        app.service(resource.default_service(web::to(missing)));
    }
}

fn is_page(table: &[PageRoute], path: &str) -> bool {
    table.iter().any(|one| one.path == path && one.method == Method::GET)
}

/// How many parts an action's path has more than that of the page above it.
fn levels_to_page(table: &[PageRoute], path: &str) -> usize {
    let ways_up = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above));
    ways_up.take_while(|path| !is_page(table, path)).count()
}

/// On to the page that an action belongs to: an answer to a form has the action's address, and somebody who signs in from
/// there, or loads it anew, asks for it.
fn to_page(request: &HttpRequest, levels: usize) -> Result<HttpResponse, Refusal> {
    let site = shared::<Site>(request)?;
    let path = request.path().strip_prefix(site.base.as_str()).unwrap_or_default();
    let page = path.rsplitn(levels + 1, '/').nth(levels).filter(|page| !page.is_empty());
    Ok(redirect(&site.base, page.unwrap_or("/inbox")))
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
