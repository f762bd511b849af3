//! Which pushes may have brought a commit, as the log tells.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use event_log::{LogStream, Recorded};
use events::{ContributionRecorded, Event, Subject};

use super::unknowns::is_of;
use super::{Place, ScrapeError, ScrapeServices};

/// Commits are pushed after they were written, but for clocks that are wrong.
const WRONG_CLOCKS: TimeDelta = TimeDelta::days(1);

/// What the log tells of the pushes that may have brought a commit.
pub(super) struct Pushes<'a> {
    sha: &'a str,
    /// Before this it was in no push.
    since: DateTime<Utc>,
    /// Whether one is known to have brought it.
    is_known: bool,
    /// The commits that pushes have beyond those they list, by push.
    unlisted: BTreeMap<String, u32>,
}

impl<'a> Pushes<'a> {
    /// For a commit that was committed at an instant.
    pub(super) fn new(sha: &'a str, committed_at: DateTime<Utc>) -> Self {
        Self {
            sha,
            since: committed_at - WRONG_CLOCKS,
            is_known: false,
            unlisted: BTreeMap::new(),
        }
    }

    /// Reads the commits of the repository on the log.
    pub(super) async fn read(
        &mut self,
        place: &Place,
        services: &ScrapeServices,
    ) -> Result<(), ScrapeError> {
        for name in place.names(services).await? {
            services.check()?;
            let filter = Subject::of_contributions(&name, "commit");
            let stream = LogStream::Contributions;
            let take = |recorded: Recorded| {
                if let Event::ContributionRecorded(event) = recorded.envelope.event
                    && is_of(place, &name, &event)
                {
                    self.take(&event);
                }
            };
            let log = &services.log;
            log.read_each(stream, filter.as_str(), 0, take).await?;
        }
        Ok(())
    }

    fn take(&mut self, event: &ContributionRecorded) {
        let Some(push) = &event.push else { return };
        let key = event.key.strip_prefix("commit:");
        let own = key.and_then(|key| key.rsplit(':').next());
        let mut told = push.other_commits.iter().map(String::as_str).chain(own);
        self.is_known |= told.any(|sha| sha == self.sha);
        if own.is_none() && event.occurred_at >= self.since {
            let quantity = event.quantity.unwrap_or(1);
            let least = self.unlisted.entry(event.key.clone()).or_insert(quantity);
            *least = quantity.min(*least);
        }
    }

    /// Whether it may be among commits that count although nothing lists them.
    pub(super) fn may_count_it(&self) -> bool {
        !self.is_known && self.unlisted.values().any(|quantity| *quantity > 0)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ContributionKind, CreditBasis, PushKey, RepositoryName, Source, SourceReference,
        contribution_id,
    };
    use events::{PushSighting, RepositorySighting};

    use super::*;

    const SHA: &str = "dddddddddddddddddddddddddddddddddddddddd";

    fn commit(key: &str, at: &str, quantity: u32, others: &[&str]) -> ContributionRecorded {
        ContributionRecorded {
            contribution: contribution_id(key),
            key: key.to_owned(),
            kind: ContributionKind::Commit,
            occurred_at: at.parse().unwrap(),
            repository: RepositorySighting {
                id: Some(7),
                name: RepositoryName::parse("octo/cat"),
            },
            actor: None,
            credited: None,
            basis: CreditBasis::Pusher,
            quantity: Some(quantity),
            lines: None,
            pull_request: None,
            push: Some(PushSighting {
                key: PushKey("3".to_owned()),
                other_commits: others.iter().map(ToString::to_string).collect(),
                before: None,
            }),
            source: SourceReference {
                source: Source::Archive,
                reference: String::new(),
            },
        }
    }

    fn may_be_counted(events: &[ContributionRecorded]) -> bool {
        let mut pushes = Pushes::new(SHA, "2016-01-02T10:00:00Z".parse().unwrap());
        events.iter().for_each(|event| pushes.take(event));
        pushes.may_count_it()
    }

    #[test]
    fn a_push_that_lists_not_all_its_commits_may_hold_the_one_that_is_missed() {
        let listed = commit("commit:7:aa", "2016-01-03T00:00:00Z", 1, &["bb"]);
        let rest = |at| commit("push:7:3", at, 80, &[]);
        let after = rest("2016-01-03T00:00:00Z");
        assert!(!may_be_counted(std::slice::from_ref(&listed)));
        assert!(may_be_counted(&[listed, after.clone()]));
        // Nobody pushed it before it was written.
        assert!(!may_be_counted(&[rest("2015-12-31T00:00:00Z")]));
        // All the commits of the push are known by now.
        let none = commit("push:7:3", "2016-01-03T00:00:00Z", 0, &[]);
        assert!(!may_be_counted(&[after.clone(), none.clone()]));
        assert!(!may_be_counted(&[none, after.clone()]));
        // It is known which push brought it.
        let own = commit(&format!("commit:7:{SHA}"), "2016-01-03T00:00:00Z", 1, &[]);
        assert!(!may_be_counted(&[after.clone(), own]));
        let other = commit("commit:7:cc", "2016-01-03T00:00:00Z", 1, &[SHA]);
        assert!(!may_be_counted(&[other, after]));
    }
}
