//! Whether an open page may give a signal, a sound or a notification, for what came.

use crate::domain::id::{ChannelRow, UserId};
use crate::domain::subscription::Level;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{news, notification_settings};

/// Whether the person wants to be told now of one of these channels, none of which is muted, and of which each says whether
/// something was unread there before.
pub fn are_wanted(tx: &ReadTx<'_>, user: UserId, came: &[(ChannelRow, bool)]) -> Result<bool, StoreError> {
    let Some(person) = news::person(tx, user)? else { return Ok(false) };
    let quiet = person.settings.quiet;
    if quiet.is_some_and(|quiet| quiet.end_of_present(tx.now(), &person.zone).is_some()) {
        return Ok(false);
    }
    let set = notification_settings::channels(tx, user)?;
    Ok(came.iter().any(|(channel, had_unread)| {
        let level = set.iter().find(|(row, _)| row == channel);
        match level.map_or(person.settings.level, |(_, level)| *level) {
            Level::All => true,
            Level::FirstUnread => !had_unread,
            Level::None => false,
        }
    }))
}
