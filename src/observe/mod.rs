//! The log: lines for people or objects for machines, on standard error. Nothing secret is ever given to it.

pub mod deliveries;
pub mod histogram;
mod line;
pub mod outcomes;
pub mod per_minute;
pub mod recent;
pub mod repeats;
pub mod standard_error;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::{self, Location, PanicHookInfo};
use std::thread;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{LogConfig, LogFormat, LogLevel};
use crate::observe::recent::Recent;
use crate::observe::standard_error::StandardError;

/// A log that was started.
pub struct Log {
    /// Where people are told things beside it. Logging goes on until it is dropped.
    pub standard_error: StandardError,
    /// Its last lines.
    pub recent: Recent,
}

/// Starts logging for the process. A second start changes nothing.
pub fn start(config: &LogConfig) -> Log {
    let standard_error = StandardError::open();
    let recent = Recent::default();
    let lines = fmt::layer().with_writer(standard_error.lines()).with_target(false);
    let is_terminal = std::io::stderr().is_terminal();
    let lines = match config.format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        // A terminal that a service opened inherits the journal's mark, but no journal reads it.
        LogFormat::Text if config.undated && !is_terminal => lines.with_ansi(false).without_time().boxed(),
        LogFormat::Text => lines.with_ansi(is_terminal).boxed(),
    };
    // Libraries below us speak at `warn`: their lines could hold request lines, which hold tokens.
    let filter =
        Targets::new().with_default(LevelFilter::WARN).with_target("peerbox", level_of(config.level));
    let kept = fmt::layer().with_writer(recent.writer()).with_target(false).with_ansi(false);
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    let _started_before = registry.with(kept.with_filter(LevelFilter::WARN)).try_init();
    // The standard library's own hook writes by itself, and so could be held up.
    panic::set_hook(Box::new(tell_of_panic));
    Log { standard_error, recent }
}

fn level_of(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
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
