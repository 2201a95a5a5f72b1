//! `init`: samples for the programs around a server, to be written where they belong.

use std::env::current_exe;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cli::arguments::Sample;
use crate::cli::output;

const SERVICE: &str = include_str!("samples/peerbox.service");
const LISTEN: &str = include_str!("samples/peerbox-listen@.service");
const SOCKET: &str = include_str!("samples/peerbox.socket");
const CADDY: &str = include_str!("samples/Caddyfile");
const COMPOSE: &str = include_str!("samples/compose.yaml");
const NGINX: &str = include_str!("samples/nginx.conf");

/// Prints a sample. Files that belong together are parted by an empty line and begin with where each belongs.
pub(super) fn print(sample: &Sample) -> Result<()> {
    let program = || current_exe().context("nobody knows where this program is");
    let of =
        |program: &Path, unit: &str| unit.replace("@program@", &for_systemd(&program.display().to_string()));
    let text = if sample.systemd {
        let program = program()?;
        if is_hidden(&program) {
            output::say(&format!(
                "this unit does not see {}, because it hides homes and /tmp: put the program into /usr/local/bin first, \
                 and let that one print it",
                program.display()
            ));
        }
        format!("{}\n{SOCKET}", of(&program, SERVICE))
    } else if sample.listen {
        of(&program()?, LISTEN)
    } else if sample.caddy {
        CADDY.to_owned()
    } else if sample.docker {
        COMPOSE.to_owned()
    } else {
        NGINX.to_owned()
    };
    output::raw(text.as_bytes())
}

/// Whether the unit would not find a program there, by `ProtectHome` and `PrivateTmp`.
fn is_hidden(program: &Path) -> bool {
    ["/home", "/root", "/run/user", "/tmp", "/var/tmp"].iter().any(|folder| program.starts_with(folder))
}

/// A path as a unit names it: quoted where systemd would take it apart or put something in its place.
fn for_systemd(path: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || "/._-+".contains(sign);
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    let quoted = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_the_unit_does_not_see_is_told() {
        let check =
            |program: &str, expected| assert_eq!(is_hidden(Path::new(program)), expected, "{program}");
        check("/home/ann/target/release/peerbox", true);
        check("/root/peerbox", true);
        check("/tmp/peerbox", true);
        check("/var/tmp/peerbox", true);
        check("/usr/local/bin/peerbox", false);
        check("/homes/peerbox", false);
    }

    #[test]
    fn a_path_is_named_as_systemd_reads_it() {
        for (path, expected) in [
            ("/usr/bin/peerbox", "/usr/bin/peerbox"),
            ("/opt/my box/peerbox", "\"/opt/my box/peerbox\""),
            // The program's own word is not looked through for variables.
            ("/opt/100%/$x", "\"/opt/100%%/$x\""),
            (r#"/opt/a"b\c"#, r#""/opt/a\"b\\c""#),
        ] {
            assert_eq!(for_systemd(path), expected);
        }
    }
}
