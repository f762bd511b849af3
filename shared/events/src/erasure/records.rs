//! Money, jobs and reports without the names of people: what repositories they owned were
//! read, what it cost, and what was said of it.

use domain::budget::{Release, Reservation};
use domain::jobs::{
    Cause, Failure, JobCompleted, JobFailed, JobProgressed, JobQueued, JobRetrying, JobSkipped,
};
use serde_json::Value;
use uuid::Uuid;

use super::Erased;
use crate::{Event, ReportPublished};

/// What an event is a part of when it only counts together with others: the reservation
/// of money or the run of a job.
#[must_use]
pub fn history_of(event: &Event) -> Option<Uuid> {
    match event {
        Event::CostReserved(event) => Some(event.reservation),
        Event::CostSettled(event) => Some(event.reservation),
        Event::CostReleased(event) => Some(event.reservation),
        Event::JobQueued(event) => Some(event.job),
        Event::JobSkipped(event) => Some(event.job),
        Event::JobStarted(event) => Some(event.job),
        Event::JobProgressed(event) => Some(event.job),
        Event::JobRetrying(event) => Some(event.job),
        Event::JobReturned(event) => Some(event.job),
        Event::JobCompleted(event) => Some(event.job),
        Event::JobFailed(event) => Some(event.job),
        _ => None,
    }
}

impl Erased {
    /// An event of money, jobs or reports with other names in the place of theirs: those
    /// that their repositories bear on the log, wherever a text has one of their logins
    /// as a word. Other events stay as they are.
    #[must_use]
    pub fn without_names(&self, event: Event) -> Event {
        match event {
            Event::CostReserved(event) => Event::CostReserved(Reservation {
                reference: self.renamed(&event.reference),
                repositories: event
                    .repositories
                    .iter()
                    .map(|it| self.renamed(it))
                    .collect(),
                ..event
            }),
            Event::CostReleased(event) => Event::CostReleased(Release {
                reason: self.renamed(&event.reason),
                ..event
            }),
            Event::JobQueued(event) => Event::JobQueued(JobQueued {
                cause: self.cause(event.cause),
                arguments: self.values(event.arguments),
                ..event
            }),
            Event::JobSkipped(event) => Event::JobSkipped(JobSkipped {
                cause: self.cause(event.cause),
                ..event
            }),
            Event::JobProgressed(event) => Event::JobProgressed(JobProgressed {
                note: self.renamed(&event.note),
                ..event
            }),
            Event::JobRetrying(event) => Event::JobRetrying(JobRetrying {
                failure: self.failure(event.failure),
                ..event
            }),
            Event::JobCompleted(event) => Event::JobCompleted(JobCompleted {
                summary: self.renamed(&event.summary),
                left_out: event
                    .left_out
                    .into_iter()
                    .map(|one| self.failure(one))
                    .collect(),
                ..event
            }),
            Event::JobFailed(event) => Event::JobFailed(JobFailed {
                failure: self.failure(event.failure),
                ..event
            }),
            Event::ReportPublished(event) => Event::ReportPublished(ReportPublished {
                document: self.document(event.document),
                markdown: self.renamed(&event.markdown),
                ..event
            }),
            other => other,
        }
    }

    fn cause(&self, cause: Cause) -> Cause {
        match cause {
            Cause::Schedule { .. } => cause,
            Cause::Hand { actor, reason } => Cause::Hand {
                actor: self.renamed(&actor),
                reason: self.renamed(&reason),
            },
            Cause::Redrive {
                letter,
                actor,
                reason,
            } => Cause::Redrive {
                letter,
                actor: self.renamed(&actor),
                reason: self.renamed(&reason),
            },
        }
    }

    fn failure(&self, failure: Failure) -> Failure {
        Failure {
            message: self.renamed(&failure.message),
            context: self.values(failure.context),
            ..failure
        }
    }

