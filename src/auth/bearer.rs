//! Message API tokens and public channels: who may read and write which channel.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quick_cache::sync::Cache;

use crate::auth::access::{Footing, Reader, Visitor, Writer};
use crate::auth::error::AuthError;
use crate::auth::throttle::{Network, Throttle};
use crate::auth::token_uses::{TokenUses, hour_of};
use crate::config::{ApiConfig, LimitsConfig, PublicAccessMode};
use crate::crypto::blind_index::{Blind, BlindColumn};
use crate::domain::id::{ChannelId, ChannelRow, TokenId};
use crate::domain::message::Sequence;
use crate::domain::secret::BearerToken;
use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::store::change_mark::ChangeMark;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::right::Right;
use crate::store::tokens::{self, TokenRights};
use crate::store::tx::ReadTx;

/// Tokens whose rights are remembered between requests.
const REMEMBERED: usize = 20_000;

/// Judges tokens. Remembers what it found until anything about anybody's rights changes, here or in another process.
pub struct Bearers {
    store: Store,
    /// Each is worthless under another access epoch than its own.
    remembered: Cache<Blind, Bearer>,
    public_access: PublicAccessMode,
    anonymous_writes: Throttle<(Network, ChannelRow)>,
    /// Counted apart: somebody who polls a channel may still write to it.
    anonymous_reads: Throttle<(Network, ChannelRow)>,
    /// Wrong guesses of device tokens, which need no credentials.
    unknown_devices: Throttle<Network>,
    per_token: Option<Throttle<TokenId>>,
    uses: TokenUses,
}

/// A valid token with its channel. What it may do there is asked with [`Bearer::reader`] and [`Bearer::writer`].
#[derive(Debug, Clone)]
pub struct Bearer {
    rights: TokenRights,
    footing: Footing,
    /// The state of the file in which the token was looked at.
    proved_at: ChangeMark,
    /// The hour in which its use was noted last.
    noted: Arc<AtomicI64>,
}

impl Bearers {
    pub fn new(store: Store, api: &ApiConfig, limits: &LimitsConfig, uses: TokenUses) -> Self {
        Self {
            store,
            remembered: Cache::new(REMEMBERED),
            public_access: api.public_access,
            anonymous_writes: Throttle::new(limits.anonymous),
            anonymous_reads: Throttle::new(limits.anonymous),
            unknown_devices: Throttle::new(limits.anonymous),
            per_token: limits.token_requests.map(Throttle::new),
            uses,
        }
    }

    /// The bearer of a token. Unknown, revoked and expired tokens, and those of disabled accounts, are all the same refusal.
    pub fn bearer(&self, secret: &BearerToken) -> Result<Bearer, AuthError> {
        let blind = self.store.keyring().blind().of(BlindColumn::TokenSecret, secret.expose().as_bytes());
        let mark = self.store.change_mark();
        let epoch = self.store.access_epoch_at(mark)?;
        let bearer = match self.remembered.get(&blind) {
            Some(bearer) if bearer.judged_at() == epoch => Bearer { proved_at: mark, ..bearer },
            _ => self.find(secret, blind, mark)?,
        };
        let now = self.store.clock().now();
        if bearer.ends().is_some_and(|end| end <= now) {
            return Err(AuthError::Unauthenticated);
        }
        if let Some(per_token) = &self.per_token {
            per_token.take(bearer.rights.id, now)?;
        }
        let hour = hour_of(now);
        if bearer.noted.load(Ordering::Relaxed) != hour.as_millis() {
            bearer.noted.store(hour.as_millis(), Ordering::Relaxed);
            self.uses.note(bearer.rights.id, hour);
        }
        Ok(bearer)
    }

    /// Counts a device that may be a guess, and refuses a network that named too many that nobody registered: knowing a
    /// device token is the permission to move and remove it. Answers when it was counted.
    pub fn guess_device(&self, peer: Option<IpAddr>) -> Result<Timestamp, AuthError> {
        let now = self.store.clock().now();
        self.unknown_devices.take(Network::of(peer), now)?;
        Ok(now)
    }

    /// Somebody did register the device that was counted then.
    pub fn forget_guess(&self, peer: Option<IpAddr>, guessed: Timestamp) {
        self.unknown_devices.give_back(&Network::of(peer), guessed);
    }

    /// Reading without credentials, throttled for each channel and network: an answer costs far more than its request.
    /// Whether the channel is closed to it or does not exist looks the same.
    pub fn anonymous_reader(&self, id: &ChannelId, peer: Option<IpAddr>) -> Result<Reader, AuthError> {
        let (epoch, channel) = self.public_channel(id)?;
        let channel = channel.filter(|channel| channel.public.read).ok_or(AuthError::Unauthenticated)?;
        self.anonymous_reads.take((Network::of(peer), channel.row), self.store.clock().now())?;
        Ok(Reader::anonymous(Footing::of_stranger(channel, epoch)))
    }

