//! How pages look in this browser.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;

use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::cookies::Jar;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form, choices};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::look::{DENSITIES, Look, SIZES, THEMES, known};
use crate::web::frame::refusal::{Refusal, broken};

/// A year: the choice is worth keeping, and tells nobody anything.
const KEPT_FOR: Duration = Duration::from_hours(365 * 24);

#[derive(Template)]
#[template(path = "profile/appearance.html")]
struct AppearancePage {
    c: Chrome,
    tab: &'static str,
    groups: Vec<Group>,
}

struct Group {
    legend: &'static str,
    name: &'static str,
    options: Vec<Choice>,
}

pub async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("profile").await?;
    let group = |legend, name, values: &[(&str, &str)], current| Group {
        legend,
        name,
        options: choices(values, current),
    };
    let groups = vec![
        group("Theme", "theme", &THEMES, c.look.theme),
        group("Rows", "density", &DENSITIES, c.look.density),
        group("Text", "size", &SIZES, c.look.size),
    ];
    html(&AppearancePage { c, tab: "appearance", groups })
}

impl Form for Look {
    fn read(fields: &Fields) -> Self {
        Self {
            theme: known(&THEMES, &fields.text("theme")).unwrap_or("system"),
            density: known(&DENSITIES, &fields.text("density")).unwrap_or("comfortable"),
            size: known(&SIZES, &fields.text("size")).unwrap_or("normal"),
            still: fields.ticked("still"),
            shortcuts: fields.ticked("keys"),
        }
    }
}

pub async fn save(Submitted(look): Submitted<Look>, call: Call) -> Result<HttpResponse, Refusal> {
    let mut answer = call.told("/profile/appearance", Done::AppearanceSaved)?;
    answer.add_cookie(&Jar::Look.set(&call.site, &look.to_cookie(), Some(KEPT_FOR))).map_err(broken)?;
    Ok(answer)
}
