//! What each file is like by itself.

use std::fs;
use std::path::Path;

use crate::source::{Source, ends_of, files_under, report, root, rust_files};

const MAX_LINES: usize = 400;

const MAX_COLUMNS: usize = 120;

/// Of a script that pages load.
const MAX_SCRIPT_LINES: usize = 150;

/// Names that fit everything and so attract everything.
const DRAWERS: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "manager", "types"];

#[test]
fn files_are_short_and_say_what_they_own() {
    let mut problems = Vec::new();
    for source in rust_files() {
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            problems.push(format!("{}: {lines} lines, at most {MAX_LINES}", source.name()));
        }
        let first = source.text.lines().next().unwrap_or("");
        if first.strip_prefix("//! ").is_none_or(|text| text.trim().len() <= 10)
            && !includes_its_text(&source)
        {
            problems.push(format!("{}: line one is not a `//!` sentence", source.name()));
        }
    }
    report(&problems);
}

#[test]
fn scripts_and_styles_are_short_and_say_what_they_are_for() {
    let mut problems = Vec::new();
    for source in files_under("static", &["mjs", "css"]) {
        let script = source.path.extension().is_some_and(|extension| extension == "mjs");
        // What others use enhances nothing by itself.
        let library = ["sealing", "client"]
            .iter()
            .any(|one| source.path.starts_with(root().join("static/script").join(one)));
        let (most, beginning) = match (script, library) {
            (true, true) => (MAX_SCRIPT_LINES, "// "),
            (true, false) => (MAX_SCRIPT_LINES, "// Enhances "),
            (false, _) => (MAX_LINES, "/* "),
        };
        let lines = source.text.lines().count();
        if lines > most {
            problems.push(format!("{}: {lines} lines, at most {most}", source.name()));
        }
        if !source.text.starts_with(beginning) {
            problems.push(format!("{}: line one does not begin with `{beginning}`", source.name()));
        }
    }
    report(&problems);
}

/// Handlers of pages are told by the tables of their areas, and these names say all that there is to say.
#[test]
fn public_items_say_what_they_mean() {
    const PLAIN: [&str; 3] = ["fn new(", "fn as_str(", "fn configure("];
    const ITEMS: [&str; 6] = ["fn ", "async fn ", "struct ", "enum ", "trait ", "const "];
    let mut problems = Vec::new();
    for source in files_under("src", &["rs"]) {
        let area = source.path_of_module().strip_prefix("web::").map(str::to_owned);
        if area.is_some_and(|area| !area.starts_with("frame") && !area.starts_with("words")) {
            continue;
        }
        let mut above = "";
        for line in source.text.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]") {
            let item =
                line.strip_prefix("pub ").filter(|item| ITEMS.iter().any(|kind| item.starts_with(kind)));
            // In a macro, who uses it says what it means.
            let plain = line.contains('$') || PLAIN.iter().any(|name| line.contains(name));
            if item.is_some() && !plain && !above.starts_with("///") {
                problems.push(format!("{}: `{line}` without a sentence", source.name()));
            }
            let goes_on = line.starts_with("#[") || line.ends_with(")]");
            above = if goes_on { above } else { line };
        }
    }
    report(&problems);
}

/// The crate's own documentation may be the architecture text, which is included rather than repeated.
fn includes_its_text(source: &Source) -> bool {
    source.path.ends_with("src/lib.rs") && source.text.starts_with("#![doc = include_str!(")
}

#[test]
fn every_file_is_part_of_a_crate() {
    let mut problems = Vec::new();
    for source in rust_files() {
        let folder = source.path.parent().expect("a folder");
        let stem = source.path.file_stem().and_then(|text| text.to_str()).expect("a name");
        let (folder, name) = match stem {
            "main" | "lib" => continue,
            "mod" => (folder.parent().expect("a folder"), folder.file_name().and_then(|text| text.to_str())),
            _ => (folder, Some(stem)),
        };
        let beside = folder.with_extension("rs");
        let parents =
            ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name)).into_iter().chain([beside]);
        let texts: Vec<_> = parents.filter_map(|path| fs::read_to_string(path).ok()).collect();
        let line = format!("mod {};", name.expect("a name"));
        // Without any parent, it is a test or benchmark that cargo finds by itself.
        if !texts.is_empty() && !texts.iter().any(|text| text.contains(&line)) {
            problems.push(format!("{}: nothing says `{line}`, so it is not compiled", source.name()));
        }
    }
    report(&problems);
}

