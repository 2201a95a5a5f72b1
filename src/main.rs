//! The executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    peerbox::cli::run()
}
