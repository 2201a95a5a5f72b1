//! Help: the keyboard.

use actix_web::HttpResponse;
use askama::Template;

use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "help/shortcuts.html")]
struct ShortcutsPage {
    c: Chrome,
    tab: &'static str,
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

pub async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("help").await?;
    html(&ShortcutsPage { c, tab: "shortcuts", groups: GROUPS })
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
            key("Archive and move on", &["e"]),
            key("Star, or take the star off", &["s"]),
            key("Snooze", &["b"]),
            key("Mark unread", &["Shift+U"]),
            key("Read or unread, then move down, up", &["m", "Shift+M"]),
            key("Delete for everyone", &["#"]),
            key("Mark all shown read", &["a"]),
            key("Newer, older page", &["[", "]"]),
            key("Show new messages", &["."]),
        ],
    },
    KeyGroup {
        title: "In a message",
        keys: &[
            key("Back to the list", &["u", "Esc"]),
            key("Older, newer one in its channel", &["j", "k"]),
            key("Answer", &["c"]),
            key("Mark unread", &["m", "Shift+U"]),
            key("Archive", &["e"]),
            key("Star, or take the star off", &["s"]),
            key("Snooze", &["b"]),
            key("Delete for everyone", &["#"]),
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
            key("Undo what was done last", &["z"]),
            key("Search", &["/"]),
            key("Invite somebody", &["i"]),
            key("New channel", &["n"]),
            two("Inbox", &["g", "i"]),
            two("Channels", &["g", "c"]),
            two("Profile", &["g", "p"]),
            key("This page", &["?"]),
        ],
    },
];
