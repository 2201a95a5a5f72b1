//! The rules of the code's shape, read from the source text; links nothing of ours.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// Which of our modules each module may name. A module may always name itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("crypto", &["domain"]),
    ("config", &["domain"]),
    ("events", &["domain"]),
    ("clock", &["domain"]),
    ("observe", &["domain", "config"]),
    ("store", &["crypto", "events", "domain", "config", "observe"]),
    ("auth", &["store", "crypto", "events", "domain", "config", "observe"]),
    ("service", &["auth", "store", "crypto", "events", "domain", "config"]),
    ("notify", &["auth", "store", "crypto", "events", "domain", "config", "observe"]),
    ("http", &["service", "auth", "notify", "domain", "config", "observe"]),
    ("jobs", &["service", "auth", "notify", "store", "domain", "config", "observe"]),
    ("api", &["http", "service", "auth", "notify", "domain", "events", "config", "observe"]),
    ("web", &["http", "service", "auth", "notify", "domain", "events", "config", "observe"]),
];

/// The top: wiring and entry points, which may name everything below them.
const TOP: &[&str] = &["server", "cli", "lib", "main"];

/// A crate and the only modules that may name it.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("r2d2", &["store"]),
    ("actix_web", &["http", "api", "web", "server"]),
    ("actix_codec", &["server"]),
    ("actix_service", &["server"]),
    ("actix_http", &["http", "api", "web", "server"]),
    ("anyhow", &["cli", "main"]),
    ("askama", &["web"]),
    ("clap", &["cli", "main"]),
    ("schemars", &["api"]),
    ("chacha20", &["crypto"]),
    ("chacha20poly1305", &["crypto"]),
    ("ring", &["crypto", "server"]),
    ("argon2", &["crypto"]),
    ("getrandom", &["crypto"]),
];

/// A crate and the modules that must not name it.
const NEVER_IN: &[(&str, &[&str])] = &[
    ("serde", &["domain", "service", "store"]),
    ("serde_json", &["domain", "service", "store"]),
    ("tokio", &["domain", "crypto", "events"]),
];

const MAX_LINES: usize = 400;

/// Names that fit everything and so attract everything.
const DRAWERS: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "manager", "types"];

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The top-level module that the file belongs to: `store` for `src/store.rs` and `src/store/pool.rs`.
    fn module(&self) -> String {
        let inside = self.path.strip_prefix(root().join("src")).expect("a file of src");
        let first = inside.components().next().expect("a name");
        Path::new(first.as_os_str()).with_extension("").display().to_string()
    }

    /// The text without comments, as far as line comments go; ours are never block comments.
    fn code(&self) -> String {
        self.text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
    }

    fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &str, extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            let extension = path.extension().and_then(|text| text.to_str()).unwrap_or("");
            if path.is_dir() {
                folders.push(path);
            } else if extensions.contains(&extension) {
                let text = fs::read_to_string(&path).expect("text in UTF-8");
                found.push(Source { path, text });
            }
        }
    }
    found
}

fn rust_files() -> Vec<Source> {
    let found: Vec<_> =
        ["src", "tests", "benches"].iter().flat_map(|top| files_under(top, &["rs"])).collect();
    assert!(found.len() > 10, "the source was not found");
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where `word` stands as a word of its own, as byte offsets just behind it.
fn ends_of<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).filter_map(move |(start, _)| {
        let end = start + word.len();
        let free = !code[..start].ends_with(is_word) && !code[end..].starts_with(is_word);
        free.then_some(end)
    })
}

/// The first names of a path's continuation: `a` for `a::b`, and `a`, `c` for `{a::b, c}`.
fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|&c| is_word(c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut depth = 0;
    let mut names = vec![word(group)];
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn modules_name_only_what_their_layer_allows() {
    let mut problems = Vec::new();
    for source in files_under("src", &["rs"]) {
        let (module, code) = (source.module(), source.code());
        if TOP.contains(&module.as_str()) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            problems.push(format!("{}: module `{module}` has no row in MAY_USE", source.name()));
            continue;
        };
        for end in ends_of(&code, "crate") {
            let Some(rest) = code[end..].strip_prefix("::") else { continue };
            for name in first_names(rest) {
                if name != module && !allowed.contains(&name.as_str()) {
                    problems.push(format!("{}: `{module}` may not name `{name}`", source.name()));
                }
            }
        }
    }
    report(&problems);
}

#[test]
fn no_path_climbs_out_of_its_module() {
    let mut problems = Vec::new();
    for source in files_under("src", &["rs"]) {
        let code = source.code();
        let top = source.path.parent() == Some(&root().join("src")) || source.path.ends_with("mod.rs");
        let climbs = code.contains("super::super");
        let escapes = top
            && ends_of(&code, "super")
                .any(|end| code[end..].starts_with("::") && !code[end..].starts_with("::*"));
        if climbs || escapes {
            problems.push(format!("{}: write `crate::` instead of `super::`", source.name()));
        }
    }
    report(&problems);
}

#[test]
fn crates_stay_in_their_layer() {
    let mut problems = Vec::new();
    for source in files_under("src", &["rs"]) {
        let (module, code) = (source.module(), source.code());
        let named = |name: &str| ends_of(&code, name).any(|end| code[end..].starts_with("::"));
        for (name, homes) in ONLY_IN {
            if named(name) && !homes.contains(&module.as_str()) {
                problems.push(format!("{}: `{name}` belongs in {homes:?}", source.name()));
            }
        }
        for (name, banned) in NEVER_IN {
            if named(name) && banned.contains(&module.as_str()) {
                problems.push(format!("{}: no `{name}` in `{module}`", source.name()));
            }
        }
    }
    report(&problems);
}

/// Whoever names it can act for every account.
#[test]
fn the_console_is_for_the_command_line_only() {
    let problems: Vec<_> = files_under("src", &["rs"])
        .iter()
        .filter(|source| !["auth", "cli"].contains(&source.module().as_str()))
        .filter(|source| ends_of(&source.code(), "console").next().is_some())
        .map(|source| format!("{}: `console` belongs in `cli`", source.name()))
        .collect();
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
        let inline_script = lower.match_indices("<script").any(|(at, _)| {
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
fn a_todo_names_its_issue() {
    let mark = ["TO", "DO"].concat();
    let mut sources = rust_files();
    sources.extend(files_under("templates", &["html"]));
    sources.extend(files_under("static", &["js", "css"]));
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
fn the_reader_of_this_file_understands_paths() {
    assert_eq!(first_names("store::Store;"), ["store"]);
    assert_eq!(first_names("{auth::{a, b}, store, config::C};"), ["auth", "store", "config"]);
    assert_eq!(ends_of("crate::a subcrate::b crate::c", "crate").count(), 2);
}
