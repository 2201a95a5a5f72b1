//! What every page carries around its own content: person, look, navigation, message of the last action.

use crate::domain::time::Timestamp;
use crate::web::format::{Mark, Unread};

/// Everything that the layout shows.
pub struct Chrome {
    /// The base path, without a slash at its end; every address on a page starts with it.
    pub base: String,
    pub css: String,
    pub js: String,
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
    pub flash: Option<Flash>,
    /// The last event that this page already shows; live updates go on after it.
    pub cursor: u64,
    pub recent: Vec<RecentChannel>,
}

impl Chrome {
    pub fn operator(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.operator)
    }
}

/// Who is signed in.
pub struct Person {
    pub user: String,
    pub account: String,
    pub letters: String,
    pub operator: bool,
}

/// A channel in the navigation.
pub struct RecentChannel {
    pub id: String,
    pub name: String,
    pub mark: Mark,
    pub unread: Unread,
    pub here: bool,
}

/// How a person wants pages to look. Kept in a cookie, so that the first paint is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub theme: &'static str,
    pub density: &'static str,
    pub size: &'static str,
    /// No movement at all.
    pub still: bool,
    /// Single-key shortcuts, which WCAG wants to be switchable.
    pub shortcuts: bool,
}

/// What the last action did, told once.
#[derive(Debug, Clone)]
pub struct Flash {
    pub tone: &'static str,
    pub icon: &'static str,
    pub text: String,
}

/// What is wrong with a form that was sent.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

#[derive(Debug)]
pub struct Problem {
    /// The id of the field, or nothing when it is about the form as a whole.
    pub field: &'static str,
    pub text: String,
}

impl Problems {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn one(field: &'static str, text: impl Into<String>) -> Self {
        Self(vec![Problem { field, text: text.into() }])
    }

    pub fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push(Problem { field, text: text.into() });
    }

    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.text.as_str())
    }

    pub fn list(&self) -> &[Problem] {
        &self.0
    }

    pub fn heading(&self) -> &'static str {
        if self.0.len() == 1 { "That did not work" } else { "Some things need another look" }
    }
}

/// One entry of a selection.
pub struct Choice {
    pub value: String,
    pub word: String,
    pub chosen: bool,
}
