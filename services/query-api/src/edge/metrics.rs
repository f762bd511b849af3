//! Metrics of requests. Finding a metric by its labels costs more than counting
//! with it, so each is found once.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram, counter, histogram};

/// Method and status of requests to one endpoint.
type Outcome = (&'static str, StatusCode);

/// The metrics of every endpoint and outcome there was; bounded, because
/// endpoints are the routes that there are.
#[derive(Default)]
pub(crate) struct RequestMetrics(RwLock<HashMap<Box<str>, HashMap<Outcome, Measured>>>);

#[derive(Clone)]
struct Measured {
    requests: Counter,
    duration: Histogram,
}

impl RequestMetrics {
    /// Counts a request that was answered.
    pub(crate) fn record(
        &self,
        endpoint: &str,
        method: &'static str,
        status: StatusCode,
        elapsed: Duration,
    ) {
        let outcome = (method, status);
        let measured = self
            .find(endpoint, outcome)
            .unwrap_or_else(|| self.register(endpoint, outcome));
        measured.requests.increment(1);
        measured.duration.record(elapsed);
    }

    fn find(&self, endpoint: &str, outcome: Outcome) -> Option<Measured> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(endpoint)?.get(&outcome).cloned()
    }

    fn register(&self, endpoint: &str, outcome: Outcome) -> Measured {
        let (method, status) = outcome;
        let measured = Measured {
            requests: counter!(
                "api_requests_total",
                "method" => method,
                "endpoint" => endpoint.to_owned(),
                "status" => status.as_str().to_owned()
            ),
            duration: histogram!(
                "api_request_duration_seconds",
                "method" => method,
                "endpoint" => endpoint.to_owned()
            ),
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let outcomes = known.entry(endpoint.into()).or_default();
        outcomes.entry(outcome).or_insert(measured).clone()
    }
}
