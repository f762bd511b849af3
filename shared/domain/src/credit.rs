//! Who gets the credit, and what a contribution counts as, once everything
//! that is known is taken together.
//!
//! The rules are symmetric in the sightings: no order of arrival, repetition
//! or split over sources changes a [`Resolution`].

use chrono::{DateTime, Utc};

use crate::{
    AccountReference, ContributionKind, CreditBasis, Lines, PullRequestKey, PushKey,
    RepositoryReference, Sighting, references_in_key,
};

/// What is known from anything in the log besides the sightings themselves.
/// Repositories are canonical references throughout.
pub trait Knowledge {
    /// The account a reference stands for: itself, or the one id that has
    /// borne the login.
    fn account(&self, reference: &AccountReference) -> AccountReference;

    /// Who is credited for what an account did: itself, or the account that it
    /// was decided to be one person with.
    fn credited(&self, account: AccountReference) -> AccountReference;
    /// The repository a reference stands for.
    fn repository(&self, reference: &RepositoryReference) -> RepositoryReference;

    /// The author of a pull request.
    fn pull_request_author(
        &self,
        repository: &RepositoryReference,
        pull_request: &PullRequestKey,
    ) -> Option<AccountReference>;

    /// The author of the merged pull request that a push brought in.
    fn author_of_merged_by_push(
        &self,
        repository: &RepositoryReference,
        push: &PushKey,
    ) -> Option<AccountReference>;

    /// Whether the commits of a push are known one by one.
    fn commits_are_known(&self, repository: &RepositoryReference, push: &PushKey) -> bool;
}

/// What a contribution counts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The kind, after looking at what is known.
    pub kind: ContributionKind,
    /// The canonical repository.
    pub repository: RepositoryReference,
    /// Who is credited; `None` while the credit is pending.
    pub contributor: Option<AccountReference>,
    /// Why.
    pub basis: CreditBasis,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// How many; `None` where no source says (the commits of a trimmed push).
    pub quantity: Option<u32>,
    /// Lines changed; `None` where no source says.
    pub lines: Option<Lines>,
    /// Whether better-known contributions stand in its place, or it was
    /// retracted.
    pub superseded: bool,
}

impl Resolution {
    /// How many this adds to the counts of its contributor.
    #[must_use]
    pub fn counted(&self) -> u32 {
        if self.superseded || self.contributor.is_none() {
            0
        } else {
            self.quantity.unwrap_or(1)
        }
    }
}

/// The semantic key of a sighting under canonical references: the one that
/// tells which contribution it belongs to.
#[must_use]
pub fn canonical_key(sighting: &Sighting, knowledge: &impl Knowledge) -> String {
    let repository = knowledge.repository(&sighting.repository);
    if let (ContributionKind::Star, Some(account), true) = (
        sighting.kind,
        &sighting.account,
        sighting.key.starts_with("star:"),
    ) {
        return format!("star:{repository}:{}", knowledge.account(account));
    }
    if repository == sighting.repository {
        return sighting.key.clone();
    }
    let (own, canonical) = (
        format!(":{}:", sighting.repository),
        format!(":{repository}:"),
    );
    sighting.key.replacen(&own, &canonical, 1)
}

/// A semantic key with the references in it made canonical: the one of the
/// contribution that it leads to.
#[must_use]
pub fn canonical_form(key: &str, knowledge: &impl Knowledge) -> String {
    let Some(named) = references_in_key(key) else {
        return key.to_owned();
    };
    let repository = knowledge.repository(&named.repository);
    if let Some(account) = &named.account {
        return format!("star:{repository}:{}", knowledge.account(account));
    }
    let (own, canonical) = (format!(":{}:", named.repository), format!(":{repository}:"));
    key.replacen(&own, &canonical, 1)
}

