//! The sessions that are signed in, and ending them.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::auth::session::Sessions;
use crate::domain::id::SessionId;
use crate::domain::time::Clock;
use crate::web::frame::answers::{html, signed_out, told};
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::guards::SignedIn;
use crate::web::frame::page::Pages;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::words::format::When;

#[derive(Template)]
#[template(path = "profile/sessions.html")]
struct SessionsPage {
    c: Chrome,
    tab: &'static str,
    sessions: Vec<SessionRow>,
}

struct SessionRow {
    id: i64,
    device: String,
    current: bool,
    address: String,
    began: When,
    seen: When,
}

pub async fn list(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
    sessions: web::Data<Sessions>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let listed = sessions.list(me.owner()).await?;
    let c = pages.chrome(&request, &me.0, "profile").await?;
    let now = clock.now();
    let rows = listed.into_iter().map(|session| SessionRow {
        id: session.id.0,
        device: session.device,
        current: session.id == me.0.id(),
        address: session.address,
        began: When::new(session.created, now),
        seen: When::new(session.seen, now),
    });
    html(&SessionsPage { c, tab: "sessions", sessions: rows.collect() })
}

/// Which sessions end.
pub enum Ending {
    One(SessionId),
    Others,
    All,
    Unknown,
}

impl Form for Ending {
    fn read(fields: &Fields) -> Self {
        match fields.text("end").as_str() {
            "others" => Self::Others,
            "all" => Self::All,
            id => id.parse().map_or(Self::Unknown, Self::One),
        }
    }
}

pub async fn end(
    Submitted(ending): Submitted<Ending>,
    me: SignedIn,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    match ending {
        Ending::One(id) => sessions.end(me.owner(), id).await?,
        Ending::Others => sessions.end_all(me.owner(), Some(me.0.id())).await?,
        Ending::All => {
            sessions.end_all(me.owner(), None).await?;
            return Ok(signed_out(&site));
        }
        Ending::Unknown => return told(&site, "/profile/sessions", Done::NothingChosen),
    }
    told(&site, "/profile/sessions", Done::SessionEnded)
}
