//! `init`: samples for the programs around a server, to be written where they belong.

use std::env::current_exe;

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
    let of_program = |sample: &str| {
        let program = current_exe().context("nobody knows where this program is")?;
        anyhow::Ok(sample.replace("@program@", &for_systemd(&program.display().to_string())))
    };
    let text = if sample.systemd {
        format!("{}\n{SOCKET}", of_program(SERVICE)?)
    } else if sample.listen {
        of_program(LISTEN)?
    } else if sample.caddy {
        CADDY.to_owned()
    } else if sample.docker {
        COMPOSE.to_owned()
    } else {
        NGINX.to_owned()
    };
    output::raw(text.as_bytes())
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
