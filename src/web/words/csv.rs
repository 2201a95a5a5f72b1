//! Lines of CSV that a program for tables opens without harm.

/// A line of these cells.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// What begins like a formula gets a sign before it by which it is text: others wrote it.
fn cell(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn nothing_in_a_cell_is_a_formula_or_ends_it() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "\"'=1+1\""),
            ("\t@SUM(A1)", "\"' @SUM(A1)\""),
            (" -2", "\"' -2\""),
            ("＝1", "\"'＝1\""),
            ("a\r\n=b", "\"a  =b\""),
            ("", "\"\""),
        ] {
            assert_eq!(line([text, "1"]), format!("{expected},\"1\"\r\n"), "{text}");
        }
    }
}
