//! What every page carries around its own content: person, look, navigation, message of the last action.

use crate::domain::time::Timestamp;
use crate::web::frame::flash::Flash;
use crate::web::frame::look::Look;
use crate::web::words::format::{Mark, Unread};

/// Everything that the layout shows.
pub struct Chrome {
    /// The base path, without a slash at its end; every address on a page starts with it.
    pub base: String,
    pub css: String,
    pub js: String,
    /// The folder of the assets.
    pub assets: String,
    /// The scripts of every page, `js` among them.
    pub scripts: Vec<String>,
    pub icons: String,
    pub icon: String,
    pub manifest: String,
    /// `ui.title`.
    pub instance: String,
    pub look: Look,
    pub person: Option<Person>,
    pub csrf: String,
    pub unread: Unread,
    pub channels: usize,
    /// When the last message of all came.
    pub newest: Option<Timestamp>,
    /// Which place of the navigation is marked as the current one.
    pub section: &'static str,
    /// What stands in the search field.
    pub search: String,
    /// What that search asks for beside it: the names and values of other fields.
    pub beside: Vec<(&'static str, String)>,
    /// Whether a script may tell in which zone the reader is.
    pub zone_is_unknown: bool,
    pub flash: Option<Flash>,
    /// The last event that this page already shows; live updates go on after it.
    pub cursor: u64,
    /// Searches that were saved: name and query.
    pub searches: Vec<(String, String)>,
    /// The query of the search that the page shows, as saved ones are written.
    pub query: String,
    /// Channels by name: those that were pinned, and those that were used last.
    pub listed: Vec<Section>,
}

impl Chrome {
    /// Whether the person may manage the server.
    pub fn operator(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.operator)
    }

    /// The id of a channel that the navigation names, if there is one.
    pub fn any_channel(&self) -> Option<&str> {
        self.listed.iter().flat_map(|section| &section.channels).map(|channel| channel.id.as_str()).next()
    }

    /// Whether the page is about a channel that the navigation names, which is then the marked one.
    pub fn is_listed(&self) -> bool {
        self.listed.iter().flat_map(|section| &section.channels).any(|channel| channel.here)
    }
}

/// Who is signed in.
pub struct Person {
    pub user: String,
    pub account: String,
    /// The account's id: what a browser keeps of one account is not shown to another.
    pub account_id: i64,
    pub letters: String,
    pub operator: bool,
}

/// Channels in the navigation, under a heading.
pub struct Section {
    pub heading: &'static str,
    pub channels: Vec<RailChannel>,
}

/// A channel in the navigation.
pub struct RailChannel {
    pub id: String,
    pub name: String,
    pub mark: Mark,
    pub unread: Unread,
    pub muted: bool,
    pub here: bool,
}
