//! Reading parameters into domain terms.
//!
//! Every refusal names the parameter and says what is allowed.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::{ClassFilter, CompanyKey, ContributionKind, Metric, Period, RepositoryName};

use crate::problem::Problem;

/// Rows of a page unless asked otherwise.
pub(super) const DEFAULT_LIMIT: u32 = 50;

/// Most rows of a page.
pub(super) const MAX_LIMIT: u32 = 200;

/// Most rows of a snapshot, some 3 MB; what there are unless asked otherwise.
const MAX_SNAPSHOT_LIMIT: u32 = 10_000;

/// Whose knowledge is wanted, and which day relative periods are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The instant at which it was known; none for now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The day that is today.
    pub(crate) today: NaiveDate,
}

pub(crate) fn read_moment(as_of: &str, on: &str, now: DateTime<Utc>) -> Result<Moment, Problem> {
    let as_of = read_instant("as_of", as_of)?;
    // At midnight the day that was known last is the one before.
    let last = as_of.map(|as_of| (as_of - TimeDelta::microseconds(1)).date_naive());
    let on = match on {
        "" => None,
        on => Some(
            on.parse::<NaiveDate>()
                .ok()
                .filter(|day| is_known_year(day.year()))
                .ok_or_else(|| Problem::parameter("on", on, "use a UTC day such as 2026-03-01"))?,
        ),
    };
    let today = on.or(last).unwrap_or_else(|| now.date_naive());
    Ok(Moment { as_of, today })
}

/// Postgres knows fewer years than chrono does.
fn is_known_year(year: i32) -> bool {
    (1..=9999).contains(&year)
}

/// Rows of an image unless asked otherwise, and at most.
const IMAGE_ROWS: (u32, u32) = (10, 25);

pub(crate) fn read_period(given: &str, today: NaiveDate) -> Result<Period, Problem> {
    if given.is_empty() {
        return Ok(Period::All);
    }
    Period::parse(given, today).map_err(|_| {
        Problem::parameter(
            "period",
            given,
            "use all, 2016, 2016-Q1, 2016-01, 2015-W53, 2016-01-01, 2016-01-04..2016-02-15, \
             or year, quarter, month, week, day for the current one, \
             or 7d, 28d, 90d, 365d for the days up to today",
        )
    })
}

/// The metric in a parameter, which is not called the same everywhere.
pub(crate) fn read_metric(name: &str, given: &str) -> Result<Metric, Problem> {
    if given.is_empty() {
        return Ok(Metric::Score);
    }
    given.parse().map_err(|_| {
        let kinds = ContributionKind::ALL
            .map(ContributionKind::as_str)
            .join(", ");
        Problem::parameter(name, given, format!("use score, or one of {kinds}"))
    })
}

/// `None` where no class is given.
pub(crate) fn read_class(given: &str) -> Result<Option<ClassFilter>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    let known = ClassFilter::ALL
        .into_iter()
        .find(|class| class.as_str() == given);
    known
        .map(Some)
        .ok_or_else(|| Problem::parameter("class", given, "use human, bot, agent or everyone"))
}

/// A company; `None` where none is given.
pub(crate) fn read_company(given: &str) -> Result<Option<CompanyKey>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    let key = CompanyKey::of(given);
    if key.as_str().is_empty() || given.contains(char::is_control) || given.chars().count() > 100 {
        return Err(Problem::parameter(
            "company",
            given,
            "use the name of a company, 1 to 100 letters; \
             /api/v1/leaderboards/global/companies has those that are known",
        ));
    }
    Ok(Some(key))
}

/// Rows of a page.
pub(crate) fn read_limit(given: &str) -> Result<u32, Problem> {
    read_rows(given, (DEFAULT_LIMIT, MAX_LIMIT))
}

/// Rows of a snapshot.
pub(crate) fn read_snapshot_limit(given: &str) -> Result<u32, Problem> {
    read_rows(given, (MAX_SNAPSHOT_LIMIT, MAX_SNAPSHOT_LIMIT))
}

/// Rows of an image.
pub(crate) fn read_image_rows(given: &str) -> Result<u32, Problem> {
    read_rows(given, IMAGE_ROWS)
}

