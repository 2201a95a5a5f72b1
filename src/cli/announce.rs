//! What `serve` says when it starts: a few facts, each warning with its consequence and the setting, then silence.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, absolute};

use crate::cli::open;
use crate::clock::SystemClock;
use crate::config::{Config, Listen, LogFormat, PublicAccessMode, Signup, Speaks, Synchronous};
use crate::domain::plural::counted;
use crate::domain::size::size;
use crate::domain::time::Clock;
use crate::observe::standard_error::StandardError;
use crate::server::Listening;
use crate::store;
use crate::store::backups::Shelf;
use crate::store::folder::FILE_NAME;
use crate::store::open::KeySource;

/// Tells what was started, to people as lines and to machines as events of the log.
pub(super) fn started(
    standard_error: &StandardError,
    config: &Config,
    listening: &Listening,
    open_channels: u64,
) {
    let facts = facts(config, listening);
    let warnings = warnings(config, listening).into_iter().map(str::to_owned);
    let warnings = warnings.chain(open_to_anyone(open_channels));
    match config.log.format {
        LogFormat::Text => {
            for (name, fact) in facts {
                standard_error.say(&format!("{name:<12}{fact}"));
            }
            for warning in warnings {
                standard_error.say(&format!("{:<12}{warning}", "warning"));
            }
        }
        LogFormat::Json => {
            for (name, fact) in facts {
                tracing::info!(name, fact, "started");
            }
            for warning in warnings {
                tracing::warn!("{warning}");
            }
        }
    }
}

/// A warning that channels can be used without a token, which holders may not know who let a program make them.
pub(super) fn open_to_anyone(channels: u64) -> Option<String> {
    if channels == 0 {
        return None;
    }
    let are = if channels == 1 { "is" } else { "are" };
    Some(format!(
        "{} {are} open to anyone with the address; `peerbox channel list` tells which, its page closes a channel, and \
         api.public_access = \"off\" closes all",
        counted(channels, "channel")
    ))
}

/// Tells how to make the first account. Whoever has the code becomes the operator, so it is said to people only. A log
/// for machines is collected and kept, so it names the command line only.
pub(super) fn first_account(
    standard_error: &StandardError,
    config: &Config,
    addresses: &[(SocketAddr, Speaks)],
    code: &str,
) {
    if config.log.format == LogFormat::Json {
        tracing::warn!(
            "nobody manages this server yet; make the account that does with: peerbox account create NAME --user USER"
        );
        return;
    }
    let pages = addresses.iter().find(|(_, speaks)| *speaks != Speaks::Redirect);
    let own = pages.map(|&(address, speaks)| in_words(from_here(address), speaks)).unwrap_or_default();
    let public = config.server.base_url.as_ref().map_or(own, ToString::to_string);
    standard_error.say(&format!(
        "\nNobody manages this server yet. Make the account that does in a browser, with this address that works once:\n\n    \
         {public}/setup?code={code}\n\nor here with: peerbox account create NAME --user USER\n"
    ));
}

/// Tells that a master key was made.
pub(super) fn key_was_made(standard_error: &StandardError, config: &Config, path: &Path) {
    match config.log.format {
        LogFormat::Text => standard_error.say(&open::key_was_made(path)),
        LogFormat::Json => {
            tracing::warn!(path = %path.display(), "made a master key; back it up apart from the data");
        }
    }
}

fn facts(config: &Config, listening: &Listening) -> Vec<(&'static str, String)> {
    let version = format!("{} (schema {})", env!("CARGO_PKG_VERSION"), store::SCHEMA_VERSION);
    let mut facts = vec![("peerbox", version), ("data", data(config))];
    if let Some(key) = master_key(config) {
        facts.push(("master key", key));
    }
    let path = config.server.base_url.as_ref().map_or("", |url| url.path());
    let tcp = listening.tcp.iter().map(|&(address, speaks)| format!("{}{path}", in_words(address, speaks)));
    let unix = listening.unix.iter().map(|path| format!("unix:{}", path.display()));
    let handed_over = if listening.handed_over { " (handed over; server.listen is not used)" } else { "" };
    facts.extend(tcp.chain(unix).map(|place| ("listening", format!("{place}{handed_over}"))));
    facts.extend(listening.metrics.map(|address| ("metrics", format!("http://{address}/metrics"))));
    facts.extend(
        names_of_certificate(config).map(|names| ("certificate", format!("fetched and renewed for {names}"))),
    );
    facts.extend(config.server.base_url.as_ref().map(|url| ("public", url.to_string())));
    facts.push(("backups", backups(config)));
    let off = switched_off(config);
    if !off.is_empty() {
        facts.push(("off", off.join(", ")));
    }
    facts
}

