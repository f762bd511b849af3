//! Exemplars: with a bucket of a histogram, the trace of the latest that fell into it.
//!
//! The recorder of Prometheus' text format knows none. So histograms of which traces are
//! wanted are wrapped: they remember what span something was recorded in, and it is told
//! where the text becomes OpenMetrics.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use opentelemetry::TraceId;
use opentelemetry::trace::TraceContextExt;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Clock, SystemClock};

/// The histograms that lead to traces.
pub const TRACED: [&str; 4] = [
    "api_request_duration_seconds",
    "job_seconds",
    "projection_batch_seconds",
    "publish_batch_seconds",
];

/// Whether there is somebody who collects traces: else an exemplar leads nowhere.
static COLLECTED: AtomicBool = AtomicBool::new(false);

/// Notes that traces of this process are collected.
pub(crate) fn traces_are_collected() {
    COLLECTED.store(true, Ordering::Relaxed);
}

/// The latest of a bucket.
struct Exemplar {
    trace: TraceId,
    value: f64,
    at: DateTime<Utc>,
}

type Slot = Arc<Mutex<Option<Exemplar>>>;

/// The exemplars of this process, by what stands before the number in the line of their
/// bucket.
#[derive(Clone, Default)]
pub(crate) struct Exemplars(Arc<Mutex<HashMap<String, Slot>>>);

impl Exemplars {
    fn slot(&self, bucket: String) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(bucket).or_default())
    }

    /// The buckets of a histogram, with their upper bounds.
    fn buckets(&self, key: &Key, bounds: &[f64]) -> Vec<(f64, Slot)> {
        let mut labels = String::new();
        for label in key.labels() {
            let _ = write!(labels, "{}=\"{}\",", label.key(), escaped(label.value()));
        }
        let line = |bound: &str| format!("{}_bucket{{{labels}le=\"{bound}\"}}", key.name());
        let bounded = bounds
            .iter()
            .map(|bound| (*bound, self.slot(line(&bound.to_string()))));
        let last = (f64::INFINITY, self.slot(line("+Inf")));
        bounded.chain([last]).collect()
    }

    /// What is told of a line's bucket beside its number.
    fn of(&self, line: &str) -> Option<String> {
        let (bucket, _) = line.rsplit_once(' ')?;
        let slot = {
            let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.get(bucket)?)
        };
        let latest = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Exemplar { trace, value, at } = latest.as_ref()?;
        let seconds = at.timestamp_millis() as f64 / 1_000.0;
        Some(format!(" # {{trace_id=\"{trace}\"}} {value} {seconds:.3}"))
    }

    /// What Prometheus' text format says, in that of OpenMetrics 1.0, with exemplars.
    pub(crate) fn open_metrics(&self, text: &str) -> String {
        let mut told = String::with_capacity(text.len() + text.len() / 4);
        for line in text.lines().filter(|line| !line.is_empty()) {
            let about = line
                .strip_prefix("# ")
                .and_then(|about| about.split_once(' '))
                .and_then(|(what, about)| Some((what, about.split_once(' ')?)));
            match about {
                // A counter is named without what its sample ends with.
                Some((what, (name, about))) => {
                    let name = name.strip_suffix("_total").unwrap_or(name);
                    let _ = write!(told, "# {what} {name} {about}");
                }
                None => {
                    told.push_str(line);
                    told.extend(self.of(line));
                }
            }
            told.push('\n');
        }
        told.push_str("# EOF\n");
        told
    }
}

/// A label's value as it is written.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// A recorder whose histograms have exemplars.
pub(crate) struct WithExemplars<R> {
    pub(crate) recorder: R,
    pub(crate) exemplars: Exemplars,
    /// The upper bounds of buckets.
    pub(crate) bounds: &'static [f64],
}

impl<R: Recorder> Recorder for WithExemplars<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.recorder.describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.recorder.register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.recorder.register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let histogram = self.recorder.register_histogram(key, metadata);
        if !TRACED.contains(&key.name()) {
            return histogram;
        }
        let buckets = self.exemplars.buckets(key, self.bounds);
        Histogram::from_arc(Arc::new(Traced { histogram, buckets }))
    }
}

/// A histogram that remembers traces.
struct Traced {
    histogram: Histogram,
    buckets: Vec<(f64, Slot)>,
}

impl HistogramFn for Traced {
    fn record(&self, value: f64) {
        self.histogram.record(value);
        let slot = self.buckets.iter().find(|(bound, _)| value <= *bound);
        let (Some((_, slot)), Some(trace)) = (slot, current_trace()) else {
            return;
        };
        // Whoever is told of it at this moment is told of the one before.
        if let Ok(mut latest) = slot.try_lock() {
            let at = SystemClock.now();
            *latest = Some(Exemplar { trace, value, at });
        }
    }
}

/// The trace of the span that is entered, if it is one that is collected.
fn current_trace() -> Option<TraceId> {
    if !COLLECTED.load(Ordering::Relaxed) {
        return None;
    }
    let context = tracing::Span::current().context();
    let span = context.span().span_context().clone();
    (span.is_valid() && span.is_sampled()).then(|| span.trace_id())
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const BOUNDS: &[f64] = &[0.01, 1.0];

    /// What is told after two requests were recorded, of which one was traced.
    fn told(name: &'static str) -> (String, String) {
        let exemplars = Exemplars::default();
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new()
            .set_buckets(BOUNDS)
            .unwrap()
            .build_recorder();
        let handle = recorder.handle();
        let recorder = WithExemplars {
            recorder,
            exemplars: exemplars.clone(),
            bounds: BOUNDS,
        };
        let traces = SdkTracerProvider::default();
        let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("test"));
        let subscriber = tracing_subscriber::registry().with(layer);
        let trace = tracing::subscriber::with_default(subscriber, || {
            metrics::with_local_recorder(&recorder, || {
                let measured =
                    metrics::histogram!(name, "endpoint" => "/api/{scope}", "of" => "a\"b");
                let span = tracing::info_span!("request");
                span.in_scope(|| measured.record(0.4));
                // In no span.
                measured.record(0.004);
                metrics::counter!("asked_total").increment(3);
            });
            let span = tracing::info_span!("another");
            let _entered = span.entered();
            current_trace().is_some()
        });
        assert!(trace);
        let text = handle.render();
        (exemplars.open_metrics(&text), text)
    }

    #[test]
    fn a_bucket_is_told_with_the_trace_of_what_fell_into_it() {
        traces_are_collected();
        let (told, text) = told("api_request_duration_seconds");
        let with: Vec<&str> = told.lines().filter(|line| line.contains(" # ")).collect();
        let [line] = with[..] else {
            panic!("{told}");
        };
        let bucket = r#"api_request_duration_seconds_bucket{endpoint="/api/{scope}",of="a\"b",le="1"} 2 # {trace_id=""#;
        assert!(line.starts_with(bucket), "{line}");
        assert!(line.contains("\"} 0.4 "), "{line}");
        assert!(!text.contains("trace_id"), "{text}");
        assert!(
            told.contains("# TYPE asked counter\nasked_total 3\n"),
            "{told}"
        );
        assert!(
            told.ends_with("\n# EOF\n") && !told.contains("\n\n"),
            "{told}"
        );
    }

    #[test]
    fn others_have_none() {
        traces_are_collected();
        let (told, _) = told("scrape_duration_seconds");
        assert!(told.contains("scrape_duration_seconds_bucket"), "{told}");
        assert!(!told.contains("trace_id"), "{told}");
    }
}
