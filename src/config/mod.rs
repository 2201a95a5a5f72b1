//! The configuration: resolved, valid by construction, handed out one section at a time.

mod certificate;
mod choice;
mod draft;
mod environment;
mod error;
mod explained;
mod flags;
mod keys;
mod load;
mod mail;
mod network;
mod quantity;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::domain::backup::{Keep, TimeOfDay};
use crate::domain::secret::Password;

pub use self::certificate::{Domain, TlsConfig};
pub use self::choice::{
    AccessLog, ClientIpHeader, LogFormat, LogLevel, MailTls, NotificationFrame, PublicAccessMode, RedactIp,
    Signup, StatusCodes, Synchronous, Theme,
};
pub use self::draft::Setting;
pub use self::environment::{Environment, OF_A_MESSAGE};
pub use self::error::{Error, Mistakes, together};
pub use self::explained::explained;
pub use self::flags::Flags;
pub use self::load::{Loaded, load};
pub use self::mail::SmtpConfig;
pub use self::network::{BaseUrl, Listen, Speaks};
pub use self::quantity::{Rate, bytes, duration, whole};

/// Everything that an operator can set. A component takes its own section by value when it is built.
///
/// `load()` makes it. The `Default` of the sections is blank, before any setting is applied; the defaults that an
/// operator knows are in the one table of settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    pub server: ServerConfig,
    /// Absent: plain HTTP.
    pub tls: Option<TlsConfig>,
    /// Whether answers over TLS tell browsers to come back over TLS only.
    pub hsts: bool,
    pub data: DataConfig,
    pub accounts: AccountsConfig,
    pub sessions: SessionsConfig,
    pub api: ApiConfig,
    pub limits: LimitsConfig,
    pub retention: RetentionConfig,
    pub backup: BackupConfig,
    pub push: PushConfig,
    pub smtp: SmtpConfig,
    pub log: LogConfig,
    pub metrics: MetricsConfig,
    pub cors: CorsConfig,
    pub ui: UiConfig,
}

/// Where the server listens, whom it believes, and how long it waits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServerConfig {
    /// Never empty.
    pub listen: Vec<Listen>,
    /// The address that people and programs use, when it differs from what the socket says.
    pub base_url: Option<BaseUrl>,
    /// Addresses as good as that one, where it follows from the first name of a certificate: those of the other names.
    pub other_urls: Vec<BaseUrl>,
    /// Forwarded headers are believed from these peers only.
    pub trusted_proxies: Vec<IpNet>,
    pub client_ip_header: ClientIpHeader,
    /// How long a graceful stop may take.
    pub shutdown_grace: Duration,
    /// How long a client may take to send a request's header.
    pub header_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// Who may connect to unix sockets, as the mode of their files.
    pub unix_mode: u32,
    /// Worker threads; absent: one for each processor.
    pub workers: Option<usize>,
}

/// Where the data and its key are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataConfig {
    /// The folder of `peerbox.db`. [`load()`] fills in the place that the system suggests.
    pub dir: PathBuf,
    /// The master key's file, when the operator or systemd named one.
    pub key_file: Option<PathBuf>,
    /// A file with the passphrase that the master key is derived from. `key_file` wins over it.
    pub passphrase_file: Option<PathBuf>,
    /// What `passphrase_file` holds, or what the operator typed.
    pub passphrase: Option<Password>,
    /// Where a master key is looked for, and made on first start, when neither of the above is given.
    /// Absent when there is no environment to derive it from.
    pub generated_key_file: Option<PathBuf>,
    pub synchronous: Synchronous,
}

impl DataConfig {
    /// The file of the master key, unless that comes from a passphrase.
    pub fn used_key_file(&self) -> Option<&PathBuf> {
        let generated = self.generated_key_file.as_ref().filter(|_| self.passphrase.is_none());
        self.key_file.as_ref().or(generated)
    }
}

/// Who may have an account.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountsConfig {
    pub signup: Signup,
    /// Characters.
    pub password_min: usize,
}

/// How long people stay signed in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionsConfig {
    /// A session that is not used for so long ends.
    pub idle: Duration,
    /// A session ends after so long, however much it is used.
    pub absolute: Duration,
    /// Delicate actions ask for the password again after so long.
    pub step_up: Duration,
}

/// In what the API may differ from the reference.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ApiConfig {
    pub public_access: PublicAccessMode,
    pub status_codes: StatusCodes,
    pub notification_frame: NotificationFrame,
    /// What a notification says.
    pub notification_text: String,
}

/// The most that `limits.message_bytes` may be: a message is held in memory several times while it is handled.
pub const MESSAGE_BYTES_CAP: usize = 16 * 1024 * 1024;

/// What each may use, and how often each may ask.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitsConfig {
    /// The longest message; at most [`MESSAGE_BYTES_CAP`].
    pub message_bytes: usize,
    /// 0: unlimited.
    pub channels_per_account: u32,
    /// 0: unlimited.
    pub tokens_per_channel: u32,
    /// Bytes of stored messages. 0: unlimited.
    pub storage_per_account: u64,
    /// Requests without credentials, for each address prefix and channel.
    pub anonymous: Rate,
    /// Failed sign-ins, for each account and address.
    pub login: Rate,
    pub sockets_per_token: u32,
    /// Connections of one IPv4 address or IPv6 /64. 0: unlimited.
    pub connections_per_address: u32,
    /// Connections of everybody; there may be descriptors for fewer.
    pub connections: u32,
    /// Requests with one token. Absent: unlimited.
    pub token_requests: Option<Rate>,
}

/// When old messages are looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RetentionConfig {
    /// Pause between two retention passes.
    pub prune_interval: Duration,
}

/// Backups that the server makes by itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BackupConfig {
    /// Absent: none are made.
    pub schedule: Option<TimeOfDay>,
    /// Which of them stay.
    pub keep: Keep,
    /// [`load()`] fills in the folder beside the data.
    pub dir: PathBuf,
}

/// How the server calls addresses that people typed in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PushConfig {
    /// Networks that are called though they are not of the public internet.
    pub allow_private: Vec<IpNet>,
    /// Whom to believe beside those whom the system believes.
    pub root_file: Option<PathBuf>,
    /// Who we are for Firebase Cloud Messaging; absent: no phone is told.
    pub fcm_service_account_file: Option<PathBuf>,
    /// Where that service is.
    pub fcm_url: Option<BaseUrl>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogConfig {
    pub level: LogLevel,
    pub format: LogFormat,
    pub access: AccessLog,
    pub redact_ip: RedactIp,
    /// Leaves the time out of the text, because the journal that reads it adds its own.
    pub undated: bool,
}

/// Where figures about the server are told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MetricsConfig {
    /// Absent: nowhere.
    pub listen: Option<SocketAddr>,
}

/// Which other sites may call the API from a browser.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CorsConfig {
    /// Origins whose pages may call the endpoints that take tokens, or `*` alone for any.
    pub api_origins: Vec<String>,
}

/// How the pages look before anybody has chosen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UiConfig {
    /// The name that the pages carry.
    pub title: String,
    /// A line shown on every page.
    pub notice: Option<String>,
    pub default_theme: Theme,
    /// Leaves the API only.
    pub disabled: bool,
}
