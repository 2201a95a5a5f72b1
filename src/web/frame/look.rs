//! How a person wants pages to look, kept in a cookie so that the first paint is right.

use actix_web::HttpRequest;

use crate::web::frame::cookies::Jar;
use crate::web::frame::site::Site;

/// The choices, as the cookie and the form name them, and as people read them.
pub const THEMES: [(&str, &str); 3] = [("system", "As the system"), ("light", "Light"), ("dark", "Dark")];
/// How close rows stand, likewise.
pub const DENSITIES: [(&str, &str); 2] = [("comfortable", "Comfortable"), ("compact", "Compact")];
/// How large letters are, likewise.
pub const SIZES: [(&str, &str); 3] = [("normal", "Normal"), ("large", "Large"), ("larger", "Larger")];

/// The cookie holds these in this order.
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

impl Look {
    /// From the cookie, with the site's defaults for what is missing or unknown.
    pub fn of(site: &Site, request: &HttpRequest) -> Self {
        let value = Jar::Look.read(site, request).unwrap_or_default();
        let mut parts = value.split('.');
        let mut next = || parts.next().unwrap_or_default();
        Self {
            theme: known(&THEMES, next()).unwrap_or(site.default_theme),
            density: known(&DENSITIES, next()).unwrap_or("comfortable"),
            size: known(&SIZES, next()).unwrap_or("normal"),
            still: next() == "still",
            shortcuts: next() != "nokeys",
        }
    }

    /// What the cookie holds.
    pub fn to_cookie(&self) -> String {
        let still = if self.still { "still" } else { "moving" };
        let keys = if self.shortcuts { "keys" } else { "nokeys" };
        format!("{}.{}.{}.{still}.{keys}", self.theme, self.density, self.size)
    }
}

/// The value if it is one of the known ones.
pub fn known(values: &[(&'static str, &str)], value: &str) -> Option<&'static str> {
    values.iter().map(|(known, _)| *known).find(|known| *known == value)
}
