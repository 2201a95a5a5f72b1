//! Under which name a browser saves what it gets.

use actix_web::http::header::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Whether the answer is shown where its type can be, or always saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    Inline,
    Attachment,
}

impl Disposition {
    /// The value of `Content-Disposition`. Of the name only what every system takes in a file's name stays as it is; a second
    /// form of it has all its letters.
    pub fn named(self, name: &str) -> HeaderValue {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
        let safe: String = name.chars().map(plain).collect();
        let word = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        let all = if safe == name {
            String::new()
        } else {
            format!("; filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
        };
        HeaderValue::try_from(format!("{word}; filename=\"{safe}\"{all}"))
            .unwrap_or(HeaderValue::from_static("attachment"))
    }
}

#[cfg(test)]
mod tests {
    use super::Disposition;

    #[test]
    fn nothing_breaks_out_of_a_name() {
        assert_eq!(Disposition::Attachment.named("message-1.bin"), "attachment; filename=\"message-1.bin\"");
        assert_eq!(
            Disposition::Inline.named("a\"\r\n/\u{fc}"),
            "inline; filename=\"a_____\"; filename*=UTF-8''a%22%0D%0A%2F%C3%BC"
        );
    }
}
