//! Who wrote a message, by name.

use std::collections::HashMap;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use zeroize::Zeroizing;

use crate::domain::folded::folded;
use crate::domain::id::{ChannelRow, TokenId};
use crate::domain::message::Author;
use crate::domain::token::Contact;
use crate::service::error::Error;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::inbox::Glance;
use crate::store::tx::ReadTx;
use crate::store::{contacts, tokens};

/// Who wrote a message, as far as anybody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorName {
    Holder,
    /// The holder's own program, with the token made with the channel.
    HolderToken(Contact),
    /// Whoever has a token, also a revoked one.
    Token(Contact),
    Anonymous,
}

impl AuthorName {
    /// Whether the holder of the channel wrote it, by hand or with a program.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Holder | Self::HolderToken(_))
    }
}

/// The names of authors, each opened once.
#[derive(Default)]
pub(super) struct Authors(HashMap<TokenId, Contact>);

impl Authors {
    /// Who that author of the channel is.
    pub(super) fn name(
        &mut self,
        tx: &ReadTx<'_>,
        access: &ChannelAccess,
        author: Author,
    ) -> Result<AuthorName, Error> {
        match author {
            Author::OwnerSide => Ok(AuthorName::Holder),
            Author::Anonymous => Ok(AuthorName::Anonymous),
            Author::Token(token) => {
                let contact = match self.0.get(&token) {
                    Some(known) => known.clone(),
                    None => contacts::find(tx, access, token)?.unwrap_or_else(|| Contact::unknown(token)),
                };
                self.0.insert(token, contact.clone());
                let is_own = access.owner_token == Some(token);
                Ok(if is_own { AuthorName::HolderToken(contact) } else { AuthorName::Token(contact) })
            }
        }
    }
}

/// The folded names of a channel's tokens, also of revoked ones.
type Names = Arc<[(TokenId, Zeroizing<String>)]>;

/// What the names of all channels together may take, in bytes.
const MOST: u64 = 4 * 1024 * 1024;

/// What the names of a channel take, and what each takes, beside its letters.
const BESIDE: u64 = 96;

/// The names of tokens by channel, opened once for each version of the channel. In memory only, and wiped when they go.
pub(super) struct KnownNames(Cache<ChannelRow, (i64, Names), ByBytes>);

impl KnownNames {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(usize::try_from(MOST / (2 * BESIDE)).unwrap_or(usize::MAX), MOST, ByBytes))
    }

    /// The names of a channel's tokens, as they are.
    pub(super) fn of(&self, tx: &ReadTx<'_>, glance: &Glance) -> Result<Names, Error> {
        if let Some((version, names)) = self.0.get(&glance.channel)
            && version == glance.version
        {
            return Ok(names);
        }
        let Some(access) = channel_access::load(tx, glance.channel)? else { return Ok(Names::from([])) };
        let opened = tokens::descriptions(tx, &access)?.into_iter();
        let names: Names = opened.map(|(id, name)| (id, Zeroizing::new(folded(&name)))).collect();
        self.0.insert(glance.channel, (glance.version, Arc::clone(&names)));
        Ok(names)
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<ChannelRow, (i64, Names)> for ByBytes {
    fn weight(&self, _channel: &ChannelRow, (_, names): &(i64, Names)) -> u64 {
        let each = names.iter().map(|(_, name)| BESIDE + u64::try_from(name.capacity()).unwrap_or(u64::MAX));
        BESIDE + each.sum::<u64>()
    }
}