fn read_rows(given: &str, (usual, most): (u32, u32)) -> Result<u32, Problem> {
    if given.is_empty() {
        return Ok(usual);
    }
    let limit = given.parse().ok();
    limit
        .filter(|limit| (1..=most).contains(limit))
        .ok_or_else(|| {
            let allowed = format!("use a whole number from 1 to {most}");
            Problem::parameter("limit", given, allowed)
        })
}

/// `None` where it does not matter.
pub(crate) fn read_capped(given: &str) -> Result<Option<bool>, Problem> {
    match given {
        "" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        other => Err(Problem::parameter("capped", other, "use true or false")),
    }
}

/// The name of a repository; `None` where none is given.
pub(crate) fn read_repository(given: &str) -> Result<Option<String>, Problem> {
    if given.is_empty() || RepositoryName::entered(given).is_ok() {
        return Ok(Some(given.to_owned()).filter(|given| !given.is_empty()));
    }
    Err(Problem::parameter("repository", given, "use owner/name"))
}

/// An instant, or a date for its first moment; `None` where none is given.
pub(crate) fn read_instant(name: &str, given: &str) -> Result<Option<DateTime<Utc>>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    let date = || {
        Some(
            given
                .parse::<NaiveDate>()
                .ok()?
                .and_time(NaiveTime::MIN)
                .and_utc(),
        )
    };
    let instant = || Some(DateTime::parse_from_rfc3339(given).ok()?.to_utc());
    date()
        .or_else(instant)
        .filter(|at| is_known_year(at.year()))
        .map(Some)
        .ok_or_else(|| {
            Problem::parameter(
                name,
                given,
                "use a date such as 2016-01-01 or an instant such as 2016-01-01T15:00:00Z",
            )
        })
}

/// One of a few words; empty where none is given.
pub(crate) fn read_word(name: &str, given: &str, words: &[&str]) -> Result<String, Problem> {
    if given.is_empty() || words.contains(&given) {
        return Ok(given.to_owned());
    }
    let allowed = format!("use one of {}", words.join(", "));
    Err(Problem::parameter(name, given, allowed))
}

/// A job's name; empty where none is given.
pub(crate) fn read_job_name(given: &str) -> Result<String, Problem> {
    let is_legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if given.len() <= 100 && given.bytes().all(is_legal) {
        return Ok(given.to_owned());
    }
    let allowed = "use a job's name such as refresh-stale; /api/v1/schedule has them all";
    Err(Problem::parameter("name", given, allowed))
}

pub(crate) fn read_search(given: &str) -> Result<String, Problem> {
    let wanted = given.trim();
    if (1..=100).contains(&wanted.chars().count()) {
        return Ok(wanted.to_owned());
    }
    Err(Problem::parameter(
        "q",
        given,
        "give the beginning of a login or of a repository's name, 1 to 100 characters",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_parameter_and_what_is_allowed() {
        let today = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap();
        let cases = [
            (read_period("foo", today).unwrap_err(), "period", "2016-Q1"),
            (
                read_metric("kind", "merge").unwrap_err(),
                "kind",
                "pull_request_merged",
            ),
            (read_class("robot").unwrap_err(), "class", "everyone"),
            (read_limit("0").unwrap_err(), "limit", "1 to 200"),
            (read_limit("-1").unwrap_err(), "limit", "1 to 200"),
            (read_image_rows("26").unwrap_err(), "limit", "1 to 25"),
            (
                read_snapshot_limit("10001").unwrap_err(),
                "limit",
                "1 to 10000",
            ),
            (
                read_instant("from", "99999-01-01").unwrap_err(),
                "from",
                "2016-01-01",
            ),
            (read_capped("yes").unwrap_err(), "capped", "true or false"),
            (
                read_repository("rails").unwrap_err(),
                "repository",
                "owner/name",
            ),
            (read_search("  ").unwrap_err(), "q", "1 to 100"),
            (read_company(" ").unwrap_err(), "company", "1 to 100"),
            (read_company("a\nb").unwrap_err(), "company", "1 to 100"),
        ];
        for (problem, parameter, allowed) in cases {
            assert_eq!(problem.parameter.as_deref(), Some(parameter));
            assert!(problem.detail.contains(allowed), "{}", problem.detail);
        }
        assert_eq!(read_period("week", today).unwrap(), Period::Week(2015, 53));
    }
}
