//! What was done to messages in the inbox, and remembering how they were before.

use crate::auth::access::Owner;
use crate::domain::id::UndoId;
use crate::service::error::Error;
use crate::store::tx::WriteTx;
use crate::store::undo::{self, UndoRange};

/// What was done to messages.
#[derive(Debug, Clone, Copy)]
pub struct Acted<T> {
    /// How many there were, or what became of them.
    pub outcome: T,
    /// By which it is taken back; `None` where nothing changed, or too much.
    pub undo: Option<UndoId>,
}

/// Remembers how messages were.
pub(super) fn remember(
    tx: &WriteTx<'_>,
    owner: &Owner,
    parts: &[UndoRange],
) -> Result<Option<UndoId>, Error> {
    let Some(session) = owner.session() else { return Ok(None) };
    Ok(undo::remember(tx, owner.account(), session, parts)?)
}
