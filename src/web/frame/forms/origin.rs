//! Where a form came from: a page of ours, in this browser.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN, REFERER};

use crate::web::frame::forms::refused::FormRefusal;
use crate::web::frame::site::Site;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Judges where a form came from: what the browser says of the relation of the sites, and else the origin by name.
pub fn judge(site: &Site, request: &HttpRequest) -> Result<(), FormRefusal> {
    let headers = request.headers();
    let refused = |seen: &str| FormRefusal::ForeignOrigin {
        expected: site.public_url(request),
        seen: if seen.is_empty() { "no origin".to_owned() } else { seen.to_owned() },
    };
    if let Some(relation) = text(headers, SEC_FETCH_SITE) {
        return match relation {
            "same-origin" | "none" => Ok(()),
            _ => Err(refused(text(headers, ORIGIN).unwrap_or(relation))),
        };
    }
    // Text browsers know neither of the two newer headers, but name the page that they come from.
    let named = text(headers, ORIGIN).map(str::to_owned).or_else(|| {
        let page = text(headers, REFERER)?;
        let (scheme, rest) = page.split_once("://")?;
        Some(format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()))
    });
    match named {
        Some(named) if site.is_own_origin(request, &named) => Ok(()),
        named => Err(refused(named.as_deref().unwrap_or_default())),
    }
}

/// Whether the browser says that a page of somebody else asked for this.
pub fn is_foreign(request: &HttpRequest) -> bool {
    let relation = text(request.headers(), SEC_FETCH_SITE);
    relation.is_some_and(|relation| !matches!(relation, "same-origin" | "none"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
