//! An explanation as a table: comma-separated values (RFC 4180).

use std::borrow::Cow;
use std::io::Error;

use domain::Thousandths;
use serde::Serialize;
use uuid::Uuid;

use super::ExplainedResource;

/// A contribution as a line of a table. Where it was seen is JSON: there may
/// be several places.
#[derive(Serialize)]
struct Line<'a> {
    id: Uuid,
    occurred_at: String,
    kind: &'a str,
    repository: Cow<'a, str>,
    points: &'a str,
    points_thousandths: Thousandths,
    line_points_thousandths: Thousandths,
    running_thousandths: Thousandths,
    capped: bool,
    rule: &'a str,
    quantity: u32,
    stated_quantity: Option<i32>,
    additions: Option<i32>,
    deletions: Option<i32>,
    basis: &'a str,
    sequence: Option<u64>,
    recorded_at: Option<String>,
    semantic_key: Cow<'a, str>,
    github_url: &'a str,
    sources: String,
}

/// The lines of some contributions, after one of names if these are the first.
pub(super) fn write_csv(
    contributions: &[ExplainedResource],
    first: bool,
) -> Result<Vec<u8>, Error> {
    let mut builder = csv::WriterBuilder::new();
    let mut writer = builder.has_headers(false).from_writer(Vec::new());
    if first {
        writer.write_record(COLUMNS)?;
    }
    for contribution in contributions {
        writer.serialize(line(contribution)?)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

/// The columns of a table.
const COLUMNS: [&str; 20] = [
    "id",
    "occurred_at",
    "kind",
    "repository",
    "points",
    "points_thousandths",
    "line_points_thousandths",
    "running_thousandths",
    "capped",
    "rule",
    "quantity",
    "stated_quantity",
    "additions",
    "deletions",
    "basis",
    "sequence",
    "recorded_at",
    "semantic_key",
    "github_url",
    "sources",
];

/// A text of others as a cell. Spreadsheets run what begins like a formula, so
/// such a text gets an apostrophe before it, which they take for plain text.
fn text(of_others: &str) -> Cow<'_, str> {
    if of_others.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return Cow::Owned(format!("'{of_others}"));
    }
    Cow::Borrowed(of_others)
}

fn line(contribution: &ExplainedResource) -> Result<Line<'_>, Error> {
    let instant =
        |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    Ok(Line {
        id: contribution.id,
        occurred_at: instant(contribution.occurred_at),
        kind: contribution.kind.as_str(),
        repository: text(&contribution.repository),
        points: &contribution.points,
        points_thousandths: contribution.points_thousandths,
        line_points_thousandths: contribution.line_points_thousandths,
        running_thousandths: contribution.running_thousandths,
        capped: contribution.capped,
        rule: &contribution.rule,
        quantity: contribution.quantity,
        stated_quantity: contribution.stated_quantity,
        additions: contribution.additions,
        deletions: contribution.deletions,
        basis: &contribution.basis,
        sequence: contribution.sequence,
        recorded_at: contribution.recorded_at.map(instant),
        semantic_key: text(&contribution.semantic_key),
        github_url: &contribution.github_url,
        sources: serde_json::to_string(&contribution.sources)?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::resources::explanation::SourceResource;

    pub(in crate::resources::explanation) fn contribution() -> ExplainedResource {
        ExplainedResource {
            id: Uuid::nil(),
            occurred_at: chrono::DateTime::UNIX_EPOCH,
            kind: domain::ContributionKind::Commit,
            repository: "a/b".to_owned(),
            rule: "10 points per commit, \"at most\" 30 a day".to_owned(),
            points: "10.000".to_owned(),
            points_thousandths: 10_000,
            line_points_thousandths: 0,
            running_thousandths: 20_000,
            capped: false,
            quantity: 1,
            stated_quantity: None,
            additions: None,
            deletions: Some(3),
            basis: "author".to_owned(),
            sources: vec![SourceResource {
                source: domain::Source::Archive,
                reference: "2016-01-01-15.json.gz:12,\n".to_owned(),
                sequence: 5,
                recorded_at: chrono::DateTime::UNIX_EPOCH,
            }],
            sequence: Some(5),
            recorded_at: None,
            semantic_key: "commit:1:aa".to_owned(),
            github_url: "https://github.com/a/b/commit/aa".to_owned(),
        }
    }

    #[test]
    fn names_of_others_are_no_formulas() {
        let mut named = contribution();
        named.repository = "=HYPERLINK(\"x\")/b".to_owned();
        let file = write_csv(&[named], false).unwrap();
        let file = String::from_utf8(file).unwrap();
        assert!(file.contains(",\"'=HYPERLINK("), "{file}");
        for formula in ["=1", "+1", "-a/b", "@a/b", "\t=1", "\r=1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!(text("a/b=c"), "a/b=c");
    }

    #[test]
    fn tables_have_a_line_of_names_and_read_back() {
        let first = write_csv(&[contribution()], true).unwrap();
        let next = write_csv(&[contribution(), contribution()], false).unwrap();
        let file = [first, next].concat();
        let mut reader = csv::Reader::from_reader(file.as_slice());
        assert_eq!(reader.headers().unwrap(), COLUMNS.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.len(), 3);
        let cell = |name: &str| {
            let column = COLUMNS.iter().position(|column| *column == name).unwrap();
            rows[2][column].to_owned()
        };
        assert_eq!(cell("rule"), contribution().rule);
        assert_eq!(cell("additions"), "", "unknown is not zero");
        assert_eq!(cell("deletions"), "3");
        assert_eq!(cell("occurred_at"), "1970-01-01T00:00:00Z");
        let sources: serde_json::Value = serde_json::from_str(&cell("sources")).unwrap();
        assert_eq!(sources[0]["reference"], "2016-01-01-15.json.gz:12,\n");
        let empty = write_csv(&[], true).unwrap();
        assert_eq!(
            csv::Reader::from_reader(empty.as_slice()).records().count(),
            0
        );
    }
}
