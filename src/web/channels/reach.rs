//! Whether programs elsewhere come to a channel's address.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::doctor::Doctor;
use crate::http::address::Addresses;
use crate::http::probe;
use crate::service::conversation::Conversations;
use crate::web::channels::head::Head;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::words::findings::FindingRow;

#[derive(Template)]
#[template(path = "channels/reach.html")]
struct ReachPage {
    c: Chrome,
    ch: Head,
    /// Absent while somebody else's is looked at.
    findings: Option<Vec<FindingRow>>,
}

pub async fn show(
    call: Call,
    conversations: web::Data<Conversations>,
    doctor: web::Data<Doctor>,
    addresses: web::Data<Addresses>,
) -> Result<HttpResponse, Refusal> {
    let facts = conversations.facts(call.owner(), &call.named("channel")?);
    let (c, (channel, tokens)) = call.page("channels", facts).await?;
    let found = doctor.reach(call.owner(), probe::seen(&call.request, &addresses)).await;
    let findings = found.map(|found| found.into_iter().map(FindingRow::from).collect());
    html(&ReachPage { ch: Head::new(&call, &channel, tokens, "tokens"), c, findings })
}
