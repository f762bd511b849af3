//! The same rules on files of real events. The numbers and digests expected
//! here were computed by another program, in another language, from the text
//! of the rules alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{ContributionKind, CreditBasis, Fact, Resolution, Source};
use events::{ContributionRecorded, Event};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::support::{facts, tally, translated};

/// A file of real events; none when it is absent and need not be there.
fn real_data(relative: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("../shared/data").join(relative);
    if path.exists() {
        return Some(path);
    }
    let required =
        std::env::var_os("LEADERBOARD_REQUIRE_REAL_DATA").is_some_and(|value| value == "1");
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    assert!(!required, "{test} needs {relative}");
    println!("skipped: {test}: {relative} is absent");
    None
}

fn lines_of(path: &Path) -> Vec<Vec<u8>> {
    let mut bytes = fs::read(path).expect("a readable file");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut inflated = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut inflated)
            .expect("a whole gzip file");
        bytes = inflated;
    }
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
        .map(<[u8]>::to_vec)
        .collect()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Everything the rules say of one published contribution.
fn published_row(event: &ContributionRecorded) -> String {
    let account = match event.basis {
        CreditBasis::Pending => None,
        _ => event.credited.as_ref().or(event.actor.as_ref()),
    };
    let account = account.map_or("nobody".to_owned(), |who| who.reference().to_string());
    let quantity = event
        .quantity
        .map_or("unknown".to_owned(), |n| n.to_string());
    let lines = event.lines.map_or_else(String::new, |lines| {
        format!("+{} -{}", lines.additions, lines.deletions)
    });
    let (kind, key, at) = (event.kind, &event.key, instant(event.occurred_at));
    format!("{kind}\t{key}\t{account}\t{quantity}\t{lines}\t{at}")
}

/// What a contribution counts as once the whole file is known.
fn resolved_row(found: &Resolution) -> String {
    let who = found.contributor.as_ref().map_or("nobody", |w| w.as_str());
    let (kind, repository, counted) = (found.kind, &found.repository, found.counted());
    let at = instant(found.occurred_at);
    format!("{kind}\t{repository}\t{who}\t{counted}\t{at}")
}

