//! The tables of the reference's database that are read.

/// The tables that are read, and those of their columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Account,
    Credential,
    Channel,
    Token,
    Message,
    Status,
    Device,
}

impl Table {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::Account,
        Self::Credential,
        Self::Channel,
        Self::Token,
        Self::Message,
        Self::Status,
        Self::Device,
    ];

    /// As the reference names it, in lower case.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Credential => "accountcredential",
            Self::Channel => "channel",
            Self::Token => "apitoken",
            Self::Message => "message",
            Self::Status => "messagestatus",
            Self::Device => "fcmtoken",
        }
    }

    /// In the order in which a row has them here.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["id", "name"],
            Self::Credential => &["account", "scheme", "credential"],
            Self::Channel => &[
                "id",
                "owner",
                "externalid",
                "publicread",
                "publicwrite",
                "locked",
                "sequenced",
                "minagedays",
                "maxagedays",
                "autoprune",
            ],
            Self::Token => {
                &["id", "channel", "token", "description", "canread", "canwrite", "validfrom", "validto"]
            }
            Self::Message => &["id", "fromtoken", "channel", "seq", "receivedts", "contenttype", "payload"],
            Self::Status => &["message", "token", "isread", "isdeleted"],
            Self::Device => &["apitoken", "token", "isvalid"],
        }
    }

    /// Whether every dump has it: versions before pushes had no devices.
    pub(super) fn is_needed(self) -> bool {
        self != Self::Device
    }
}
