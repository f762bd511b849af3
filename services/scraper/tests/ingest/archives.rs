//! Archives on the web: which is asked, and what their answers come to.

use std::time::Duration;

use crate::support::{MemoryLog, Outcome, gzip, ingest_plan, now, options, services, stars};
use scraper::ingest::{IngestReport, Silent, ingest};
use scraper::sources::archive::{ArchiveBase, ArchiveBases, Plan};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const HOUR: &str = "2024-09-11T5";
const FILE: &str = "2024-09-11-5.json.gz";

/// Archives in order of preference.
fn archives(servers: &[&MockServer]) -> Result<ArchiveBases, Box<dyn std::error::Error>> {
    let bases = servers
        .iter()
        .map(|server| ArchiveBase::new(&server.uri(), None));
    Ok(ArchiveBases(bases.collect::<Result<_, _>>()?))
}

async fn serve(server: &MockServer, file: &str, answer: ResponseTemplate) {
    let get = Mock::given(method("GET")).and(path(format!("/{file}")));
    get.respond_with(answer).mount(server).await;
}

fn file_of(count: u64) -> Result<ResponseTemplate, std::io::Error> {
    let body = gzip(stars(count).as_bytes())?;
    Ok(ResponseTemplate::new(200).set_body_raw(body, "application/gzip"))
}

fn reason(report: &IngestReport) -> &str {
    report.failed().next().map_or("", |(_, reason)| reason)
}

#[tokio::test]
async fn an_hour_is_read_from_the_first_archive_that_has_it() -> Outcome {
    let (first, second) = (MockServer::start().await, MockServer::start().await);
    serve(&second, FILE, file_of(3)?).await;
    let log = MemoryLog::default();
    let plan = Plan::parse(HOUR, &archives(&[&first, &second])?, now())?;
    ingest_plan(&log, &plan).await?;
    let locations: Vec<String> = log
        .coverage()
        .into_iter()
        .map(|found| found.location)
        .collect();
    assert_eq!(locations, [format!("{}/{FILE}", second.uri())]);
    assert_eq!(
        log.origins().first().map(String::as_str),
        Some("2024-09-11-5.json.gz:1")
    );
    Ok(())
}

