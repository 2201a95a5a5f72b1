//! Message API tokens, as the account holder issues and revokes them.

use crate::auth::access::Owner;
use crate::config::LimitsConfig;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::message::Sequence;
use crate::domain::secret::BearerToken;
use crate::domain::token::{ApiToken, History, NewToken};
use crate::events::Event;
use crate::service::Reading;
use crate::service::channels::owned_access;
use crate::service::error::Error;
use crate::service::quota;
use crate::store::channel_access::ChannelAccess;
use crate::store::tokens::FoundToken;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{Store, channels, push, tokens};

/// Issuing, showing and revoking tokens.
#[derive(Clone)]
pub struct Tokens {
    store: Store,
    /// 0 is unlimited.
    most: u32,
    /// Bytes that the account may store; 0 is unlimited.
    quota: i64,
}

impl Tokens {
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self { store, most: limits.tokens_per_channel, quota: quota::of_config(limits) }
    }

    /// Issues a token. It sees what is written from now on, and with [`History::Included`] also what is there already.
    pub async fn issue(&self, owner: &Owner, channel: &ChannelId, new: NewToken) -> Result<ApiToken, Error> {
        let (account, id, most, quota) = (owner.account(), channel.clone(), self.most, self.quota);
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let channel = owned_access(tx, account, &id)?;
                quota::within(tx, account, quota, || issue(tx, &channel, &new, most))
            })
            .await
    }

    /// The channel's unrevoked tokens, oldest first.
    pub async fn list(&self, owner: &Owner, channel: &ChannelId) -> Result<Vec<ApiToken>, Error> {
        let (account, id) = (owner.account(), channel.clone());
        self.store
            .read(move |tx| {
                let channel = owned_access(tx, account, &id)?;
                Ok(tokens::list(tx, channel.row, &channel.key)?)
            })
            .await
    }

    /// The channel's token with that secret.
    pub async fn find_by_secret(
        &self,
        owner: &Owner,
        channel: &ChannelId,
        secret: BearerToken,
    ) -> Result<ApiToken, Error> {
        let (account, id) = (owner.account(), channel.clone());
        self.store
            .read(move |tx| {
                let channel = owned_access(tx, account, &id)?;
                let rights = tokens::find_by_secret(tx, &secret)?.ok_or(Error::NoTokenWithSecret)?;
                match tokens::find(tx, &channel, rights.id)? {
                    // The look-up hash could have been moved from another row.
                    Some(FoundToken::Live(token)) if token.secret == secret => Ok(token),
                    Some(_) | None => Err(Error::NoTokenWithSecret),
                }
            })
            .await
    }

    /// One token with its secret. Refuses one that is revoked otherwise than one that never was.
    pub fn get(&self, owner: &Owner, channel: &ChannelId, token: TokenId) -> Reading<ApiToken> {
        let (account, id) = (owner.account(), channel.clone());
        self.store.reading(move |tx| live(tx, &owned_access(tx, account, &id)?, token))
    }

    /// Revokes at once and for good: later requests are refused, open sockets close. A second time changes nothing.
    pub async fn revoke(&self, owner: &Owner, channel: &ChannelId, token: TokenId) -> Result<(), Error> {
        let (account, id) = (owner.account(), channel.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let channel = owned_access(tx, account, &id)?;
                if !tokens::exists(tx, channel.row, token)? {
                    return Err(Error::TokenNotFound);
                }
                tokens::revoke(tx, token, tx.now())?;
                push::forget_token(tx, token)?;
                tx.emit(Event::TokenRevoked { account, channel: channel.row, token });
                Ok::<_, Error>(())
            })
            .await?;
        self.store.note_leftovers();
        Ok(())
    }
}

/// Issues a token, unless the channel has so many; 0 is no bound.
pub(super) fn issue(
    tx: &WriteTx<'_>,
    channel: &ChannelAccess,
    new: &NewToken,
    most: u32,
) -> Result<ApiToken, Error> {
    if most != 0 && tokens::count(tx, channel.row)? >= u64::from(most) {
        return Err(Error::TooManyTokens { most });
    }
    let since = match new.history {
        History::Included => Sequence::NONE,
        History::Hidden => channels::head(tx, channel.row)?.ok_or(Error::ChannelNotFound)?,
    };
    let token = tokens::insert(tx, channel, new, since)?;
    tx.emit(Event::ChannelChanged { account: channel.account });
    Ok(token)
}

/// The channel's token of that id, unless it is revoked.
pub(super) fn live(tx: &ReadTx<'_>, channel: &ChannelAccess, id: TokenId) -> Result<ApiToken, Error> {
    match tokens::find(tx, channel, id)? {
        Some(FoundToken::Live(token)) => Ok(token),
        Some(FoundToken::Revoked) => Err(Error::TokenRevoked),
        None => Err(Error::TokenNotFound),
    }
}
