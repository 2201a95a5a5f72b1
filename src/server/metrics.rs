//! What `metrics.listen` answers: how much of everything, in the form that Prometheus reads. No label names anybody.

use std::fmt;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::{self, CONTENT_TYPE as TEXT};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::domain::time::Timestamp;
use crate::http::figures::Requests;
use crate::notify::hub::Hub;
use crate::notify::page_events::PageEvents;
use crate::observe::deliveries::Deliveries;
use crate::observe::outcomes::Outcomes;
use crate::server::admission::Admission;
use crate::server::app::App;
use crate::server::terms::Open;
use crate::service::figures::{OnDisk, ServerFigures, Totals};

/// Everything that is told, of one server.
pub(super) struct Metrics {
    requests: Requests,
    figures: ServerFigures,
    attempts: Outcomes,
    deliveries: Deliveries,
    hub: Hub,
    page_events: PageEvents,
    admission: Admission,
}

/// Registers the one route.
pub(super) fn configure(worker: &mut web::ServiceConfig, metrics: &Arc<Metrics>) {
    worker.app_data(web::Data::from(Arc::clone(metrics)));
    worker.service(web::resource("/metrics").route(web::get().to(show)));
}

async fn show(metrics: web::Data<Metrics>) -> HttpResponse {
    let totals = metrics.figures.totals().await;
    let totals = totals.inspect_err(|error| tracing::warn!(%error, "metrics without what is stored")).ok();
    let disk = metrics.figures.on_disk().await;
    let disk = disk.inspect_err(|error| tracing::warn!(%error, "metrics without the disk")).ok();
    match metrics.text(totals.as_ref(), disk.as_ref()) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, TEXT))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    state: &'static str,
}

impl Metrics {
    pub(super) fn of(app: &App, open: &Open) -> Self {
        Self {
            requests: app.edge.requests.clone().unwrap_or_default(),
            figures: app.figures.clone(),
            attempts: app.attempts.clone(),
            deliveries: app.outbox.deliveries().clone(),
            hub: app.hub.clone(),
            page_events: app.page_events.clone(),
            admission: open.admission.clone(),
        }
    }

    /// All of it as text. What could not be read is left out.
    fn text(&self, totals: Option<&Totals>, disk: Option<&OnDisk>) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("peerbox");
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        self.requests.register(&mut registry);
        self.attempts.register(&mut registry, "login", "User names with passwords that were judged");
        self.deliveries.register(&mut registry);
        self.writer(&mut registry);
        let mut gauge = |name: &str, help: &str, value: u64| {
            registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
        };
        gauge("uptime_seconds", "Time since the start", self.figures.uptime().as_secs());
        gauge("connections", "Open connections, of every kind", count(self.admission.connections()));
        gauge(
            "ws_clients",
            "WebSockets, and requests that wait for a message",
            count(self.hub.subscribers()),
        );
        gauge("sse_clients", "Open pages with live updates", count(self.page_events.pages()));
        if let Some(OnDisk { sizes, newest_backup, backup_failure, last_look }) = disk {
            gauge("db_size_bytes", "Length of peerbox.db", sizes.file);
            gauge("db_wal_bytes", "Length of its write-ahead log", sizes.log);
            if let Some(available) = sizes.available {
                gauge("disk_available_bytes", "What the disk of the data has free for us", available);
            }
            let (made, bytes) =
                newest_backup.as_ref().map_or((0, 0), |backup| (seconds(backup.made), backup.bytes));
            gauge("backup_last_success_timestamp", "When the newest backup was made, 0 without one", made);
            gauge("backup_bytes", "Its length", bytes);
            gauge(
                "backup_fails",
                "1 when the last try of this server failed",
                u64::from(backup_failure.is_some()),
            );
            gauge(
                "backup_last_look_timestamp",
                "When a backup was last looked through to its end, 0 without one",
                last_look.as_ref().map_or(0, |look| seconds(look.ended)),
            );
            if let Some(look) = last_look {
                let damaged = look.damage.as_ref().map_or(0, |damage| damage.faults);
                gauge("damaged_values", "What that look found damaged; absent before the first one", damaged);
            }
        }
        if let Some(totals) = totals {
            gauge("accounts", "Accounts", totals.accounts);
            gauge("channels", "Channels of all accounts", totals.channels);
            gauge("messages_stored", "Messages of all channels", totals.messages);
            gauge("payload_bytes", "What the accounts store", totals.bytes);
            gauge("sessions", "Browsers that are signed in", totals.sessions);
        }
        if let Some(totals) = totals {
            let tokens: Family<Tokens, Gauge> = Family::default();
            for (state, value) in [("valid", totals.valid_tokens), ("ended", totals.ended_tokens)] {
                tokens.get_or_create(&Tokens { state }).set(i64::try_from(value).unwrap_or(i64::MAX));
            }
            registry.register("tokens", "Tokens that open something, and revoked or ended ones", tokens);
        }
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry)?;
        Ok(text)
    }

    fn writer(&self, registry: &mut Registry) {
        let writer = self.figures.writer();
        registry.register("messages_written", "Messages that were written", writer.messages.clone());
        registry.register(
            "prune_deleted",
            "Messages removed because of their channel's retention",
            writer.pruned.clone(),
        );
        registry.register("db_queue", "Changes that wait for the writer", writer.waiting.clone());
        registry.register("db_busy", "Changes refused because too many waited", writer.busy.clone());
        registry.register("db_commit_changes", "Changes that shared a commit", writer.batches.clone());
        registry.register(
            "db_commit_seconds",
            "Time of a commit, until it was on the disk",
            writer.commits.clone(),
        );
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis() / 1000).unwrap_or(0)
}
