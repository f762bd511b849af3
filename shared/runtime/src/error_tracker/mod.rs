//! Errors told to an error tracker, by the protocol of Sentry: those that are
//! logged as errors, unless they say that they are not severe. What is told has
//! the fields of the line and of its spans, and no secrets.
//!
//! Telling never holds anything up: what cannot be sent is left out.

mod allowance;
mod fields;
mod outbox;
mod report;
mod scrub;

use std::fmt;

use opentelemetry::trace::TraceContextExt;
use sentry_types::Dsn;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use self::fields::Fields;
pub(crate) use self::outbox::Outbox;
use self::report::{Reporter, Trace};
use self::scrub::Scrubber;
use crate::telemetry::TelemetryError;

/// The crates whose errors are told: ours.
pub const TOLD: [&str; 16] = [
    "access",
    "bigquery",
    "command_api",
    "decisions",
    "event_log",
    "jobs",
    "leaderboard",
    "notifier",
    "postgres",
    "projector",
    "query_api",
    "reporter",
    "runtime",
    "scheduler",
    "scraper",
    "translation",
];

/// Where errors are told, and what must not be said there.
#[derive(Clone)]
pub struct TrackerSettings {
    /// The address (DSN), such as `https://key@errors.example.org/1`.
    pub dsn: String,
    /// The version that errors are of, such as `leaderboard@0.1.0`.
    pub release: String,
    /// The secrets that this process was given.
    pub secrets: Vec<String>,
}

impl fmt::Debug for TrackerSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "an error tracker, for {}", self.release)
    }
}

/// Tells of errors as they are logged.
pub(crate) struct Tracking {
    reporter: Reporter,
    outbox: Outbox,
}

/// Opens the way to a tracker, for errors of a service.
pub(crate) fn tracking(
    service: &str,
    settings: &TrackerSettings,
) -> Result<(Tracking, Outbox), TelemetryError> {
    let wrong = |error: sentry_types::ParseDsnError| TelemetryError::Tracker(error.to_string());
    let dsn: Dsn = settings.dsn.trim().parse().map_err(wrong)?;
    let mut secrets = settings.secrets.clone();
    secrets.push(dsn.public_key().to_owned());
    let outbox = Outbox::open(dsn).map_err(|error| TelemetryError::Tracker(error.to_string()))?;
    let reporter = Reporter {
        service: service.to_owned(),
        release: settings.release.clone(),
        scrubber: Scrubber::new(secrets),
    };
    let tracking = Tracking {
        reporter,
        outbox: outbox.clone(),
    };
    Ok((tracking, outbox))
}

/// Whether something is looked at: our errors, and the spans that they are in.
pub(crate) fn is_looked_at(metadata: &Metadata<'_>) -> bool {
    let room = metadata.target().split("::").next().unwrap_or_default();
    let severe = metadata.is_span() || *metadata.level() == Level::ERROR;
    severe && TOLD.contains(&room)
}

impl<S> Layer<S> for Tracking
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Fields::default();
        event.record(&mut said);
        if !said.is_severe() || !self.outbox.has_room() {
            return;
        }
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            // From the innermost outwards: what is nearer is not replaced.
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.add(outer);
            }
        }
        said.add(&fields);
        let trace = present_trace();
        let report = self
            .reporter
            .report(event.metadata().target(), &said, trace);
        self.outbox.send(report);
    }
}

/// The trace that whoever logs something is in.
fn present_trace() -> Option<Trace> {
    let context = opentelemetry::Context::current();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| Trace {
        trace: span.trace_id().to_bytes(),
        span: span.span_id().to_bytes(),
    })
}
