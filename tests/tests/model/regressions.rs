//! Histories that once went wrong, in words. Each is small enough to be tried
//! in every order.

use domain::{AuthorSource, ContributionKind};
use events::{ContributionRecorded, Event};

use super::telling::{
    account, account_named, closed, commit, later, learned, merged, pull_request, recorded,
    reinstated, repository, repository_named, retracted, reviewed, star, trimmed_push,
};

/// What went wrong, and the events with which it did.
pub(crate) type Regression = (&'static str, Vec<Event>);

/// All of them.
pub(crate) fn regressions() -> Vec<Regression> {
    let first = || repository(Some(1), Some("Org/one"));
    let first_without_name = || repository(Some(1), None);
    let by_name = || repository(None, Some("org/one"));
    let second_taking_over_the_name = || repository(Some(2), Some("org/one"));
    let (ada, bob) = (|| account(Some(1), "Ada"), || account(Some(2), "bob"));
    let ada_by_login = || account(None, "ada");
    vec![
        (
            "a push is superseded by commits that another source knows under the name",
            vec![
                trimmed_push(first_without_name(), "2"),
                commit(by_name(), "aa", "2", &[]),
                repository_named(first()),
            ],
        ),
        (
            "it counts again when the name turns out to be borne by two",
            vec![
                trimmed_push(first(), "2"),
                commit(by_name(), "aa", "2", &[]),
                repository_named(second_taking_over_the_name()),
            ],
        ),
        (
            "the commits of one push are credited together under id and name",
            vec![
                commit(first(), "bb", "2", &[]),
                commit(by_name(), "aa", "2", &["cc"]),
                learned(
                    first(),
                    pull_request(
                        None,
                        Some(1),
                        Some((bob(), AuthorSource::PullRequest)),
                        Some("cc"),
                    ),
                ),
            ],
        ),
        (
            "an author by login is linked though no contribution hung on it yet",
            vec![
                learned(
                    first(),
                    pull_request(
                        None,
                        Some(1),
                        Some((ada_by_login(), AuthorSource::PullRequest)),
                        None,
                    ),
                ),
                account_named(ada()),
                merged(first(), pull_request(None, Some(1), None, None)),
            ],
        ),
        (
            "an author is found under the repository's name",
            vec![
                merged(first(), pull_request(None, Some(1), None, None)),
                learned(
                    by_name(),
                    pull_request(
                        None,
                        Some(1),
                        Some((bob(), AuthorSource::PullRequest)),
                        None,
                    ),
                ),
            ],
        ),
        (
            "and so it is when the name has been linked before",
            vec![
                merged(first(), pull_request(None, Some(1), None, None)),
                star(by_name()),
                learned(
                    by_name(),
                    pull_request(
                        None,
                        Some(1),
                        Some((bob(), AuthorSource::PullRequest)),
                        None,
                    ),
                ),
            ],
        ),
        (
            "a merge commit is found under the repository's name",
            vec![
                commit(first(), "cc", "2", &[]),
                learned(
                    first(),
                    pull_request(
                        None,
                        Some(1),
                        Some((bob(), AuthorSource::PullRequest)),
                        None,
                    ),
                ),
                learned(by_name(), pull_request(None, Some(1), None, Some("cc"))),
            ],
        ),
        (
            "better evidence for the same author outdoes what another key says",
            vec![
                reviewed(bob(), first(), pull_request(Some(12), Some(2), None, None)),
                learned(
                    first(),
                    pull_request(None, Some(2), Some((bob(), AuthorSource::Issue)), None),
                ),
                later(learned(
                    first(),
                    pull_request(Some(12), None, Some((ada(), AuthorSource::Issue)), None),
                )),
                learned(
                    first(),
                    pull_request(
                        Some(12),
                        None,
                        Some((ada(), AuthorSource::PullRequest)),
                        None,
                    ),
                ),
            ],
        ),
        (
            "credit hangs on a login though it came to the same account at first",
            vec![
                commit(first(), "cc", "1", &[]),
                learned(
                    first(),
                    pull_request(
                        None,
                        Some(2),
                        Some((ada(), AuthorSource::PullRequest)),
                        Some("cc"),
                    ),
                ),
                learned(
                    first(),
                    pull_request(
                        None,
                        Some(1),
                        Some((ada_by_login(), AuthorSource::PullRequest)),
                        Some("cc"),
                    ),
                ),
                account_named(account(Some(4), "ada")),
            ],
        ),
        (
            "of two kinds seen in one event the one that says more counts, in any order",
            vec![
                closed(first(), pull_request(Some(11), None, None, None)),
                Event::ContributionRecorded(ContributionRecorded {
                    kind: ContributionKind::PullRequestMerged,
                    ..recorded("event:PullRequestEvent:9:2024-02-28T00:00:00Z", first())
                }),
            ],
        ),
        (
            "the number of a pull request is one of the repository it was seen in",
            vec![
                reviewed(bob(), first(), pull_request(Some(12), None, None, None)),
                reviewed(ada(), by_name(), pull_request(None, Some(1), None, None)),
                learned(
                    first(),
                    pull_request(
                        None,
                        Some(1),
                        Some((bob(), AuthorSource::PullRequest)),
                        None,
                    ),
                ),
                repository_named(second_taking_over_the_name()),
            ],
        ),
        (
            "what is retracted under a name stays so under the id, until the name is borne by two",
            vec![
                star(by_name()),
                retracted(star(by_name())),
                star(first()),
                repository_named(second_taking_over_the_name()),
            ],
        ),
        (
            "what was retracted under a name is given back under the id",
            vec![
                star(first()),
                star(by_name()),
                retracted(star(by_name())),
                reinstated(star(first())),
            ],
        ),
        (
            "a decision about a name that nothing else tells of finds what is known by the id",
            vec![
                retracted(commit(by_name(), "aa", "1", &[])),
                commit(first_without_name(), "aa", "1", &[]),
                repository_named(first()),
            ],
        ),
    ]
}

/// All orders of so many events: the place of each.
pub(crate) fn orders(events: usize) -> Vec<Vec<usize>> {
    let Some(last) = events.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let shorter = orders(last);
    (0..events)
        .flat_map(|place| {
            shorter.iter().map(move |order| {
                let others = order
                    .iter()
                    .map(|other| other + usize::from(*other >= place));
                others.chain([place]).collect()
            })
        })
        .collect()
}
