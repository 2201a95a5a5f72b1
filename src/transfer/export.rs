//! Writing an export: parts of it become lines.

use base64_simd::STANDARD;
use bytes::Bytes;
use serde::Serialize;

use crate::auth::access::Owner;
use crate::domain::channel::{ChannelState, Direction, Sequencing};
use crate::domain::exported::{
    ExportedAuthor, ExportedChannel, ExportedKey, ExportedMessage, ExportedSecret, ExportedToken,
    ExportedWebhook,
};
use crate::domain::id::ChannelId;
use crate::domain::webhook::{Extent, WebhookForm, WebhookState};
use crate::service::error::Error;
use crate::service::exports::{Export, ExportPart, Exports};
use crate::transfer::shapes::{
    ChannelLine, EndLine, ExportLine, From, HeadLine, HookForm, HookState, KeyLine, MessageLine, TokenLine,
    VERSION, Way, WebhookLine,
};

/// The lines of an export, some at a time. They hold no secrets unless they were asked for: no values of tokens, and
/// nothing that a browser wrapped.
pub struct ExportText {
    export: Export,
    secrets: bool,
    begun: bool,
    written: EndLine,
    /// Tokens of the channel that came last.
    tokens: u32,
    ended: bool,
}

impl ExportText {
    /// Begins an export of all channels of the account or of one.
    pub async fn begin(
        exports: &Exports,
        owner: &Owner,
        only: Option<ChannelId>,
        secrets: bool,
    ) -> Result<Self, Error> {
        let export = exports.begin(owner, only).await?;
        Ok(Self { export, secrets, begun: false, written: EndLine::default(), tokens: 0, ended: false })
    }

    /// How many messages there were at the beginning.
    pub fn messages(&self) -> u64 {
        self.export.messages
    }

    /// How many messages have become lines.
    pub fn written(&self) -> u64 {
        self.written.messages
    }

    /// What is damaged and was left out since this was asked last, each in words that name it.
    pub fn take_left_out(&mut self) -> Vec<String> {
        self.export.left_out.take()
    }

    /// Whether secrets may stand in the next lines: they come before the messages.
    pub fn may_tell_secrets(&self) -> bool {
        self.secrets && self.written.messages == 0
    }

    /// The next lines; `None` after the last. Refuses when the right has ended.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.ended {
            return Ok(None);
        }
        let mut text = Vec::new();
        if !self.begun {
            let head =
                HeadLine { version: VERSION, account: self.export.account.clone(), secrets: self.secrets };
            push(&mut text, &ExportLine::Export(head));
            self.begun = true;
        }
        // An empty piece would end some answers, so one without lines is not given out.
        while text.is_empty() && !self.ended {
            match self.export.next().await.inspect_err(|_failed| self.ended = true)? {
                Some(part) => self.push_part(&mut text, part),
                None => {
                    push(&mut text, &ExportLine::End(self.written));
                    self.ended = true;
                }
            }
        }
        Ok(Some(text.into()))
    }

    fn push_part(&mut self, text: &mut Vec<u8>, part: ExportPart) {
        match part {
            ExportPart::Keys(keys) => {
                for key in keys {
                    self.written.keys += 1;
                    push(text, &ExportLine::Key(of_key(key, self.secrets)));
                }
            }
            ExportPart::Channel(channel) => {
                self.written.channels += 1;
                self.tokens = 0;
                let number = self.channel();
                push(text, &ExportLine::Channel(Box::new(of_channel(number, &channel, self.secrets))));
            }
            ExportPart::Tokens(tokens) => {
                for token in tokens {
                    self.written.tokens += 1;
                    self.tokens += 1;
                    let which = (self.channel(), self.tokens);
                    push(text, &ExportLine::Token(Box::new(of_token(which, &token, self.secrets))));
                }
            }
            ExportPart::Messages(messages) => {
                for (channel, message) in messages {
                    self.written.messages += 1;
                    push(text, &ExportLine::Message(of_message(channel, &message)));
                }
            }
        }
    }

    fn channel(&self) -> usize {
        usize::try_from(self.written.channels).unwrap_or(usize::MAX)
    }
}

fn push(text: &mut Vec<u8>, line: &impl Serialize) {
    // Text in memory always takes what has only text for names.
    let _infallible = serde_json::to_writer(&mut *text, line);
    text.push(b'\n');
}

fn of_key(key: ExportedKey, secrets: bool) -> KeyLine {
    KeyLine {
        public: key.public.to_string(),
        copy: key.copy.filter(|_| secrets),
        created: key.created.to_string(),
        retired: key.retired.map(|at| at.to_string()),
    }
}

