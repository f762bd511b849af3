//! The query over a day's table.

use bigquery::{Parameter, Query};
use chrono::NaiveDate;
use domain::RepositoryName;

use super::document::EVENT_COLUMNS;
use super::fields::FIELDS;

/// Where GH Archive keeps a table for each UTC day, such as
/// `githubarchive.day.20240115` (<https://www.gharchive.org/#bigquery>).
const DAYS: &str = "githubarchive.day";

/// Types that contributions come from.
const TYPES: [&str; 12] = [
    "CommitCommentEvent",
    "DiscussionEvent",
    "ForkEvent",
    "GollumEvent",
    "IssueCommentEvent",
    "IssuesEvent",
    "PullRequestEvent",
    "PullRequestReviewCommentEvent",
    "PullRequestReviewEvent",
    "PushEvent",
    "ReleaseEvent",
    "WatchEvent",
];

/// How much is read of each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All that contributions are made of.
    Whole,
    /// Stars only: who, where and when, without the payload, at a fiftieth of
    /// the price or less.
    Stars,
}

/// The repositories that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repositories {
    /// Those whose ids are known. Names are reused by others; ids are not.
    pub ids: Vec<u64>,
    /// The others.
    pub names: Vec<RepositoryName>,
}

/// The query for all events of repositories on a day.
///
/// The table is in the text, made of a date: a wildcard table and a parameter
/// would read, and charge for, every day there is.
#[must_use]
pub fn day_query(day: NaiveDate, repositories: &Repositories, depth: Depth) -> Query {
    let mut columns: Vec<String> = EVENT_COLUMNS
        .iter()
        .map(|(column, expression)| format!("{expression} AS {column}"))
        .collect();
    let mut types: Vec<String> = vec!["WatchEvent".to_owned()];
    if depth == Depth::Whole {
        let fields = FIELDS.iter();
        columns.extend(fields.map(|field| format!("{} AS {}", field.expression(), field.column())));
        types = TYPES.map(str::to_owned).to_vec();
    }
    let names = repositories.names.iter();
    Query {
        text: format!(
            "SELECT\n  {}\nFROM `{DAYS}.{}`\nWHERE type IN UNNEST(@types)\n  AND (repo.id IN UNNEST(@ids) OR LOWER(repo.name) IN UNNEST(@names))",
            columns.join(",\n  "),
            day.format("%Y%m%d"),
        ),
        parameters: vec![
            Parameter::Texts("types", types),
            Parameter::Numbers("ids", repositories.ids.clone()),
            Parameter::Texts(
                "names",
                names
                    .map(|name| name.as_str().to_ascii_lowercase())
                    .collect(),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_in_parameters_and_stars_need_no_payload() {
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        let repositories = Repositories {
            ids: vec![7],
            names: vec![RepositoryName::parse("Octo/Cat").unwrap()],
        };
        let stars = day_query(day, &repositories, Depth::Stars);
        assert!(!stars.text.contains("payload"));
        assert!(stars.text.contains("`githubarchive.day.20240229`"));
        let whole = day_query(day, &repositories, Depth::Whole);
        assert!(
            whole
                .text
                .contains("JSON_VALUE(payload, '$.pull_request.user.id')")
        );
        for query in [stars, whole] {
            assert!(!query.text.to_lowercase().contains("octo"));
        }
    }
}
