//! Under which name a browser saves what it gets.

use actix_web::http::header::HeaderValue;

/// Whether the answer is shown where its type can be, or always saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    Inline,
    Attachment,
}

impl Disposition {
    /// The value of `Content-Disposition`. Of the name only what every system takes in a file's name stays as it is.
    pub fn named(self, name: &str) -> HeaderValue {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
        let name: String = name.chars().map(plain).collect();
        let word = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        HeaderValue::try_from(format!("{word}; filename=\"{name}\""))
            .unwrap_or(HeaderValue::from_static("attachment"))
    }
}

#[cfg(test)]
mod tests {
    use super::Disposition;

    #[test]
    fn nothing_breaks_out_of_a_name() {
        assert_eq!(Disposition::Attachment.named("message-1.bin"), "attachment; filename=\"message-1.bin\"");
        assert_eq!(Disposition::Inline.named("a\"\r\n/\u{fc}"), "inline; filename=\"a_____\"");
    }
}
