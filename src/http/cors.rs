//! Cross-origin requests: pages of other origins may use the API with a token, never with cookies.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use crate::config::CorsConfig;

/// Headers of answers that scripts of other origins may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("authorization,etag,channel-flags,retry-after,x-request-id,content-disposition");

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
        if self.allowed(request).is_some() {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, wanted.clone());
            if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
            }
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
        Some(response)
    }

    /// Lets the page read the answer, and what its headers say. The reference tells what HEAD exposes to everybody.
    pub fn decorate(&self, method: &Method, request: &HeaderMap, response: &mut HeaderMap) {
        let allowed = self.allowed(request);
        if allowed.is_some() || method == Method::HEAD {
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        if let Some(allowed) = allowed {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        }
        // Also where nothing was allowed: from another origin the answer would have been another.
        response.append(VARY, HeaderValue::from_static("Origin"));
    }

    /// What an answer to this request says about its origin, if pages of that may read it.
    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        match &self.origins {
            None => Some(HeaderValue::from_static("*")),
            Some(origins) => {
                let is_named = origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
                is_named.then(|| origin.clone())
            }
        }
    }
}
