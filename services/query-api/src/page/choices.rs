//! Pickers: links that change one thing about a page and keep the rest.

use chrono::NaiveDate;
use domain::{ClassFilter, ContributionKind, Metric, Period};

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
}

impl Chosen<'_> {
    /// The page with this chosen; what is the default is left out.
    pub(crate) fn address(&self) -> String {
        let mut pairs = Vec::new();
        if self.period != Period::All {
            pairs.push(format!("period={}", self.period));
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
                address: self.with_period(period),
                selected: period == self.period,
            })
            .collect()
    }

    /// The period before the one chosen.
    pub(crate) fn previous_period(&self) -> Option<Choice> {
        let (first, _) = self.period.days()?;
        self.period_of(first.pred_opt()?)
    }

    /// The period after the one chosen, unless it has not begun.
    pub(crate) fn next_period(&self, newest: NaiveDate) -> Option<Choice> {
        let (_, end) = self.period.days()?;
        self.period_of(end).filter(|_| end <= newest)
    }

    fn period_of(&self, day: NaiveDate) -> Option<Choice> {
        let period = self.period.kind().containing(day);
        Some(Choice {
            label: period_words(period),
            title: period_words(period),
            value: period.to_string(),
            address: self.with_period(period),
            selected: false,
        })
    }

    fn with_period(&self, period: Period) -> String {
        Chosen {
            period,
            ..self.clone()
        }
        .address()
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
