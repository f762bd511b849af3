//! Hours made up from a seed, and decoding them in memory.

use scraper::generator::{generate_hour, generate_hour_gzip};
use scraper::ingest::{decode_file, decode_files};

use crate::support::{MemoryLog, Outcome, ingest_bytes};

#[tokio::test]
async fn a_generated_hour_is_read_without_loss() -> Outcome {
    let hour = "2024-09-11T15:00:00Z".parse()?;
    let lines = generate_hour(7, hour, 3_000)?;
    assert_eq!(lines, generate_hour(7, hour, 3_000)?);
    assert_ne!(lines, generate_hour(8, hour, 3_000)?);
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 3_000);
    let log = MemoryLog::default();
    ingest_bytes(
        &log,
        "made-up.json.gz",
        &generate_hour_gzip(7, hour, 3_000)?,
    )
    .await?;
    let [coverage] = &log.coverage()[..] else {
        return Err("one coverage expected".into());
    };
    assert_eq!(
        (coverage.events, coverage.damaged, coverage.whole),
        (3_000, 0, true)
    );
    assert!(coverage.types.len() >= 14, "{:?}", coverage.types);
    assert_eq!(coverage.hours.len(), 1);
    assert!(coverage.contributions > 3_000);
    Ok(())
}

#[test]
fn merges_in_generated_hours_come_with_their_pushes() -> Outcome {
    let lines = generate_hour(7, "2024-09-11T15:00:00Z".parse()?, 4_000)?;
    let (mut merges, mut heads) = (Vec::new(), std::collections::HashSet::new());
    for line in lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let event: serde_json::Value = serde_json::from_slice(line)?;
        let pull = &event["payload"]["pull_request"];
        if pull["merged"] == true {
            merges.push((
                pull["merge_commit_sha"].clone(),
                pull["user"] != event["actor"],
            ));
        }
        if event["type"] == "PushEvent" {
            heads.insert(
                event["payload"]["head"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
    }
    assert!(merges.len() > 50);
    let pushed = merges
        .iter()
        .filter(|(sha, _)| sha.as_str().is_some_and(|sha| heads.contains(sha)));
    assert!(pushed.count() + 1 >= merges.len());
    Ok(())
}

#[test]
fn threads_do_not_change_what_is_decoded() -> Outcome {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("hour.json.gz");
    let hour = generate_hour_gzip(3, "2024-09-11T15:00:00Z".parse()?, 2_000)?;
    std::fs::write(&path, hour)?;
    let alone = decode_file(&path, 1)?;
    let together = decode_file(&path, 3)?;
    assert!(alone.decoded.events == together.decoded.events);
    assert_eq!(alone.decoded.tally, together.decoded.tally);
    assert_eq!(alone.summary, together.summary);
    let files = decode_files(&[path.clone(), path], 2)?;
    assert!(
        files
            .iter()
            .all(|file| file.decoded.tally == alone.decoded.tally)
    );
    Ok(())
}
