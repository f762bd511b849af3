//! Logs, traces, and errors that are told.

use std::io::IsTerminal;
use std::str::FromStr;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use thiserror::Error;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, reload};

use crate::error_tracker::{Outbox, TrackerSettings, is_looked_at, tracking};
use crate::exemplars::traces_are_collected;
use crate::log_level::{LogLevel, filter_of};

/// Where spans of requests that are only read are made.
const READERS: &str = "query_api::";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Text with colours on a terminal, for people.
    Pretty,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            other => Err(format!(
                "log format {other:?} is not known; use json or pretty"
            )),
        }
    }
}

/// What to log, and where to send traces.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// The service's name in traces.
    pub service: String,
    /// How log lines look.
    pub format: LogFormat,
    /// What is logged, as `info` or `info,sqlx=warn`.
    pub level: String,
    /// Where traces go (OTLP over HTTP), such as `http://127.0.0.1:4318/v1/traces`.
    pub otlp_endpoint: Option<String>,
    /// Where errors are told, if anywhere.
    pub error_tracker: Option<TrackerSettings>,
}

/// Why telemetry could not be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The level cannot be read.
    #[error("log level {0:?} cannot be read: {1}; use for example info or info,sqlx=warn")]
    Level(String, tracing_subscriber::filter::ParseError),
    /// The trace endpoint cannot be used.
    #[error("traces cannot be sent to {0}: {1}")]
    Endpoint(String, opentelemetry_otlp::ExporterBuildError),
    /// The error tracker's address cannot be used.
    #[error("SENTRY_DSN cannot be used: {0}; it looks like https://key@errors.example.org/1")]
    Tracker(String),
    /// Telemetry is set up already.
    #[error("telemetry is set up already")]
    Twice,
}

/// Telemetry of this process; sends what is left when it is shut down.
#[derive(Debug)]
pub struct Telemetry {
    traces: SdkTracerProvider,
    errors: Option<Outbox>,
}

/// Whether what is written somewhere may have colours: on a terminal whose
/// reader did not ask for none (no-color.org, read in November 2026).
#[must_use]
pub fn is_coloured(place: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    place.is_terminal() && !refused
}

impl Telemetry {
    /// Sets up logs to standard error, and traces. Spans have W3C contexts
    /// even when nothing collects them, so that contexts travel on.
    ///
    /// # Errors
    /// [`TelemetryError`] naming the setting that is wrong.
    pub fn start(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        global::set_text_map_propagator(TraceContextPropagator::new());
        let traces = trace_provider(settings)?;
        let (filter, handle) = reload::Layer::<EnvFilter, _>::new(filter_of(&settings.level)?);
        let lines = match settings.format {
            LogFormat::Json => fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(std::io::stderr)
                .boxed(),
            LogFormat::Pretty => fmt::layer()
                .compact()
                .with_ansi(is_coloured(&std::io::stderr()))
                .with_writer(std::io::stderr)
                .boxed(),
        };
        // Requests that are only read lead nowhere else: where nobody collects
        // their spans, nobody needs their contexts.
        let is_collected = settings.otlp_endpoint.is_some();
        let needed =
            filter_fn(move |metadata| is_collected || !metadata.target().starts_with(READERS));
        let tracker = settings.error_tracker.as_ref();
        let tracker = tracker.map(|tracker| tracking(&settings.service, tracker));
        let (told, errors) = tracker.transpose()?.unzip();
        let looked_at = filter_fn(is_looked_at).with_max_level_hint(LevelFilter::INFO);
        let spans = tracing_opentelemetry::layer().with_tracer(traces.tracer("leaderboard"));
        tracing_subscriber::registry()
            .with(spans.with_filter(needed))
            .with(lines.with_filter(filter))
            .with(told.with_filter(looked_at))
            .try_init()
            .map_err(|_| TelemetryError::Twice)?;
        LogLevel::new(&settings.level, move |filter| handle.reload(filter)).keep();
        Ok(Self { traces, errors })
    }

    /// Sends what has not been sent yet.
    pub fn shutdown(self) {
        if let Err(error) = self.traces.shutdown() {
            tracing::debug!(%error, "traces_not_flushed");
        }
        if let Some(errors) = self.errors {
            errors.flush();
        }
    }
}

fn trace_provider(settings: &TelemetrySettings) -> Result<SdkTracerProvider, TelemetryError> {
    let resource = Resource::builder()
        .with_service_name(settings.service.clone())
        .build();
    let provider = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &settings.otlp_endpoint else {
        return Ok(provider.build());
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| TelemetryError::Endpoint(endpoint.clone(), error))?;
    traces_are_collected();
    Ok(provider.with_batch_exporter(exporter).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_tracker_that_is_none_is_refused_without_being_shown() {
        let settings = TelemetrySettings {
            service: "test".into(),
            format: "json".parse().unwrap(),
            level: "info".into(),
            otlp_endpoint: None,
            error_tracker: Some(TrackerSettings {
                dsn: "https://errors.example.org/secret".into(),
                release: "test@1".into(),
                secrets: Vec::new(),
            }),
        };
        let error = Telemetry::start(&settings).unwrap_err().to_string();
        assert!(error.contains("SENTRY_DSN cannot be used"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_wrong_level_is_named() {
        let settings = TelemetrySettings {
            service: "test".into(),
            format: "json".parse().unwrap(),
            level: "loud=very".into(),
            otlp_endpoint: None,
            error_tracker: None,
        };
        let error = Telemetry::start(&settings).unwrap_err();
        assert!(error.to_string().contains("loud=very"), "{error}");
        assert!(
            "xml"
                .parse::<LogFormat>()
                .unwrap_err()
                .contains("json or pretty")
        );
    }
}
