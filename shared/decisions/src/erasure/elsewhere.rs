//! Mentions of people outside of contributions: decisions about them, what was
//! read of their repositories, and what could not be read.

use domain::AccountReference;
use event_log::EventLog;
use events::{Erased, Event};

use crate::counting::{decisions, define_class_list, unlink_account};
use crate::tracking::{define_group, tracking};
use crate::{Author, DecisionError};

/// Whether an event tells of somebody who was erased, so that it goes.
pub(super) fn tells_of(erased: &Erased, event: &Event) -> bool {
    match event {
        Event::AccountClassified(event) => is_account(erased, &event.account),
        Event::AccountsLinked(event) => {
            is_account(erased, &event.account) || is_account(erased, &event.into)
        }
        Event::AccountsUnlinked(event) => is_account(erased, &event.account),
        Event::AffiliationsSet(event) => is_account(erased, &event.account),
        Event::ClassListDefined(event) => event.logins.iter().any(|login| is_login(erased, login)),
        Event::RepositoryTracked(event) => is_login(erased, event.name.owner()),
        Event::RepositoryUntracked(event) => is_login(erased, event.name.owner()),
        Event::GroupDefined(event) => {
            let mut repositories = event.repositories.iter();
            repositories.any(|name| is_login(erased, name.owner()))
        }
        Event::CoverageObserved(event) => {
            let owner = event.unit.split_once('/').map(|(owner, _)| owner);
            owner.is_some_and(|owner| is_login(erased, owner))
        }
        Event::DeadLetterRecorded(event) => {
            let received = event.received.as_ref();
            let reference = received.map_or("", |received| received.source.reference.as_str());
            [&event.content, &event.origin, &event.error, reference]
                .iter()
                .any(|text| erased.is_mentioned_in(text.as_bytes()))
        }
        Event::DisputeRaised(event) => [&event.url, &event.actor, &event.reason]
            .iter()
            .any(|text| erased.is_mentioned_in(text.as_bytes())),
        Event::DisputeAnswered(event) => [&event.url, &event.detail]
            .iter()
            .any(|text| erased.is_mentioned_in(text.as_bytes())),
        _ => false,
    }
}

fn is_account(erased: &Erased, account: &AccountReference) -> bool {
    erased.covers_reference(account.as_str())
}

fn is_login(erased: &Erased, login: &str) -> bool {
    erased.covers_reference(&format!("@{}", login.to_ascii_lowercase()))
}

/// Decides anew, without those who were erased, what was decided about them and
/// others together: when the decision is gone, none before it comes back.
pub(super) async fn decide_without(
    log: &EventLog,
    erased: &Erased,
    event: &Event,
    author: &Author,
) -> Result<(), DecisionError> {
    match event {
        Event::GroupDefined(event) => {
            let known = tracking(log).await?;
            let Some(group) = known.group(&event.group) else {
                return Ok(());
            };
            let others = group.repositories.iter();
            let others = others.filter(|name| !is_login(erased, name.owner()));
            let others: Vec<_> = others.cloned().collect();
            define_group(log, &event.group, &others, author).await?;
        }
        Event::ClassListDefined(event) => {
            let known = decisions(log).await?;
            let Some(list) = known.classes.list(&event.list) else {
                return Ok(());
            };
            let others = list.logins.iter().filter(|login| !is_login(erased, login));
            let others: Vec<String> = others.cloned().collect();
            define_class_list(log, &event.list, list.class, &others, author).await?;
        }
        Event::AccountsLinked(event) if !is_account(erased, &event.account) => {
            let known = decisions(log).await?;
            let into = known.links.linked_to(&event.account);
            if into.is_some_and(|into| is_account(erased, into)) {
                unlink_account(log, &event.account, author).await?;
            }
        }
        _ => {}
    }
    Ok(())
}
