//! How each row's work is spread over the period: a small drawing beside it.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use domain::{ContributionKind, Metric, Period, Policy};

use crate::page::words::{counted, day_words};
use crate::problem::Problem;
use crate::queries::daily::{DaySpans, counts_by_span};
use crate::queries::snapshot::Snapshot;
use crate::resources::leaderboard::{BoardRequest, Leaderboard};
use crate::target::find_target;

/// Bars of a long period.
const BARS: i64 = 26;

/// Days of all time that are drawn: a year of whole fortnights.
const RECENT: u64 = 364;

/// A bar with its gap, and the height of the highest, in units of the drawing.
const STEP: usize = 4;
const HEIGHT: i64 = 20;

/// What is drawn beside a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trend {
    /// All bars, as one outline.
    pub(crate) path: String,
    /// The highest of them in words.
    pub(crate) words: String,
}

/// The drawings of a page, by account or company.
pub(super) struct Trends {
    /// The width of each, in units of the drawing.
    pub(super) width: usize,
    /// What they are of, in words.
    pub(super) about: String,
    by_name: HashMap<String, Trend>,
}

impl Trends {
    /// Draws what each did, bar by bar; none where nobody did anything: a column of
    /// nothing takes the room that names need.
    pub(super) fn drawn(
        period: Period,
        spans: DaySpans,
        values: HashMap<String, Vec<i64>>,
    ) -> Option<Self> {
        let drawn = values
            .into_iter()
            .filter_map(|(name, values)| Some((name, draw(spans, &values)?)));
        let by_name: HashMap<String, Trend> = drawn.collect();
        (!by_name.is_empty()).then(|| Self {
            width: bars(spans) * STEP,
            about: about(period, spans),
            by_name,
        })
    }

    /// The drawing of an account, or company; none where nothing was done in its days.
    pub(super) fn take(&mut self, name: &str) -> Option<Trend> {
        self.by_name.remove(name)
    }
}

/// How a period is divided; none where it is a day.
pub(super) fn spans_of(period: Period, newest: NaiveDate) -> Option<DaySpans> {
    let (first, end) = match period.days() {
        Some(days) => days,
        None => {
            let end = newest.succ_opt()?;
            (end.checked_sub_days(Days::new(RECENT))?, end)
        }
    };
    let days = (end - first).num_days();
    let length = match days {
        ..2 => return None,
        2..=31 => 1,
        32..=182 => 7,
        _ => (days + BARS - 1) / BARS,
    };
    Some(DaySpans {
        first,
        end,
        length: i32::try_from(length).ok()?,
    })
}

pub(super) fn bars(spans: DaySpans) -> usize {
    let days = (spans.end - spans.first).num_days();
    let bars = (days + i64::from(spans.length) - 1) / i64::from(spans.length);
    usize::try_from(bars).unwrap_or(0)
}

/// The kinds that a board counts.
pub(super) fn kinds_of(metric: Metric, policy: &Policy) -> Vec<String> {
    let counted = |kind: &ContributionKind| match metric {
        Metric::Score => policy.weight(*kind) > 0,
        Metric::Kind(only) => only == *kind,
    };
    let kinds = ContributionKind::ALL.into_iter().filter(counted);
    kinds.map(|kind| kind.to_string()).collect()
}

/// Reads and draws what a page's rows did in its period; of all time, in the
/// last year there is data of; nothing where none of them did anything then. Of a
/// company's people nothing is drawn: their days before and after are not its own.
pub(super) async fn load_trends(
    snapshot: &mut Snapshot,
    request: &BoardRequest,
    board: &Leaderboard,
    newest: NaiveDate,
) -> Result<Option<Trends>, Problem> {
    let spans = spans_of(request.period, newest);
    let Some(spans) = spans.filter(|_| request.company.is_none()) else {
        return Ok(None);
    };
    let target = find_target(snapshot, &request.scope).await?;
    let kinds = kinds_of(request.metric, &board.meta.policy);
    let accounts = board.leaderboard.iter();
    let accounts: Vec<String> = accounts.map(|entry| entry.account.to_string()).collect();
    let connection = snapshot.connection();
    let repositories = target.repositories();
    let counts = counts_by_span(connection, repositories, &accounts, &kinds, spans).await?;
    let mut values: HashMap<String, Vec<i64>> = HashMap::new();
    for (account, span, quantity) in counts {
        let values = values
            .entry(account)
            .or_insert_with(|| vec![0; bars(spans)]);
        let place = usize::try_from(span).ok();
        if let Some(value) = place.and_then(|place| values.get_mut(place)) {
            *value = quantity;
        }
    }
    Ok(Trends::drawn(request.period, spans, values))
}

fn about(period: Period, spans: DaySpans) -> String {
    let bar = match spans.length {
        1 => "a day".to_owned(),
        7 => "a week".to_owned(),
        14 => "two weeks".to_owned(),
        days => format!("{days} days"),
    };
    match period {
        Period::All => format!("contributions in the last year of the data, a bar is {bar}"),
        _ => format!("contributions in the period, a bar is {bar}"),
    }
}

/// Bars from the left to the right, each as high as its share of the highest.
fn draw(spans: DaySpans, values: &[i64]) -> Option<Trend> {
    let (place, most) = values
        .iter()
        .enumerate()
        .max_by_key(|(place, value)| (**value, std::cmp::Reverse(*place)))?;
    if *most <= 0 {
        return None;
    }
    let mut path = String::new();
    for (place, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let height = (value.saturating_mul(HEIGHT) / most).max(2);
        path.push_str(&format!("M{} {HEIGHT}v-{height}h3v{height}z", place * STEP));
    }
    let offset = u64::try_from(place).ok()? * u64::try_from(spans.length).ok()?;
    let day = day_words(spans.first.checked_add_days(Days::new(offset))?);
    let when = match spans.length {
        1 => format!("on {day}"),
        length => format!("in the {length} days from {day}"),
    };
    let words = format!(
        "at most {}, {when}",
        counted(*most, "contribution", "contributions")
    );
    Some(Trend { path, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(period: &str) -> Option<(String, i32, usize)> {
        let newest = "2016-02-03".parse().unwrap();
        let spans = spans_of(period.parse().unwrap(), newest)?;
        Some((spans.first.to_string(), spans.length, bars(spans)))
    }

    #[test]
    fn periods_are_divided_into_as_many_bars_as_can_be_told_apart() {
        assert_eq!(spans("2016-01-01"), None);
        let told = |first: &str, length, bars| Some((first.to_owned(), length, bars));
        assert_eq!(spans("2016-W05"), told("2016-02-01", 1, 7));
        assert_eq!(spans("2016-01"), told("2016-01-01", 1, 31));
        assert_eq!(spans("2016-Q1"), told("2016-01-01", 7, 13));
        assert_eq!(spans("2015"), told("2015-01-01", 15, 25));
        assert_eq!(spans("all"), told("2015-02-05", 14, 26));
        assert_eq!(spans("2011-01-01..2016-01-01"), told("2011-01-01", 71, 26));
    }

    #[test]
    fn the_highest_bar_fills_the_drawing_and_the_least_is_seen() {
        let spans = DaySpans {
            first: "2016-01-01".parse().unwrap(),
            end: "2016-01-04".parse().unwrap(),
            length: 1,
        };
        let trend = draw(spans, &[1, 0, 400]).unwrap();
        assert_eq!(trend.path, "M0 20v-2h3v2zM8 20v-20h3v20z");
        assert_eq!(trend.words, "at most 400 contributions, on 3 Jan 2016");
        assert_eq!(draw(spans, &[0, 0, 0]), None);
    }
}