fn of_channel(number: usize, channel: &ExportedChannel, secrets: bool) -> ChannelLine<'_> {
    let (settings, retention) = (&channel.settings, channel.settings.retention);
    let picture = channel.picture.as_ref().map(|picture| STANDARD.encode_to_string(picture.bytes()).into());
    ChannelLine {
        number,
        id: channel.id.as_str().into(),
        created: channel.created.to_string().into(),
        head: channel.head.0,
        public_read: settings.amendment.public.read,
        public_write: settings.amendment.public.write,
        sequenced: channel.sequencing == Sequencing::Sequenced,
        locked: settings.amendment.state == ChannelState::Locked,
        min_age_days: retention.min_age_days(),
        max_age_days: retention.max_age_days(),
        auto_prune: retention.auto_prune(),
        label: settings.label.as_str().into(),
        direction: match settings.direction {
            Direction::TwoWay => Way::Both,
            Direction::Incoming => Way::Incoming,
            Direction::Outgoing => Way::Outgoing,
            Direction::Callbacks => Way::Callbacks,
        },
        pinned: channel.arrangement.pinned,
        muted: channel.arrangement.muted,
        group: channel.arrangement.group.as_str().into(),
        greeting: channel.greeting.as_str().into(),
        picture,
        reply: channel.reply.as_ref().filter(|_| secrets).map(|reply| reply.as_str().into()),
        letters: channel.letters,
        read_upto: channel.read_upto.0,
        archived_upto: channel.archived_upto.0,
        webhooks: channel.webhooks.iter().map(|webhook| of_webhook(webhook, secrets)).collect(),
    }
}

/// Without secrets its address has no query either, in which some services want a token.
fn of_webhook(webhook: &ExportedWebhook, secrets: bool) -> WebhookLine<'_> {
    let settings = &webhook.settings;
    let plain = || settings.address.without_query().as_str().to_owned();
    WebhookLine {
        address: if secrets { settings.address.as_str().into() } else { plain().into() },
        form: match settings.form {
            WebhookForm::Standard => HookForm::Standard,
            WebhookForm::Ntfy => HookForm::Ntfy,
            WebhookForm::Gotify => HookForm::Gotify,
        },
        with_message: settings.extent == Extent::Message,
        state: match webhook.state {
            WebhookState::AtWork => HookState::AtWork,
            WebhookState::Paused => HookState::Paused,
            WebhookState::GaveUp => HookState::GaveUp,
            WebhookState::NotWanted => HookState::NotWanted,
        },
        told: webhook.told.0,
        secret: webhook.secret.as_ref().filter(|_| secrets).map(|secret| secret.expose().into()),
        token: settings.token.as_ref().filter(|_| secrets).map(|token| token.expose().into()),
    }
}

fn of_token((channel, number): (usize, u32), token: &ExportedToken, secrets: bool) -> TokenLine<'_> {
    TokenLine {
        channel,
        number,
        description: token.description.as_str().into(),
        secret: match &token.secret {
            ExportedSecret::Known(secret) if secrets => Some(secret.expose().into()),
            _ => None,
        },
        revoked: match token.secret {
            ExportedSecret::Revoked(at) => Some(at.to_string().into()),
            _ => None,
        },
        owner: token.is_owner,
        can_read: token.permissions.read,
        can_write: token.permissions.write,
        can_delete: token.permissions.delete,
        created: token.created.to_string().into(),
        expires: token.expires.map(|at| at.to_string().into()),
        since: token.since.0,
        read_upto: token.read_upto.0,
        note: token.note.as_ref().map(|note| note.as_str().into()).unwrap_or_default(),
        hue: token.hue,
        link: token.link.as_ref().filter(|_| secrets).map(|link| link.as_str().into()),
        used: token.used.map(|hour| hour.to_string().into()),
    }
}

fn of_message(channel: usize, exported: &ExportedMessage) -> MessageLine<'_> {
    let message = &exported.message;
    MessageLine {
        channel,
        sequence: message.sequence.0,
        received: message.received.to_string().into(),
        from: match exported.author {
            ExportedAuthor::Anonymous => From::Anyone,
            ExportedAuthor::Holder => From::Holder,
            ExportedAuthor::Token(number) => From::Token(number),
        },
        content_type: message.content_type.as_str().into(),
        payload: STANDARD.encode_to_string(message.payload.as_bytes()).into(),
        damaged: message.payload.is_damaged(),
        copy: exported.copy.as_ref().map(|copy| STANDARD.encode_to_string(copy).into()),
        read: exported.read,
        archived: exported.archived,
        starred: exported.starred,
        snoozed_until: exported.snoozed.map(|at| at.to_string().into()),
        read_by: exported.read_by.clone(),
    }
}
