//! NATS: away, restarted, slow, silent, full, and led by another server.

use async_nats::{ServerAddr, jetstream};
use events::Envelope;
use rustix::process::Signal;
use serde_json::Value;
use tests::torture::fault::Trouble;
use tests::torture::proxy::Proxy;
use tests::torture::servers::signal;
use tests::{events_of, generated_documents, program};

use crate::process::until;
use crate::stage::{Stage, deliver};
use crate::table::{Row, hold};

/// How late everything is that passes between the command API and the log.
const LATE: u64 = 150;

fn of_contributions(line: &Value) -> bool {
    line["projection"] == "contributions" && line["cause"] == "log"
}

/// A client of the servers that is not ours.
async fn context(stage: &Stage) -> jetstream::Context {
    let servers = stage.servers.nats_urls.iter();
    let servers: Vec<ServerAddr> = servers.map(|url| url.parse().unwrap()).collect();
    jetstream::new(async_nats::connect(servers).await.unwrap())
}

async fn set_most_bytes(stage: &Stage, bytes: impl FnOnce(u64) -> i64) {
    let context = context(stage).await;
    let mut stream = context.get_stream("CONTRIBUTIONS").await.unwrap();
    let info = stream.info().await.unwrap();
    let mut config = info.config.clone();
    config.max_bytes = bytes(info.state.bytes);
    context.update_stream(config).await.unwrap();
}

async fn away(stage: &mut Stage, events: &[Envelope]) -> Row {
    stage.publish(events).await;
    stage.projected().await;
    let (since, of_commands) = (stage.projector.mark(), stage.commands.mark());
    stage.servers.nats[0].lock().await.kill();
    let line = stage
        .projector
        .waits_to_say(since, "projection_restarting", of_contributions)
        .await;
    let (delivery, reading) = (stage.deliver(11).await, stage.read().await);
    stage
        .commands
        .waits_to_say(of_commands, "webhook_not_published", |_| true)
        .await;
    let ingesting = std::process::Command::new(program().unwrap())
        .args([
            "--nats-url",
            &stage.servers.nats_urls[0],
            "ingest",
            "2024-01-01T00",
        ])
        .output()
        .unwrap();
    stage.servers.nats[0].lock().await.restart().await.unwrap();
    let again = stage.deliver(11).await;
    Row {
        fault: "away",
        happens: "nothing is taken in and nothing projected; services stay, and connect again for \
                  ever"
            .to_owned(),
        seen: format!(
            "readers: {reading}, boards as of before; GitHub: {delivery}; `leaderboard ingest` exits \
             with {}",
            ingesting.status.code().unwrap()
        ),
        over: format!("within two seconds of its return; the delivery, sent again: {again}"),
        told: format!(
            "{}: `projection_restarting` with `{}`; `webhook_not_published`; \
             `dependency_available{{dependency=\"event log\"}}` 0",
            line["severity"].as_str().unwrap(),
            line["cause"].as_str().unwrap(),
        ),
        kept: stage.is_whole().await,
    }
}

async fn restarted(stage: &mut Stage, events: &[Envelope]) -> Row {
    let publishing = {
        let (log, events) = (stage.log.clone(), events.to_vec());
        tokio::spawn(async move { tests::publish(&log, &events, 20).await })
    };
    {
        let mut nats = stage.servers.nats[0].lock().await;
        nats.kill();
        nats.restart().await.unwrap();
    }
    let delivery = stage.deliver(12).await;
    publishing.await.unwrap().unwrap();
    // Repeated, they are known by their ids.
    stage.publish(events).await;
    Row {
        fault: "restarted while events are published",
        happens: "publications are tried again for a minute, under their ids".to_owned(),
        seen: format!("readers: nothing; GitHub: {delivery}"),
        over: "as soon as it is there".to_owned(),
        told: "low: `publish_retrying`, `projection_restarting` with `log`".to_owned(),
        kept: stage.is_whole().await,
    }
}

async fn slow(stage: &mut Stage, proxy: &Proxy, events: &[Envelope]) -> Row {
    let since = stage.commands.mark();
    proxy.set(Some(Trouble::Delay(LATE)));
    let delivery = stage.deliver(13).await;
    proxy.set(None);
    stage.publish(events).await;
    assert!(
        stage
            .commands
            .said(since, "publish_retrying", |_| true)
            .is_empty()
    );
    Row {
        fault: "slow",
        happens: "whoever publishes waits, five seconds for each acknowledgement".to_owned(),
        seen: format!("readers: nothing; GitHub: {delivery}, later"),
        over: "needs nothing".to_owned(),
        told: "nothing; `publish_batch_seconds` grows".to_owned(),
        kept: stage.is_whole().await,
    }
}

