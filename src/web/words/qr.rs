//! QR codes as the path of an SVG, made here, so that no picture service ever sees a secret.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// White modules around the code, which readers need.
const QUIET: i32 = 3;

/// A code as a page draws it.
pub struct Qr {
    /// Width and height of the view box, in modules.
    pub side: i32,
    pub path: String,
}

impl Qr {
    /// A text too long for any code gives an empty picture; the text stands beside it anyway.
    pub fn new(text: &str) -> Self {
        let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
            return Self { side: 1, path: String::new() };
        };
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let start = x;
                while x < code.size() && code.get_module(x, y) {
                    x += 1;
                }
                if x > start {
                    // Writing to a string cannot fail.
                    let _infallible =
                        write!(path, "M{} {}h{}v1H{}z", start + QUIET, y + QUIET, x - start, start + QUIET);
                }
                x += 1;
            }
        }
        Self { side: code.size() + 2 * QUIET, path }
    }

    /// An address together with the token that opens it.
    pub fn of_access(address: &str, secret: &str) -> Self {
        Self::new(&format!("{address}?token={secret}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Qr;

    #[test]
    fn a_code_has_a_quiet_border() {
        let qr = Qr::new("https://box.example.org/api/v1/channel/abc");
        assert!(qr.side > 21 && qr.path.starts_with("M3 3h7"));
    }
}
