//! What became of what receivers elsewhere were told, counted for whoever watches over the server.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Cheap handles to what was counted. There are as many series as kinds of receivers and words for results.
#[derive(Clone, Default)]
pub struct Deliveries(Family<Delivered, Counter>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivered {
    to: &'static str,
    result: &'static str,
}

impl Deliveries {
    /// Counts one to a receiver of this kind, which ended so.
    pub fn count(&self, to: &'static str, result: &'static str) {
        self.0.get_or_create(&Delivered { to, result }).inc();
    }

    /// Lets the registry show them.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Tries to tell webhooks, browsers, phones and mailboxes";
        registry.register("push_sent", help, self.0.clone());
    }
}
