//! The rules of the code's shape, read from the source text; links nothing of ours.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/files.rs"]
mod files;
#[path = "architecture/source.rs"]
mod source;

use crate::source::{ends_of, files_under, first_names, report, root};

/// Which of our modules each module may name. A module may always name itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("callbacks", &["domain"]),
    ("crypto", &["domain"]),
    ("config", &["domain"]),
    ("events", &["domain"]),
    ("clock", &["domain"]),
    ("client", &["crypto", "domain"]),
    ("observe", &["domain", "config"]),
    ("store", &["crypto", "events", "domain", "config", "observe"]),
    ("outbound", &["domain", "config"]),
    ("auth", &["store", "crypto", "events", "domain", "config", "observe"]),
    ("service", &["auth", "store", "crypto", "events", "domain", "config", "callbacks"]),
    ("notify", &["auth", "outbound", "store", "crypto", "events", "domain", "config", "observe"]),
    ("transfer", &["service", "auth", "store", "domain"]),
    ("doctor", &["auth", "store", "crypto", "domain", "config", "outbound"]),
    ("http", &["doctor", "service", "auth", "notify", "domain", "config", "observe"]),
    ("jobs", &["service", "auth", "notify", "store", "domain", "config", "observe"]),
    ("api", &["http", "service", "auth", "notify", "domain", "events", "config", "observe"]),
    (
        "web",
        &[
            "transfer",
            "http",
            "doctor",
            "service",
            "auth",
            "notify",
            "callbacks",
            "domain",
            "events",
            "config",
            "observe",
        ],
    ),
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
    ("prometheus_client", &["observe", "store", "http", "server"]),
    ("schemars", &["api"]),
    ("chacha20", &["crypto"]),
    ("chacha20poly1305", &["crypto"]),
    ("hyper", &["client", "notify", "outbound", "server"]),
    ("lettre", &["config", "domain", "outbound"]),
    ("ring", &["callbacks", "client", "crypto", "doctor", "outbound", "server", "web"]),
    ("k256", &["callbacks"]),
    ("argon2", &["crypto"]),
    ("getrandom", &["crypto"]),
    ("crypto_box", &["crypto"]),
    ("reqwest", &["client", "server"]),
    ("tokio_tungstenite", &["client"]),
];

/// A crate and the modules that must not name it.
const NEVER_IN: &[(&str, &[&str])] = &[
    ("serde", &["domain", "service", "store"]),
    ("serde_json", &["domain", "service", "store"]),
    ("tokio", &["domain", "crypto", "events"]),
];

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

/// `serve` loads nothing of the client: only the command line names it.
#[test]
fn the_client_is_for_the_command_line_only() {
    let problems: Vec<_> = files_under("src", &["rs"])
        .iter()
        .filter(|source| !["client", "cli"].contains(&source.module().as_str()))
        .filter(|source| source.code().contains("crate::client"))
        .map(|source| format!("{}: `client` belongs in `cli`", source.name()))
        .collect();
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
