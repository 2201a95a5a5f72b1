//! The files of `static/`, inside the executable, and scripts without their comments.

use rust_embed::Embed;

/// Everything in `static/`, as it was when the program was built.
#[derive(Embed)]
#[folder = "static/"]
pub(super) struct Static;

/// A file as browsers get it; empty where there is none of that name.
pub(super) fn served(name: &str) -> Vec<u8> {
    let bytes = Static::get(name).map(|file| file.data.into_owned()).unwrap_or_default();
    match String::from_utf8(bytes) {
        Ok(script) if name.rsplit('.').next() == Some("mjs") => without_comments(&script).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// A script without its comments, a third of what would be sent. It has as many lines as in the source, so that a browser
/// tells the right one. Comments have lines of their own.
fn without_comments(script: &str) -> String {
    let mut is_within = false;
    let mut bare = String::with_capacity(script.len());
    for line in script.lines() {
        let begins = line.trim_start();
        if is_within || begins.starts_with("/**") {
            is_within = !line.contains("*/");
        } else if !begins.starts_with("//") {
            bare.push_str(line);
        }
        bare.push('\n');
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_sent_without_comments_and_line_by_line() {
        let script =
            "// Why.\n\n/** What\n * more. */\nconst one = 1; // stays\n  /** One line. */\n  two(`//`);\n";
        assert_eq!(without_comments(script), "\n\n\n\nconst one = 1; // stays\n\n  two(`//`);\n");
        for name in Static::iter().filter(|name| name.starts_with("script/")) {
            let source = Static::get(&name).map(|file| file.data.into_owned()).unwrap_or_default();
            let (source, served) = (String::from_utf8_lossy(&source), served(&name));
            let served = String::from_utf8_lossy(&served);
            assert_eq!(served.lines().count(), source.lines().count(), "{name}");
            // What looks like a comment within a text of several lines would be lost.
            let within_text = served.lines().any(|line| line.matches('`').count() % 2 == 1);
            assert!(!within_text && !served.contains("/*"), "{name}");
        }
    }
}
