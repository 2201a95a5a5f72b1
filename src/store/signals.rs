//! Whether an open page may give a signal, a sound or a notification, for what came.

use crate::domain::id::{ChannelRow, UserId};
use crate::domain::subscription::Level;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;
use crate::store::{inbox, news, notification_settings};

/// Whether the person wants to be told now of one of these channels, of which each says whether something was unread there
/// before.
pub fn are_wanted(tx: &ReadTx<'_>, user: UserId, came: &[(ChannelRow, bool)]) -> Result<bool, StoreError> {
    let Some(person) = news::person(tx, user)? else { return Ok(false) };
    let quiet = person.settings.quiet;
    if quiet.is_some_and(|quiet| quiet.end_of_present(tx.now(), &person.zone).is_some()) {
        return Ok(false);
    }
    let set = notification_settings::channels(tx, user)?;
    for (channel, had_unread) in came {
        let level =
            set.iter().find(|(row, _)| row == channel).map_or(person.settings.level, |(_, level)| *level);
        let is_told = match level {
            Level::All => true,
            Level::FirstUnread => !had_unread,
            Level::None => false,
        };
        if is_told && inbox::glance(tx, *channel)?.is_some_and(|glance| !glance.muted) {
            return Ok(true);
        }
    }
    Ok(false)
}
