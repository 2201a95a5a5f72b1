//! How pages look in this browser.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;

use crate::web::chrome::{Choice, Chrome, Look};
use crate::web::cookies::Jar;
use crate::web::error_page::Refusal;
use crate::web::flash::Done;
use crate::web::forms::{Fields, Form, Submitted};
use crate::web::guards::SignedIn;
use crate::web::look::{DENSITIES, SIZES, THEMES, known};
use crate::web::page::{Pages, html};
use crate::web::sign_in::{broken, told};
use crate::web::site::Site;

/// A year: the choice is worth keeping, and tells nobody anything.
const KEPT_FOR: std::time::Duration = std::time::Duration::from_hours(365 * 24);

#[derive(Template)]
#[template(path = "appearance.html")]
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

#[get("/profile/appearance")]
pub async fn show(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
) -> Result<HttpResponse, Refusal> {
    let c = pages.chrome(&request, &me.0, "profile").await?;
    let group = |legend, name, values: &[(&'static str, &'static str)], current: &str| Group {
        legend,
        name,
        options: values
            .iter()
            .map(|(value, word)| Choice {
                value: (*value).to_owned(),
                word: (*word).to_owned(),
                chosen: *value == current,
            })
            .collect(),
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

#[post("/profile/appearance")]
pub async fn save(
    Submitted(look): Submitted<Look>,
    _me: SignedIn,
    site: web::Data<Site>,
) -> Result<HttpResponse, Refusal> {
    let mut answer = told(&site, "/profile/appearance", Done::AppearanceSaved)?;
    answer.add_cookie(&Jar::Look.set(&site, &look.to_cookie(), Some(KEPT_FOR))).map_err(broken)?;
    Ok(answer)
}