#[tokio::test]
async fn an_hour_at_no_archive_names_all_that_were_tried() -> Outcome {
    let (first, second) = (MockServer::start().await, MockServer::start().await);
    serve(&second, "2024-09-11-6.json.gz", file_of(2)?).await;
    let log = MemoryLog::default();
    let bases = archives(&[&first, &second])?;
    let plan = Plan::parse("2024-09-11T05..2024-09-11T06", &bases, now())?;
    let report = ingest_plan(&log, &plan).await?;
    let expected = format!(
        "no such hour at any archive: {FILE} was not found at {}/{FILE}, {}/{FILE}",
        first.uri(),
        second.uri()
    );
    assert_eq!(reason(&report), expected);
    let letters = log.dead_letters();
    assert!(letters.len() == 1 && letters[0].error == expected && letters[0].origin == FILE);
    // The rest of the plan went on.
    assert_eq!(
        (report.failed().count(), report.completed().count()),
        (1, 1)
    );
    assert_eq!(log.contributions().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() -> Outcome {
    for status in [503, 429, 502] {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(status).insert_header("Retry-After", "0");
        let get = Mock::given(method("GET")).and(path(format!("/{FILE}")));
        get.respond_with(busy).up_to_n_times(2).mount(&server).await;
        serve(&server, FILE, file_of(3)?).await;
        let log = MemoryLog::default();
        let plan = Plan::parse(HOUR, &archives(&[&server])?, now())?;
        ingest_plan(&log, &plan).await?;
        assert_eq!(log.contributions().len(), 3, "{status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_lasting_failure_does_not_fall_back_to_a_lesser_archive() -> Outcome {
    let (first, second) = (MockServer::start().await, MockServer::start().await);
    serve(&first, FILE, ResponseTemplate::new(500)).await;
    serve(&second, FILE, file_of(3)?).await;
    let log = MemoryLog::default();
    let plan = Plan::parse(HOUR, &archives(&[&first, &second])?, now())?;
    let report = ingest_plan(&log, &plan).await?;
    let expected = format!("{}/{FILE} answered 500 Internal Server Error", first.uri());
    assert_eq!(reason(&report), expected);
    Ok(())
}

#[tokio::test]
async fn a_page_in_place_of_a_file_is_told() -> Outcome {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html; charset=utf-8");
    serve(&server, FILE, page).await;
    let log = MemoryLog::default();
    let plan = Plan::parse(HOUR, &archives(&[&server])?, now())?;
    let report = ingest_plan(&log, &plan).await?;
    assert!(
        reason(&report).contains("is an HTML page, not an archive file"),
        "{report:?}"
    );
    Ok(())
}

/// Answers one request with a file of which the second half is missing.
async fn serve_half(listener: TcpListener, file: Vec<u8>) -> std::io::Result<()> {
    let (mut connection, _) = listener.accept().await?;
    let mut request = [0; 4_096];
    let _ = connection.read(&mut request).await?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", file.len());
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(&file[..file.len() / 2]).await?;
    // The manifest is asked for on connections that are refused from here on.
    connection.shutdown().await
}

#[tokio::test]
async fn a_connection_that_breaks_keeps_what_arrived() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hour.json.gz", listener.local_addr()?);
    let plan = Plan::parse(&url, &ArchiveBases::default(), now())?;
    let log = MemoryLog::default();
    let serving = serve_half(listener, gzip(stars(5_000).as_bytes())?);
    let (served, report) = tokio::join!(serving, ingest_plan(&log, &plan));
    served?;
    assert_eq!(report?.failed().count(), 0);
    let errors: Vec<String> = log
        .dead_letters()
        .into_iter()
        .map(|letter| letter.error)
        .collect();
    assert!(
        errors.len() == 1 && errors[0].starts_with("reading stopped after"),
        "{errors:?}"
    );
    assert!(log.contributions().len() > 1_000);
    assert!(log.coverage().iter().all(|coverage| !coverage.whole));
    Ok(())
}

#[tokio::test]
async fn what_a_manifest_promises_is_checked() -> Outcome {
    let body = gzip(stars(3).as_bytes())?;
    let digest: String = Sha256::digest(&body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let other = "0".repeat(64);
    let cases = [
        (json!({"event_count": 3, "sha256": digest}), true, None),
        (json!({"count": 3}), true, None),
        (
            json!({"events": 3, "sha256": other}),
            false,
            Some("the manifest promises the SHA-256"),
        ),
        (
            json!({"events": 4}),
            false,
            Some("the manifest promises 4 events, 3 were read"),
        ),
        // The file is the one that was meant, so the count is wrong.
        (
            json!({"events": 4, "sha256": digest}),
            true,
            Some("the manifest promises 4 events"),
        ),
    ];
    for (manifest, whole, told) in cases {
        let server = MockServer::start().await;
        serve(&server, FILE, file_of(3)?).await;
        let answer = ResponseTemplate::new(200).set_body_json(&manifest);
        serve(&server, "2024-09-11-5.manifest.json", answer).await;
        let log = MemoryLog::default();
        let plan = Plan::parse(HOUR, &archives(&[&server])?, now())?;
        let report = ingest_plan(&log, &plan).await?;
        let [coverage] = &log.coverage()[..] else {
            return Err("one coverage expected".into());
        };
        let promised = manifest
            .get("event_count")
            .or_else(|| manifest.get("events"));
        let promised = promised.or_else(|| manifest.get("count"));
        assert_eq!(
            coverage.expected,
            promised.and_then(serde_json::Value::as_u64)
        );
        assert_eq!((coverage.events, coverage.whole), (3, whole), "{manifest}");
        assert_eq!(coverage.sha256, digest);
        let letters = log.dead_letters();
        let error = letters.first().map_or("", |letter| letter.error.as_str());
        assert!(error.starts_with(told.unwrap_or("")), "{error}");
        assert_eq!(letters.len(), usize::from(told.is_some()));
        let told_in_report: usize = report
            .completed()
            .map(|unit| unit.disagreements.len())
            .sum();
        assert_eq!(told_in_report, letters.len());
    }
    Ok(())
}

#[tokio::test]
async fn a_manifest_beside_a_local_file_is_found() -> Outcome {
    for name in ["hour.manifest.json", "hour.json.gz.manifest.json"] {
        let directory = tempfile::tempdir()?;
        std::fs::write(
            directory.path().join("hour.json.gz"),
            gzip(stars(2).as_bytes())?,
        )?;
        std::fs::write(directory.path().join(name), r#"{"events": 2}"#)?;
        let log = MemoryLog::default();
        crate::support::ingest_named(&log, directory.path()).await?;
        let expected: Vec<_> = log
            .coverage()
            .into_iter()
            .map(|found| found.expected)
            .collect();
        assert_eq!(expected, [Some(2)], "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn hours_that_were_read_whole_are_skipped() -> Outcome {
    let server = MockServer::start().await;
    serve(&server, FILE, file_of(3)?).await;
    let mut cut = gzip(stars(500).as_bytes())?;
    cut.truncate(cut.len() / 2);
    let half = ResponseTemplate::new(200).set_body_raw(cut, "application/gzip");
    serve(&server, "2024-09-11-6.json.gz", half).await;
    let log = MemoryLog::default();
    let plan = Plan::parse(
        "2024-09-11T05..2024-09-11T06",
        &archives(&[&server])?,
        now(),
    )?;
    for (round, expected) in [
        (1, ["completed", "completed"]),
        (2, ["skipped", "completed"]),
    ] {
        let report = ingest_plan(&log, &plan).await?;
        let statuses: Vec<_> = report
            .units
            .iter()
            .map(|unit| unit.outcome.status())
            .collect();
        assert_eq!(statuses, expected, "round {round}");
    }
    let forced = scraper::ingest::IngestOptions {
        force: true,
        ..options()
    };
    let report = ingest(&plan, &services(&log), forced, &Silent).await?;
    assert_eq!(report.completed().count(), 2);
    Ok(())
}

#[tokio::test]
async fn a_job_stopped_while_it_waits_is_taken_up_again() -> Outcome {
    let server = MockServer::start().await;
    let log = MemoryLog::default();
    let services = services(&log);
    let cancellation = services.cancellation.clone();
    let get = Mock::given(method("GET")).and(path(format!("/{FILE}")));
    let stop = move |_: &wiremock::Request| {
        cancellation.cancel();
        ResponseTemplate::new(200).set_delay(Duration::from_secs(600))
    };
    get.respond_with(stop).up_to_n_times(1).mount(&server).await;
    serve(&server, FILE, file_of(3)?).await;
    let plan = Plan::parse(HOUR, &archives(&[&server])?, now())?;
    let stopped = ingest(&plan, &services, options(), &Silent).await?;
    assert!(stopped.is_cancelled());
    assert!(log.events().is_empty());
    let again = ingest_plan(&log, &plan).await?;
    assert_eq!((again.contributions(), log.coverage().len()), (3, 1));
    Ok(())
}
