//! What every answer of a page passes last: refusals become pages, pages get their headers, cookies and compression.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap,
    HeaderName, HeaderValue, LOCATION, REFERRER_POLICY, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use askama::Template;
use bytes::Bytes;

use crate::auth::session::Session;
use crate::http::failure::Failure;
use crate::service::accounts::Accounts;
use crate::web::frame::answers::location;
use crate::web::frame::assets;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::cookies::Jar;
use crate::web::frame::error_page;
use crate::web::frame::flash;
use crate::web::frame::forms::carried::Carried;
use crate::web::frame::forms::visit;
use crate::web::frame::page::Pages;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::{Site, shared};
use crate::web::frame::step_up::StepUpPage;
use crate::web::frame::unsent::SignedOutPage;

/// Nothing inline, nothing foreign; no script may build markup from text, and one names the address of the worker. A
/// counterparty's page makes its own manifest.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      manifest-src 'self' blob:; worker-src 'self'; require-trusted-types-for 'script'; \
                      trusted-types peerbox-worker";

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
                           microphone=(), midi=(), payment=(), serial=(), usb=(), clipboard-write=(self)";

/// Below this many bytes compressing costs more than it saves.
const COMPRESS_FROM: usize = 1400;

/// Renders refusals, compresses, and sets the headers and cookies that every page has.
pub async fn serve(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = next.call(request).await?.map_into_boxed_body();
    let request = response.request().clone();
    let (Some(site), Some(pages)) =
        (request.app_data::<web::Data<Site>>().cloned(), request.app_data::<web::Data<Pages>>().cloned())
    else {
        return Ok(response);
    };
    let refusal = response.response_mut().extensions_mut().remove::<Refusal>();
    // Failures of extractors come here without having passed through a page.
    let failure = response.response_mut().extensions_mut().remove::<Failure>();
    if let Some(refusal) = refusal.or(failure.map(Refusal::Failed)) {
        response = refused(&site, &pages, response, &request, &refusal).await;
    }
    response = compressed(&request, response);
    let is_page = is_html(response.headers());
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    if is_page {
        set(CONTENT_SECURITY_POLICY.as_str(), POLICY);
        // Same-origin and not none: with none, browsers hide the Origin that forms are checked by.
        set(REFERRER_POLICY.as_str(), "same-origin");
        set("permissions-policy", PERMISSIONS);
        set("x-robots-tag", "noindex");
    }
    set("cross-origin-opener-policy", "same-origin");
    if !headers.contains_key(CROSS_ORIGIN_RESOURCE_POLICY) {
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    }
    if let Some(cookie) = visit::cookie(&site, &request) {
        response.response_mut().add_cookie(&cookie)?;
    }
    // An answer that is no page of its own, or none at all, leaves it for the next page.
    if is_page && flash::is_told(&request) {
        response.response_mut().add_cookie(&Jar::Flash.clear(&site))?;
    }
    Ok(response)
}

async fn refused(
    site: &Site,
    pages: &Pages,
    response: ServiceResponse<BoxBody>,
    request: &HttpRequest,
    refusal: &Refusal,
) -> ServiceResponse<BoxBody> {
    let (_, mut answer) = response.into_parts();
    let carried = request.extensions_mut().remove::<Carried>();
    if let Some(body) = waiting(site, pages, request, refusal, carried.as_ref()).await {
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        answer = answer.set_body(BoxBody::new(body));
    } else if let Some(path) = error_page::elsewhere(refusal) {
        answer.headers_mut().insert(LOCATION, location(&site.base, &path));
    } else if let Some(body) = error_page::render(pages.gate(request), request, refusal, carried) {
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        answer = answer.set_body(BoxBody::new(body));
    }
    if let Refusal::Failed(failure) = refusal {
        // The edge logs the cause; the page keeps its true status.
        answer.extensions_mut().insert(Failure { wrapped: false, ..failure.clone() });
    }
    ServiceResponse::new(request.clone(), answer)
}

/// The page to sign in on, or to give the password on again, with the form that needed it. A browser that keeps that is sent
/// on. It is as long as what was sent, and counts like that until it is taken.
async fn waiting(
    site: &Site,
    pages: &Pages,
    request: &HttpRequest,
    refusal: &Refusal,
    carried: Option<&Carried>,
) -> Option<Bytes> {
    let carried = carried.filter(|carried| !carried.is_kept())?.clone();
    let (c, room) = (pages.gate(request), &site.bodies.room);
    match refusal {
        Refusal::SignIn(next) => {
            let page = SignedOutPage {
                c,
                next: next.clone(),
                user: "",
                remember: true,
                carried: Some(carried),
                problems: Problems::none(),
            };
            Some(room.for_strangers().count(page.render().ok()?.into_bytes()))
        }
        Refusal::StepUp(next) => {
            let session = request.extensions().get::<Session>().cloned()?;
            let (user, _account) = shared::<Accounts>(request).ok()?.own(session.owner()).await.ok()?;
            let c = Chrome { csrf: session.form_token(), ..c };
            let page = StepUpPage::new(c, site, user.name, next, Some(carried), Problems::none());
            Some(room.count(page.render().ok()?.into_bytes()))
        }
        _ => None,
    }
}

fn compressed(request: &HttpRequest, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if !assets::takes_gzip(request)
        || !is_html(response.headers())
        || response.headers().contains_key(CONTENT_ENCODING)
    {
        return response;
    }
    let (request, answer) = response.into_parts();
    let (mut answer, body) = answer.into_parts();
    let body = match body.try_into_bytes() {
        Ok(plain) if plain.len() >= COMPRESS_FROM => match assets::gzip_fast(&plain) {
            Some(gzip) => {
                answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                answer.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
                BoxBody::new(gzip)
            }
            None => BoxBody::new(plain),
        },
        Ok(plain) => BoxBody::new(plain),
        Err(streamed) => streamed,
    };
    ServiceResponse::new(request, answer.set_body(body))
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}
