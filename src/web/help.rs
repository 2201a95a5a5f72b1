//! Help: the API with commands that carry one's own ids, and the keyboard.

use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;

use crate::http::api_document::ApiDocument;
use crate::service::channels::Channels;
use crate::web::api_operations::{Ids, Section, sections};
use crate::web::chrome::Chrome;
use crate::web::error_page::Refusal;
use crate::web::guards::SignedIn;
use crate::web::page::{Pages, html};
use crate::web::site::Site;

#[derive(Template)]
#[template(path = "help_api.html")]
struct ApiPage {
    c: Chrome,
    api: String,
    has_channel: bool,
    sections: Vec<Section>,
}

#[derive(Template)]
#[template(path = "help_shortcuts.html")]
struct ShortcutsPage {
    c: Chrome,
    groups: [KeyGroup; 4],
}

struct KeyGroup {
    title: &'static str,
    keys: &'static [KeyEntry],
}

struct KeyEntry {
    does: &'static str,
    keys: &'static [&'static str],
    join: &'static str,
}

#[get("/help/api")]
pub async fn api(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
    site: web::Data<Site>,
    channels: web::Data<Channels>,
    document: web::Data<ApiDocument>,
) -> Result<HttpResponse, Refusal> {
    let c = pages.chrome(&request, &me.0, "help").await?;
    let newest =
        channels.summaries(me.owner()).await?.pop().map(|newest| newest.channel.id.as_str().to_owned());
    let user = c.person.as_ref().map(|person| person.user.clone()).unwrap_or_default();
    let server = site.public_url(&request);
    let ids = Ids { server: &server, account: me.owner().account(), user: &user, channel: newest.as_deref() };
    let sections = sections(&document, &ids);
    html(&ApiPage { c, api: site.api(&request), has_channel: newest.is_some(), sections })
}

#[get("/help/shortcuts")]
pub async fn shortcuts(
    request: HttpRequest,
    me: SignedIn,
    pages: web::Data<Pages>,
) -> Result<HttpResponse, Refusal> {
    let c = pages.chrome(&request, &me.0, "help").await?;
    html(&ShortcutsPage { c, groups: GROUPS })
}

const fn key(does: &'static str, keys: &'static [&'static str]) -> KeyEntry {
    KeyEntry { does, keys, join: "or" }
}

const fn two(does: &'static str, keys: &'static [&'static str]) -> KeyEntry {
    KeyEntry { does, keys, join: "then" }
}

const GROUPS: [KeyGroup; 4] = [
    KeyGroup {
        title: "In a list",
        keys: &[
            key("Next, previous message", &["j", "k"]),
            key("Open", &["o", "Enter"]),
            key("Select", &["x"]),
            key("Select from the last one to here", &["Shift+X"]),
            key("Mark read and move on", &["e"]),
            key("Mark unread", &["Shift+U"]),
            key("Read or unread, then move down, up", &["m", "Shift+M"]),
            key("Delete for everyone (asks)", &["#"]),
            key("Mark all shown read", &["a"]),
            key("Newest, older page", &["[", "]"]),
            key("Show new messages", &["."]),
        ],
    },
    KeyGroup {
        title: "In a message",
        keys: &[
            key("Back to the list", &["u", "Esc"]),
            key("Previous, next in its channel", &["j", "k"]),
            key("Answer", &["c"]),
            key("Mark unread", &["m", "Shift+U"]),
            key("On to the previous in its channel", &["e"]),
            key("Delete for everyone (asks)", &["#"]),
        ],
    },
    KeyGroup {
        title: "In a channel",
        keys: &[
            key("Write", &["c"]),
            key("Send", &["Ctrl+Enter"]),
            key("Mark all read", &["a"]),
            two("Its access tokens", &["g", "t"]),
        ],
    },
    KeyGroup {
        title: "Everywhere",
        keys: &[
            key("Search", &["/"]),
            key("New channel", &["n"]),
            two("Inbox", &["g", "i"]),
            two("Channels", &["g", "c"]),
            two("Profile", &["g", "p"]),
            key("This page", &["?"]),
        ],
    },
];
