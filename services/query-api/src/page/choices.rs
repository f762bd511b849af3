//! Pickers: links that change one thing about a page and keep the rest.

use chrono::NaiveDate;
use domain::{ClassFilter, ContributionKind, Metric, Period, ROLLING_DAYS};

use crate::addresses::path_segment;

use super::words::{class_words, metric_words, period_short, period_words};

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) label: String,
    /// The label in full, where it is short.
    pub(crate) title: String,
    pub(crate) value: String,
    pub(crate) address: String,
    pub(crate) selected: bool,
}

/// What is chosen on a page, and the page's path.
#[derive(Clone, Debug)]
pub(crate) struct Chosen<'a> {
    pub(crate) path: &'a str,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    pub(crate) class: Option<ClassFilter>,
    /// Whose people only are shown.
    pub(crate) company: Option<&'a str>,
}

impl Chosen<'_> {
    /// The page with this chosen; what is the default is left out.
    pub(crate) fn address(&self) -> String {
        self.with_period(&self.period.to_string())
    }

    fn with_period(&self, period: &str) -> String {
        let mut pairs = Vec::new();
        if let Some(company) = self.company {
            pairs.push(format!("company={}", path_segment(company)));
        }
        if period != "all" {
            pairs.push(format!("period={period}"));
        }
        if self.metric != Metric::Score {
            pairs.push(format!("kind={}", self.metric));
        }
        if let Some(class) = self.class.filter(|class| *class != ClassFilter::Human) {
            pairs.push(format!("class={}", class.as_str()));
        }
        if pairs.is_empty() {
            return self.path.to_owned();
        }
        format!("{}?{}", self.path, pairs.join("&"))
    }

    /// The six periods that hold a day.
    ///
    /// The day is the newest there is data of, or the last of the period
    /// chosen where that is over.
    pub(crate) fn periods(&self, newest: NaiveDate) -> Vec<Choice> {
        let anchor = match self.period.days() {
            Some((first, end)) if !(first..end).contains(&newest) => {
                end.pred_opt().unwrap_or(first)
            }
            _ => newest,
        };
        Period::containing(anchor)
            .map(|period| Choice {
                label: period_short(period),
                title: period_words(period),
                value: period.to_string(),
                address: self.with_period(&period.to_string()),
                selected: period == self.period,
            })
            .collect()
    }

    /// Windows of days up to the newest there is data of. One that ends today
    /// is named by its length, so that its address moves on at midnight.
    pub(crate) fn windows(&self, newest: NaiveDate, today: NaiveDate) -> Vec<Choice> {
        let choice = |days: u16| {
            let period = Period::rolling(days, newest)?;
            let value = match newest == today {
                true => format!("{days}d"),
                false => period.to_string(),
            };
            Some(Choice {
                label: format!("{days} days"),
                title: period_words(period),
                address: self.with_period(&value),
                selected: period == self.period,
                value,
            })
        };
        ROLLING_DAYS.into_iter().filter_map(choice).collect()
    }

    /// The period before the one chosen.
    pub(crate) fn previous_period(&self) -> Option<Choice> {
        self.period.previous().map(|period| self.other(period))
    }

    /// The period after the one chosen, unless it has not begun.
    pub(crate) fn next_period(&self, newest: NaiveDate) -> Option<Choice> {
        let (_, end) = self.period.days()?;
        let next = self.period.next().filter(|_| end <= newest);
        next.map(|period| self.other(period))
    }

    fn other(&self, period: Period) -> Choice {
        Choice {
            label: period_words(period),
            title: period_words(period),
            value: period.to_string(),
            address: self.with_period(&period.to_string()),
            selected: false,
        }
    }

    pub(crate) fn classes(&self) -> Vec<Choice> {
        let choice = |class| Choice {
            label: class_words(class).to_owned(),
            title: class_words(class).to_owned(),
            value: class.as_str().to_owned(),
            address: Chosen {
                class: Some(class),
                ..self.clone()
            }
            .address(),
            selected: self.class == Some(class),
        };
        ClassFilter::ALL.map(choice).to_vec()
    }

    /// The score and every kind, for a list to choose from.
    pub(crate) fn metrics(&self) -> Vec<Choice> {
        let kinds = ContributionKind::ALL.map(Metric::Kind);
        [Metric::Score]
            .into_iter()
            .chain(kinds)
            .map(|metric| Choice {
                label: metric_words(metric).to_owned(),
                title: String::new(),
                value: metric.to_string(),
                address: String::new(),
                selected: metric == self.metric,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(period: &str) -> Chosen<'static> {
        Chosen {
            path: "/",
            period: period.parse().unwrap(),
            metric: Metric::Score,
            class: Some(ClassFilter::Human),
            company: None,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn defaults_stay_out_of_addresses() {
        assert_eq!(chosen("all").address(), "/");
        let mut other = chosen("2016");
        other.class = Some(ClassFilter::Bot);
        other.metric = Metric::Kind(ContributionKind::Commit);
        assert_eq!(other.address(), "/?period=2016&kind=commit&class=bot");
        let mut people = chosen("2016");
        people.company = Some("Octo & Co.");
        assert_eq!(people.address(), "/?company=Octo%20%26%20Co.&period=2016");
    }

    #[test]
    fn periods_surround_the_newest_data_or_the_chosen_past() {
        let values = |period: &str| -> Vec<String> {
            let choices = chosen(period).periods(day("2016-02-03"));
            choices.into_iter().map(|choice| choice.value).collect()
        };
        assert_eq!(
            values("2016"),
            [
                "all",
                "2016",
                "2016-Q1",
                "2016-02",
                "2016-W05",
                "2016-02-03"
            ]
        );
        assert_eq!(
            values("2015-Q2"),
            [
                "all",
                "2015",
                "2015-Q2",
                "2015-06",
                "2015-W27",
                "2015-06-30"
            ]
        );
    }

    #[test]
    fn windows_end_with_the_newest_data_and_move_on_where_that_is_today() {
        let values = |today: &str| -> Vec<String> {
            let choices = chosen("all").windows(day("2024-03-01"), day(today));
            choices.into_iter().map(|choice| choice.value).collect()
        };
        assert_eq!(values("2024-03-01"), ["7d", "28d", "90d", "365d"]);
        assert_eq!(values("2026-01-01")[1], "2024-02-03..2024-03-01");
    }

    #[test]
    fn one_steps_through_periods_up_to_the_newest_data() {
        let january = chosen("2016-01");
        assert_eq!(january.previous_period().unwrap().value, "2015-12");
        assert_eq!(
            january.next_period(day("2016-02-03")).unwrap().value,
            "2016-02"
        );
        assert_eq!(january.next_period(day("2016-01-31")), None);
        assert_eq!(chosen("all").previous_period(), None);
    }
}
