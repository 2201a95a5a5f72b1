//! The sessions that are signed in, and ending them.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::session::Sessions;
use crate::domain::id::SessionId;
use crate::web::frame::answers::{html, signed_out};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::When;

#[derive(Template)]
#[template(path = "profile/sessions.html")]
struct SessionsPage {
    c: Chrome,
    tab: &'static str,
    sessions: Vec<ListedSession>,
}

struct ListedSession {
    id: i64,
    device: String,
    current: bool,
    address: String,
    began: When,
    seen: When,
}

pub async fn list(call: Call, sessions: web::Data<Sessions>) -> Result<HttpResponse, Refusal> {
    let listed = sessions.list(call.owner()).refused_as();
    let (c, listed) = call.page("profile", listed).await?;
    let now = call.now();
    let rows = listed.into_iter().map(|session| ListedSession {
        id: session.id.0,
        device: session.device,
        current: session.id == call.session.id(),
        address: session.address,
        began: When::new(session.created, now),
        seen: When::new(session.seen, now),
    });
    html(&SessionsPage { c, tab: "sessions", sessions: rows.collect() })
}

/// Which sessions end.
pub enum EndSessions {
    One(SessionId),
    Others,
    All,
    Unknown,
}

impl Form for EndSessions {
    fn read(fields: &Fields) -> Self {
        match fields.text("end").as_str() {
            "others" => Self::Others,
            "all" => Self::All,
            id => id.parse().map_or(Self::Unknown, Self::One),
        }
    }
}

pub async fn end(
    Submitted(ending): Submitted<EndSessions>,
    call: Call,
    sessions: web::Data<Sessions>,
) -> Result<HttpResponse, Refusal> {
    match ending {
        EndSessions::One(id) => sessions.end(call.owner(), id).await?,
        EndSessions::Others => sessions.end_all(call.owner(), Some(call.session.id())).await?,
        EndSessions::All => {
            sessions.end_all(call.owner(), None).await?;
            return Ok(signed_out(&call.site, Done::SignedOut));
        }
        EndSessions::Unknown => return call.told("/profile/sessions", Done::NothingChosen),
    }
    call.told("/profile/sessions", Done::SessionEnded)
}
