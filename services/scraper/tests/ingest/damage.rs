//! Damaged files: all that is whole is kept, the rest is told with file and
//! line.

use crate::support::{MemoryLog, Outcome, gzip, ingest_bytes, star};

#[tokio::test]
async fn a_corrupt_line_is_told_with_its_number() -> Outcome {
    let log = MemoryLog::default();
    let file = format!("{}\n{{\"id\":\"2\",\"type\":\n{}\n", star(1), star(3));
    ingest_bytes(&log, "corrupt.json", file.as_bytes()).await?;
    assert_eq!(log.origins(), ["corrupt.json:1", "corrupt.json:3"]);
    let [letter] = &log.dead_letters()[..] else {
        return Err("one dead letter expected".into());
    };
    assert!(
        letter.error.starts_with("the line is not JSON: EOF"),
        "{}",
        letter.error
    );
    assert_eq!((letter.service.as_str(), letter.line), ("scraper", Some(2)));
    assert_eq!(letter.content, "{\"id\":\"2\",\"type\":");
    assert_eq!(letter.bytes, 17);
    assert!(log.ends_in_coverage());
    assert!(
        log.coverage()
            .iter()
            .all(|coverage| coverage.whole && coverage.damaged == 1)
    );
    Ok(())
}

#[tokio::test]
async fn json_that_is_no_event_is_told() -> Outcome {
    let log = MemoryLog::default();
    let file = format!("{}\n{{\"hello\":1}}\n", star(1));
    ingest_bytes(&log, "other.json", file.as_bytes()).await?;
    let errors: Vec<String> = log
        .dead_letters()
        .into_iter()
        .map(|letter| letter.error)
        .collect();
    assert!(
        errors.len() == 1 && errors[0].contains("no GitHub event"),
        "{errors:?}"
    );
    Ok(())
}

#[tokio::test]
async fn all_of_several_fused_events_are_used() -> Outcome {
    let log = MemoryLog::default();
    let file = format!("{}{}{}\n{}\n", star(1), star(2), star(3), star(4));
    ingest_bytes(&log, "fused.json", file.as_bytes()).await?;
    let expected = [
        "fused.json:1",
        "fused.json:1",
        "fused.json:1",
        "fused.json:2",
    ];
    assert_eq!(log.origins(), expected);
    assert_eq!(log.dead_letters(), []);
    Ok(())
}

#[tokio::test]
async fn a_whole_event_fused_to_a_torn_one_is_used() -> Outcome {
    let torn = star(1);
    // Torn within a text, a key, a number, and behind an object.
    for length in [20, 32, 52, 70, 100, torn.len() - 1] {
        let log = MemoryLog::default();
        let file = format!("{}{}\n", &torn[..length], star(2));
        ingest_bytes(&log, "torn.json", file.as_bytes()).await?;
        let actors: Vec<_> = log
            .contributions()
            .into_iter()
            .filter_map(|found| found.actor)
            .collect();
        assert!(
            actors.len() == 1 && actors[0].id == Some(2),
            "torn at {length}: {actors:?}"
        );
        let [letter] = &log.dead_letters()[..] else {
            return Err("one dead letter expected".into());
        };
        assert!(
            letter
                .error
                .starts_with("a torn event beside a whole one, which is kept"),
            "{}",
            letter.error
        );
        assert_eq!(letter.content, torn[..length]);
        assert_eq!(letter.line, Some(1));
    }
    Ok(())
}

#[tokio::test]
async fn a_torn_event_behind_a_whole_one_costs_only_itself() -> Outcome {
    let log = MemoryLog::default();
    let file = format!("{}{}\n", star(1), &star(2)[..60]);
    ingest_bytes(&log, "torn.json", file.as_bytes()).await?;
    assert_eq!(log.origins(), ["torn.json:1"]);
    let contents: Vec<String> = log
        .dead_letters()
        .into_iter()
        .map(|letter| letter.content)
        .collect();
    assert_eq!(contents, [star(2)[..60].to_owned()]);
    Ok(())
}

#[tokio::test]
async fn characters_that_json_refuses_are_replaced() -> Outcome {
    let login = |text: &[u8]| {
        let line = star(1);
        let (before, after) = line.split_once("p1").unwrap_or_default();
        [before.as_bytes(), text, after.as_bytes(), b"\n"].concat()
    };
    let cases: [(&[u8], &str); 6] = [
        (b"p\0q", "p\u{fffd}q"),
        (b"p\\ud800q", "p\u{fffd}q"),
        (b"p\\udc00q", "p\u{fffd}q"),
        (b"\\ud800\\ud83d\\ude00", "\u{fffd}\u{1f600}"),
        (b"p\xff\xfeq", "p\u{fffd}\u{fffd}q"),
        ("p\u{2028}q".as_bytes(), "p\u{2028}q"),
    ];
    for (written, expected) in cases {
        let log = MemoryLog::default();
        let report = ingest_bytes(&log, "odd.json", &login(written)).await?;
        let actor = log
            .contributions()
            .into_iter()
            .find_map(|found| found.actor);
        assert_eq!(actor.map(|actor| actor.login).as_deref(), Some(expected));
        assert_eq!(log.dead_letters(), [], "{expected}");
        let repaired: u64 = report.completed().map(|unit| unit.repaired).sum();
        assert_eq!(
            repaired,
            u64::from(!expected.contains('\u{2028}')),
            "{expected}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn zeros_around_an_event_are_passed() -> Outcome {
    let log = MemoryLog::default();
    let file = [b"\0\0\0", star(1).as_bytes(), b"\0\0\n\0\0\0\n"].concat();
    ingest_bytes(&log, "zeros.json", &file).await?;
    assert_eq!(log.origins(), ["zeros.json:1"]);
    let lines: Vec<_> = log
        .dead_letters()
        .into_iter()
        .map(|letter| letter.line)
        .collect();
    assert_eq!(lines, [Some(2)], "a line of nothing but zeros is told");
    Ok(())
}

#[tokio::test]
async fn an_empty_file_fails_with_the_reason() -> Outcome {
    for bytes in [Vec::new(), gzip(b"")?, b"\n\n".to_vec()] {
        let log = MemoryLog::default();
        let report = ingest_bytes(&log, "empty.json.gz", &bytes).await?;
        let failed: Vec<_> = report.failed().collect();
        let reason = "the file is empty: there is not one event in it";
        assert_eq!(failed, [("empty.json.gz", reason)]);
        assert_eq!(log.coverage(), []);
        assert!(
            log.dead_letters()
                .iter()
                .all(|letter| letter.error == reason)
        );
        assert_eq!(log.dead_letters().len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_page_in_place_of_a_file_fails_with_the_reason() -> Outcome {
    let log = MemoryLog::default();
    let page = b"\n<!DOCTYPE html><html><body>Sign in</body></html>";
    let report = ingest_bytes(&log, "2024-01-01-0.json.gz", page).await?;
    let reason = report.failed().next().map(|(_, reason)| reason.to_owned());
    assert!(reason.is_some_and(|reason| reason.contains("HTML page, not an archive file")));
    Ok(())
}

#[tokio::test]
async fn a_file_without_events_is_given_up_early() -> Outcome {
    let log = MemoryLog::default();
    let file = "name,stars\n".repeat(2_000_000 / 11);
    let report = ingest_bytes(&log, "table.json", file.as_bytes()).await?;
    let reason = report.failed().next().map(|(_, reason)| reason.to_owned());
    assert!(reason.is_some_and(|reason| reason.contains("no file of GitHub events")));
    assert!(log.dead_letters().len() < 100_000);
    assert_eq!(log.coverage(), []);
    Ok(())
}
