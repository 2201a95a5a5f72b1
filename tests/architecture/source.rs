//! The source text, and the paths that it names.

use std::fs;
use std::path::{Path, PathBuf};

pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    /// The top-level module that the file belongs to: `store` for `src/store.rs` and `src/store/pool.rs`.
    pub fn module(&self) -> String {
        let inside = self.path.strip_prefix(root().join("src")).expect("a file of src");
        let first = inside.components().next().expect("a name");
        Path::new(first.as_os_str()).with_extension("").display().to_string()
    }

    /// `store::pool` for `src/store/pool.rs`, `store` for `src/store/mod.rs`.
    pub fn path_of_module(&self) -> String {
        let inside = self.path.strip_prefix(root().join("src")).expect("a file of src").with_extension("");
        let parts = inside.iter().map(|part| part.to_string_lossy()).filter(|part| part != "mod");
        parts.collect::<Vec<_>>().join("::")
    }

    /// The text without comments, as far as line comments go; ours are never block comments.
    pub fn code(&self) -> String {
        self.text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
    }

    pub fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string()
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn files_under(folder: &str, extensions: &[&str]) -> Vec<Source> {
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

pub fn rust_files() -> Vec<Source> {
    let found: Vec<_> =
        ["src", "tests", "benches"].iter().flat_map(|top| files_under(top, &["rs"])).collect();
    assert!(found.len() > 10, "the source was not found");
    found
}

pub fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where `word` stands as a word of its own, as byte offsets just behind it.
pub fn ends_of<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).filter_map(move |(start, _)| {
        let end = start + word.len();
        let free = !code[..start].ends_with(is_word) && !code[end..].starts_with(is_word);
        free.then_some(end)
    })
}

/// The first names of a path's continuation: `a` for `a::b`, and `a`, `c` for `{a::b, c}`.
pub fn first_names(rest: &str) -> Vec<String> {
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

/// The paths that a continuation names in full: `a::b`, `a::c::d` for `a::{b, c::d}`.
pub fn full_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        let word: String = rest.chars().take_while(|&c| is_word(c)).collect();
        return match rest[word.len()..].strip_prefix("::") {
            Some(inner) => full_names(inner).iter().map(|name| format!("{word}::{name}")).collect(),
            None => vec![word],
        };
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                names.extend(full_names(group[start..at].trim()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names
}

pub fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_reader_of_this_file_understands_paths() {
    assert_eq!(first_names("store::Store;"), ["store"]);
    assert_eq!(first_names("{auth::{a, b}, store, config::C};"), ["auth", "store", "config"]);
    assert_eq!(ends_of("crate::a subcrate::b crate::c", "crate").count(), 2);
}
