//! Requests as they are counted for whoever watches over the server: by route and class, without a name or an address.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::observe::histogram::{Histogram, Scale};

/// Ends of the times of answers, in microseconds.
const ANSWERS: Scale = Scale::Micros(&[
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 30_000_000,
]);

/// Statuses of refusals that are counted apart.
const REFUSALS: [StatusCode; 6] = [
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::INSUFFICIENT_STORAGE,
];

/// Cheap handles to what was counted.
#[derive(Clone)]
pub struct Requests {
    answered: Family<Answered, Counter>,
    took: Family<Route, Histogram, fn() -> Histogram>,
    refused: Family<Refused, Counter>,
    limited: Family<Limited, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What was asked for too often: a pattern of the table of routes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limited {
    scope: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    status: u16,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(ANSWERS)),
            refused: Family::default(),
            limited: Family::default(),
        }
    }
}

impl Requests {
    /// Counts an answer. `route` is a pattern of the table of routes, of which there are so many and no more; `told` is the
    /// status that fits, which is not always the one that was sent.
    pub fn count(
        &self,
        route: Option<String>,
        method: &Method,
        sent: StatusCode,
        told: StatusCode,
        took: Duration,
    ) {
        let route = Route { route: route.unwrap_or_else(|| "no route".to_owned()) };
        self.took.get_or_create(&route).add_time(took);
        if told == StatusCode::TOO_MANY_REQUESTS {
            self.limited.get_or_create(&Limited { scope: route.route.clone() }).inc();
        }
        let answered = Answered { route: route.route, method: name(method), class: class(sent) };
        self.answered.get_or_create(&answered).inc();
        if REFUSALS.contains(&told) {
            self.refused.get_or_create(&Refused { status: told.as_u16() }).inc();
        }
    }

    /// Lets the registry show them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Answered requests", self.answered.clone());
        registry.register(
            "http_request_seconds",
            "Time from a request's head to its answer's",
            self.took.clone(),
        );
        registry.register("rate_limited", "Requests that came too often", self.limited.clone());
        registry.register("http_refused", "Refused requests by the status that fits", self.refused.clone());
    }
}

/// Clients may make up methods, but not names of series.
fn name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
