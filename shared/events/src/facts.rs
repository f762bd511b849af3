//! Breaking events into the facts that read models are functions of.

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    AuthorEvidence, Fact, Lines, RepositoryReference, Retraction, Sighting, countable,
    countable_instant,
};

use crate::{
    AccountSighting, ContributionEnriched, ContributionRecorded, ContributionReinstated,
    ContributionRetracted, PullRequestSighting, RepositorySighting,
};

/// Where on the log an event stands.
#[derive(Clone, Copy, Debug)]
pub struct LogPosition {
    /// The stream sequence.
    pub sequence: u64,
    /// When the log took it.
    pub recorded_at: DateTime<Utc>,
}

impl ContributionRecorded {
    /// The facts in the event; none when it names no repository.
    #[must_use]
    pub fn facts(&self, position: LogPosition) -> Vec<Fact> {
        let Some(repository) = self.repository.reference() else {
            return Vec::new();
        };
        let at = countable_instant(self.occurred_at);
        let mut facts = Vec::with_capacity(6);
        facts.push(Fact::Sighting(Box::new(
            self.sighting(&repository, position),
        )));
        facts.extend(repository_named(&self.repository, at));
        let accounts = self.actor.iter().chain(&self.credited);
        facts.extend(accounts.map(|account| account_named(account, at)));
        if let Some(pull_request) = &self.pull_request {
            facts.extend(pull_request_facts(&repository, pull_request, at));
        }
        facts.extend(self.push_commits(&repository));
        facts.extend(self.push_heads(&repository));
        facts
    }

    fn sighting(&self, repository: &RepositoryReference, position: LogPosition) -> Sighting {
        let actor = self.actor.as_ref().map(AccountSighting::reference);
        let credited = self.credited.as_ref().map(AccountSighting::reference);
        let pending = self.basis == domain::CreditBasis::Pending;
        let account = if pending {
            None
        } else {
            credited.or_else(|| actor.clone())
        };
        Sighting {
            occurred_at: countable_instant(self.occurred_at),
            kind: self.kind,
            key: self.key.clone(),
            repository: repository.clone(),
            actor: actor.filter(|actor| Some(actor) != account.as_ref()),
            account,
            basis: self.basis,
            // Logs hold larger numbers than can be stored, of before they were
            // capped as they were read.
            quantity: self.quantity.map(|quantity| countable(quantity.into())),
            lines: self
                .lines
                .map(|lines| Lines::countable(lines.additions.into(), lines.deletions.into())),
            pull_request: self
                .pull_request
                .as_ref()
                .map(|pull_request| pull_request.key.clone()),
            push: self.push.as_ref().map(|push| push.key.clone()),
            source: self.source.clone(),
            sequence: position.sequence,
            recorded_at: position.recorded_at,
        }
    }

    /// The commits that tell which pull request the push brought in; and,
    /// for a push whose commits are known, that they are.
    fn push_commits<'a>(
        &'a self,
        repository: &'a RepositoryReference,
    ) -> impl Iterator<Item = Fact> + 'a {
        let own = self
            .key
            .strip_prefix("commit:")
            .and_then(|key| key.rsplit(':').next());
        let counts = self.kind == domain::ContributionKind::Commit;
        self.push
            .iter()
            .filter(move |_| counts)
            .flat_map(move |push| {
                let others = push.other_commits.iter().map(String::as_str);
                own.into_iter().chain(others).map(|sha| Fact::PushCommit {
                    repository: repository.clone(),
                    push: push.key.clone(),
                    sha: sha.to_owned(),
                })
            })
    }
}

impl ContributionRecorded {
    /// The commit that a push of unknown commits ended at. Sources that trim
    /// pushes know their repositories' ids.
    fn push_heads(&self, repository: &RepositoryReference) -> Vec<Fact> {
        let trimmed = self.kind == domain::ContributionKind::Push && !repository.is_by_name();
        let pushes = self.push.iter().filter(|_| trimmed);
        let heads = pushes.flat_map(|push| {
            push.other_commits.iter().map(|sha| Fact::PushHead {
                repository: repository.clone(),
                push: push.key.clone(),
                sha: sha.clone(),
            })
        });
        heads.collect()
    }
}

impl ContributionRetracted {
    /// The facts in the event.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        vec![Fact::Retraction(Box::new(self.decision()))]
    }

    /// What was decided.
    #[must_use]
    pub fn decision(&self) -> Retraction {
        Retraction {
            decided_at: stored_instant(self.retracted_at),
            retracted: true,
            key: self.key.clone(),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
        }
    }
}

impl ContributionReinstated {
    /// The facts in the event.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        vec![Fact::Retraction(Box::new(self.decision()))]
    }

    /// What was decided.
    #[must_use]
    pub fn decision(&self) -> Retraction {
        Retraction {
            decided_at: stored_instant(self.reinstated_at),
            retracted: false,
            key: self.key.clone(),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
        }
    }
}

/// An instant as exactly as the database keeps it, so that no two are in one
/// order here and in another there.
fn stored_instant(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

impl ContributionEnriched {
    /// The facts in the event.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let accounts = self
            .accounts
            .iter()
            .map(|seen| account_named(&seen.account, seen.at));
        let repositories = self
            .repositories
            .iter()
            .filter_map(|seen| repository_named(&seen.repository, seen.at));
        let mut facts: Vec<Fact> = accounts.chain(repositories).collect();
        let Some(repository) = &self.repository else {
            return facts;
        };
        let at = countable_instant(self.occurred_at);
        facts.extend(repository_named(repository, at));
        if let (Some(reference), Some(pull_request)) = (repository.reference(), &self.pull_request)
        {
            facts.extend(pull_request_facts(&reference, pull_request, at));
        }
        facts
    }
}

/// An account with an id but no login is shown by its id, until any event
/// shows a login. The colon keeps it from being taken for one: no login holds
/// any.
fn account_named(account: &AccountSighting, at: DateTime<Utc>) -> Fact {
    let reference = account.reference();
    let (login, at) = if account.login.is_empty() {
        (format!("id:{reference}"), DateTime::UNIX_EPOCH)
    } else {
        (account.login.clone(), at)
    };
    Fact::AccountNamed {
        account: reference,
        login,
        called_bot: account.called_bot,
        at,
    }
}

fn repository_named(repository: &RepositorySighting, at: DateTime<Utc>) -> Option<Fact> {
    Some(Fact::RepositoryNamed {
        repository: repository.reference()?,
        name: repository.name.clone()?,
        at,
    })
}

fn pull_request_facts<'a>(
    repository: &'a RepositoryReference,
    pull_request: &'a PullRequestSighting,
    at: DateTime<Utc>,
) -> impl Iterator<Item = Fact> + 'a {
    let author = pull_request.author.iter().flat_map(move |author| {
        let evidence = pull_request
            .author_source
            .map(|source| Fact::PullRequestAuthor {
                repository: repository.clone(),
                pull_request: pull_request.key.clone(),
                evidence: AuthorEvidence {
                    source,
                    at,
                    account: author.reference(),
                },
            });
        std::iter::once(account_named(author, at)).chain(evidence)
    });
    let merge_commit = pull_request
        .merge_commit
        .iter()
        .map(|sha| Fact::MergeCommit {
            repository: repository.clone(),
            sha: sha.clone(),
            pull_request: pull_request.key.clone(),
        });
    author.chain(merge_commit)
}
