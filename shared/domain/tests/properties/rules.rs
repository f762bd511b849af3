//! What one more fact does, wherever among the others it arrives.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use domain::{
    AccountReference, AuthorEvidence, AuthorSource, ContributionKind, Fact, PullRequestKey,
    RepositoryReference, Resolution, Retraction, Tally,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use crate::universe::{fact, sighting, tally};

/// The tally of facts with one more somewhere among them.
fn with(facts: &[Fact], place: Index, fact: Fact) -> Tally {
    let mut facts = facts.to_vec();
    facts.insert(place.index(facts.len() + 1), fact);
    tally(&facts)
}

/// Which of the contributions differ.
fn changed(
    before: &BTreeMap<Uuid, Resolution>,
    after: &BTreeMap<Uuid, Resolution>,
) -> BTreeSet<Uuid> {
    let ids = before.keys().chain(after.keys());
    ids.filter(|id| before.get(id) != after.get(id))
        .copied()
        .collect()
}

/// The ids that have borne each name, as a reference by name.
fn bearers(facts: &[Fact]) -> BTreeMap<String, BTreeSet<String>> {
    let mut bearers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fact in facts {
        let (bearer, name) = match fact {
            Fact::AccountNamed { account, login, .. } => (account.as_str(), login.as_str()),
            Fact::RepositoryNamed {
                repository, name, ..
            } => (repository.as_str(), name.as_str()),
            _ => continue,
        };
        let by_name = format!("@{}", name.to_ascii_lowercase());
        bearers
            .entry(by_name)
            .or_default()
            .insert(bearer.to_owned());
    }
    bearers
}

