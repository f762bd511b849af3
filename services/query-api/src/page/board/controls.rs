//! What can be chosen about a board, whatever its rows are.

use chrono::NaiveDate;

use crate::api::Api;
use crate::page::choices::{Choice, Chosen};

/// The ways to other boards of a scope.
pub(super) struct Controls {
    /// Where forms lead to.
    pub(super) path: String,
    /// This board without any place in it.
    pub(super) address: String,
    /// Contributors, or companies.
    pub(super) sorts: [Choice; 2],
    pub(super) periods: Vec<Choice>,
    pub(super) previous: Option<Choice>,
    pub(super) next: Option<Choice>,
    pub(super) windows: Vec<Choice>,
    /// The first and last day shown, for the form that chooses others.
    pub(super) days: (String, String),
    pub(super) classes: Vec<Choice>,
    pub(super) metrics: Vec<Choice>,
    /// What is chosen now, as parameters take it; empty by default.
    pub(super) period: String,
    pub(super) kind: &'static str,
    pub(super) class: &'static str,
    pub(super) company: String,
}

impl Controls {
    /// `paths` are the scope's pages of contributors and of companies.
    pub(super) fn of(api: &Api, chosen: &Chosen<'_>, newest: NaiveDate, paths: [&str; 2]) -> Self {
        let [contributors, companies] = paths;
        let sort = |label: &str, path| Choice {
            label: label.to_owned(),
            title: String::new(),
            value: String::new(),
            address: Chosen {
                path,
                company: None,
                ..chosen.clone()
            }
            .address(),
            selected: path == chosen.path && chosen.company.is_none(),
        };
        let unless = |value: &'static str, usual| if value == usual { "" } else { value };
        let period = match chosen.period {
            domain::Period::All => String::new(),
            period => period.to_string(),
        };
        Self {
            path: chosen.path.to_owned(),
            address: chosen.address(),
            sorts: [
                sort("Contributors", contributors),
                sort("Companies", companies),
            ],
            periods: chosen.periods(newest),
            previous: chosen.previous_period(),
            next: chosen.next_period(newest),
            windows: chosen.windows(newest, api.now().date_naive()),
            days: days_of(chosen.period),
            classes: chosen.classes(),
            metrics: chosen.metrics(),
            period,
            kind: unless(chosen.metric.as_str(), "score"),
            class: unless(chosen.class.unwrap_or_default().as_str(), "human"),
            company: chosen.company.unwrap_or_default().to_owned(),
        }
    }
}

/// The first and last day of a period as forms write them; empty for all time.
fn days_of(period: domain::Period) -> (String, String) {
    let days = period.days();
    let written = days.map(|(first, end)| (first, end.pred_opt().unwrap_or(first)));
    written.map_or_else(Default::default, |(first, last)| {
        (first.to_string(), last.to_string())
    })
}
