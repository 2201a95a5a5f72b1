//! Every sealed column of the file, in one list: what is encrypted is what is named here.

/// A sealed column. Its label is part of what is authenticated, so a ciphertext opens only in its own column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    RootKey,
    AccountName,
    AccountDisplay,
    AccountContact,
    AccountKey,
    AccountKeyCopy,
    /// What was the account's before each person had a zone.
    AccountZone,
    UserName,
    UserZone,
    UserPassword,
    /// The same of somebody who manages the server, so that nobody comes to do so by an edit of the file.
    OperatorPassword,
    CertificateAuthority,
    CertificatePem,
    CertificateTrouble,
    ChannelId,
    ChannelKey,
    ChannelLabel,
    ChannelGroup,
    ChannelGreeting,
    ChannelPicture,
    ChannelReply,
    TokenSecret,
    TokenDescription,
    TokenNote,
    TokenLink,
    TokenUse,
    Message,
    MessageCopy,
    PushDevice,
    PushKey,
    PushEndpoint,
    PushSecrets,
    PushLabel,
    PushAnswer,
    MailAddress,
    MailAnswer,
    MailDelivery,
    WebhookAddress,
    WebhookSecret,
    WebhookToken,
    WebhookAnswer,
    SessionDevice,
    SessionAddress,
    SessionProof,
    ResetProof,
    SearchName,
    SearchQuery,
    /// The secrets of a contact, in a file of the command line's own.
    Contact,
}

impl Field {
    /// Table and column. A released label never changes: sealed values could not be opened any more.
    pub fn label(self) -> &'static str {
        match self {
            Self::RootKey => "keyring.root_key",
            Self::AccountName => "account.name",
            Self::AccountDisplay => "account.display",
            Self::AccountContact => "account.contact",
            Self::AccountKey => "account_key.public",
            Self::AccountKeyCopy => "account_key.copy",
            Self::AccountZone => "account.zone",
            Self::UserName => "user.name",
            Self::UserZone => "user.zone",
            Self::UserPassword => "user.password",
            Self::OperatorPassword => "user.password of an operator",
            Self::CertificateAuthority => "certificate.authority",
            Self::CertificatePem => "certificate.pem",
            Self::CertificateTrouble => "certificate.trouble",
            Self::ChannelId => "channel.public_id",
            Self::ChannelKey => "channel.key",
            Self::ChannelLabel => "channel.label",
            Self::ChannelGroup => "channel.group_name",
            Self::ChannelGreeting => "channel.greeting",
            Self::ChannelPicture => "channel_picture.image",
            Self::ChannelReply => "channel.reply",
            Self::TokenSecret => "token.secret",
            Self::TokenDescription => "token.description",
            Self::TokenNote => "token.note",
            Self::TokenLink => "token.link",
            Self::TokenUse => "token_use.hour",
            Self::Message => "message.sealed",
            Self::MessageCopy => "message.copy",
            Self::PushDevice => "push_registration.device",
            Self::PushKey => "push_key.secret",
            Self::PushEndpoint => "push_subscription.endpoint",
            Self::PushSecrets => "push_subscription.keys",
            Self::PushLabel => "push_subscription.label",
            Self::PushAnswer => "push_delivery.answer",
            Self::MailAddress => "mailbox.address",
            Self::MailAnswer => "mailbox.answer",
            Self::MailDelivery => "mail_delivery.answer",
            Self::WebhookAddress => "webhook.address",
            Self::WebhookSecret => "webhook.secret",
            Self::WebhookToken => "webhook.token",
            Self::WebhookAnswer => "webhook_delivery.answer",
            Self::SessionDevice => "session.device",
            Self::SessionAddress => "session.address",
            Self::SessionProof => "session.proof",
            Self::ResetProof => "reset_link.proof",
            Self::SearchName => "saved_search.name",
            Self::SearchQuery => "saved_search.query",
            Self::Contact => "contacts.toml",
        }
    }
}

/// Where a sealed value lives: its column, its row, and what else it must not be parted from: the sequence of a message,
/// the account of a channel's key or a user's password.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub field: Field,
    pub owner: i64,
    pub item: i64,
}

impl Place {
    /// A value that belongs to its row and to nothing else.
    pub fn row(field: Field, owner: i64) -> Self {
        Self { field, owner, item: 0 }
    }

    /// A value that its row may not carry to another account.
    pub fn owned(field: Field, row: i64, account: i64) -> Self {
        Self { field, owner: row, item: account }
    }

    /// A message, which belongs to its channel and its number.
    pub fn message(channel: i64, sequence: i64) -> Self {
        Self { field: Field::Message, owner: channel, item: sequence }
    }

    /// What keeps a message readable for its writer, bound like the message itself.
    pub fn copy(channel: i64, sequence: i64) -> Self {
        Self { field: Field::MessageCopy, owner: channel, item: sequence }
    }
}
