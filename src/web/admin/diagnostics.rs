//! What may be wrong with the installation, each with its fix; the same list as that of `peerbox doctor`.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::doctor::{Doctor, State};
use crate::http::address::Addresses;
use crate::http::probe;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::guards::Managing;
use crate::web::frame::refusal::Refusal;
use crate::web::words::findings::FindingRow;

#[derive(Template)]
#[template(path = "admin/diagnostics.html")]
struct DiagnosticsPage {
    c: Chrome,
    bad: usize,
    findings: Vec<FindingRow>,
}

pub async fn show(
    call: Call<Managing>,
    doctor: web::Data<Doctor>,
    addresses: web::Data<Addresses>,
) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("admin").await?;
    let mut findings = doctor.examine(&call.right, probe::seen(&call.request, &addresses)).await;
    // The worst first, else as they stand.
    findings.sort_by_key(|finding| match finding.state {
        State::Bad => 0,
        State::Note => 1,
        State::Good => 2,
    });
    let bad = findings.iter().filter(|finding| finding.state == State::Bad).count();
    html(&DiagnosticsPage { c, bad, findings: findings.into_iter().map(FindingRow::from).collect() })
}
