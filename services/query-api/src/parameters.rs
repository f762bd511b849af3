//! Query parameters: as they are given, and read into domain terms. Every
//! refusal names the parameter and says what is allowed.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{ClassFilter, ContributionKind, Metric, Period};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, MapDeserializer};
use utoipa::IntoParams;

use crate::problem::{Problem, ProblemKind};

/// Rows of a page unless asked otherwise.
const DEFAULT_LIMIT: u32 = 50;

/// Most rows of a page.
const MAX_LIMIT: u32 = 200;

/// Longest value of any parameter, in characters; cursors are the longest.
const MAX_LENGTH: usize = 512;

/// The query string as a struct of texts, each empty where it is not given.
///
/// The API refuses names it does not know, so that a misspelt filter is not
/// mistaken for an answer. Pages ignore them: links get decorated on the way.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned + IntoParams> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(mut pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|rejection| malformed(&rejection.body_text()))?;
        let known: Vec<String> = T::into_params(|| None)
            .into_iter()
            .map(|parameter| parameter.name)
            .collect();
        if parts.uri.path().starts_with("/api/") {
            refuse_unknown(&pairs, &known)?;
        } else {
            pairs.retain(|(name, _)| known.contains(name));
        }
        refuse_too_long(&pairs)?;
        T::deserialize(MapDeserializer::<_, ValueError>::new(pairs.into_iter()))
            .map(Self)
            .map_err(|error| malformed(&error.to_string()))
    }
}

fn malformed(reason: &str) -> Problem {
    Problem::new(
        ProblemKind::MalformedRequest,
        format!("The query string cannot be read: {reason}"),
    )
}

fn refuse_unknown(pairs: &[(String, String)], known: &[String]) -> Result<(), Problem> {
    let Some((name, _)) = pairs.iter().find(|(name, _)| !known.contains(name)) else {
        return Ok(());
    };
    let allowed = if known.is_empty() {
        "none are taken here".to_owned()
    } else {
        format!("allowed here: {}", known.join(", "))
    };
    let shown: String = name.chars().take(60).collect();
    Err(Problem {
        kind: ProblemKind::InvalidParameter,
        detail: format!("{shown:?} is no parameter of this address; {allowed}"),
        parameter: Some(shown),
    })
}

fn refuse_too_long(pairs: &[(String, String)]) -> Result<(), Problem> {
    let too_long = |(_, value): &&(String, String)| value.chars().count() > MAX_LENGTH;
    match pairs.iter().find(too_long) {
        Some((name, value)) => Err(Problem::parameter(
            name,
            value,
            format!("use at most {MAX_LENGTH} characters"),
        )),
        None => Ok(()),
    }
}

/// The variable parts of the path.
pub(crate) struct PathParts<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParts<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(values)) => Ok(Self(values)),
            Err(rejection) => Err(Problem::new(
                ProblemKind::MalformedRequest,
                format!("The path cannot be read: {}", rejection.body_text()),
            )),
        }
    }
}

/// What board is wanted, and which part of it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoardParameters {
    /// All time or a calendar period in UTC: `all`, `2016`, `2016-Q1`,
    /// `2016-01`, `2015-W53`, `2016-01-01`; or `year`, `quarter`, `month`,
    /// `week`, `day` for the current one. Left out: all time.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// What the board is ordered by: `score`, or one kind of contribution.
    /// Left out: the score.
    #[param(required = false, example = "score")]
    pub(crate) kind: String,
    /// Whose contributions are shown: `human`, `bot`, `agent` or `everyone`.
    /// Left out: people.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
    /// Rows of a page, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// `meta.next_cursor` of the page before; left out for the first page.
    #[param(required = false)]
    pub(crate) cursor: String,
}

/// Which part of a contributor's work is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProfileParameters {
    /// The period that counts, score and repositories are of; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// The board that ranks are taken from: `human`, `bot`, `agent` or
    /// `everyone`. Left out: the account's own class.
    #[param(required = false, example = "everyone")]
    pub(crate) class: String,
}

/// Which part of a repository's history is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RepositoryParameters {
    /// The period that totals are of; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// Whose contributions are added up: `human`, `bot`, `agent` or
    /// `everyone`. Left out: everyone.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
}

/// Which score is to be explained.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExplainParameters {
    /// The board: `global`, a repository as `owner/name`, or an organization.
    #[param(required = false, default = "global", example = "rails/rails")]
    pub(crate) scope: String,
    /// The period; see the boards.
    #[param(required = false, example = "2016-01")]
    pub(crate) period: String,
    /// `score` for everything, or the one kind to list. Points are what each
    /// contribution earns within the whole score.
    #[param(required = false, example = "commit")]
    pub(crate) kind: String,
    /// Rows of a page, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// `meta.next_cursor` of the page before; left out for the first page.
    #[param(required = false)]
    pub(crate) cursor: String,
}

