//! The one table of settings: name, default, meaning and how the text becomes a part of [`Config`].

use std::net::SocketAddr;
use std::time::Duration;

use crate::config::certificate::{Domain, contact, directory};
use crate::config::choice::{
    AccessLog, ClientIpHeader, LogFormat, LogLevel, MailTls, NotificationFrame, PublicAccessMode, RedactIp,
    Signup, StatusCodes, Synchronous, Theme,
};
use crate::config::error::nearest;
use crate::config::mail::{relay_port, sender};
use crate::config::network::{BaseUrl, Listen, Speaks, networks, origin};
use crate::config::quantity::{bytes, duration_from, rate, rate_or_unlimited, whole};
use crate::config::value::{SettingValue, path, text, yes_or_no};
use crate::config::{Config, MESSAGE_BYTES_CAP};
use crate::domain::backup::{Keep, TimeOfDay};

/// One setting. The configuration file, the environment and `config show` know no others.
#[derive(Debug)]
pub struct SettingKey {
    /// `section.key`, as in the file.
    pub name: &'static str,
    /// The text that means the default, or nothing where the default is to leave it unset.
    pub default: &'static str,
    /// One sentence for the operator.
    pub meaning: &'static str,
    pub(super) apply: Apply,
}

type Apply = fn(&mut Config, &SettingValue) -> Result<(), String>;