    /// Writing without credentials, throttled for each channel and network.
    pub fn anonymous_writer(&self, id: &ChannelId, peer: Option<IpAddr>) -> Result<Writer, AuthError> {
        let (epoch, channel) = self.public_channel(id)?;
        let channel = channel.filter(|channel| channel.public.write).ok_or(AuthError::Unauthenticated)?;
        self.anonymous_writes.take((Network::of(peer), channel.row), self.store.clock().now())?;
        Ok(Writer::new(Footing::of_stranger(channel, epoch), None))
    }

    /// Coming to a channel that is open without credentials, in whichever way; throttled as reading is.
    pub fn anonymous_visitor(&self, id: &ChannelId, peer: Option<IpAddr>) -> Result<Visitor, AuthError> {
        let (_, channel) = self.public_channel(id)?;
        let channel = channel.filter(|channel| channel.public.read || channel.public.write);
        let channel = channel.ok_or(AuthError::Unauthenticated)?;
        self.anonymous_reads.take((Network::of(peer), channel.row), self.store.clock().now())?;
        let (read, write) = (channel.public.read, channel.public.write);
        Ok(Visitor { channel, read, write, since: Sequence::NONE, is_holder: false })
    }

    fn find(&self, secret: &BearerToken, blind: Blind, mark: ChangeMark) -> Result<Bearer, AuthError> {
        let bearer = self.store.read_now(|tx| load(tx, secret, mark))?.ok_or(AuthError::Unauthenticated)?;
        self.remembered.insert(blind, bearer.clone());
        Ok(bearer)
    }

    /// The channel of that id where channels may be public at all, and the access epoch in which it was so.
    fn public_channel(&self, id: &ChannelId) -> Result<(i64, Option<Arc<ChannelAccess>>), AuthError> {
        match self.public_access {
            PublicAccessMode::Off => Err(AuthError::Unauthenticated),
            PublicAccessMode::Honour => self.store.read_now(|tx| {
                let channel = channel_access::find(tx, id)?;
                Ok((tx.access_epoch()?, channel.map(Arc::new)))
            }),
        }
    }
}

impl Bearer {
    /// The token that was presented.
    pub fn token(&self) -> TokenId {
        self.rights.id
    }

    /// Whether it is good for anything in its channel.
    pub fn may_read_or_write(&self) -> bool {
        self.rights.permissions.read || self.rights.permissions.write
    }

    /// Reading the channel of that id. The permission is judged before the channel, as in the reference.
    pub fn reader(&self, id: &ChannelId) -> Result<Reader, AuthError> {
        if !self.rights.permissions.read {
            return Err(AuthError::Unauthenticated);
        }
        self.require_channel(id)?;
        Ok(self.as_reader())
    }

    /// Writing to the channel of that id, judged in the same order.
    pub fn writer(&self, id: &ChannelId) -> Result<Writer, AuthError> {
        if !self.rights.permissions.write {
            return Err(AuthError::Unauthenticated);
        }
        self.require_channel(id)?;
        let reader = self.rights.permissions.read.then(|| self.as_reader());
        Ok(Writer::new(self.footing.clone(), reader.as_ref()))
    }

    /// Coming to the channel of that id, to read or to write.
    pub fn visitor(&self, id: &ChannelId) -> Result<Visitor, AuthError> {
        if !self.may_read_or_write() {
            return Err(AuthError::Unauthenticated);
        }
        self.require_channel(id)?;
        let permissions = self.rights.permissions;
        let channel = Arc::clone(self.footing.channel());
        let since = self.rights.since;
        let is_holder = channel.owner_token == Some(self.rights.id);
        Ok(Visitor { channel, read: permissions.read, write: permissions.write, since, is_holder })
    }

    fn as_reader(&self) -> Reader {
        Reader::of_token(
            self.footing.clone(),
            self.rights.id,
            self.rights.since,
            self.rights.permissions.write,
            self.proved_at,
        )
    }

    fn require_channel(&self, id: &ChannelId) -> Result<(), AuthError> {
        if self.footing.channel().id == *id { Ok(()) } else { Err(AuthError::Forbidden) }
    }
}

impl Right for Bearer {
    type Error = AuthError;

    fn judged_at(&self) -> i64 {
        self.footing.judged_at()
    }

    fn judge(&self, tx: &ReadTx<'_>) -> Result<(), AuthError> {
        self.footing.judge_bearer(tx)
    }

    fn ends(&self) -> Option<Timestamp> {
        self.footing.ends()
    }
}

fn load(tx: &ReadTx<'_>, secret: &BearerToken, mark: ChangeMark) -> Result<Option<Bearer>, AuthError> {
    let Some(rights) = tokens::find_by_secret(tx, secret)? else { return Ok(None) };
    let Some(channel) = channel_access::load(tx, rights.channel)? else { return Ok(None) };
    // The look-up hash finds the row; that it is this row's hash is proven by the sealed secret, in constant time.
    if !tokens::has_secret(tx, &channel, rights.id, secret)? {
        return Ok(None);
    }
    let footing = Footing::of_token(Arc::new(channel), rights.id, tx.access_epoch()?, rights.expires);
    Ok(Some(Bearer { rights, footing, proved_at: mark, noted: Arc::new(AtomicI64::new(i64::MIN)) }))
}
