//! What files name of each other: the floors inside the pages, and no circles anywhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, ends_of, files_under, first_names, full_names, report, root};

/// Which rooms of the pages every other room may name. They themselves may name those before them.
const WEB_GROUND: &[&str] = &["words", "frame"];

/// A room of the pages that names another one, and why.
const BETWEEN_ROOMS: &[(&str, &str, &str)] = &[];

#[test]
fn files_name_each_other_in_no_circle() {
    let sources: Vec<_> =
        files_under("src", &["rs"]).into_iter().map(|one| (one.path_of_module(), one)).collect();
    let modules: BTreeSet<&str> = sources.iter().map(|(module, _)| module.as_str()).collect();
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (module, source) in &sources {
        let code = source.code();
        // A test may well use what stands above.
        let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
        for end in ends_of(code, "crate") {
            let Some(rest) = code[end..].strip_prefix("::") else { continue };
            for name in full_names(rest) {
                let ends = name.match_indices("::").map(|(at, _)| at).chain([name.len()]);
                let file = ends.filter_map(|end| modules.get(&name[..end])).last().copied();
                if let Some(file) = file.filter(|file| file != module) {
                    names.entry(module).or_default().insert(file);
                }
            }
        }
    }
    let in_circle = |one: &&str| {
        let mut reached = names[one].clone();
        while let Some(next) =
            reached.iter().filter_map(|name| names.get(name)).flatten().find(|name| !reached.contains(**name))
        {
            reached.insert(next);
        }
        reached.contains(one)
    };
    let in_circles: BTreeSet<&str> = names.keys().copied().filter(in_circle).collect();
    let problems: Vec<_> = in_circles
        .iter()
        .map(|one| {
            let by: Vec<_> = names[one].intersection(&in_circles).collect();
            format!("{one} is in a circle by way of {by:?}")
        })
        .collect();
    report(&problems);
}

#[test]
fn rooms_of_the_pages_stand_beside_each_other() {
    let mut problems = Vec::new();
    for source in files_under("src/web", &["rs"]) {
        let inside = source.path.strip_prefix(root().join("src/web")).expect("a file of the pages");
        let room = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        if room == "mod.rs" {
            continue;
        }
        let below = WEB_GROUND.iter().position(|ground| *ground == room).unwrap_or(WEB_GROUND.len());
        let code = source.code();
        for end in ends_of(&code, "crate::web") {
            let Some(rest) = code[end..].strip_prefix("::") else { continue };
            for name in first_names(rest) {
                let allowed = name == room
                    || WEB_GROUND[..below].contains(&name.as_str())
                    || BETWEEN_ROOMS.iter().any(|(from, to, _)| *from == room && *to == name);
                if !allowed {
                    problems.push(format!("{}: room `{room}` may not name `{name}`", source.name()));
                }
            }
        }
        let Some(templates) = folder_of_templates(&source) else { continue };
        if templates != room {
            problems.push(format!("{}: its template belongs in templates/{room}", source.name()));
        }
    }
    report(&problems);
}

/// The folder of the first template that the file names.
fn folder_of_templates(source: &Source) -> Option<String> {
    let (_, rest) = source.text.split_once("#[template(path = \"")?;
    Some(rest.split('/').next()?.to_owned())
}
