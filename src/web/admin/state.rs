//! How the server is, in figures, and what of it needs attention.

use actix_web::web;

use crate::auth::access::Operator;
use crate::doctor::{Doctor, Finding, State};
use crate::domain::plural::noun;
use crate::domain::size::size;
use crate::domain::time::Timestamp;
use crate::http::address::Addresses;
use crate::http::probe;
use crate::notify::hub::Hub;
use crate::notify::page_events::PageEvents;
use crate::service::figures::{OnDisk, ServerFigures};
use crate::web::frame::call::Call;
use crate::web::frame::guards::Guard;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::shared;
use crate::web::words::format::{When, count, number, stretch};

/// A figure and what it is.
pub struct Tile {
    pub figure: String,
    pub word: String,
}

impl Tile {
    pub fn new(figure: impl Into<String>, word: impl Into<String>) -> Self {
        Self { figure: figure.into(), word: word.into() }
    }

    fn counted(value: u64, thing: &str, which: &str) -> Self {
        Self::new(number(value), format!("{}{which}", noun(value, thing)))
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
    let figures: web::Data<ServerFigures> = shared(&call.request)?;
    let disk = figures.on_disk().await?;
    let of = |state| findings.iter().filter(move |finding| finding.state == state);
    let notes = of(State::Note).count();
    let failed = disk.backup_failure.as_ref();
    let failed = failed.map(|failure| format!("Backups: the last one could not be made: {}.", failure.why));
    Ok(ServerState {
        wrong: of(State::Bad).map(in_words).chain(failed).collect(),
        notes: if notes == 0 { String::new() } else { count(notes as u64, "note") },
        tiles: tiles(call, &figures, &disk, &findings)?,
    })
}

fn in_words(finding: &Finding) -> String {
    let Finding { what, says, fix, .. } = finding;
    let fix = fix.as_ref().map(|fix| format!(" What helps: {fix}.")).unwrap_or_default();
    format!("{what}: {says}.{fix}")
}

fn tiles<G: Guard>(
    call: &Call<G>,
    figures: &ServerFigures,
    disk: &OnDisk,
    findings: &[Finding],
) -> Result<Vec<Tile>, Refusal> {
    let hub: web::Data<Hub> = shared(&call.request)?;
    let pages: web::Data<PageEvents> = shared(&call.request)?;
    let sizes = disk.sizes;
    let mut tiles = vec![
        Tile::new(stretch(figures.uptime()), "running"),
        Tile::new(size(sizes.file + sizes.log), "used"),
    ];
    tiles.extend(sizes.available.map(|available| Tile::new(size(available), "free")));
    tiles.extend([
        Tile::counted(figures.messages_last_minute(), "message", " in the last minute"),
        Tile::counted(hub.subscribers() as u64, "socket", ""),
        Tile::counted(pages.pages() as u64, "open page", ""),
        Tile::counted(figures.waiting(), "change", " waiting"),
    ]);
    let last =
        |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| When::new(at, call.now()).short);
    tiles.push(Tile::new(last(disk.newest_backup.as_ref().map(|backup| backup.made)), "last backup"));
    tiles.push(Tile::new(last(disk.last_look.as_ref().map(|look| look.ended)), "last look for damage"));
    let mut certificates = findings.iter().filter(|finding| finding.what == "Certificate");
    let end = certificates.find_map(|finding| finding.says.strip_prefix("it ends on ")?.get(..10));
    tiles.extend(end.map(|end| Tile::new(end, "end of the certificate")));
    Ok(tiles)
}
