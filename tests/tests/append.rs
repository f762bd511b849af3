//! Deciding on the log: of those who saw the same state, one may go on.

use chrono::{DateTime, Utc};
use event_log::{Appended, LogStream};
use events::{DeadLetterRecorded, Envelope, Event, Subject};
use tests::Servers;

fn said(by: usize, round: u64) -> anyhow::Result<Envelope> {
    let event = Event::DeadLetterRecorded(DeadLetterRecorded {
        service: "race".to_owned(),
        origin: format!("racer {by}, round {round}"),
        line: None,
        error: "to be first".to_owned(),
        content: String::new(),
        bytes: 0,
        received: None,
        recorded_at: DateTime::<Utc>::UNIX_EPOCH,
    });
    Ok(Envelope::wrap("/tests", event)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_wins_each_round() -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    let log = servers.log().await?;
    let subject = Subject::of(&said(0, 0)?.event);
    let mut last = 0;
    for round in 0..20 {
        let attempts = (0..16).map(|by| {
            let log = log.clone();
            async move { anyhow::Ok(log.append(&said(by, round)?, last).await?) }
        });
        let outcomes = futures::future::try_join_all(attempts).await?;
        let won: Vec<u64> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                Appended::At(sequence) => Some(*sequence),
                Appended::Outrun => None,
            })
            .collect();
        assert_eq!(won, [round + 1], "one append per round");
        last = won[0];
    }
    let recorded = log
        .read_all(LogStream::DeadLetters, subject.as_str(), 0)
        .await?;
    assert_eq!(recorded.len(), 20);
    let latest = log.last_on(LogStream::DeadLetters, &subject).await?;
    assert_eq!(latest.as_ref(), recorded.last());
    let after = log
        .read_all(LogStream::DeadLetters, "dead-letters.>", 18)
        .await?;
    assert_eq!(after, recorded[18..]);
    assert_eq!(log.read_all(LogStream::Costs, "costs.>", 0).await?, []);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_repeated_is_the_same_append() -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    let log = servers.log().await?;
    let envelope = said(1, 1)?;
    let first = log.append(&envelope, 0).await?;
    assert_eq!(first, Appended::At(1));
    assert_eq!(log.append(&envelope, 0).await?, first);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_a_stream_is_read_to_its_end_whatever_was_taken_off_it() -> anyhow::Result<()> {
    let servers = Servers::start().await?;
    let log = servers.log().await?;
    let stream = LogStream::DeadLetters;
    for round in 0..5 {
        log.append(&said(0, round)?, round).await?;
    }
    let sequences = async |after| {
        let mut backlog = log.backlog(stream, after).await?;
        let mut sequences = Vec::new();
        while let Some(batch) = backlog.next_batch(2).await? {
            sequences.extend(batch.iter().map(|message| message.sequence));
        }
        anyhow::Ok(sequences)
    };
    assert_eq!(sequences(0).await?, [1, 2, 3, 4, 5]);
    assert_eq!(sequences(3).await?, [4, 5]);
    assert_eq!(sequences(5).await?, [0; 0]);
    for erased in [2, 5] {
        log.erase(stream, erased).await?;
    }
    assert_eq!(sequences(0).await?, [1, 3, 4]);
    // Whoever was erased may have been all there was.
    for erased in [1, 3, 4] {
        log.erase(stream, erased).await?;
    }
    assert_eq!(log.last_sequence(stream).await?, 5);
    assert_eq!(sequences(0).await?, [0; 0]);
    Ok(())
}

/// More than is sent ahead: the rest is to come, and is taken off the stream before it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_ends_where_the_rest_of_it_is_taken_off_the_stream() -> anyhow::Result<()> {
    const SENT_AHEAD: u64 = 10_000;
    let servers = Servers::start().await?;
    let log = servers.log().await?;
    let stream = LogStream::DeadLetters;
    let letters = (0..SENT_AHEAD + 2_000).map(|round| said(0, round));
    let letters = letters.collect::<anyhow::Result<Vec<_>>>()?;
    log.publisher().publish(letters).await?;
    let mut backlog = log.backlog(stream, 0).await?;
    let mut read = backlog.next_batch(10).await?.map_or(0, |batch| batch.len());
    assert_eq!(read, 10);
    let context = async_nats::jetstream::new(async_nats::connect(servers.nats.url()).await?);
    context.get_stream(stream.name()).await?.purge().await?;
    while let Some(batch) = backlog.next_batch(1_000).await? {
        read += batch.len();
    }
    assert!(read <= usize::try_from(SENT_AHEAD)?, "{read} were read");
    assert!(backlog.next_batch(1_000).await?.is_none());
    Ok(())
}
