//! Decisions about the small universe.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountClass, AccountReference, Affiliation, Policy};
use events::{
    AccountClassified, AccountsLinked, AccountsUnlinked, AffiliationsSet, ClassListDefined, Event,
    PolicyPublished, PolicyWithdrawn,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

fn decided_at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(19_790)
}

/// Accounts by id and by name; names may stand for ids, or for nobody alone.
fn account() -> impl Strategy<Value = AccountReference> {
    const ACCOUNTS: &[&str] = &["1", "2", "3", "4", "@ada", "@bob", "@countess", "@helper"];
    select(ACCOUNTS).prop_map(AccountReference::from_stored)
}

fn class() -> impl Strategy<Value = AccountClass> {
    select(&AccountClass::ALL[..])
}

/// A policy in which worth is linear, or diminishes, or is capped.
fn policy() -> impl Strategy<Value = Policy> {
    let points = (0..20_i64, 0..20_i64, 0..20_i64);
    let rules = (0..4_i64, 1..3_i64, 0..100_i64);
    (2..50_u32, points, rules, 0..40_i64).prop_map(|(version, points, rule, commits)| {
        let (commit, review, comment) = points;
        let (at_most, after, percent) = rule;
        let rule = json!({ "at_most": at_most, "steps": [{ "after": after, "percent": percent }] });
        let entered = json!({
            "points": { "commit": commit, "pull_request_reviewed": review, "comment": comment,
                        "star": 1, "self_review": 2 },
            "lines": { "at_most": 100 * commit },
            "commits_a_day": commits,
            "daily": { "pull_request_reviewed": rule, "commit": rule, "comment": null },
        });
        let policy = Policy::default().entered(version, &entered);
        policy.expect("a policy")
    })
}

/// Nobody, one company at all times, or one after the other.
fn affiliations() -> impl Strategy<Value = Vec<Affiliation>> {
    let companies = vec(select(&["Octo", "Hub"][..]), 0..3);
    (companies, 0..90_i64).prop_map(|(companies, day)| {
        let changed = (decided_at() - TimeDelta::days(day)).date_naive();
        let mut ends = [(None, Some(changed)), (Some(changed), None)];
        if companies.len() == 1 {
            ends[0] = (None, None);
        }
        let times = companies.into_iter().zip(ends);
        let times = times.map(|(company, (from, until))| Affiliation {
            from,
            until,
            company: company.to_owned(),
        });
        times.collect()
    })
}

/// Any decision about counting.
pub(crate) fn decision() -> BoxedStrategy<Event> {
    let (actor, reason) = ("ann".to_owned(), "a test".to_owned());
    let logins = vec(select(&["ADA", "bob", "helper", "countess"][..]), 0..3);
    let of_group = option::weighted(0.2, Just("web".to_owned()));
    prop_oneof![
        3 => (of_group, policy()).prop_map({
            let (actor, reason) = (actor.clone(), reason.clone());
            move |(group, policy)| Event::PolicyPublished(PolicyPublished {
                group, policy, actor: actor.clone(), reason: reason.clone(), decided_at: decided_at(),
            })
        }),
        1 => Just(Event::PolicyWithdrawn(PolicyWithdrawn {
            group: "web".to_owned(), actor: actor.clone(), reason: reason.clone(),
            decided_at: decided_at(),
        })),
        3 => (account(), option::weighted(0.7, class())).prop_map({
            let (actor, reason) = (actor.clone(), reason.clone());
            move |(account, class)| Event::AccountClassified(AccountClassified {
                account, class, actor: actor.clone(), reason: reason.clone(), decided_at: decided_at(),
            })
        }),
        3 => (select(&["ci", "people"][..]), class(), logins).prop_map({
            let (actor, reason) = (actor.clone(), reason.clone());
            move |(list, class, logins)| Event::ClassListDefined(ClassListDefined {
                list: list.to_owned(), class, logins: logins.into_iter().map(str::to_owned).collect(),
                actor: actor.clone(), reason: reason.clone(), decided_at: decided_at(),
            })
        }),
        6 => (account(), account()).prop_map({
            let (actor, reason) = (actor.clone(), reason.clone());
            move |(account, into)| Event::AccountsLinked(AccountsLinked {
                account, into, actor: actor.clone(), reason: reason.clone(), decided_at: decided_at(),
            })
        }),
        3 => account().prop_map({
            let (actor, reason) = (actor.clone(), reason.clone());
            move |account| Event::AccountsUnlinked(AccountsUnlinked {
                account, actor: actor.clone(), reason: reason.clone(), decided_at: decided_at(),
            })
        }),
        2 => (account(), affiliations()).prop_map(move |(account, affiliations)| {
            Event::AffiliationsSet(AffiliationsSet {
                account,
                affiliations,
                actor: actor.clone(), reason: reason.clone(), decided_at: decided_at(),
            })
        }),
    ]
    .boxed()
}
