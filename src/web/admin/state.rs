//! How the server is, in figures, and what of it needs attention.

use actix_web::web;

use crate::auth::access::Operator;
use crate::doctor::{Doctor, Finding, State};
use crate::http::address::Addresses;
use crate::http::probe;
use crate::notify::hub::Hub;
use crate::notify::page_events::PageEvents;
use crate::service::figures::ServerFigures;
use crate::web::frame::call::Call;
use crate::web::frame::guards::Guard;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::shared;
use crate::web::words::format::{When, count, number, size, stretch};

/// A figure and what it is.
pub struct Tile {
    pub figure: String,
    pub word: String,
}

impl Tile {
    pub fn new(figure: impl Into<String>, word: impl Into<String>) -> Self {
        Self { figure: figure.into(), word: word.into() }
    }
}

/// What the page of the server begins with.
pub struct ServerState {
    /// What is wrong, each with what helps.
    pub wrong: Vec<String>,
    /// How many things may be wanted as they are, or not.
    pub notes: String,
    pub tiles: Vec<Tile>,
}

/// Looks at the server.
pub async fn of<G: Guard<Permit = Operator>>(call: &Call<G>) -> Result<ServerState, Refusal> {
    let doctor: web::Data<Doctor> = shared(&call.request)?;
    let addresses: web::Data<Addresses> = shared(&call.request)?;
    let findings = doctor.look(&call.right, probe::seen(&call.request, &addresses)).await;
    let of = |state| findings.iter().filter(move |finding| finding.state == state);
    let notes = of(State::Note).count();
    Ok(ServerState {
        wrong: of(State::Bad).map(in_words).collect(),
        notes: if notes == 0 { String::new() } else { count(notes as u64, "note") },
        tiles: tiles(call, &findings)?,
    })
}

fn in_words(finding: &Finding) -> String {
    let Finding { what, says, fix, .. } = finding;
    let fix = fix.as_ref().map(|fix| format!(" What helps: {fix}.")).unwrap_or_default();
    format!("{what}: {says}.{fix}")
}

fn tiles<G: Guard>(call: &Call<G>, findings: &[Finding]) -> Result<Vec<Tile>, Refusal> {
    let figures: web::Data<ServerFigures> = shared(&call.request)?;
    let hub: web::Data<Hub> = shared(&call.request)?;
    let pages: web::Data<PageEvents> = shared(&call.request)?;
    let (sizes, now) = (figures.sizes(), call.now());
    let many = |value: usize| number(value as u64);
    let mut tiles = vec![
        Tile::new(stretch(figures.uptime()), "running"),
        Tile::new(size(sizes.file + sizes.log), "used"),
    ];
    tiles.extend(sizes.available.map(|available| Tile::new(size(available), "free")));
    tiles.extend([
        Tile::new(number(figures.messages_last_minute()), "messages in the last minute"),
        Tile::new(many(hub.subscribers()), "sockets"),
        Tile::new(many(pages.pages()), "open pages"),
        Tile::new(number(figures.waiting()), "changes waiting"),
    ]);
    let backup = figures.newest_backup().map(|(made, _)| When::new(made, now).short);
    tiles.push(Tile::new(backup.unwrap_or_else(|| "none".to_owned()), "last backup"));
    let certificate = findings.iter().find(|finding| finding.what == "Certificate");
    let end = certificate.and_then(|finding| finding.says.strip_prefix("it ends on "));
    tiles.extend(end.map(|end| Tile::new(end, "end of the certificate")));
    Ok(tiles)
}