/// Resolves all sightings of one contribution; `None` when there are none.
#[must_use]
pub fn resolve(sightings: &[Sighting], knowledge: &impl Knowledge) -> Option<Resolution> {
    let kind = resolve_kind(sightings)?;
    let of_kind = || {
        sightings
            .iter()
            .filter(move |sighting| sighting.kind == kind)
    };
    let (chosen, credit) = best(of_kind(), knowledge)?;
    // A source that knows no push of a commit knows when it was written; what
    // counts is when it was pushed.
    let pushed = (kind == ContributionKind::Commit && chosen.push.is_none())
        .then(|| best(of_kind().filter(|found| found.push.is_some()), knowledge))
        .flatten();
    let dated = pushed.map_or(chosen, |(sighting, _)| sighting);
    let quantity = of_kind().filter_map(|sighting| sighting.quantity).min();
    let repository = knowledge.repository(&chosen.repository);
    // Any sighting may show which pull request was reviewed and which push it
    // was, under its own reference to the repository.
    let own_author = of_kind()
        .filter_map(|sighting| {
            let repository = knowledge.repository(&sighting.repository);
            knowledge.pull_request_author(&repository, sighting.pull_request.as_ref()?)
        })
        .min();
    // Which sighting decides hangs on no decision about people, so that taking
    // one back brings back what was before.
    let contributor = credit.contributor.map(|who| knowledge.credited(who));
    let own_author = own_author.map(|who| knowledge.credited(who));
    let self_review = kind == ContributionKind::PullRequestReviewed
        && contributor.is_some()
        && contributor == own_author;
    let superseded = match kind {
        ContributionKind::Push => of_kind().any(|sighting| {
            let repository = knowledge.repository(&sighting.repository);
            let push = sighting.push.as_ref();
            push.is_some_and(|push| knowledge.commits_are_known(&repository, push))
        }),
        // A push that turned out to have no commits but those that are listed.
        ContributionKind::Commit => quantity == Some(0),
        _ => false,
    };
    Some(Resolution {
        kind: if self_review {
            ContributionKind::SelfReview
        } else {
            kind
        },
        contributor,
        basis: credit.basis,
        occurred_at: dated.occurred_at,
        quantity,
        lines: best_lines(of_kind()),
        superseded,
        repository,
    })
}

/// Where sources see different kinds of thing in one event, known beats
/// unknown: commits a push of which nothing else is known, a merge a pull
/// request of which only the closing is known. Kinds stand in that order.
fn resolve_kind(sightings: &[Sighting]) -> Option<ContributionKind> {
    sightings.iter().map(|sighting| sighting.kind).min()
}

/// The sighting that decides, and whom it credits.
fn best<'a>(
    sightings: impl Iterator<Item = &'a Sighting>,
    knowledge: &impl Knowledge,
) -> Option<(&'a Sighting, Credit)> {
    sightings
        .map(|sighting| (sighting, credit(sighting, knowledge)))
        .min_by(|a, b| precedence(a).cmp(&precedence(b)))
}

struct Credit {
    contributor: Option<AccountReference>,
    basis: CreditBasis,
}

fn credit(sighting: &Sighting, knowledge: &impl Knowledge) -> Credit {
    let repository = knowledge.repository(&sighting.repository);
    let own = sighting
        .account
        .as_ref()
        .map(|account| knowledge.account(account));
    let found = match (sighting.kind, &own) {
        (ContributionKind::Commit, _) if sighting.basis != CreditBasis::Author => {
            sighting.push.as_ref().and_then(|push| {
                let author = knowledge.author_of_merged_by_push(&repository, push)?;
                Some(Credit {
                    contributor: Some(author),
                    basis: CreditBasis::PullRequest,
                })
            })
        }
        (ContributionKind::PullRequestMerged, None) => {
            sighting.pull_request.as_ref().and_then(|pull_request| {
                let author = knowledge.pull_request_author(&repository, pull_request)?;
                Some(Credit {
                    contributor: Some(author),
                    basis: CreditBasis::Author,
                })
            })
        }
        _ => None,
    };
    found.unwrap_or_else(|| Credit {
        basis: if own.is_some() {
            sighting.basis
        } else {
            CreditBasis::Pending
        },
        contributor: own,
    })
}

/// Which of two sightings decides: for commits the better basis; then known
/// before pending, the earlier instant, and the smaller account. What they say
/// besides makes the order total, so that no other order can matter.
fn precedence<'a>((sighting, credit): &'a (&Sighting, Credit)) -> impl Ord + use<'a> {
    let basis = match sighting.kind {
        ContributionKind::Commit => Some(credit.basis),
        _ => None,
    };
    let contributor = credit.contributor.as_ref();
    (
        basis,
        contributor.is_none(),
        sighting.occurred_at,
        contributor,
        *sighting,
    )
}

/// Known beats unknown, and the API beats the archive.
fn best_lines<'a>(sightings: impl Iterator<Item = &'a Sighting>) -> Option<Lines> {
    sightings
        .filter_map(|sighting| {
            Some((
                sighting.source.source,
                sighting.occurred_at,
                sighting.lines?,
            ))
        })
        .min()
        .map(|(_, _, lines)| lines)
}
