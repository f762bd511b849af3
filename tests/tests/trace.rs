//! A trace goes on from publishing to projecting, through message headers.

use event_log::LogStream;
use runtime::{LogFormat, Telemetry, TelemetrySettings};
use tests::{Servers, events_of, generated_documents};
use tracing::Instrument;

#[tokio::test(flavor = "multi_thread")]
async fn messages_carry_the_span_they_were_published_in() {
    let settings = TelemetrySettings {
        service: "tests".to_owned(),
        format: LogFormat::Json,
        level: "info".to_owned(),
        otlp_endpoint: None,
        error_tracker: None,
    };
    let _telemetry = Telemetry::start(&settings).unwrap();
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(10, 20).unwrap()).unwrap();
    let count = events.len();
    let span = tracing::info_span!("ingest");
    log.publisher()
        .publish(events)
        .instrument(span.clone())
        .await
        .unwrap();
    let mut subscription = log.subscribe(LogStream::Contributions, 0).await.unwrap();
    let delivered = subscription.next_batch(count).await.unwrap();
    let traces: std::collections::BTreeSet<String> = delivered
        .iter()
        .map(|message| {
            message
                .published_in
                .as_ref()
                .unwrap()
                .trace_id()
                .to_string()
        })
        .collect();
    assert_eq!(
        traces.len(),
        1,
        "all messages of one ingest are of one trace: {traces:?}"
    );
    let sequences: Vec<u64> = delivered.iter().map(|message| message.sequence).collect();
    assert_eq!(sequences, (1..=count as u64).collect::<Vec<_>>());
}