    fn values<K: Ord>(
        &self,
        named: std::collections::BTreeMap<K, String>,
    ) -> std::collections::BTreeMap<K, String> {
        let values = named.into_iter();
        values
            .map(|(name, value)| (name, self.renamed(&value)))
            .collect()
    }

    fn document(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.renamed(&text)),
            Value::Array(values) => {
                Value::Array(values.into_iter().map(|it| self.document(it)).collect())
            }
            Value::Object(fields) => {
                let fields = fields.into_iter();
                Value::Object(
                    fields
                        .map(|(name, value)| (self.renamed(&name), self.document(value)))
                        .collect(),
                )
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use domain::Source;
    use domain::budget::Money;
    use domain::jobs::{Overlap, Queue, Severity};

    use super::*;
    use crate::erasure::mentions::tests::erased;

    fn job(arguments: &[(&str, &str)]) -> JobQueued {
        let arguments = arguments.iter();
        JobQueued {
            job: Uuid::from_u128(1),
            name: "octocat".to_owned(),
            queue: Queue::Scraping,
            cause: Cause::Hand {
                actor: "ann".to_owned(),
                reason: "asked for by Octocat".to_owned(),
            },
            arguments: arguments
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            attempts: 3,
            time_limit: 60,
            overlap: Overlap::Forbidden,
            queued_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn names_are_replaced_in_words_and_all_else_stays() {
        let erased = erased(&["@octocat"]);
        let other = erased.renamed("octocat");
        assert!(other.starts_with("erased-"), "{other}");
        let reserved = Reservation {
            reservation: Uuid::from_u128(2),
            job: "read-bigquery".to_owned(),
            source: Source::Bigquery,
            reference: "query of OctoCat/hello".to_owned(),
            repositories: vec!["octocat/hello".to_owned(), "octocats/hello".to_owned()],
            bytes: 7,
            free_bytes: 0,
            of_a_tebibyte: Money::ZERO,
            amount: Money::ZERO,
            reserved_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH,
        };
        let before = Event::CostReserved(reserved.clone());
        let Event::CostReserved(left) = erased.without_names(before) else {
            panic!("another event")
        };
        let repositories = vec![format!("{other}/hello"), "octocats/hello".to_owned()];
        let reference = format!("query of {other}/hello");
        let expected = Reservation {
            reference,
            repositories,
            ..reserved
        };
        assert_eq!(left, expected);

        let queued = job(&[("repository", "octocat/hello"), ("days", "7")]);
        let Event::JobQueued(left) = erased.without_names(Event::JobQueued(queued)) else {
            panic!("another event")
        };
        // What the program names things is not touched.
        assert_eq!(left.name, "octocat");
        assert_eq!(left.arguments["repository"], format!("{other}/hello"));
        assert_eq!(left.arguments["days"], "7");
        assert_eq!(left.cause.author().1, format!("asked for by {other}"));
    }

    #[test]
    fn failures_and_reports_do_not_name_them() {
        let erased = erased(&["@octocat"]);
        let mut failure = Failure::new(Severity::High, "octocat/hello: not found".to_owned());
        failure.context = BTreeMap::from([("url".to_owned(), "/repos/octocat/hello".to_owned())]);
        let failed = JobFailed {
            job: Uuid::from_u128(1),
            name: "refresh-stale".to_owned(),
            queue: Queue::Scraping,
            attempt: 1,
            failure,
            failed_at: DateTime::UNIX_EPOCH,
        };
        let report = ReportPublished {
            report: "budget".to_owned(),
            of: chrono::NaiveDate::MIN,
            document: serde_json::json!({"by_repository": {"octocat/hello": [1, "octocat"]}}),
            markdown: "| octocat/hello | $1 |".to_owned(),
            published_at: DateTime::UNIX_EPOCH,
        };
        for event in [Event::JobFailed(failed), Event::ReportPublished(report)] {
            let left = format!("{:?}", erased.without_names(event));
            assert!(!left.contains("octocat"), "{left}");
            assert!(left.contains("erased-"), "{left}");
        }
    }
}
