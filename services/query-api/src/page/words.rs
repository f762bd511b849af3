//! Words for what the domain names in code.

use chrono::{DateTime, Datelike, Utc};
use domain::coverage::Loss;
use domain::{
    AccountClass, ClassFilter, ContributionKind, CoverageVerdict, Metric, Period, Source,
};

/// A kind of contribution, in the plural.
pub(crate) fn kind_words(kind: ContributionKind) -> &'static str {
    use ContributionKind as Kind;
    match kind {
        Kind::Commit => "Commits",
        Kind::Push => "Pushes",
        Kind::PullRequestOpened => "Pull requests opened",
        Kind::PullRequestMerged => "Pull requests merged",
        Kind::PullRequestClosed => "Pull requests closed",
        Kind::PullRequestReviewed => "Reviews",
        Kind::SelfReview => "Reviews of own pull requests",
        Kind::ReviewComment => "Review comments",
        Kind::IssueOpened => "Issues opened",
        Kind::IssueClosed => "Issues closed",
        Kind::Comment => "Comments",
        Kind::ReleasePublished => "Releases",
        Kind::WikiEdit => "Wiki edits",
        Kind::Discussion => "Discussions",
        Kind::Star => "Stars",
        Kind::Fork => "Forks",
    }
}

/// One contribution of a kind.
pub(crate) fn kind_word(kind: ContributionKind) -> &'static str {
    use ContributionKind as Kind;
    match kind {
        Kind::Commit => "Commit",
        Kind::Push => "Push",
        Kind::PullRequestOpened => "Pull request opened",
        Kind::PullRequestMerged => "Pull request merged",
        Kind::PullRequestClosed => "Pull request closed",
        Kind::PullRequestReviewed => "Review",
        Kind::SelfReview => "Review of own pull request",
        Kind::ReviewComment => "Review comment",
        Kind::IssueOpened => "Issue opened",
        Kind::IssueClosed => "Issue closed",
        Kind::Comment => "Comment",
        Kind::ReleasePublished => "Release",
        Kind::WikiEdit => "Wiki edit",
        Kind::Discussion => "Discussion",
        Kind::Star => "Star",
        Kind::Fork => "Fork",
    }
}

pub(crate) fn metric_words(metric: Metric) -> &'static str {
    match metric {
        Metric::Score => "Score",
        Metric::Kind(kind) => kind_words(kind),
    }
}

/// A class as a mark beside a login; people bear none.
pub(crate) fn class_mark(class: AccountClass) -> Option<&'static str> {
    match class {
        AccountClass::Human | AccountClass::Hidden => None,
        AccountClass::Bot => Some("bot"),
        AccountClass::Agent => Some("AI agent"),
    }
}

pub(crate) fn class_words(class: ClassFilter) -> &'static str {
    match class {
        ClassFilter::Human => "People",
        ClassFilter::Bot => "Bots",
        ClassFilter::Agent => "AI agents",
        ClassFilter::Everyone => "Everyone",
    }
}

/// The same within a sentence.
pub(crate) fn class_within(class: ClassFilter) -> &'static str {
    match class {
        ClassFilter::Human => "people",
        ClassFilter::Bot => "bots",
        ClassFilter::Agent => "AI agents",
        ClassFilter::Everyone => "everyone",
    }
}

/// None of a class, where somebody is looked for.
pub(crate) fn none_of(class: ClassFilter) -> &'static str {
    match class {
        ClassFilter::Human | ClassFilter::Everyone => "Nobody",
        ClassFilter::Bot => "No bot",
        ClassFilter::Agent => "No AI agent",
    }
}

/// That there is nothing of a metric, as the beginning of a sentence.
pub(crate) fn nothing_of(class: ClassFilter, metric: Metric) -> String {
    let what = match metric {
        Metric::Score => "points",
        Metric::Kind(_) => "contributions of this kind",
    };
    match class {
        ClassFilter::Everyone => format!("Nobody has any {what}"),
        class => format!("{} have no {what}", class_words(class)),
    }
}

pub(crate) fn verdict_words(verdict: CoverageVerdict) -> &'static str {
    match verdict {
        CoverageVerdict::Complete => "Complete",
        CoverageVerdict::Unknown => "Read, not verified",
        CoverageVerdict::Partial => "Partial",
        CoverageVerdict::Missing => "No data",
    }
}