/// For whom a certificate is fetched, where one is.
fn names_of_certificate(config: &Config) -> Option<String> {
    let domains = &config.tls.as_ref()?.domains;
    let names: Vec<_> = domains.iter().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The address for a browser on this machine, where the server listens on all of them.
fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn in_words(address: SocketAddr, speaks: Speaks) -> String {
    Listen::Tcp(address, speaks).to_string()
}

fn data(config: &Config) -> String {
    let file = config.data.dir.join(FILE_NAME);
    let file = absolute(&file).unwrap_or(file);
    let length = fs::metadata(&file).map_or(0, |file| file.len());
    format!("{} ({})", file.display(), size(length))
}

fn backups(config: &Config) -> String {
    let shelf = Shelf::of(config);
    match shelf.newest(SystemClock.now()) {
        Ok(newest) => {
            let newest = newest.map(|newest| format!("newest of {}", newest.made));
            format!("{} ({})", shelf.folder().display(), newest.as_deref().unwrap_or("none yet"))
        }
        Err(error) => error.to_string(),
    }
}

fn master_key(config: &Config) -> Option<String> {
    match KeySource::of(&config.data)? {
        KeySource::File(path) => {
            let path = absolute(&path).unwrap_or(path);
            Some(format!("{} (back it up apart from the data)", path.display()))
        }
        KeySource::Passphrase(_) => Some("from the passphrase".to_owned()),
    }
}

/// What is off and may be missed, with the setting that turns it on.
fn switched_off(config: &Config) -> Vec<&'static str> {
    let switches = [
        (config.accounts.signup == Signup::Closed, "sign-up (accounts.signup)"),
        (config.api.public_access == PublicAccessMode::Off, "public access (api.public_access)"),
        (config.ui.disabled, "pages (ui.disabled)"),
        (config.backup.schedule.is_none(), "daily backups (backup.schedule)"),
        (config.metrics.listen.is_none(), "metrics (metrics.listen)"),
    ];
    switches.into_iter().filter(|(off, _)| *off).map(|(_, what)| what).collect()
}

/// What a start with this configuration would warn of, where it listens as that says.
pub(super) fn foreseen(config: &Config) -> Vec<&'static str> {
    let tcp = config.server.listen.iter().filter_map(|listen| match listen {
        Listen::Tcp(address, speaks) => Some((*address, *speaks)),
        Listen::Unix(_) => None,
    });
    let listening = Listening { tcp: tcp.collect(), metrics: config.metrics.listen, ..Listening::default() };
    warnings(config, &listening)
}

fn warnings(config: &Config, listening: &Listening) -> Vec<&'static str> {
    let open =
        |(address, speaks): &(SocketAddr, Speaks)| *speaks == Speaks::Http && !address.ip().is_loopback();
    let is_fetched = names_of_certificate(config).is_some();
    let warnings = [
        (
            is_fetched && !listening.tcp.iter().any(|place| is_for_authority(place, config)),
            "no certificate comes for tls.domains unless port 443 or 80 leads here: listen there, by server.listen or, under \
             systemd, by ListenStream=443 and ListenStream=80 in peerbox.socket",
        ),
        (
            listening.tcp.iter().any(open) && config.server.trusted_proxies.is_empty(),
            "passwords and tokens travel readable for everybody on the way; set tls.domains, or tls.cert_file and \
             tls.key_file, or name your https proxy in server.trusted_proxies",
        ),
        (
            config.data.synchronous == Synchronous::Normal,
            "a power cut may take the last messages although they were acknowledged; data.synchronous = \"full\" \
             keeps them",
        ),
        (
            listening.metrics.as_ref().is_some_and(|address| !address.ip().is_loopback()),
            "everybody who reaches metrics.listen can read the metrics; set it to 127.0.0.1:PORT, or keep others away",
        ),
    ];
    warnings.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning).collect()
}

/// Whether an authority that looks for a name may come to this address: at the usual ports, or at others that somebody
/// named, as where a container's port is led to.
fn is_for_authority(&(address, speaks): &(SocketAddr, Speaks), config: &Config) -> bool {
    let is_usual = matches!((speaks, address.port()), (Speaks::Https, 443) | (Speaks::Redirect, 80));
    let is_named = || speaks != Speaks::Http && config.server.listen.contains(&Listen::Tcp(address, speaks));
    !address.ip().is_loopback() && (is_usual || is_named())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_plain_address_is_warned_about() {
        let check = |address: &str, toml: &str, expect: usize| {
            let config = Config::from_toml(&format!("data.dir = '/d'\n{toml}")).expect("usable");
            let address = (address.parse().expect("an address"), Speaks::Usual.settled(config.tls.is_some()));
            let metrics = config.metrics.listen;
            let listening = Listening { tcp: vec![address], metrics, ..Listening::default() };
            assert_eq!(warnings(&config, &listening).len(), expect, "{address:?} {toml}");
        };
        check("127.0.0.1:1", "", 0);
        check("[::1]:1", "", 0);
        check("0.0.0.0:1", "", 1);
        check("0.0.0.0:1", "server.trusted_proxies = ['private']", 0);
        check("0.0.0.0:1", "tls.cert_file = 'a'\ntls.key_file = 'b'", 0);
        check("127.0.0.1:1", "data.synchronous = 'normal'", 1);
        check("127.0.0.1:1", "metrics.listen = '127.0.0.1:2'", 0);
        check("127.0.0.1:1", "metrics.listen = '0.0.0.0:2'", 1);
        let domain = "tls.domains = ['a.b']";
        check("[::]:443", domain, 0);
        check("0.0.0.0:443", domain, 0);
        check("0.0.0.0:5010", domain, 1);
        check("0.0.0.0:5010", &format!("{domain}\nserver.listen = '0.0.0.0:5010'"), 0);
        check("127.0.0.1:443", domain, 1);
    }
}