impl SettingKey {
    /// Finds a setting by its name in the file.
    pub fn find(name: &str) -> Option<&'static SettingKey> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The setting that a mistyped name most likely means, if any is close.
    pub(super) fn closest(name: &str) -> Option<&'static SettingKey> {
        // A key may be right in itself but stand in the wrong section, or in none.
        let field = name.rsplit('.').next().unwrap_or(name);
        let moved = KEYS.iter().find(|key| key.name.rsplit('.').next() == Some(field));
        moved.or_else(|| nearest(name, KEYS.iter().map(|key| key.name)).and_then(SettingKey::find))
    }

    /// The variable that sets it: `PEERBOX_SECTION__KEY`.
    pub fn variable(&self) -> String {
        format!("PEERBOX_{}", self.name.replace('.', "__").to_uppercase())
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

macro_rules! keys {
    ($($section:ident $(. $field:ident)? = $default:literal => $take:ident($parse:expr), $meaning:literal;)*) => {
        /// Every setting, in the order in which people read about them.
        pub const KEYS: &[SettingKey] = &[$(SettingKey {
            name: concat!(stringify!($section) $(, ".", stringify!($field))?),
            default: $default,
            meaning: $meaning,
            apply: |config, written| {
                keys!(@place config $section $($field)?) = written.$take($parse)?;
                Ok(())
            },
        }),*];
    };
    // Absent as a whole unless the files or a domain are named, which `Config::settle_certificate` checks.
    (@place $config:ident tls $field:ident) => { $config.tls.get_or_insert_default().$field };
    (@place $config:ident $section:ident $field:ident) => { $config.$section.$field };
    (@place $config:ident $alone:ident) => { $config.$alone };
}

keys! {
    // Loopback only, on the reference server's port: nothing is public until somebody says so.
    server.listen = "127.0.0.1:5010" => list(Listen::parse),
        "Where to accept connections: `ADDRESS:PORT` or `unix:/PATH`, one or several. Before an address stands what is \
         spoken there, if not the usual: `http://`, `https://` or `redirect://`. Where `tls.domains` is set, \
         the default is `https://[::]:443` and `redirect://[::]:80`.";
    server.unix_mode = "0660" => one(mode),
        "Who may connect to unix sockets, as the mode of their files.";
    server.base_url = "" => optional(BaseUrl::parse),
        "The full public address with its path, when a proxy or a container stands in between.";
    server.trusted_proxies = "" => flat_list(networks),
        "Networks whose forwarded headers are believed; also `loopback` and `private`.";
    server.client_ip_header = "x-forwarded-for" => one(ClientIpHeader::parse),
        "The header in which those proxies name the client: `x-forwarded-for`, `forwarded`, `x-real-ip` or \
         `cf-connecting-ip`.";
    server.shutdown_grace = "10s" => one(|text| duration_from(text, SECOND)),
        "How long a graceful stop may take.";
    server.header_timeout = "10s" => one(|text| duration_from(text, SECOND)),
        "How long a client may take to send a request's header.";
    server.body_timeout = "30s" => one(|text| duration_from(text, SECOND)),
        "How long a client may take to send a request's body.";
    server.workers = "" => optional(workers),
        "Worker threads; unset is one for each processor.";
    tls.cert_file = "" => or_blank(path),
        "Certificate chain (PEM); set with `tls.key_file` to serve https, re-read on SIGHUP.";
    tls.key_file = "" => or_blank(path),
        "Private key (PEM) of that certificate.";
    tls.domains = "" => flat_list(|text| Domain::parse(text).map(|domain| vec![domain])),
        "Names or addresses of this server, for which a certificate is fetched and renewed by itself.";
    tls.acme_contact = "" => optional(contact),
        "A mail address that the certificate's authority may write to.";
    tls.acme_directory = "https://acme-v02.api.letsencrypt.org/directory" => one(directory),
        "The authority that is asked for the certificate, by the address of its directory (RFC 8555).";
    tls.acme_root_file = "" => optional(path),
        "A PEM file with the root by which that authority is believed, in the place of the system's.";
    hsts = "false" => one(yes_or_no),
        "Whether answers over https tell browsers to come back over https only.";
    data.dir = "" => one(path),
        "The folder of `peerbox.db`; unset is `$STATE_DIRECTORY`, else `$XDG_DATA_HOME/peerbox`, else \
         `~/.local/share/peerbox`.";
    data.key_file = "" => optional(path),
        "The master key's file; unset is systemd's credential `peerbox-key`, else the passphrase, else a \
         generated key.";
    data.passphrase_file = "" => optional(path),
        "A file with the passphrase that the master key is derived from.";
    data.synchronous = "full" => one(Synchronous::parse),
        "`normal` is faster and may lose the last moments at a power cut, never consistency.";
    accounts.signup = "closed" => one(Signup::parse),
        "Whether anybody may register in the browser: `closed` or `open`.";
    accounts.password_min = "8" => one(password_min),
        "The shortest password, in characters.";
    sessions.idle = "14d" => one(|text| duration_from(text, MINUTE)),
        "A browser session that is not used for so long ends.";
    sessions.absolute = "90d" => one(|text| duration_from(text, MINUTE)),
        "A browser session ends after so long in any case.";
    sessions.step_up = "30m" => one(|text| duration_from(text, SECOND)),
        "Delicate actions ask for the password again after so long.";
    api.public_access = "honour" => one(PublicAccessMode::parse),
        "Whether `public_read` and `public_write` open a channel to requests without credentials: `honour` \
         or `off`.";
    api.status_codes = "reference" => one(StatusCodes::parse),
        "`http` sends true 403, 409, 413 and 507 where the reference server sends 400 with the code in the \
         body.";
    api.notification_frame = "object" => one(NotificationFrame::parse),
        "`text` sends notifications as bare JSON strings, as version 1.1.0 of the reference did.";
    api.notification_text = "New message arrived" => one(text),
        "What a notification says.";
    limits.message_bytes = "1M" => one(message_bytes),
        "The longest message, at most 16M.";
    limits.channels_per_account = "1000" => one(whole),
        "Channels of one account; 0 is unlimited.";
    limits.tokens_per_channel = "200" => one(whole),
        "Tokens of one channel; 0 is unlimited.";
    limits.storage_per_account = "1G" => one(bytes),
        "What one account stores: messages, and less for tokens and read states; 0 is unlimited.";
    limits.anonymous = "30 per minute" => one(rate),
        "Writes without credentials, and as many reads, for each address and channel; an IPv6 address counts as its /64.";
    limits.login = "5 per 15m" => one(rate),
        "Failed sign-ins, for each account and address.";
    limits.sockets_per_token = "100" => one(at_least_one),
        "WebSockets open at once with one token.";
    limits.connections_per_address = "256" => one(whole),
        "Connections open at once of one IPv4 address or IPv6 /64, other than this machine and trusted proxies; 0 is \
         unlimited.";
    limits.connections = "10000" => one(at_least_one),
        "Connections open at once in all, or fewer if the system allows fewer open files; then the idlest makes room.";
    limits.token_requests = "0" => one(rate_or_unlimited),
        "Requests with one token, such as `600 per minute`; 0 is unlimited.";
    retention.prune_interval = "1h" => one(|text| duration_from(text, SECOND)),
        "Pause between two passes that delete expired messages.";
    backup.schedule = "03:15" => one(schedule),
        "When a backup is made every day, in the zone of the machine, or `off`.";
    backup.keep = "7 daily, 4 weekly" => one(keep),
        "Which backups stay: all of the last 48 hours, and the last of so many days and weeks.";
    backup.dir = "" => or_blank(path),
        "The folder of backups; unset is `backups` in `data.dir`. Another disk is better; a folder there has to be there already. \
         Under systemd name it in `ReadWritePaths=` of the unit too.";
    push.allow_private = "" => flat_list(networks),
        "Networks that webhooks and notifications may call though they are not public, such as `loopback`, `private` or 10.0.0.0/8: for all \
         accounts, on every port. Without, nothing in this machine or its neighbourhood is called.";
    push.root_file = "" => optional(path),
        "A PEM file with roots by which receivers of webhooks and notifications are believed, beside the system's.";
    push.fcm_service_account_file = "" => optional(path),
        "The key of a service account, as Firebase gives it, with which the apps of the reference are \
         notified of messages; unset, no phone is notified.";
    push.fcm_url = "https://fcm.googleapis.com" => optional(BaseUrl::parse),
        "Where Firebase Cloud Messaging is asked to notify phones; another address is that of a relay.";
    smtp.host = "" => optional(text),
        "The relay through which e-mail is sent; unset sends none.";
    smtp.port = "" => optional(relay_port),
        "Its port; unset is the usual one: 587 for `starttls`, 465 for `implicit`, 25 for `none`.";
    smtp.tls = "starttls" => one(MailTls::parse),
        "How the relay is spoken to: `starttls`, `implicit` for TLS from the first byte on, or `none`.";
    smtp.user = "" => optional(text),
        "Who we are for the relay, if it asks.";
    smtp.password_file = "" => optional(path),
        "A file with the password of that user.";
    smtp.from = "" => optional(sender),
        "Whom e-mail is from, such as `peerbox <box@example.org>`.";
    smtp.root_file = "" => optional(path),
        "A PEM file with a root by which the certificate of the relay is believed, beside the system's.";
    log.level = "info" => one(LogLevel::parse),
        "The least that is logged: `error`, `warn`, `info`, `debug` or `trace`.";
    log.format = "text" => one(LogFormat::parse),
        "`text`, or `json` for one object a line.";
    log.access = "errors" => one(AccessLog::parse),
        "Which requests are logged: `off`, `errors`, `modifying` or `all`.";
    log.redact_ip = "none" => one(RedactIp::parse),
        "How much of a client's address stays out of the log: `none`, `prefix` or `full`.";
    metrics.listen = "" => optional(port),
        "Where Prometheus finds figures without a password, `ADDRESS:PORT` of its own; unset is nowhere.";
    cors.api_origins = "*" => list(origin),
        "Origins whose pages may call the endpoints that take tokens.";
    ui.title = "peerbox" => one(text),
        "The name that the pages carry.";
    ui.notice = "" => optional(text),
        "A line shown on every page.";
    ui.default_theme = "system" => one(Theme::parse),
        "Colours for a person who has chosen none: `system`, `light` or `dark`.";
    ui.disabled = "false" => one(yes_or_no),
        "`true` leaves the API only.";
}

fn schedule(text: &str) -> Result<Option<TimeOfDay>, String> {
    if text == "off" {
        return Ok(None);
    }
    let unusable = || format!("{text:?} is not a time of the day; write for example 03:15, or off");
    TimeOfDay::parse(text).map(Some).ok_or_else(unusable)
}

fn keep(text: &str) -> Result<Keep, String> {
    Keep::parse(text).ok_or_else(|| {
        format!("{text:?} does not say how many backups are kept; write for example \"7 daily, 4 weekly\"")
    })
}

/// The mode of a file in octal digits. The leading zero keeps away numbers that a file writes in another base.
fn mode(text: &str) -> Result<u32, String> {
    let is_octal =
        |digits: &&str| digits.len() == 3 && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let digits = text.strip_prefix('0').filter(is_octal);
    digits
        .and_then(|digits| u32::from_str_radix(digits, 8).ok())
        .ok_or_else(|| format!("{text:?} is not a mode; write four octal digits in quotes, such as \"0660\""))
}

fn port(text: &str) -> Result<SocketAddr, String> {
    match Listen::parse(text) {
        Ok(Listen::Tcp(address, Speaks::Usual)) => Ok(address),
        _ => Err(format!("{text:?} is no address with a port; write for example 127.0.0.1:9101")),
    }
}

fn workers(text: &str) -> Result<usize, String> {
    match whole(text)? {
        count @ 1..=1024 => Ok(count),
        _ => Err(format!("{text:?} workers cannot be; write 1 to 1024, or leave it unset")),
    }
}

fn password_min(text: &str) -> Result<usize, String> {
    match whole(text)? {
        characters @ 1..=128 => Ok(characters),
        _ => Err(format!("{text:?} is out of range; write 1 to 128")),
    }
}

fn message_bytes(text: &str) -> Result<usize, String> {
    match usize::try_from(bytes(text)?) {
        Ok(size @ 1..=MESSAGE_BYTES_CAP) => Ok(size),
        _ => Err(format!("{text:?} is out of range; write 1 to 16M")),
    }
}

fn at_least_one(text: &str) -> Result<u32, String> {
    match whole(text)? {
        0 => Err(format!("{text:?} would let nothing through; write 1 or more")),
        count => Ok(count),
    }
}
