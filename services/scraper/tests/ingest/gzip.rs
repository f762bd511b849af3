//! Damaged and divided gzip files.

use crate::support::{MemoryLog, Outcome, gzip, ingest_bytes, star, stars};

#[tokio::test]
async fn a_truncated_file_keeps_what_was_whole() -> Outcome {
    let log = MemoryLog::default();
    let mut file = gzip(stars(5_000).as_bytes())?;
    file.truncate(file.len() / 2);
    let report = ingest_bytes(&log, "cut.json.gz", &file).await?;
    let [letter] = &log.dead_letters()[..] else {
        return Err("one dead letter expected".into());
    };
    let kept = log.contributions().len() as u64;
    assert!((1_000..5_000).contains(&kept), "{kept} kept");
    assert!(
        letter.error.starts_with("the file is truncated"),
        "{}",
        letter.error
    );
    assert_eq!(letter.origin, "cut.json.gz");
    assert_eq!(letter.line, Some(kept + 1));
    assert!(letter.content.starts_with("{\"id\""), "{}", letter.content);
    let [coverage] = &log.coverage()[..] else {
        return Err("one coverage expected".into());
    };
    assert!(!coverage.whole);
    assert_eq!((coverage.events, coverage.damaged), (kept, 1));
    assert_eq!(report.failed().count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_file_cut_at_any_byte_loses_no_whole_line() -> Outcome {
    let file = gzip(stars(20).as_bytes())?;
    for length in [1, 2, 9, 10, 11, 40, file.len() - 9, file.len() - 1] {
        let log = MemoryLog::default();
        ingest_bytes(&log, "cut.json.gz", &file[..length]).await?;
        let kept = log.contributions().len() as u64;
        let told = log.dead_letters().len();
        assert_eq!(told, 1, "cut at {length}, {kept} kept");
        // The checksum alone is missing: nothing of the lines is.
        assert!(length < file.len() - 9 || kept == 20, "{kept} at {length}");
    }
    Ok(())
}

#[tokio::test]
async fn all_members_of_a_gzip_file_are_read() -> Outcome {
    let log = MemoryLog::default();
    // A line may begin in one member and end in another.
    let text = stars(3);
    let (first, second) = text.split_at(100);
    let file = [
        gzip(first.as_bytes())?,
        gzip(b"")?,
        gzip(second.as_bytes())?,
    ]
    .concat();
    ingest_bytes(&log, "members.json.gz", &file).await?;
    let expected = [
        "members.json.gz:1",
        "members.json.gz:2",
        "members.json.gz:3",
    ];
    assert_eq!(log.origins(), expected);
    assert!(log.coverage().iter().all(|coverage| coverage.whole));
    assert_eq!(log.dead_letters(), []);
    Ok(())
}

#[tokio::test]
async fn reading_goes_on_at_the_member_behind_corrupt_data() -> Outcome {
    let log = MemoryLog::default();
    let mut corrupt = gzip(stars(2_000).as_bytes())?;
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 64].fill(0xff);
    let file = [corrupt, gzip(format!("{}\n", star(9_999)).as_bytes())?].concat();
    ingest_bytes(&log, "corrupt.json.gz", &file).await?;
    let letters = log.dead_letters();
    let errors: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
    assert!(
        errors
            .iter()
            .any(|error| error.starts_with("the gzip data is corrupt")),
        "{errors:?}"
    );
    let last = log
        .contributions()
        .into_iter()
        .next_back()
        .and_then(|found| found.actor);
    assert_eq!(last.and_then(|actor| actor.id), Some(9_999));
    assert!(log.contributions().len() > 500);
    assert!(log.coverage().iter().all(|coverage| !coverage.whole));
    Ok(())
}

#[tokio::test]
async fn a_wrong_checksum_is_told_and_the_lines_are_kept() -> Outcome {
    let log = MemoryLog::default();
    let mut file = gzip(stars(3).as_bytes())?;
    let checksum = file.len() - 8;
    file[checksum] ^= 1;
    ingest_bytes(&log, "sum.json.gz", &file).await?;
    assert_eq!(log.contributions().len(), 3);
    let errors: Vec<String> = log
        .dead_letters()
        .into_iter()
        .map(|letter| letter.error)
        .collect();
    assert!(
        errors.len() == 1 && errors[0].contains("incorrect data check"),
        "{errors:?}"
    );
    Ok(())
}
