//! Letters: what the holder's pages seal and open in the browser. The server keeps bytes that it cannot read, and gives the
//! copies for the holder to nobody else.

use crate::auth::access::{Owner, Reader, Writer};
use crate::config::LimitsConfig;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::letter::{NewLetter, WrappedReply};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::token::WrappedLink;
use crate::service::Reading;
use crate::service::channels::owned_access;
use crate::service::error::Error;
use crate::service::messages::{Accepted, Allowance, accept, carry_out};
use crate::service::quota;
use crate::store::{Store, contacts, envelopes, letters, messages};

/// Sending, handing out and answering letters.
#[derive(Clone)]
pub struct Letters {
    store: Store,
    quota: i64,
}

/// A message as the holder's browser opens it.
#[derive(Debug)]
pub struct SealedMessage {
    pub message: Message,
    /// With which token it was written, unless the holder wrote it or nobody knows who.
    pub token: Option<TokenId>,
    /// The secret of that token's link, as the holder's browser wrapped it.
    pub link: Option<WrappedLink>,
    /// Whether the holder wrote it, by hand or with a program.
    pub own: bool,
    /// What the holder's page sealed for the holder when it wrote the message.
    pub copy: Option<Vec<u8>>,
}

impl Letters {
    /// The letters in this store.
    pub fn new(store: Store, limits: &LimitsConfig) -> Self {
        Self { store, quota: quota::of_config(limits) }
    }

    /// Writes a letter with its copy. Under the same key it is written once; see [`crate::service::messages`].
    ///
    /// # Errors
    /// When another page has used its number meanwhile: it is inside the box, so the page has to seal again.
    pub async fn write(
        &self,
        writer: &Writer,
        NewLetter { message, copy, number }: NewLetter,
        key: Option<String>,
    ) -> Result<Message, Error> {
        let room = Allowance { quota: self.quota, beside: letters::copy_bytes(&copy) };
        self.store
            .write_checked(
                writer.clone(),
                move |tx, writer| {
                    let accepted = accept(tx, writer, message, key, room)?;
                    if let (Accepted::New { .. }, Some(number)) = (&accepted, number) {
                        let last = letters::last_number(tx, writer.channel().row)?;
                        if number <= last {
                            return Err(Error::LetterNumberUsed { last });
                        }
                    }
                    Ok(accepted)
                },
                move |tx, writer, accepted| {
                    let is_new = matches!(accepted, Accepted::New { .. });
                    let message = carry_out(tx, writer, accepted)?;
                    if is_new {
                        letters::keep_copy(tx, writer.channel(), message.sequence, &copy)?;
                        letters::use_number(tx, writer.channel().row, number.unwrap_or(0))?;
                    }
                    Ok(message)
                },
            )
            .await
    }

    /// One message, for the holder's browser to open.
    pub async fn boxed(&self, reader: &Reader, sequence: Sequence) -> Result<SealedMessage, Error> {
        let reader = reader.clone();
        self.store
            .read(move |tx| {
                let channel = reader.channel();
                let (_, author) =
                    envelopes::find(tx, channel.row, sequence)?.ok_or(Error::MessageNotFound)?;
                let (token, own) = match author {
                    Author::Token(token) if channel.owner_token != Some(token) => (Some(token), false),
                    Author::Token(_) | Author::OwnerSide => (None, true),
                    Author::Anonymous => (None, false),
                };
                Ok(SealedMessage {
                    message: messages::find(tx, channel, sequence)?.ok_or(Error::MessageNotFound)?,
                    token,
                    own,
                    link: match token {
                        Some(token) => contacts::link(tx, channel, token)?,
                        None => None,
                    },
                    copy: letters::copy(tx, channel, sequence)?,
                })
            })
            .await
    }

    /// What answers in a channel are sealed with; `None` where they are not.
    pub fn reply(&self, owner: &Owner, id: &ChannelId) -> Reading<Option<WrappedReply>> {
        let (account, id) = (owner.account(), id.clone());
        self.store.reading(move |tx| Ok(letters::reply(tx, owned_access(tx, account, &id)?.row)?))
    }

    /// Seals answers in a channel with another key from now on. What it is, only the holder's browser knows.
    pub async fn set_reply(&self, owner: &Owner, id: &ChannelId, reply: WrappedReply) -> Result<(), Error> {
        let (account, id) = (owner.account(), id.clone());
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let access = owned_access(tx, account, &id)?;
                Ok(letters::set_reply(tx, access.row, &reply)?)
            })
            .await
    }
}
