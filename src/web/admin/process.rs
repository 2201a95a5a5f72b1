//! What the process itself says: the last warnings of its log, and its settings with where each comes from.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::config::Setting;
use crate::observe::recent::Recent;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::guards::Managing;
use crate::web::frame::refusal::Refusal;
use crate::web::words::quoted::{QuotedPiece, pieces};

#[derive(Template)]
#[template(path = "admin/log.html")]
struct LogPage {
    c: Chrome,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    c: Chrome,
    settings: Vec<SettingRow>,
}

struct SettingRow {
    key: &'static str,
    /// Empty when unset.
    value: String,
    from: String,
    meaning: Vec<QuotedPiece>,
    is_default: bool,
}

pub async fn log(call: Call<Managing>, recent: web::Data<Recent>) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("admin").await?;
    html(&LogPage { c, lines: recent.lines() })
}

pub async fn settings(
    call: Call<Managing>,
    settings: web::Data<Vec<Setting>>,
) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("admin").await?;
    let rows = settings.iter().map(|setting| SettingRow {
        key: setting.key.name,
        // No setting is a secret: those that need one name the file that holds it.
        value: setting.value.clone(),
        from: setting.origin.to_string(),
        meaning: pieces(setting.key.meaning),
        is_default: setting.is_default(),
    });
    html(&SettingsPage { c, settings: rows.collect() })
}
