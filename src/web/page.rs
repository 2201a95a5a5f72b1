//! Pages: what surrounds them, how they are answered, and the headers that keep their content from doing anything.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, LOCATION, REFERRER_POLICY, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::csrf;
use crate::auth::session::Session;
use crate::domain::account::Role;
use crate::domain::secret::SessionSecret;
use crate::http::failure::Failure;
use crate::notify::pages::PageEvents;
use crate::service::accounts::Accounts;
use crate::service::inbox::Inbox;
use crate::web::assets::{self, Assets};
use crate::web::chrome::{Chrome, Look, Person, RecentChannel};
use crate::web::cookies::Jar;
use crate::web::error_page::{self, Refusal};
use crate::web::flash;
use crate::web::format::{Mark, Unread, channel_name, letters};
use crate::web::site::Site;

/// Nothing inline, nothing foreign; the one script may build no markup from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      manifest-src 'self'; worker-src 'self'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
                           microphone=(), midi=(), payment=(), serial=(), usb=(), clipboard-write=(self)";

/// Channels named in the navigation.
const RECENT: usize = 8;

/// Below this many bytes compressing costs more than it saves.
const COMPRESS_FROM: usize = 1400;

/// Builds what surrounds the content of pages.
#[derive(Clone)]
pub struct Pages {
    site: web::Data<Site>,
    assets: web::Data<Assets>,
    inbox: Inbox,
    accounts: Accounts,
    events: PageEvents,
}

/// A visit that began with this page: its secret goes into a cookie with the answer.
#[derive(Clone)]
struct NewVisit(SessionSecret);

impl Pages {
    pub fn new(
        site: web::Data<Site>,
        assets: web::Data<Assets>,
        inbox: Inbox,
        accounts: Accounts,
        events: PageEvents,
    ) -> Self {
        Self { site, assets, inbox, accounts, events }
    }

    /// For a page of somebody who is signed in.
    pub async fn chrome(
        &self,
        request: &HttpRequest,
        session: &Session,
        section: &'static str,
    ) -> Result<Chrome, Refusal> {
        // Taken before counting: an event in between is told again rather than lost.
        let cursor = self.events.latest();
        let owner = session.owner();
        let overview = self.inbox.overview(owner, RECENT).await?;
        let user = self.accounts.signed_in(owner).await?;
        let account = self.accounts.own(owner).await?;
        let here = request.match_info().get("channel").unwrap_or_default();
        let recent = overview.recent.into_iter().map(|(channel, unread)| {
            let name = channel_name(&channel.label, channel.id.as_str());
            let here = channel.id.as_str() == here;
            RecentChannel {
                mark: Mark::new(channel.row, &name),
                id: channel.id.as_str().to_owned(),
                name,
                unread: Unread(unread),
                here,
            }
        });
        Ok(Chrome {
            recent: recent.collect(),
            unread: Unread(overview.unread),
            channels: overview.channels,
            newest: overview.newest,
            section,
            cursor,
            csrf: session.form_token(),
            person: Some(Person {
                letters: letters(&user.name),
                user: user.name,
                account: account.name,
                operator: owner.role() == Role::Operator,
            }),
            ..self.bare(request)
        })
    }

    /// For a page of somebody who is not signed in. Its forms belong to a visit, which begins here if need be.
    pub fn gate(&self, request: &HttpRequest) -> Chrome {
        let visit = Jar::Visit.read_secret(&self.site, request).unwrap_or_else(|| {
            let new = request.extensions().get::<NewVisit>().cloned();
            new.unwrap_or_else(|| {
                let visit = NewVisit(csrf::new_visit());
                request.extensions_mut().insert(visit.clone());
                visit
            })
            .0
        });
        Chrome { csrf: csrf::token(&visit), ..self.bare(request) }
    }

    fn bare(&self, request: &HttpRequest) -> Chrome {
        let base = self.site.base.clone();
        let asset = |name| self.assets.address(&base, name);
        Chrome {
            css: asset("app.css"),
            js: asset("app.js"),
            icons: asset("icons.svg"),
            icon: asset("icon.svg"),
            manifest: asset("site.webmanifest"),
            instance: self.site.instance.clone(),
            look: Look::of(&self.site, request),
            person: None,
            csrf: String::new(),
            unread: Unread::default(),
            channels: 0,
            newest: None,
            section: "",
            search: String::new(),
            flash: flash::of(&self.site, request),
            cursor: 0,
            recent: Vec::new(),
            base,
        }
    }
}

/// A page as an answer.
pub fn html(template: &impl Template) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(template.render()?))
}

/// The same with a status of its own: a form that is shown again with what is wrong.
pub fn html_again(template: &impl Template) -> Result<HttpResponse, Refusal> {
    let mut response = html(template)?;
    *response.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Renders refusals, compresses, and sets the headers and cookies that every page has.
pub async fn finish(
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
        response = refused(&site, &pages, response, &request, &refusal);
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
    set("cross-origin-resource-policy", "same-origin");
    let visit = request.extensions_mut().remove::<NewVisit>();
    if let Some(NewVisit(secret)) = visit {
        response.response_mut().add_cookie(&Jar::Visit.set(&site, secret.expose(), None))?;
    }
    if is_page && Jar::Flash.read(&site, &request).is_some() {
        response.response_mut().add_cookie(&Jar::Flash.clear(&site))?;
    }
    Ok(response)
}

fn refused(
    site: &Site,
    pages: &Pages,
    response: ServiceResponse<BoxBody>,
    request: &HttpRequest,
    refusal: &Refusal,
) -> ServiceResponse<BoxBody> {
    let (_, mut answer) = response.into_parts();
    if let Some(path) = error_page::elsewhere(refusal) {
        answer.headers_mut().insert(LOCATION, error_page::location(&site.base, &path));
    } else if let Some(body) = error_page::render(pages.gate(request), request, refusal) {
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        answer = answer.set_body(BoxBody::new(body));
    }
    if let Refusal::Failed(failure) = refusal {
        // The edge logs the cause; the page keeps its true status.
        answer.extensions_mut().insert(Failure { wrapped: false, ..failure.clone() });
    }
    ServiceResponse::new(request.clone(), answer)
}

fn compressed(request: &HttpRequest, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let accepts = request
        .headers()
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    if !accepts || !is_html(response.headers()) || response.headers().contains_key(CONTENT_ENCODING) {
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
