//! What every form must prove before it is read: it was on a page of ours, given to this browser.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN, REFERER};

use crate::web::site::Site;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a form was not accepted.
#[derive(Debug, Clone)]
pub enum FormRefusal {
    /// It was sent by a page of another origin, or by nobody who says where it came from.
    ForeignOrigin { expected: String, seen: String },
    /// Its token is not the one of this browser's session.
    WrongToken,
    /// It is not a form at all.
    NotAForm,
}

impl FormRefusal {
    pub fn text(&self) -> &'static str {
        match self {
            Self::ForeignOrigin { .. } => {
                "It seems to come from another site. Behind a proxy, server.base_url must be the address that \
                 browsers use, and the proxy must pass the Host header on."
            }
            Self::WrongToken => {
                "The page was open for too long or you signed in again since. Open it anew and repeat. If that does \
                 not help, cookies may be blocked, or http and https mixed up."
            }
            Self::NotAForm => "The request does not carry a form that this server knows.",
        }
    }

    pub fn facts(&self) -> Vec<String> {
        match self {
            Self::ForeignOrigin { expected, seen } => {
                vec![format!("Expected: {expected}"), format!("Seen: {seen}")]
            }
            Self::WrongToken | Self::NotAForm => Vec::new(),
        }
    }
}

/// Judges where a form came from: what the browser says of the relation of the sites, and else the origin by name.
pub fn origin(site: &Site, request: &HttpRequest) -> Result<(), FormRefusal> {
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

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
