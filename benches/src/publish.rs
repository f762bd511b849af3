//! P3: contributions to acknowledged messages, with ids, in both durability
//! modes, against the bare client sending the same bytes under the same ids.

use std::time::Instant;

use anyhow::{Context, ensure};
use async_nats::HeaderMap;
use async_nats::jetstream;
use bytes::Bytes;
use event_log::{EventLog, LogSettings};
use events::{Envelope, Subject};
use futures::{StreamExt, TryStreamExt, stream};
use leaderboard::parts::{Binaries, Nats};
use scraper::ingest::decode_files;
use uuid::Uuid;

use crate::Options;
use crate::input::Input;
use crate::program::directory;
use crate::report::{Measure, Row, as_seconds, median};

/// Messages published in one measurement.
const MESSAGES: usize = 50_000;
const BATCH: usize = 1_000;
/// Batches, or single messages, under way at the same time.
const BATCHES_UNDER_WAY: usize = 8;
const SINGLES_UNDER_WAY: usize = 1_024;

const SYNCED: &str = "max_payload: 8MB\njetstream { sync_interval: always }\n";
const DEFAULT_SYNC: &str = "max_payload: 8MB\njetstream {}\n";

pub(crate) async fn against_the_bare_client(
    input: &Input,
    options: &Options,
) -> anyhow::Result<Vec<Row>> {
    let envelopes = envelopes(input)?;
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let mut rows = Vec::new();
    for (what, configuration, atomic) in [
        ("publish, every batch synced / bare client", SYNCED, true),
        ("publish, default sync / bare client", DEFAULT_SYNC, false),
    ] {
        let (mut ours, mut reference) = (Vec::new(), Vec::new());
        for _ in 0..options.runs {
            reference.push(bare(&binaries, configuration, &envelopes, atomic).await?);
            ours.push(publisher(&binaries, configuration, &envelopes).await?);
        }
        rows.push(Row {
            name: "P3",
            what: what.to_owned(),
            ours: median(ours),
            reference: median(reference),
            measure: Measure::Rate,
            goal: 0.85,
        });
    }
    Ok(rows)
}

fn envelopes(input: &Input) -> anyhow::Result<Vec<Envelope>> {
    let decoded = decode_files(&input.files, 2)?;
    let events = decoded
        .into_iter()
        .flat_map(|file| file.decoded.events)
        .take(MESSAGES);
    let envelopes: Vec<Envelope> = events
        .map(|event| Envelope::wrap("/scraper/archive", event))
        .collect::<Result<_, _>>()?;
    ensure!(
        !envelopes.is_empty(),
        "there are no contributions in the input"
    );
    Ok(envelopes)
}

/// A fresh server with the streams declared.
async fn fresh(
    binaries: &Binaries,
    configuration: &str,
) -> anyhow::Result<(tempfile::TempDir, Nats, EventLog)> {
    let directory = directory()?;
    let nats =
        Nats::start_configured(binaries, &directory.path().join("nats"), configuration).await?;
    let settings = LogSettings {
        url: nats.url(),
        credentials: None,
        replicas: 1,
    };
    let log = EventLog::connect(&settings).await?;
    log.declare_streams().await?;
    Ok((directory, nats, log))
}

/// Our publisher, from events to acknowledgements.
async fn publisher(
    binaries: &Binaries,
    configuration: &str,
    envelopes: &[Envelope],
) -> anyhow::Result<f64> {
    let (_directory, _nats, log) = fresh(binaries, configuration).await?;
    let batches: Vec<Vec<Envelope>> = envelopes.chunks(BATCH).map(<[Envelope]>::to_vec).collect();
    let publisher = log.publisher();
    let started = Instant::now();
    stream::iter(batches)
        .map(|batch| publisher.publish(batch))
        .buffer_unordered(BATCHES_UNDER_WAY)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    Ok(as_seconds(started.elapsed()))
}

/// A message ready to send.
struct Raw {
    subject: String,
    id: String,
    payload: Bytes,
}

/// The client alone, sending what is ready to be sent.
async fn bare(
    binaries: &Binaries,
    configuration: &str,
    envelopes: &[Envelope],
    atomic: bool,
) -> anyhow::Result<f64> {
    let (_directory, nats, _log) = fresh(binaries, configuration).await?;
    let messages: Vec<Raw> = envelopes
        .iter()
        .map(|envelope| {
            Ok(Raw {
                subject: Subject::of(&envelope.event).to_string(),
                id: format!("{}.{}", envelope.id, envelope.id),
                payload: envelope.encode()?.into(),
            })
        })
        .collect::<anyhow::Result<_>>()?;
    let client = async_nats::connect(nats.url()).await?;
    let started = Instant::now();
    if atomic {
        let batches: Vec<_> = messages
            .chunks(BATCH)
            .map(|batch| send_batch(&client, batch))
            .collect();
        stream::iter(batches)
            .buffer_unordered(BATCHES_UNDER_WAY)
            .try_for_each(|()| async { Ok(()) })
            .await?;
    } else {
        let context = jetstream::new(client);
        let singles: Vec<_> = messages
            .iter()
            .map(|message| send_single(&context, message))
            .collect();
        stream::iter(singles)
            .buffer_unordered(SINGLES_UNDER_WAY)
            .try_for_each(|()| async { Ok(()) })
            .await?;
    }
    Ok(as_seconds(started.elapsed()))
}

async fn send_batch(client: &async_nats::Client, batch: &[Raw]) -> anyhow::Result<()> {
    let id = Uuid::now_v7().simple().to_string();
    let headers = |message: &Raw, sequence: usize| {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", message.id.as_str());
        headers.insert("Nats-Batch-Id", id.as_str());
        headers.insert("Nats-Batch-Sequence", sequence.to_string());
        headers
    };
    let (last, before) = batch.split_last().context("a batch is never empty")?;
    for (index, message) in before.iter().enumerate() {
        let (subject, payload) = (message.subject.clone(), message.payload.clone());
        client
            .publish_with_headers(subject, headers(message, index + 1), payload)
            .await?;
    }
    let mut commit = headers(last, batch.len());
    commit.insert("Nats-Batch-Commit", "1");
    let answer = client
        .request_with_headers(last.subject.clone(), commit, last.payload.clone())
        .await?;
    let text = String::from_utf8_lossy(&answer.payload);
    ensure!(!text.contains("\"error\""), "{text}");
    Ok(())
}

async fn send_single(context: &jetstream::Context, message: &Raw) -> anyhow::Result<()> {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", message.id.as_str());
    let (subject, payload) = (message.subject.clone(), message.payload.clone());
    context
        .publish_with_headers(subject, headers, payload)
        .await?
        .await?;
    Ok(())
}
