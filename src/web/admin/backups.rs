//! The backups of the server: which there are, making one now, taking one away.

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentDisposition, HeaderValue};
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::access::Operator;
use crate::domain::backup::TimeOfDay;
use crate::domain::size::size;
use crate::service::backups::{Backups, Begun};
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::Pressed;
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::{ConfirmedManaging, Managing};
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::When;

#[derive(Template)]
#[template(path = "admin/backups.html")]
struct BackupsPage {
    c: Chrome,
    folder: String,
    /// The time of the day, where backups are made by themselves.
    schedule: Option<TimeOfDay>,
    next: Option<When>,
    /// Why nobody can say which there are.
    trouble: Option<String>,
    failure: Option<(When, String)>,
    backups: Vec<BackupRow>,
}

struct BackupRow {
    name: String,
    made: When,
    size: String,
    /// It was made before an update.
    before_update: bool,
}

pub async fn show(call: Call<Managing>, backups: web::Data<Backups>) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("admin").await?;
    let standing = backups.standing(&call.right);
    let rows = standing.backups.into_iter().map(|backup| BackupRow {
        name: backup.name(),
        made: When::new(backup.made, call.now()),
        size: size(backup.bytes),
        before_update: backup.before_update.is_some(),
    });
    html(&BackupsPage {
        folder: standing.folder.display().to_string(),
        schedule: standing.schedule,
        next: standing.next.map(|next| When::new(next, call.now())),
        trouble: standing.trouble,
        failure: standing.failure.map(|failure| (When::new(failure.at, call.now()), failure.why)),
        backups: rows.collect(),
        c,
    })
}

pub async fn make(
    SubmittedBy(_pressed, call): SubmittedBy<Pressed, ConfirmedManaging>,
    backups: web::Data<Backups>,
) -> Result<HttpResponse, Refusal> {
    let done = match backups.begin(&call.right).await {
        Begun::Made => Done::BackupMade,
        Begun::Failed => Done::BackupFailed,
        Begun::UnderWay => Done::BackupUnderWay,
    };
    call.told("/admin/backups", done)
}

/// The file as it is: sealed, and nothing without the master key.
pub async fn download(
    call: Call<ConfirmedManaging>,
    backups: web::Data<Backups>,
) -> Result<HttpResponse, Refusal> {
    let path = path(&call, &backups)?;
    let file = NamedFile::open(path).map_err(|_gone| Refusal::NotFound)?;
    let file = file.set_content_disposition(ContentDisposition::attachment(call.named::<String>("name")?));
    let mut answer = file.into_response(&call.request);
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(answer)
}

/// Only what is on the list has an address.
fn path(call: &Call<ConfirmedManaging>, backups: &Backups) -> Result<std::path::PathBuf, Refusal> {
    let (name, operator): (String, &Operator) = (call.named("name")?, &call.right);
    let standing = backups.standing(operator);
    let backup = standing.backups.into_iter().find(|backup| backup.name() == name);
    backup.map(|backup| backup.path).ok_or(Refusal::NotFound)
}
