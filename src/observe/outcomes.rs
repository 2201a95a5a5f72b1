//! How often something ended in which way, counted for whoever watches over the server.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Cheap handles to what was counted. There are as many series as there are words for results.
#[derive(Clone, Default)]
pub struct Outcomes(Family<Outcome, Counter>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

impl Outcomes {
    /// Counts one that ended so.
    pub fn count(&self, result: &'static str) {
        self.0.get_or_create(&Outcome { result }).inc();
    }

    /// Lets the registry show them.
    pub fn register(&self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.0.clone());
    }
}
