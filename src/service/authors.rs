//! Who wrote a message, by name.

use std::collections::HashMap;

use crate::domain::id::TokenId;
use crate::domain::message::Author;
use crate::domain::token::Contact;
use crate::service::error::Error;
use crate::store::channel_access::ChannelAccess;
use crate::store::contacts;
use crate::store::tx::ReadTx;

/// Who wrote a message, as far as anybody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorName {
    Holder,
    /// The holder's own program, with the token made with the channel.
    HolderToken,
    /// Whoever has a token, also a revoked one.
    Token(Contact),
    Anonymous,
}

impl AuthorName {
    /// Whether the holder of the channel wrote it, by hand or with a program.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Holder | Self::HolderToken)
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
            Author::Token(token) if access.owner_token == Some(token) => Ok(AuthorName::HolderToken),
            Author::Token(token) => {
                if let Some(contact) = self.0.get(&token) {
                    return Ok(AuthorName::Token(contact.clone()));
                }
                let contact = contacts::find(tx, access, token)?.unwrap_or_else(|| Contact::unknown(token));
                self.0.insert(token, contact.clone());
                Ok(AuthorName::Token(contact))
            }
        }
    }
}