/// A source as it is spoken of.
pub(crate) fn source_words(source: Source) -> &'static str {
    match source {
        Source::Archive => "archives",
        Source::Api => "GitHub\u{2019}s API",
        Source::Webhook => "webhooks",
        Source::Bigquery => "BigQuery",
    }
}

/// Why only a part was read.
pub(crate) fn loss_words(loss: Loss) -> &'static str {
    match loss {
        Loss::CutShort => "cut short",
        Loss::Damaged => "damaged lines",
        Loss::OffManifest => "not what its manifest promises",
        Loss::FileUnread => "a file that was not read",
        Loss::OutOfReach => "beyond what the source shows",
    }
}

/// A period in full: `January 2016`.
pub(crate) fn period_words(period: Period) -> String {
    let first = period.days().map(|(first, _)| first);
    match (period, first) {
        (Period::Quarter(year, quarter), _) => format!("Q{quarter} {year}"),
        (Period::Month(..), Some(first)) => first.format("%B %Y").to_string(),
        (Period::Week(year, week), _) => format!("Week {week}, {year}"),
        (Period::Day(day), _) => day.format("%-d %B %Y").to_string(),
        (Period::Year(year), _) => year.to_string(),
        (Period::Range(first, last), _) => format!("{} to {}", day_words(first), day_words(last)),
        _ => "All time".to_owned(),
    }
}

/// A period beside longer ones that hold it: `Jan`.
pub(crate) fn period_short(period: Period) -> String {
    let first = period.days().map(|(first, _)| first);
    match (period, first) {
        (Period::Quarter(_, quarter), _) => format!("Q{quarter}"),
        (Period::Month(..), Some(first)) => first.format("%b").to_string(),
        (Period::Week(_, week), _) => format!("Week {week}"),
        (Period::Day(day), _) => day.format("%-d %b").to_string(),
        _ => period_words(period),
    }
}

/// A span below the chart; a month with its year where that is another.
pub(crate) fn span_short(period: Period) -> String {
    match (period, period.days()) {
        (Period::Month(..), Some((first, _))) => first.format("%b %y").to_string(),
        _ => period_short(period),
    }
}

/// An instant as people read it; pages are in UTC throughout.
pub(crate) fn instant_words(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// A day as people read it, with the year.
pub(crate) fn day_words(day: impl Datelike) -> String {
    chrono::NaiveDate::from_ymd_opt(day.year(), day.month(), day.day())
        .map(|day| day.format("%-d %b %Y").to_string())
        .unwrap_or_default()
}

/// `1 hour`, `2 hours`.
pub(crate) fn counted(number: i64, one: &str, many: &str) -> String {
    let word = if number == 1 { one } else { many };
    format!("{} {word}", crate::points::number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_well() {
        let words = |text: &str| {
            let period: Period = text.parse().unwrap();
            (period_words(period), period_short(period))
        };
        assert_eq!(words("all"), ("All time".into(), "All time".into()));
        assert_eq!(words("2016"), ("2016".into(), "2016".into()));
        assert_eq!(words("2016-Q1"), ("Q1 2016".into(), "Q1".into()));
        assert_eq!(words("2016-01"), ("January 2016".into(), "Jan".into()));
        assert_eq!(
            words("2015-W53"),
            ("Week 53, 2015".into(), "Week 53".into())
        );
        assert_eq!(
            words("2016-01-02"),
            ("2 January 2016".into(), "2 Jan".into())
        );
    }

    #[test]
    fn that_there_is_nothing_is_said_of_every_class() {
        let said = ClassFilter::ALL.map(|class| nothing_of(class, Metric::Score));
        let expected = [
            "People have no points",
            "Bots have no points",
            "AI agents have no points",
            "Nobody has any points",
        ];
        assert_eq!(said, expected);
        let kind = Metric::Kind(ContributionKind::Commit);
        assert_eq!(
            nothing_of(ClassFilter::Everyone, kind),
            "Nobody has any contributions of this kind"
        );
        let none = ClassFilter::ALL.map(none_of);
        assert_eq!(none, ["Nobody", "No bot", "No AI agent", "Nobody"]);
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "hour", "hours"), "1 hour");
        assert_eq!(counted(1_234, "hour", "hours"), "1,234 hours");
    }
}