/// Which part of a contributor's page is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// The board whose score is explained.
    pub(crate) scope: String,
    /// The period of everything that is not about several.
    pub(crate) period: String,
    /// Contributions of a page.
    pub(crate) limit: String,
    /// The place of the page before.
    pub(crate) cursor: String,
}

/// Which span of the coverage is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CoverageParameters {
    /// First hour: a date (`2016-01-01`) or an instant (`2016-01-01T15:00:00Z`).
    #[param(required = false, example = "2016-01-01")]
    pub(crate) from: String,
    /// The hour after the last, in the same forms.
    #[param(required = false, example = "2016-02-01")]
    pub(crate) to: String,
    /// Units of a page, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// `meta.next_cursor` of the page before; left out for the first page.
    #[param(required = false)]
    pub(crate) cursor: String,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParameters {
    /// Rows of a page, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
    /// `meta.next_cursor` of the page before; left out for the first page.
    #[param(required = false)]
    pub(crate) cursor: String,
}

/// What is searched for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchParameters {
    /// The beginning of a login, of an `owner/name`, or of a repository's
    /// owner, 1 to 100 characters; case does not matter.
    #[param(required = true, min_length = 1, max_length = 100, example = "rails")]
    pub(crate) q: String,
    /// Results of each sort, 1 to 200.
    #[param(required = false, value_type = u32, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: String,
}

pub(crate) fn read_period(given: &str, today: NaiveDate) -> Result<Period, Problem> {
    if given.is_empty() {
        return Ok(Period::All);
    }
    Period::parse(given, today).map_err(|_| {
        Problem::parameter(
            "period",
            given,
            "use all, 2016, 2016-Q1, 2016-01, 2015-W53 or 2016-01-01, \
             or year, quarter, month, week, day for the current one",
        )
    })
}

pub(crate) fn read_metric(given: &str) -> Result<Metric, Problem> {
    if given.is_empty() {
        return Ok(Metric::Score);
    }
    given.parse().map_err(|_| {
        let kinds = ContributionKind::ALL
            .map(ContributionKind::as_str)
            .join(", ");
        Problem::parameter("kind", given, format!("use score, or one of {kinds}"))
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

pub(crate) fn read_limit(given: &str) -> Result<u32, Problem> {
    if given.is_empty() {
        return Ok(DEFAULT_LIMIT);
    }
    let limit = given.parse().ok();
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            let allowed = format!("use a whole number from 1 to {MAX_LIMIT}");
            Problem::parameter("limit", given, allowed)
        })
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
    // Postgres knows fewer years than chrono does.
    let sensible = |at: &DateTime<Utc>| (1..=9999).contains(&chrono::Datelike::year(at));
    date()
        .or_else(instant)
        .filter(sensible)
        .map(Some)
        .ok_or_else(|| {
            Problem::parameter(
                name,
                given,
                "use a date such as 2016-01-01 or an instant such as 2016-01-01T15:00:00Z",
            )
        })
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

    async fn read(uri: &str) -> Result<BoardParameters, Problem> {
        let request = axum::http::Request::builder().uri(uri).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        Parameters::from_request_parts(&mut parts, &())
            .await
            .map(|Parameters(read)| read)
    }

    #[tokio::test]
    async fn the_api_refuses_what_it_does_not_know_and_pages_ignore_it() {
        let problem = read("/api/v1/leaderboards/global?perod=all")
            .await
            .unwrap_err();
        assert!(
            problem
                .detail
                .contains("period, kind, class, limit, cursor")
        );
        let page = read("/?utm_source=x&class=bot").await.unwrap();
        assert_eq!(page.class, "bot");
    }

    #[tokio::test]
    async fn repeated_and_over_long_values_are_refused() {
        assert!(read("/api/x?kind=a&kind=b").await.is_err());
        let long = format!("/api/x?kind={}", "a".repeat(600));
        assert_eq!(
            read(&long).await.unwrap_err().parameter.as_deref(),
            Some("kind")
        );
    }

    #[test]
    fn refusals_name_the_parameter_and_what_is_allowed() {
        let today = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap();
        let cases = [
            (read_period("foo", today).unwrap_err(), "period", "2016-Q1"),
            (
                read_metric("merge").unwrap_err(),
                "kind",
                "pull_request_merged",
            ),
            (read_class("robot").unwrap_err(), "class", "everyone"),
            (read_limit("0").unwrap_err(), "limit", "1 to 200"),
            (read_limit("-1").unwrap_err(), "limit", "1 to 200"),
            (
                read_instant("from", "99999-01-01").unwrap_err(),
                "from",
                "2016-01-01",
            ),
            (read_search("  ").unwrap_err(), "q", "1 to 100"),
        ];
        for (problem, parameter, allowed) in cases {
            assert_eq!(problem.parameter.as_deref(), Some(parameter));
            assert!(problem.detail.contains(allowed), "{}", problem.detail);
        }
        assert_eq!(read_period("week", today).unwrap(), Period::Week(2015, 53));
    }
}
