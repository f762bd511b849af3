//! What a page of comparison was asked for, and where the same is to be had otherwise.

use chrono::NaiveDate;
use domain::{ClassFilter, Metric, Period};

use super::subject::Subject;
use crate::addresses::{path_segment, with_query};
use crate::page::snippet::moving;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Contributors,
    Repositories,
}

impl Of {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Contributors => "/compare",
            Self::Repositories => "/compare/repositories",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Contributors => "contributors",
            Self::Repositories => "repositories",
        }
    }
}

/// What the page was asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) of: Of,
    pub(super) names: Vec<String>,
    /// Those that were named beside as many as can be compared.
    pub(super) left_out: Vec<String>,
    pub(super) period: Period,
    pub(super) metric: Metric,
    /// Whose work counts in repositories.
    pub(super) class: ClassFilter,
}

/// What those who were found are asked for by.
fn asked(found: &[Subject]) -> Option<String> {
    let names = found.iter().map(|subject| subject.asked.as_str());
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// A value, empty where it is the usual one.
fn unless<'a>(value: &'a str, usual: &str) -> &'a str {
    if value == usual { "" } else { value }
}

impl Request {
    /// What images of those who were found are asked for; none where nobody was.
    pub(super) fn image_query(&self, found: &[Subject], today: NaiveDate) -> Option<String> {
        let names = asked(found)?;
        let period = moving(self.period, today);
        let of = match self.of {
            Of::Contributors => "",
            Of::Repositories => self.of.words(),
        };
        let pairs = [
            ("of", of),
            ("names", &names),
            ("period", unless(&period, "all")),
            ("class", self.class_asked()),
        ];
        Some(with_query("", &pairs))
    }

    /// The same as JSON, of those who were found.
    pub(super) fn json(&self, found: &[Subject]) -> Option<String> {
        let names = asked(found)?;
        let period = self.period.to_string();
        let pairs = [
            ("names", names.as_str()),
            ("period", unless(&period, "all")),
            ("kind", unless(self.metric.as_str(), "score")),
            ("class", self.class_asked()),
        ];
        let path = format!("/api/v1/compare/{}", self.of.words());
        Some(with_query(&path, &pairs))
    }

    /// Whose work counts, where that can be chosen and is.
    fn class_asked(&self) -> &'static str {
        match self.of {
            Of::Contributors => "",
            Of::Repositories => unless(self.class.as_str(), "everyone"),
        }
    }

    /// The page's address with another period, or another class.
    pub(super) fn address(&self, period: &str, class: ClassFilter) -> String {
        let names = self.names.iter();
        let mut pairs: Vec<String> = names
            .map(|name| format!("name={}", path_segment(name)))
            .collect();
        if period != "all" {
            pairs.push(format!("period={period}"));
        }
        if self.metric != Metric::Score {
            pairs.push(format!("kind={}", self.metric));
        }
        if class != ClassFilter::Everyone {
            pairs.push(format!("class={}", class.as_str()));
        }
        if pairs.is_empty() {
            return self.of.path().to_owned();
        }
        format!("{}?{}", self.of.path(), pairs.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_the_names_and_escape_them() {
        let request = Request {
            of: Of::Repositories,
            names: vec!["a/b".to_owned(), "c/d&e".to_owned()],
            left_out: Vec::new(),
            period: Period::All,
            metric: Metric::Score,
            class: ClassFilter::Everyone,
        };
        assert_eq!(
            request.address("2016", ClassFilter::Human),
            "/compare/repositories?name=a%2Fb&name=c%2Fd%26e&period=2016&class=human"
        );
    }
}
