//! The log: lines for people or objects for machines, on standard error. Nothing secret is ever given to it.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogConfig, LogFormat};

/// Starts logging for the process. A second start changes nothing.
pub fn start(config: &LogConfig) {
    // Libraries below us speak at `warn`: their lines could hold request lines, which hold tokens.
    let filter = EnvFilter::new(format!("warn,peerbox={}", config.level));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let _started_before = match config.format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        // A terminal that a service opened inherits the journal's mark, but no journal reads it.
        LogFormat::Text if config.undated && !std::io::stderr().is_terminal() => {
            lines.with_ansi(false).without_time().try_init()
        }
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
}