/// A key with each name in it that one id alone has borne replaced by that.
fn canonical(facts: &[Fact], key: &str) -> String {
    let bearers = bearers(facts);
    let parts = key.split(':').map(|part| match bearers.get(part) {
        Some(ids) if ids.len() == 1 => ids.first().map_or(part, String::as_str),
        _ => part,
    });
    parts.collect::<Vec<_>>().join(":")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// Whichever reference it is named by, and whatever arrives before or after.
    #[test]
    fn the_latest_decision_about_a_contribution_holds(
        facts in vec(fact(), 0..40), seen in sighting(), retracted in any::<bool>(), places in any::<[Index; 2]>(),
    ) {
        let key = seen.key.clone();
        let mut facts = facts;
        facts.insert(places[0].index(facts.len() + 1), Fact::Sighting(Box::new(seen)));
        let id = domain::contribution_id(&canonical(&facts, &key));
        let decision = Retraction {
            decided_at: "2030-01-01T00:00:00Z".parse().unwrap(),
            retracted,
            key,
            actor: "ann".to_owned(),
            reason: "an error".to_owned(),
        };
        let before = tally(&facts).contributions();
        let after = with(&facts, places[1], Fact::Retraction(Box::new(decision))).contributions();
        facts.retain(|fact| !matches!(fact, Fact::Retraction(_)));
        let undecided = tally(&facts).contributions();
        let superseded = retracted || undecided[&id].superseded;
        prop_assert_eq!(&after[&id], &Resolution { superseded, ..undecided[&id].clone() });
        prop_assert!(!retracted || after[&id].counted() == 0);
        prop_assert!(changed(&before, &after).iter().all(|changed| *changed == id));
    }

    #[test]
    fn known_commits_supersede_their_push(
        facts in vec(fact(), 0..40), mut push in sighting(), places in any::<[Index; 2]>(),
    ) {
        push.kind = ContributionKind::Push;
        push.quantity = None;
        let key = push.push.clone().unwrap_or_else(|| domain::PushKey("3".to_owned()));
        push.key = format!("push:{}:{}", push.repository, key.0);
        push.push = Some(key.clone());
        let repository = push.repository.clone();
        let mut facts = facts;
        facts.insert(places[0].index(facts.len() + 1), Fact::Sighting(Box::new(push)));
        let before = tally(&facts).contributions();
        let commit = Fact::PushCommit { repository, push: key, sha: "of no pull request".to_owned() };
        let after = with(&facts, places[1], commit).contributions();
        prop_assert!(before.keys().eq(after.keys()));
        for id in changed(&before, &after) {
            prop_assert_eq!(before[&id].kind, ContributionKind::Push);
            prop_assert_eq!(&after[&id], &Resolution { superseded: true, ..before[&id].clone() });
        }
    }

    /// Whoever sees the commit that a push ended at knows it, and no source but
    /// the push's event needs to say that it was pushed.
    #[test]
    fn a_commit_seen_by_itself_supersedes_the_push_that_ended_at_it(
        facts in vec(fact(), 0..40), mut commit in sighting(), mut push in sighting(), places in any::<[Index; 3]>(),
    ) {
        let repository = RepositoryReference::from_id(1);
        let sha = "of no pull request".to_owned();
        let key = domain::PushKey("9".to_owned());
        push.kind = ContributionKind::Push;
        push.quantity = None;
        push.repository = repository.clone();
        push.key = format!("push:{repository}:{}", key.0);
        push.push = Some(key.clone());
        let id = domain::contribution_id(&push.key);
        let mut facts = facts;
        facts.insert(places[0].index(facts.len() + 1), Fact::Sighting(Box::new(push)));
        let head = Fact::PushHead { repository: repository.clone(), push: key, sha: sha.clone() };
        facts.insert(places[1].index(facts.len() + 1), head);
        let before = tally(&facts).contributions();
        prop_assert!(!before[&id].superseded);
        commit.kind = ContributionKind::Commit;
        commit.key = format!("commit:{repository}:{sha}");
        commit.repository = repository;
        commit.push = None;
        let after = with(&facts, places[2], Fact::Sighting(Box::new(commit))).contributions();
        prop_assert_eq!(after[&id].counted(), 0);
    }

    /// A push of which all commits are known is counted by these alone, whether
    /// its event told of none or of not all of them.
    #[test]
    fn a_push_without_further_commits_counts_for_nothing(
        facts in vec(fact(), 0..40), mut push in sighting(), mut none in sighting(), places in any::<[Index; 2]>(),
    ) {
        let repository = RepositoryReference::from_id(1);
        if push.kind != ContributionKind::Push {
            push.kind = ContributionKind::Commit;
        }
        for told in [&mut push, &mut none] {
            told.repository = repository.clone();
            told.key = format!("push:{repository}:9");
            told.push = Some(domain::PushKey("9".to_owned()));
        }
        none.kind = ContributionKind::Commit;
        none.quantity = Some(0);
        let id = domain::contribution_id(&push.key);
        let mut facts = facts;
        facts.insert(places[0].index(facts.len() + 1), Fact::Sighting(Box::new(push)));
        let after = with(&facts, places[1], Fact::Sighting(Box::new(none))).contributions();
        prop_assert_eq!(after[&id].counted(), 0);
        prop_assert!(after[&id].superseded);
    }

    #[test]
    fn a_merge_goes_to_the_author_whenever_they_become_known(
        facts in vec(fact(), 0..40), mut merged in sighting(), places in any::<[Index; 2]>(),
    ) {
        // A pull request that nothing else is about.
        let pull_request = PullRequestKey { id: Some(99), number: Some(99) };
        merged.kind = ContributionKind::PullRequestMerged;
        merged.basis = domain::CreditBasis::Pending;
        merged.key = format!("pull_request_merged:{}:99", merged.repository);
        merged.pull_request = Some(pull_request.clone());
        merged.account = None;
        let repository = merged.repository.clone();
        let mut facts = facts;
        facts.insert(places[0].index(facts.len() + 1), Fact::Sighting(Box::new(merged)));
        let before = tally(&facts).contributions();
        let account = AccountReference::from_id(77);
        let evidence = AuthorEvidence { source: AuthorSource::Opener, at: DateTime::UNIX_EPOCH, account: account.clone() };
        let after = with(&facts, places[1], Fact::PullRequestAuthor { repository, pull_request, evidence }).contributions();
        let changed = changed(&before, &after);
        prop_assert_eq!(changed.len(), 1);
        for id in changed {
            prop_assert_eq!(&before[&id].contributor, &None);
            prop_assert_eq!(before[&id].counted(), 0);
            prop_assert_eq!(&after[&id].contributor, &Some(account.clone()));
        }
    }

    #[test]
    fn a_name_stands_for_the_one_id_that_has_borne_it(facts in vec(fact(), 1..60)) {
        let bearers = bearers(&facts);
        for found in tally(&facts).contributions().values() {
            let contributor = found.contributor.as_ref().map(AccountReference::as_str);
            let repository = Some(RepositoryReference::as_str(&found.repository));
            for reference in contributor.into_iter().chain(repository).filter(|name| name.starts_with('@')) {
                prop_assert_ne!(bearers.get(reference).map_or(0, BTreeSet::len), 1, "{} is linked", reference);
            }
        }
    }
}
