//! `/probe`: how a request came to this server, for its doctor. To whoever shows no proof there is no such page.

use std::net::IpAddr;

use actix_web::http::header::{HOST, HeaderName, UPGRADE};
use actix_web::http::uri::Authority;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use rlimit::Resource;

use crate::auth::probes::{EVENTS_PAUSE, Probes};
use crate::doctor::seen::{API_PATH, EVENTS_PATH, PATH, PROOF, SOCKET_PATH, Seen};
use crate::http::address::Addresses;
use crate::http::events;

/// Headers with which proxies name their client.
const FORWARDED: [&str; 5] =
    ["x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "cf-connecting-ip"];

/// Registers all of it.
pub fn configure(app: &mut web::ServiceConfig) {
    app.service(web::resource(PATH).route(web::get().to(show)))
        .service(web::resource(API_PATH).route(web::post().to(show)))
        .service(web::resource(SOCKET_PATH).route(web::get().to(show)))
        .service(web::resource(EVENTS_PATH).route(web::get().to(two_events)));
}

/// How a request came.
pub fn seen(request: &HttpRequest, addresses: &Addresses) -> Seen {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).or_else(|| request.uri().authority().map(Authority::as_str));
    let peer: Option<IpAddr> = request.peer_addr().map(|address| address.ip().to_canonical());
    Seen {
        host: host.unwrap_or_default().to_owned(),
        peer,
        client: addresses.client(request),
        forwarded: FORWARDED
            .iter()
            .filter(|name| headers.contains_key(**name))
            .map(|name| (*name).to_owned())
            .collect(),
        trusted: addresses.is_trusted(peer),
        upgrade: text(UPGRADE).is_some_and(|wish| wish.eq_ignore_ascii_case("websocket")),
        descriptors: rlimit::getrlimit(Resource::NOFILE).ok().map(|(soft, _hard)| soft),
    }
}

async fn show(
    request: HttpRequest,
    probes: web::Data<Probes>,
    addresses: web::Data<Addresses>,
) -> HttpResponse {
    if !is_proved(&request, &probes) {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok().json(seen(&request, &addresses))
}

/// Two events with a pause between them, sent as the streams of pages are.
async fn two_events(request: HttpRequest, probes: web::Data<Probes>) -> HttpResponse {
    if !is_proved(&request, &probes) {
        return HttpResponse::NotFound().finish();
    }
    events::answer(stream::unfold(0, |sent| async move {
        let event = match sent {
            0 => "event: first\ndata: {}\n\n",
            1 => {
                // Machine time: the network knows no other.
                tokio::time::sleep(EVENTS_PAUSE).await;
                "event: last\ndata: {}\n\n"
            }
            _ => return None,
        };
        Some((event.to_owned(), sent + 1))
    }))
}

fn is_proved(request: &HttpRequest, probes: &Probes) -> bool {
    let proof = request.headers().get(PROOF).and_then(|proof| proof.to_str().ok());
    proof.is_some_and(|proof| probes.is_proof(proof))
}
