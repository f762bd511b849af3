//! Messages put on the log that a well-behaved publisher would not send, and
//! what is asked of JetStream itself.

use std::time::Duration;

use anyhow::Context;
use async_nats::HeaderMap;
use async_nats::jetstream::{self, Context as JetStream};
use event_log::LogStream;
use events::{Event, Subject};
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::feed::Acknowledged;
use super::schedule::Step;
use super::stage::Stage;

/// Events repeated at once.
const REPEATED: usize = 60;

/// How long one message may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often an injection is tried while the log is away.
const TRIES: usize = 10;

/// Everything that happened so far in the step's round is unknown here; its
/// own times are random enough.
fn random_of(step: Step) -> ChaCha8Rng {
    let seed = step.after.as_millis() * 1_000 + step.lasting.as_millis();
    ChaCha8Rng::seed_from_u64(u64::try_from(seed).unwrap_or_default())
}

async fn jetstream(stage: &Stage) -> anyhow::Result<JetStream> {
    let urls = stage.servers.nats_urls.as_slice();
    let connecting = async_nats::ConnectOptions::new()
        .ignore_discovered_servers()
        .connect(urls);
    let client = tokio::time::timeout(PATIENCE, connecting).await??;
    let mut context = jetstream::new(client);
    context.set_timeout(PATIENCE);
    Ok(context)
}

/// A connection, once the log is there again; `None` when it stays away.
async fn patiently(stage: &Stage) -> Option<JetStream> {
    for _ in 0..TRIES {
        if let Ok(context) = jetstream(stage).await {
            return Some(context);
        }
        tokio::time::sleep(PATIENCE / 10).await;
    }
    None
}

/// Publishes some events again that were acknowledged before, in another
/// order: half under their own message ids, half under others, so that the log
/// holds them twice. False when the log was away.
///
/// # Errors
/// When an event cannot be written.
pub async fn repeat(
    stage: &Stage,
    acknowledged: &Acknowledged,
    step: Step,
) -> anyhow::Result<bool> {
    let mut random = random_of(step);
    let events = acknowledged.own_events();
    let mut chosen: Vec<_> = events.sample(&mut random, REPEATED).collect();
    chosen.shuffle(&mut random);
    let Some(context) = patiently(stage).await else {
        return Ok(false);
    };
    let mut is_done = false;
    for envelope in chosen {
        let own_id = match &envelope.event {
            Event::ContributionRecorded(event) => format!("{}.{}", event.contribution, envelope.id),
            _ => envelope.id.to_string(),
        };
        let id = if random.random_bool(0.5) {
            own_id
        } else {
            format!("again-{}", random.random::<u64>())
        };
        let subject = Subject::of(&envelope.event).to_string();
        let payload = envelope.encode()?;
        is_done |= send(&context, &subject, &id, &payload).await;
    }
    Ok(is_done)
}

/// Puts a message on the log that is no event. False when the log was away.
///
/// # Errors
/// Never: what the log refuses is given up.
pub async fn poison(stage: &Stage, step: Step) -> anyhow::Result<bool> {
    let mut random = random_of(step);
    let payload: Vec<u8> = match random.random_range(0..3) {
        0 => b"no event at all".to_vec(),
        1 => random.random::<[u8; 32]>().to_vec(),
        _ => br#"{"specversion":"1.0","id":"torn","type":"leaderboard.contribution.recorded.v1""#
            .to_vec(),
    };
    let Some(context) = patiently(stage).await else {
        return Ok(false);
    };
    let id = format!("poison-{}", random.random::<u64>());
    let subject = "contributions.v1.0.torture.poison.star".to_owned();
    for _ in 0..TRIES {
        if send(&context, &subject, &id, &payload).await {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn send(context: &JetStream, subject: &str, id: &str, payload: &[u8]) -> bool {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", id);
    let sending = async {
        let acknowledgement = context
            .publish_with_headers(subject.to_owned(), headers, payload.to_vec().into())
            .await;
        match acknowledgement {
            Ok(acknowledgement) => acknowledgement.await.is_ok(),
            Err(_) => false,
        }
    };
    tokio::time::timeout(PATIENCE, sending)
        .await
        .unwrap_or(false)
}

/// The number of the server that leads the stream of contributions.
///
/// # Errors
/// When the cluster does not answer or has no leader.
pub async fn leader(stage: &Stage) -> anyhow::Result<usize> {
    let context = jetstream(stage).await?;
    let mut stream = context.get_stream(LogStream::Contributions.name()).await?;
    let cluster = stream.info().await?.cluster.clone();
    let name = cluster
        .and_then(|cluster| cluster.leader)
        .context("the stream has no leader")?;
    let number = name
        .strip_prefix("node-")
        .context("an unknown server leads")?;
    Ok(number.parse()?)
}