#[test]
fn no_module_is_a_drawer() {
    let problems: Vec<_> = rust_files()
        .iter()
        .filter(|source| {
            let name = source.path.strip_prefix(root()).expect("a file of ours").with_extension("");
            name.components().any(|part| DRAWERS.contains(&part.as_os_str().to_str().unwrap_or("")))
        })
        .map(|source| format!("{}: find a noun for what it owns", source.name()))
        .collect();
    report(&problems);
}

#[test]
fn tests_never_sleep_and_are_never_ignored() {
    let this = Path::new(file!()).file_name().expect("a file");
    let mut problems = Vec::new();
    for source in files_under("tests", &["rs"]) {
        if source.path.file_name() == Some(this) {
            continue;
        }
        for banned in ["sleep(", "sleep_until(", "#[ignore"] {
            if source.code().contains(banned) {
                problems.push(format!("{}: `{banned}`", source.name()));
            }
        }
    }
    report(&problems);
}

#[test]
fn templates_hold_no_code_and_no_unescaped_text() {
    let mut problems = Vec::new();
    for source in files_under("templates", &["html", "txt", "svg"]) {
        let lower = source.text.to_lowercase();
        let filters = lower.replace(' ', "");
        // Handed out for other sites, and never shown here.
        let example = source.name().ends_with("help/example.html");
        let inline_script = !example
            && lower.match_indices("<script").any(|(at, _)| {
                let tag = lower[at..].split('>').next().unwrap_or("");
                !tag.contains(" src=")
            });
        let handler = lower.match_indices(" on").any(|(at, _)| {
            let name: String = lower[at + 3..].chars().take_while(char::is_ascii_alphabetic).collect();
            !name.is_empty() && lower[at + 3 + name.len()..].starts_with('=')
        });
        for (found, what) in [
            (filters.contains("|safe"), "an unescaped value"),
            (inline_script, "an inline script"),
            (lower.contains("<style") || lower.contains(" style="), "an inline style"),
            (handler || lower.contains("javascript:"), "an inline handler"),
        ] {
            if found {
                problems.push(format!("{}: {what}", source.name()));
            }
        }
    }
    report(&problems);
}

#[test]
fn lines_of_templates_are_as_long_as_those_of_code() {
    let mut problems = Vec::new();
    for source in files_under("templates", &["html"]) {
        for (at, line) in
            source.text.lines().enumerate().filter(|(_, line)| line.chars().count() > MAX_COLUMNS)
        {
            problems.push(format!("{}:{}: {} columns", source.name(), at + 1, line.chars().count()));
        }
    }
    report(&problems);
}

#[test]
fn a_todo_names_its_issue() {
    let mark = ["TO", "DO"].concat();
    let mut sources = rust_files();
    sources.extend(files_under("templates", &["html"]));
    sources.extend(files_under("static", &["mjs", "css"]));
    let mut problems = Vec::new();
    for source in sources {
        for end in ends_of(&source.text, &mark) {
            let issue = source.text[end..]
                .strip_prefix("(#")
                .map(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if issue != Some(true) {
                problems.push(format!("{}: a mark without `(#issue)`", source.name()));
            }
        }
    }
    report(&problems);
}

#[test]
fn headers_are_made_of_checked_values() {
    let mut problems = Vec::new();
    for source in files_under("src", &["rs"]) {
        let code = source.code();
        for end in ends_of(&code, "insert_header") {
            let pair = code[end..].split("))").next().unwrap_or("");
            if ["format!", "to_string(", "to_owned(", "as_str("].iter().any(|text| pair.contains(text)) {
                problems.push(format!("{}: make a `HeaderValue` of{pair}", source.name()));
            }
        }
    }
    report(&problems);
}

#[test]
fn the_picture_of_the_layout_names_every_folder_once() {
    let text = fs::read_to_string(root().join("src/ARCHITECTURE.md")).expect("the architecture");
    let (_, picture) = text.split_once("```text\nsrc/\n").expect("the picture");
    let (picture, _) = picture.split_once("```").expect("its end");
    let mut drawn = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    for line in picture.lines() {
        let depth = (line.len() - line.trim_start().len()) / 2;
        let name = line.trim_start().split('/').next().expect("a name");
        path.truncate(depth.saturating_sub(1));
        path.push(name);
        drawn.push(path.join("/"));
    }
    let source = root().join("src");
    let folders = files_under("src", &["rs", "sql"]).into_iter().filter_map(|file| {
        let folder = file.path.parent()?.strip_prefix(&source).ok()?.to_owned();
        (folder != Path::new("")).then(|| folder.display().to_string())
    });
    let mut there: Vec<_> = folders.collect();
    for list in [&mut drawn, &mut there] {
        list.sort_unstable();
    }
    there.dedup();
    assert_eq!(drawn, there, "the picture, and the folders of src");
}
