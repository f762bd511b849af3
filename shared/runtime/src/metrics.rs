//! Metrics for Prometheus: what is recorded, and how it is served.

mod names;

use std::net::SocketAddr;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use thiserror::Error;

pub use self::names::{Kind, METRICS};
pub use crate::exemplars::TRACED;
use crate::exemplars::{Exemplars, WithExemplars};
use crate::metrics_server;

/// The form of Prometheus' text, as a media type.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// That of OpenMetrics, which has exemplars.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of histogram buckets, in seconds: from a cached answer to an
/// hourly file.
const BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

/// How often a process that serves its metrics itself sums up what was recorded.
const LOOK: Duration = Duration::from_secs(5);

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics {
    recorded: PrometheusHandle,
    process: Collector,
    exemplars: Exemplars,
}

impl Metrics {
    /// What they are now, in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorded.render()
    }

    /// What they are now, in the form that whoever asks accepts, and that form: OpenMetrics
    /// leads from the buckets of histograms to traces.
    #[must_use]
    pub fn render_as(&self, accepted: &str) -> (String, &'static str) {
        let text = self.render();
        if accepted.contains("application/openmetrics-text") {
            (self.exemplars.open_metrics(&text), OPEN_METRICS)
        } else {
            (text, TEXT)
        }
    }
}

/// Why there are no metrics.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// The recorder cannot be made.
    #[error("metrics cannot be recorded: {0}")]
    Recorder(#[from] BuildError),
    /// This process records already.
    #[error("metrics are recorded already")]
    Twice,
    /// The address cannot be listened on.
    #[error("metrics cannot be served at {0}: {1}")]
    Address(SocketAddr, std::io::Error),
}

/// Installs the recorder for this process.
///
/// # Errors
/// When a recorder is installed already.
pub fn install() -> Result<Metrics, MetricsError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)?
        .build_recorder();
    let (recorded, exemplars) = (recorder.handle(), Exemplars::default());
    let recorder = WithExemplars {
        recorder,
        exemplars: exemplars.clone(),
        bounds: BUCKETS,
    };
    ::metrics::set_global_recorder(recorder).map_err(|_| MetricsError::Twice)?;
    names::describe();
    Ok(Metrics {
        recorded,
        process: Collector::default(),
        exemplars,
    })
}

/// Installs the recorder, and serves what it holds at `/metrics` of an
/// address, and whether it runs at `/health`: for services that have no other
/// door.
///
/// # Errors
/// When a recorder is installed already or the address cannot be listened on.
pub fn serve(address: SocketAddr) -> Result<(), MetricsError> {
    let listener =
        metrics_server::listen(address).map_err(|error| MetricsError::Address(address, error))?;
    let metrics = install()?;
    // For as long as the process runs.
    tokio::spawn(metrics_server::serve(listener, metrics.clone()));
    tokio::spawn(async move {
        let mut looks = tokio::time::interval(LOOK);
        loop {
            looks.tick().await;
            // What nobody asks for is gathered all the same.
            metrics.recorded.run_upkeep();
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_rendered_with_its_description() {
        let handle = install().unwrap();
        ::metrics::counter!("scrape_jobs_total", "status" => "completed").increment(2);
        let rendered = handle.render();
        assert!(
            rendered.contains("# HELP scrape_jobs_total Units read"),
            "{rendered}"
        );
        assert!(
            rendered.contains(r#"scrape_jobs_total{status="completed"} 2"#),
            "{rendered}"
        );
    }
}