async fn silent(stage: &mut Stage, events: &[Envelope]) -> Row {
    stage.publish(events).await;
    let since = stage.commands.mark();
    let pid = stage.servers.nats[0].lock().await.pid();
    signal(pid, Signal::STOP);
    let delivering = tokio::spawn({
        let door = stage.door();
        async move { deliver(&door, 14).await }
    });
    stage
        .commands
        .waits_to_say(since, "publish_retrying", |_| true)
        .await;
    assert!(!delivering.is_finished(), "it was answered without the log");
    let reading = stage.read().await;
    signal(pid, Signal::CONT);
    let delivery = delivering.await.unwrap();
    assert!(delivery.status.is_success(), "{delivery}");
    stage.taken(14);
    Row {
        fault: "silent (its process is stopped)",
        happens:
            "a publication is sent again after five seconds without an acknowledgement; after \
                  six of silence the connection is given up for a new one"
                .to_owned(),
        seen: format!(
            "readers: {reading}; GitHub: {delivery} if it goes on within nine seconds, else as away"
        ),
        over: "as soon as it goes on".to_owned(),
        told: "low: `publish_retrying`".to_owned(),
        kept: stage.is_whole().await,
    }
}

async fn full(stage: &mut Stage, events: &[Envelope]) -> Row {
    stage.publish(events).await;
    let since = stage.commands.mark();
    set_most_bytes(stage, |bytes| bytes.cast_signed()).await;
    let (delivery, reading) = (stage.deliver(15).await, stage.read().await);
    let line = stage
        .commands
        .waits_to_say(since, "webhook_not_published", |_| true)
        .await;
    let retried = stage.commands.said(since, "publish_retrying", |_| true);
    let error = retried[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("maximum bytes exceeded"), "{error}");
    set_most_bytes(stage, |_| -1).await;
    let again = stage.deliver(15).await;
    Row {
        fault: "full",
        happens:
            "it refuses what is new and deletes nothing (`discard: new`); publications are tried \
                  again for a minute"
                .to_owned(),
        seen: format!("readers: {reading}; GitHub: {delivery}"),
        over: format!(
            "with the next attempt after there is room; the delivery, sent again: {again}"
        ),
        told: format!(
            "`publish_retrying` (warn) says “maximum bytes exceeded”, then `webhook_not_published` ({})",
            line["level"].as_str().unwrap().to_lowercase()
        ),
        kept: stage.is_whole().await,
    }
}

/// Who leads the stream of contributions, if anybody does.
async fn leader(context: &jetstream::Context) -> Option<String> {
    let mut stream = context.get_stream("CONTRIBUTIONS").await.ok()?;
    stream.info().await.ok()?.cluster.clone()?.leader
}

async fn led_by_another(events: &[Envelope]) -> Row {
    let mut stage = Stage::start(3, async |_| None).await;
    let context = context(&stage).await;
    let mut before = None;
    let led = until(async || {
        before = leader(&context).await;
        before.is_some()
    });
    assert!(led.await);
    let publishing = {
        let (log, events) = (stage.log.clone(), events.to_vec());
        tokio::spawn(async move { tests::publish(&log, &events, 20).await })
    };
    let since = stage.projector.mark();
    let stepping: Value = context
        .request("STREAM.LEADER.STEPDOWN.CONTRIBUTIONS", &())
        .await
        .unwrap();
    assert_eq!(stepping["success"], true, "{stepping}");
    let changed = until(async || {
        let now = leader(&context).await;
        now.is_some() && now != before
    });
    assert!(changed.await, "nobody else leads");
    let delivery = stage.deliver(16).await;
    publishing.await.unwrap().unwrap();
    stage.publish(events).await;
    let kept = stage.is_whole().await;
    let ended = stage.projector.said(since, "projection_refused", |_| true);
    assert!(ended.is_empty(), "{ended:?}");
    Row {
        fault: "another server of three leads",
        happens: "what was sent to the one before is tried again, under its ids".to_owned(),
        seen: format!("readers: nothing; GitHub: {delivery}"),
        over: "with the next leader, within seconds".to_owned(),
        told: "low: `publish_retrying`, where something was under way".to_owned(),
        kept,
    }
}

/// What happens to a single server.
async fn alone(parts: &[&[Envelope]]) -> Vec<Row> {
    let mut way = None;
    let mut stage = Stage::start(1, async |servers| {
        let port = servers.nats_urls[0].rsplit(':').next().unwrap();
        let proxy = Proxy::start(port.parse().unwrap()).await.unwrap();
        let url = format!("nats://127.0.0.1:{}", proxy.port());
        way = Some(proxy);
        Some(url)
    })
    .await;
    let way = way.unwrap();
    vec![
        away(&mut stage, parts[0]).await,
        restarted(&mut stage, parts[1]).await,
        slow(&mut stage, &way, parts[2]).await,
        silent(&mut stage, parts[3]).await,
        full(&mut stage, parts[4]).await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nats() {
    let events = events_of(&generated_documents(52, 900).unwrap()).unwrap();
    let parts: Vec<_> = events.chunks(events.len() / 6 + 1).collect();
    let (mut rows, last) = tokio::join!(alone(&parts), led_by_another(parts[5]));
    rows.push(last);
    hold("NATS", &rows);
}
