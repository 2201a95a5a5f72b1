//! The one list of everything that is looked at.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::auth::access::{Operator, Owner};
use crate::config::Config;
use crate::doctor::data::Data;
use crate::doctor::finding::Finding;
use crate::doctor::seen::Seen;
use crate::doctor::subject::Subject;
use crate::doctor::{connections, content, files, relay};
use crate::store::Store;

/// Looks at everything. It asks the server, also at its public address, and so takes a second or two. Blocks the thread.
pub fn examine(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    connections::examine(subject, &mut findings);
    findings.extend(relay::examine(subject));
    files::examine(subject, &mut findings);
    content::examine(subject, &mut findings);
    findings
}

/// Examines the server that it is part of.
#[derive(Clone)]
pub struct Doctor {
    config: Config,
    store: Store,
    /// One at a time asks the server: that holds a thread for seconds.
    turn: Arc<Semaphore>,
}

impl Doctor {
    /// For a server with this configuration and file.
    pub fn new(config: Config, store: Store) -> Self {
        Self { config, store, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Looks at everything, for somebody whose own request came like this.
    pub async fn examine(&self, _operator: &Operator, asked_by: Seen) -> Vec<Finding> {
        // It is never closed, so there always is a turn.
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let look = move |subject: &Subject<'_>| {
            // Until the end, also when nobody waits for it any more.
            let _turn = turn;
            examine(subject)
        };
        self.run(asked_by, look).await
    }

    /// As far as nobody has to be asked, which takes no time.
    pub async fn look(&self, _operator: &Operator, asked_by: Seen) -> Vec<Finding> {
        self.run(asked_by, |subject| {
            let mut findings = Vec::new();
            connections::look(subject, &mut findings);
            files::examine(subject, &mut findings);
            content::examine(subject, &mut findings);
            findings
        })
        .await
    }

    /// Looks whether programs elsewhere come to the server's address, for anybody with an account. `None` while the server is
    /// asked for somebody else.
    pub async fn reach(&self, _owner: &Owner, asked_by: Seen) -> Option<Vec<Finding>> {
        let turn = Arc::clone(&self.turn).try_acquire_owned().ok()?;
        let look = move |subject: &Subject<'_>| {
            let _turn = turn;
            connections::reach::examine(subject)
        };
        Some(self.run(asked_by, look).await)
    }

    async fn run(
        &self,
        asked_by: Seen,
        look: impl FnOnce(&Subject<'_>) -> Vec<Finding> + Send + 'static,
    ) -> Vec<Finding> {
        let data = self.store.read(Data::read).await.map_err(|error| error.to_string());
        let (config, now) = (self.config.clone(), self.store.clock().now());
        let looking = move || look(&Subject { config: &config, data, asked_by: Some(asked_by), now });
        let found = tokio::task::spawn_blocking(looking).await;
        found.unwrap_or_else(|_panicked| vec![Finding::bad("Doctor", "it broke off", "see the log for why")])
    }
}
