//! The module that browser developers import, `/client.js`: what `static/script/client` says, joined into one file.

use std::fmt::Write;

use crate::web::frame::source::served;

/// Where its modules and those that they name lie, and the one that says what is exported.
const FOLDER: &str = "script/";
const ENTRY: &str = "client/client.mjs";

/// What stands at its top, as no comment of the modules is sent.
const HEAD: &str = "// peerbox client: channels and sealed boxes in a browser. MIT licence.\n\
                    // Types and every name explained: client.d.ts beside this file.\n";

/// One module of all. Each one's imports stand before it, once, and all names are different: `import` lines go, and
/// `export` stays only where the entry says it.
pub(super) fn joined() -> String {
    let mut done = Vec::new();
    let mut text = HEAD.to_owned();
    add(ENTRY, &mut done, &mut text);
    text
}

fn add(name: &str, done: &mut Vec<String>, text: &mut String) {
    if done.iter().any(|one| one == name) {
        return;
    }
    done.push(name.to_owned());
    let module = String::from_utf8(served(&format!("{FOLDER}{name}"))).unwrap_or_default();
    for named in module.lines().filter_map(imported) {
        add(&beside(name, named), done, text);
    }
    for line in module.lines().filter(|line| !line.is_empty() && !line.starts_with("import ")) {
        let line = if name == ENTRY {
            // What it exports of others is here by now.
            line.split(" from ").next().unwrap_or(line)
        } else {
            line.strip_prefix("export ").unwrap_or(line)
        };
        // Writing to a string cannot fail.
        let _infallible = writeln!(text, "{line}");
    }
}

/// The module that a line imports or exports from.
fn imported(line: &str) -> Option<&str> {
    let is_of_another = line.starts_with("import ") || line.starts_with("export {");
    line.strip_suffix("\";").filter(|_| is_of_another)?.rsplit_once(" from \"").map(|(_, named)| named)
}

/// `./x.mjs` or `../folder/x.mjs` as the module `name` means it, in the folder of scripts.
fn beside(name: &str, named: &str) -> String {
    match named.strip_prefix("./") {
        Some(file) => {
            name.rsplit_once('/').map_or_else(|| file.to_owned(), |(folder, _)| format!("{folder}/{file}"))
        }
        None => named.trim_start_matches("../").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_is_there_once_and_only_the_entry_exports() {
        let text = joined();
        for once in
            ["function blake2b(", "function keyOfName(", "class Channel", "const PKCS8", "function listen("]
        {
            assert_eq!(text.matches(once).count(), 1, "{once}");
        }
        assert!(!text.contains("import ") && !text.contains(" from \""), "nothing is loaded");
        let exports: Vec<_> = text.lines().filter(|line| line.starts_with("export ")).collect();
        let all = [
            "export const version = \"1.0.0\";",
            "export { Refused }",
            "export { Channel }",
            "export { fingerprint, newKey, sealFor as seal, unseal }",
        ];
        assert_eq!(exports, all);
    }
}