/// A short digest of rows in any order.
fn digest(mut rows: Vec<String>, name: &str) -> String {
    rows.sort_unstable();
    let text = rows.join("\n");
    let digest = Sha256::digest(&text);
    // Left beside the other build products, to be compared when it differs.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(path, &text).expect("a writable directory");
    digest[..8].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What a whole file comes to: for each kind the contributions published, the
/// contributions they are sightings of, and how many count.
fn outcome(path: &Path) -> String {
    let name = path.file_name().expect("a name").to_string_lossy();
    let (mut published, mut all_facts): (Vec<String>, Vec<Fact>) = (Vec::new(), Vec::new());
    let mut table: BTreeMap<ContributionKind, [u32; 3]> = BTreeMap::new();
    for (number, line) in (1..).zip(lines_of(path)) {
        let reference = format!("{name}:{number}");
        let translation = translated(&line, Source::Archive, reference.clone());
        for event in &translation.events {
            if let Event::ContributionRecorded(event) = event {
                table.entry(event.kind).or_default()[0] += 1;
                published.push(published_row(event));
            }
        }
        all_facts.extend(facts(translation, &reference));
    }
    let contributions = tally(all_facts).contributions();
    for found in contributions.values() {
        let row = table.entry(found.kind).or_default();
        row[1] += 1;
        row[2] += found.counted();
    }
    let count = |test: fn(&Resolution) -> bool| contributions.values().filter(|c| test(c)).count();
    let mut text = String::new();
    for (kind, [events, distinct, counted]) in table {
        let _ = writeln!(text, "{kind} {events} {distinct} {counted}");
    }
    let pending = count(|found| found.contributor.is_none());
    let brought = count(|found| found.basis == CreditBasis::PullRequest);
    let published = digest(published, &format!("{name}.published"));
    let resolved = contributions.values().map(resolved_row).collect();
    let resolved = digest(resolved, &format!("{name}.resolved"));
    let _ = writeln!(text, "pending {pending}, by pull request {brought}");
    let _ = writeln!(text, "published {published}, resolved {resolved}");
    text
}

fn check(relative: &str, expected: &str) {
    let Some(path) = real_data(relative) else {
        return;
    };
    let expected: String = expected
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    assert_eq!(outcome(&path), expected, "{relative}");
}

#[test]
fn the_first_era() {
    check(
        "sample/2011-02-15-0.json.gz",
        "commit 1597 1556 2393
         pull_request_opened 20 19 19
         pull_request_closed 19 19 19
         issue_opened 40 40 40
         issue_closed 25 25 25
         comment 24 24 24
         wiki_edit 46 46 46
         star 165 164 164
         fork 38 38 38
         pending 0, by pull request 0
         published 7ec364d144318891, resolved eaf694e3f5f8cc20",
    );
}

#[test]
fn the_timeline_era_without_ids() {
    check(
        "sample/2012-06-14-15.json.gz",
        "commit 4448 4448 9020
         pull_request_opened 97 97 97
         pull_request_merged 52 51 51
         pull_request_closed 28 28 28
         review_comment 67 67 67
         issue_opened 160 160 160
         issue_closed 93 93 93
         comment 488 488 488
         wiki_edit 94 94 95
         star 445 444 444
         fork 141 141 141
         pending 0, by pull request 0
         published 95058c4281738ca9, resolved e2f537445a1e5940",
    );
}

#[test]
fn the_timeline_era_with_repository_ids() {
    check(
        "sample/2014-02-15-0.json.gz",
        "commit 5258 5256 10203
         pull_request_opened 123 123 123
         pull_request_merged 103 103 103
         pull_request_closed 30 30 30
         review_comment 35 35 35
         issue_opened 201 201 201
         issue_closed 119 119 119
         comment 557 557 557
         release_published 14 14 14
         wiki_edit 149 149 184
         star 817 811 811
         fork 266 266 266
         pending 0, by pull request 0
         published 6c0e3113b043cf1f, resolved d1fe44ab4c5f0895",
    );
}

#[test]
fn the_first_hours_of_the_events_api() {
    check(
        "sample/2015-01-01-15.json.gz",
        "commit 8111 8105 15779
         pull_request_opened 241 241 241
         pull_request_merged 175 175 175
         pull_request_closed 50 50 50
         review_comment 136 136 136
         issue_opened 335 335 335
         issue_closed 194 194 194
         comment 917 917 917
         release_published 60 60 60
         wiki_edit 61 61 81
         star 1230 1220 1220
         fork 355 355 355
         pending 0, by pull request 0
         published 7c95b9941769b6c7, resolved 01c99de4a9ec6906",
    );
}

#[test]
fn one_organization_in_2017() {
    check(
        "sample/2017-07-24_25-kubernetes.ndjson.gz",
        "commit 251 251 421
         pull_request_opened 202 202 202
         pull_request_merged 167 167 167
         pull_request_closed 37 37 37
         review_comment 767 767 767
         issue_opened 151 151 151
         issue_closed 105 105 105
         comment 3747 3747 3747
         release_published 2 2 2
         star 204 203 203
         fork 120 120 120
         pending 0, by pull request 197
         published 0d4043f97a5d063d, resolved 68a0c6fa7288a512",
    );
}

#[test]
fn the_events_api_in_2019() {
    check(
        "sample/2019-01-01-23.head534.json.gz",
        "commit 436 436 547
         pull_request_opened 17 17 17
         pull_request_merged 7 7 7
         pull_request_closed 3 3 3
         review_comment 3 3 3
         issue_opened 9 9 9
         issue_closed 12 12 12
         comment 26 26 26
         release_published 3 3 3
         star 39 39 39
         fork 12 12 12
         pending 0, by pull request 3
         published 103e2028fb420803, resolved d539f976ec03749e",
    );
}

#[test]
fn reviews_in_2021() {
    check(
        "sample/2021-07-21-few-hours.json.gz",
        "commit 569 569 1280
         pull_request_opened 33 33 33
         pull_request_merged 25 25 25
         pull_request_closed 6 6 6
         pull_request_reviewed 28 19 19
         self_review 0 5 5
         review_comment 10 10 10
         issue_opened 13 13 13
         issue_closed 8 8 8
         comment 38 38 38
         release_published 3 3 3
         wiki_edit 2 2 2
         star 58 58 58
         fork 19 19 19
         pending 0, by pull request 7
         published 5def8adfecba4a6c, resolved b934a226a7f98f6a",
    );
}

#[test]
fn the_last_year_of_full_payloads() {
    check(
        "sample/2025-01-01-15.head1024.json.gz",
        "commit 841 841 1762
         pull_request_opened 24 24 24
         pull_request_merged 20 20 20
         pull_request_closed 11 10 10
         pull_request_reviewed 2 1 1
         self_review 0 1 1
         review_comment 2 2 2
         issue_opened 5 5 5
         issue_closed 6 6 6
         comment 30 30 30
         release_published 14 14 14
         star 51 51 51
         fork 10 10 10
         pending 0, by pull request 19
         published 127d26c8afe62a1c, resolved fb6ba01d9e0c5069",
    );
}

#[test]
fn both_sides_of_the_trimming() {
    check(
        "sample/2025-09_2026-06.both-shapes-7.ndjson",
        "commit 1 1 1
         push 2 2 2
         star 1 1 1
         fork 1 1 1
         pending 0, by pull request 0
         published d1ed5f322725fba1, resolved 510d0e6fc870f83b",
    );
}

#[test]
fn trimmed_pushes_in_2025() {
    check(
        "sample/2025-11-01-10.devstats13.ndjson",
        "push 13 13 13
         pending 0, by pull request 0
         published edb2d28cb3274d4e, resolved 1f4751dcc652f6ca",
    );
}

#[test]
fn the_events_api_in_2026() {
    check(
        "sample/2026-05-07.events-api-20.ndjson",
        "issue_opened 1 1 1
         star 18 18 18
         pending 0, by pull request 0
         published 1ed302aa433edf0e, resolved 5472e09f0c0eaddd",
    );
}

#[test]
fn a_trimmed_hour() {
    check(
        "sample/2026-06-01-15.head2500.json.gz",
        "push 2158 2158 2158
         pull_request_opened 7 7 7
         pull_request_merged 5 5 0
         pull_request_reviewed 4 4 4
         issue_opened 2 2 2
         comment 2 2 2
         star 2 2 2
         fork 1 1 1
         pending 5, by pull request 0
         published 4ea4b412cf9ffea2, resolved d60944127f4e4709",
    );
}

#[test]
fn trimmed_events_in_july_2026() {
    check(
        "sample/2026-07-19.events-api-5.ndjson",
        "push 1 1 1
         pull_request_opened 1 1 1
         star 1 1 1
         pending 0, by pull request 0
         published f4ae5871147d3328, resolved 1a96ce658bfe3ea5",
    );
}

#[test]
fn trimmed_events_in_august_2026() {
    check(
        "sample/2026-08-12-14.examples4.ndjson",
        "push 1 1 1
         pull_request_reviewed 1 1 1
         issue_opened 1 1 1
         pending 0, by pull request 0
         published 17d6d31fed633935, resolved eda02f439360de44",
    );
}

/// What one line of a sample publishes last, as the rules read by eye.
#[test]
fn single_lines_of_every_era() {
    let lines = [
        // A push of 2011 counts commits it does not list.
        (
            "2011-02-15-0.json.gz",
            85,
            "commit push:1020129:24788367 20568 228 2011-02-15T00:02:16Z",
        ),
        // An issue of 2011 is closed at the instant of its event.
        (
            "2011-02-15-0.json.gz",
            28,
            "issue_closed issue_closed:1277769:36:2011-02-15T00:00:46Z 163648 1 2011-02-15T00:00:46Z",
        ),
        // Merges go to the author, whoever merged, and Pacific time is read.
        (
            "2012-06-14-15.json.gz",
            129,
            "pull_request_merged pull_request_merged:@ellislab/codeigniter:965 1370339 1 +136 -3 2012-06-14T22:02:50Z",
        ),
        (
            "2014-02-15-0.json.gz",
            92,
            "pull_request_merged pull_request_merged:16678988:1 3092978 1 +4 -0 2014-02-15T08:04:40Z",
        ),
        (
            "2015-01-01-15.json.gz",
            16,
            "pull_request_merged pull_request_merged:10391073:6196 7291787 1 +196 -326 2015-01-01T15:00:06Z",
        ),
        // The import of a whole history.
        (
            "2015-01-01-15.json.gz",
            3069,
            "commit push:15841152:536867409 979046 2267 2015-01-01T15:16:27Z",
        ),
        (
            "2017-07-24_25-kubernetes.ndjson.gz",
            104,
            "pull_request_merged pull_request_merged:88664721:36 9130328 1 +1 -1 2017-07-24T02:55:47Z",
        ),
        (
            "2021-07-21-few-hours.json.gz",
            51,
            "pull_request_reviewed pull_request_reviewed:711282642 86106068 1 2021-07-21T06:00:01Z",
        ),
        (
            "2025-01-01-15.head1024.json.gz",
            359,
            "pull_request_merged pull_request_merged:40418146:6596 49699333 1 +4 -4 2025-01-01T15:00:07Z",
        ),
        // Trimmed: an author and a number of commits that nobody tells.
        (
            "2026-06-01-15.head2500.json.gz",
            10,
            "pull_request_merged pull_request_merged:1200889539:1418 nobody 1 2026-06-01T15:00:00Z",
        ),
        (
            "2026-06-01-15.head2500.json.gz",
            1,
            "push push:1251357380:34950197608 280740748 unknown 2026-06-01T15:00:00Z",
        ),
    ];
    for (file, number, expected) in lines {
        let Some(path) = real_data(&format!("sample/{file}")) else {
            continue;
        };
        let line = &lines_of(&path)[number - 1];
        let translation = translated(line, Source::Archive, format!("{file}:{number}"));
        let Some(Event::ContributionRecorded(event)) = translation.events.last() else {
            panic!("{file}:{number} publishes no contribution");
        };
        let row = published_row(event)
            .replace("\t\t", "\t")
            .replace('\t', " ");
        assert_eq!(row, expected, "{file}:{number}");
    }
}
