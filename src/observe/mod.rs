//! The log: lines for people or objects for machines, on standard error. Nothing secret is ever given to it.

pub mod repeats;
pub mod standard_error;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::{self, Location, PanicHookInfo};
use std::thread;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogConfig, LogFormat};
use crate::observe::standard_error::StandardError;

/// Starts logging for the process, which goes on until what this gives is dropped. A second start changes nothing.
pub fn start(config: &LogConfig) -> StandardError {
    let standard_error = StandardError::open();
    // Libraries below us speak at `warn`: their lines could hold request lines, which hold tokens.
    let filter = EnvFilter::new(format!("warn,peerbox={}", config.level));
    let lines = fmt().with_env_filter(filter).with_writer(standard_error.lines()).with_target(false);
    let _started_before = match config.format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        // A terminal that a service opened inherits the journal's mark, but no journal reads it.
        LogFormat::Text if config.undated && !std::io::stderr().is_terminal() => {
            lines.with_ansi(false).without_time().try_init()
        }
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    // The standard library's own hook writes by itself, and so could be held up.
    panic::set_hook(Box::new(tell_of_panic));
    standard_error
}

fn tell_of_panic(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(
        thread = thread::current().name(),
        place = panic.location().map(Location::to_string),
        panic = panic.payload_as_str(),
        backtrace,
        "a thread panicked"
    );
}
