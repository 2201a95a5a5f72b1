//! A form that was not taken, carried from page to page until it can be sent. The server keeps none of it: it is on the page
//! that says why.

use std::fmt;

use crate::web::frame::forms::fields::Fields;
use crate::web::frame::site::own_path;

/// How much is carried for somebody whose session has ended, and who is a stranger therefore.
pub const CARRIED_BYTES: usize = 256 * 1024;

/// Before the names of its fields on a page whose own form is another.
const BEFORE: &str = "carried.";

/// From so many characters on a text is shown, rather than only sent along.
const LONG: usize = 40;

/// What somebody typed into a form.
#[derive(Clone)]
pub struct Carried {
    /// Where it goes, below the base path.
    action: String,
    fields: Vec<(String, String)>,
    /// The browser keeps it, and needs no page for that.
    by_browser: bool,
    /// It is sent along only: a secret may be in it.
    is_unseen: bool,
}

/// A field as pages write it.
pub struct CarriedField<'a> {
    pub name: String,
    pub value: &'a str,
    pub is_long: bool,
}

impl Carried {
    /// What is worth carrying of a form that was sent to this path; nothing where nothing was typed.
    pub fn of(path: &str, fields: &Fields) -> Option<Self> {
        Some(Self::whole(path, fields)).filter(|carried| !carried.fields.is_empty())
    }

    /// The same of one that may be no more than a button.
    pub fn whole(path: &str, fields: &Fields) -> Self {
        let kept = fields.texts().iter().filter(|(name, value)| !is_own(name) && !value.is_empty());
        Self {
            action: path.to_owned(),
            fields: kept.cloned().collect(),
            by_browser: fields.ticked("kept"),
            is_unseen: false,
        }
    }

    /// What a page's own form sends along of another; nothing where nothing was typed.
    pub fn sent_along(fields: &Fields) -> Option<Self> {
        Self::whole_sent_along(fields).filter(|carried| !carried.fields.is_empty())
    }

    /// The same of one that may be no more than a button.
    pub fn whole_sent_along(fields: &Fields) -> Option<Self> {
        let action = fields.text("carried");
        let kept = fields
            .texts()
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(BEFORE)?.to_owned(), value.clone())))
            .filter(|(name, _)| !is_own(name));
        let fields = kept.collect();
        let is_own = own_path(&action) == action;
        is_own.then_some(Self { action, fields, by_browser: false, is_unseen: false })
    }

    /// The same with none of it shown.
    pub fn unseen(self) -> Self {
        Self { is_unseen: true, ..self }
    }

    /// Where it goes, below the base path.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Whether the browser keeps it by itself.
    pub fn is_kept(&self) -> bool {
        self.by_browser
    }

    /// For the form that it belongs to.
    pub fn fields(&self) -> Vec<CarriedField<'_>> {
        let field = |(name, value): &'_ (String, String)| {
            (name.clone(), !self.is_unseen && (value.chars().count() > LONG || value.contains('\n')))
        };
        let fields = self.fields.iter().map(|pair| (field(pair), pair.1.as_str()));
        fields.map(|((name, is_long), value)| CarriedField { name, value, is_long }).collect()
    }

    /// For another form, which sends them along.
    pub fn along(&self) -> Vec<CarriedField<'_>> {
        let named = |field: CarriedField<'_>| format!("{BEFORE}{}", field.name);
        self.fields()
            .into_iter()
            .map(|field| CarriedField { value: field.value, is_long: false, name: named(field) })
            .collect()
    }
}

/// Whether a field is the page's own and nothing that somebody typed.
fn is_own(name: &str) -> bool {
    ["csrf", "kept", "quiet"].contains(&name) || name.starts_with(BEFORE)
}

/// Without what was typed: this may come into a log.
impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carried({} fields)", self.fields.len())
    }
}
