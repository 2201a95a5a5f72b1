//! Cross-origin requests: pages of other origins may use the API with a token, never with cookies.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use crate::config::CorsConfig;

/// Which origins may call the API.
#[derive(Debug, Clone)]
pub struct Cors {
    /// `None` is any.
    origins: Option<Vec<String>>,
}

impl Cors {
    pub fn new(config: &CorsConfig) -> Self {
        let any = config.api_origins.iter().any(|origin| origin == "*");
        Self { origins: (!any).then(|| config.api_origins.clone()) }
    }

    /// The answer to a preflight, which needs no credentials; `None` when the request is not one.
    pub fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<HttpResponse> {
        let wanted = request.get(ACCESS_CONTROL_REQUEST_METHOD).filter(|_| method == Method::OPTIONS)?;
        let mut response = HttpResponse::NoContent().finish();
        let headers = response.headers_mut();
        if self.allow(request, headers) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, wanted.clone());
            if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
            }
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
        Some(response)
    }

    /// Lets the page read the answer. HEAD says by `ETag` how far a channel is, so scripts must see that.
    pub fn decorate(&self, method: &Method, request: &HeaderMap, response: &mut HeaderMap) {
        self.allow(request, response);
        if method == Method::HEAD {
            const EXPOSED: HeaderValue = HeaderValue::from_static("authorization,etag,channel-flags");
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn allow(&self, request: &HeaderMap, response: &mut HeaderMap) -> bool {
        let Some(origin) = request.get(ORIGIN) else { return false };
        let allowed = match &self.origins {
            None => HeaderValue::from_static("*"),
            Some(origins) if origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()) => {
                response.append(VARY, HeaderValue::from_static("origin"));
                origin.clone()
            }
            Some(_) => return false,
        };
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        true
    }
}
