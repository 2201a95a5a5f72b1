//! Work in the background: each job is a single step, and the clock or a change says when the next one is due.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::time::Clock;
use crate::service::backups::Backups;
use crate::service::contacts::Contacts;
use crate::service::retention::Pruner;
use crate::service::soundness::Soundness;

/// After how long a failed removal is tried again: a full disk may have room then.
const AGAIN: Duration = Duration::from_mins(1);

/// After how long without a change there is time for upkeep.
const QUIET: Duration = Duration::from_secs(10);

/// How often there is time for a part of it else.
const BESIDE_WRITERS: Duration = Duration::from_secs(1);

/// How long a far-off time is waited for at once: the machine's clock may be set right meanwhile.
const LOOKED_AGAIN: Duration = Duration::from_hours(1);

/// How often it is written down when tokens were last used.
const USES_EVERY: Duration = Duration::from_mins(10);

/// Prunes once in every period, until dropped.
pub async fn prune_regularly(pruner: Pruner, every: Duration, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(every).await;
        match pruner.prune().await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "pruned"),
            Err(error) => tracing::error!(%error, "pruning failed; it is tried again in the next round"),
        }
    }
}

/// Removes what deletions leave behind, by this process as soon as it is told, by others once in every period.
pub async fn remove_leftovers(pruner: Pruner, every: Duration, clock: Arc<dyn Clock>) {
    loop {
        let pause = match pruner.remove_leftovers().await {
            Ok(()) => every,
            Err(error) => {
                tracing::error!(%error, "what was deleted could not be cleared away; it is tried again");
                AGAIN.min(every)
            }
        };
        tokio::select! {
            () = pruner.leftovers_noted() => {}
            () = clock.sleep(pause) => {}
        }
    }
}

/// Writes down now and then when tokens were last used, until dropped.
pub async fn write_token_uses(contacts: Contacts, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(USES_EVERY).await;
        write_last_token_uses(&contacts).await;
    }
}

/// The same once, before a server ends.
pub async fn write_last_token_uses(contacts: &Contacts) {
    if let Err(error) = contacts.write_uses().await {
        tracing::error!(%error, "when tokens were used could not be written down; it is tried again");
    }
}

/// Does what is due at its own time, and waits for the next time or until there is another.
pub async fn do_what_is_due(pruner: Pruner, clock: Arc<dyn Clock>) {
    loop {
        let next = pruner.do_what_is_due().await.unwrap_or_else(|error| {
            tracing::error!(%error, "what is due could not be done; it is tried again");
            Some(clock.now().after(AGAIN))
        });
        let wait = async {
            match next {
                Some(next) => clock.sleep(next.since(clock.now()).min(LOOKED_AGAIN)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = pruner.due_noted() => {}
            () = wait => {}
        }
    }
}

/// Gives back what deletions left free, until dropped: all of it when nobody wrote for a while, else a part in every second,
/// so that a server in use gets shorter too and whoever writes hardly waits for it.
pub async fn give_space_back(pruner: Pruner, clock: Arc<dyn Clock>) {
    let (mut seen, mut quiet, mut pause) = (pruner.change_mark(), Duration::ZERO, QUIET);
    loop {
        clock.sleep(pause).await;
        quiet = if pruner.change_mark() == seen { quiet + pause } else { Duration::ZERO };
        let outcome = if quiet >= QUIET {
            pruner.give_space_back().await.map(|()| false)
        } else {
            pruner.give_some_space_back().await
        };
        let is_more = outcome.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is free in the file was not given back; it is tried again");
            false
        });
        seen = pruner.change_mark();
        pause = if is_more { BESIDE_WRITERS } else { QUIET };
    }
}

/// Makes backups at their times, until dropped.
pub async fn back_up_regularly(backups: Backups, clock: Arc<dyn Clock>) {
    loop {
        let Some(due) = backups.due() else { return std::future::pending().await };
        let wait = due.since(clock.now());
        if !wait.is_zero() {
            clock.sleep(wait.min(LOOKED_AGAIN)).await;
            continue;
        }
        if let Ok(copied) = backups.make().await {
            tracing::info!(file = %copied.path.display(), bytes = copied.bytes, "made a backup");
        }
    }
}

/// Looks through each backup that was made here, also when somebody asked for it, and then removes those that need not be
/// kept, until dropped. None that was made before the start: a server that is started often would read a large one again
/// and again.
pub async fn look_through_backups(backups: Backups, soundness: Soundness) {
    loop {
        let made = backups.unseen().await;
        if soundness.look_through(made).await {
            backups.prune().await;
        }
    }
}
