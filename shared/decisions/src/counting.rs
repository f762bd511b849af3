//! Deciding about counting: what things are worth, who is a person, which
//! accounts are one, and whom people worked for. Every decision is made on all
//! that was decided before, and appended only if nothing was meanwhile.

use domain::{
    AccountClass, AccountReference, Affiliation, ClassList, Decisions, Policy, check_affiliations,
};
use event_log::{Book, EventLog, LogStream};
use events::{
    AccountClassified, AccountsLinked, AccountsUnlinked, AffiliationsSet, ClassListDefined, Event,
    PolicyPublished, PolicyWithdrawn, Subject,
};
use serde_json::Value;

use crate::name::check_name;
use crate::{Author, Decision, DecisionError, SOURCE};

/// The longest login there can be: GitHub's are up to 39 letters long, those of
/// apps have `[bot]` behind them, and those of companies' servers may be longer.
const LONGEST_LOGIN: usize = 100;

/// What a policy is made from.
#[derive(Clone, Debug)]
pub enum Terms<'a> {
    /// The policy that holds, with what a person entered changed.
    Entered(&'a Value),
    /// A policy that held before, or holds elsewhere.
    Version(u32),
}

/// All that was decided about counting so far.
///
/// # Errors
/// [`DecisionError::Log`] when the log cannot be read.
pub async fn decisions(log: &EventLog) -> Result<Decisions, DecisionError> {
    let mut book = book();
    book.catch_up(log).await?;
    Ok(book.state().clone())
}

fn book() -> Book<Decisions> {
    let subject = Subject::of_counting();
    Book::new(LogStream::Decisions, subject, Decisions::default())
}

async fn decide(
    log: &EventLog,
    author: &Author,
    decide: impl FnMut(&Decisions) -> Result<Option<Event>, DecisionError>,
) -> Result<(Decisions, Decision), DecisionError> {
    author.check()?;
    let mut book = book();
    book.catch_up(log).await?;
    let made = book.write(log, SOURCE, decide).await?;
    let decision = match made {
        Some(_) => Decision::Made,
        None => Decision::Unchanged,
    };
    Ok((book.state().clone(), decision))
}

/// Publishes a policy, for all boards or for those of a group. Returns the
/// policy that holds then.
///
/// # Errors
/// [`DecisionError`] when something is wrong with it, or the log cannot be
/// read or written.
pub async fn publish_policy(
    log: &EventLog,
    group: Option<&str>,
    terms: Terms<'_>,
    author: &Author,
) -> Result<(Policy, Decision), DecisionError> {
    group.map(check_name).transpose()?;
    let holds = |known: &Decisions| match group {
        Some(group) => known.policies.of_group(group).clone(),
        None => known.policies.general().clone(),
    };
    let (known, decision) = decide(log, author, |known| {
        let before = holds(known);
        let version = known.policies.next_version();
        let policy = match terms {
            Terms::Entered(entered) => before.entered(version, entered)?,
            Terms::Version(wanted) => {
                let found = known.policies.version(wanted);
                let mut found = found.ok_or(DecisionError::NoSuchPolicy(wanted))?;
                found.version = version;
                found
            }
        };
        let has_own = group.is_none_or(|group| known.policies.has_own(group));
        if has_own && policy.says_the_same(&before) {
            return Ok(None);
        }
        Ok(Some(Event::PolicyPublished(PolicyPublished {
            group: group.map(str::to_owned),
            policy,
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        })))
    })
    .await?;
    Ok((holds(&known), decision))
}

/// Decides that a group's boards have no policy of their own any more.
///
/// # Errors
/// As [`publish_policy`].
pub async fn withdraw_policy(
    log: &EventLog,
    group: &str,
    author: &Author,
) -> Result<Decision, DecisionError> {
    check_name(group)?;
    let (_, decision) = decide(log, author, |known| {
        let withdrawn = known.policies.has_own(group).then(|| PolicyWithdrawn {
            group: group.to_owned(),
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        });
        Ok(withdrawn.map(Event::PolicyWithdrawn))
    })
    .await?;
    Ok(decision)
}

/// Decides what is behind an account; `None` takes the decision back.
///
/// # Errors
/// As [`publish_policy`].
pub async fn classify_account(
    log: &EventLog,
    account: &AccountReference,
    class: Option<AccountClass>,
    author: &Author,
) -> Result<Decision, DecisionError> {
    let (_, decision) = decide(log, author, |known| {
        let changed = known.classes.of(account) != class;
        let classified = changed.then(|| AccountClassified {
            account: account.clone(),
            class,
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        });
        Ok(classified.map(Event::AccountClassified))
    })
    .await?;
    Ok(decision)
}

/// Decides which logins are of a class; none takes the list back.
///
/// # Errors
/// As [`publish_policy`].
pub async fn define_class_list(
    log: &EventLog,
    name: &str,
    class: AccountClass,
    logins: &[String],
    author: &Author,
) -> Result<Decision, DecisionError> {
    check_name(name)?;
    let is_login = |login: &&String| {
        !login.is_empty()
            && login.len() <= LONGEST_LOGIN
            && login.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if let Some(wrong) = logins.iter().find(|login| !is_login(login)) {
        return Err(DecisionError::Login(wrong.clone()));
    }
    let list = ClassList::new(class, logins.iter().map(String::as_str));
    let (_, decision) = decide(log, author, |known| {
        let before = known.classes.list(name);
        let is_same = before.map_or(list.logins.is_empty(), |before| *before == list);
        let defined = (!is_same).then(|| ClassListDefined {
            list: name.to_owned(),
            class,
            logins: list.logins.iter().cloned().collect(),
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        });
        Ok(defined.map(Event::ClassListDefined))
    })
    .await?;
    Ok(decision)
}

/// Decides that two accounts are one person, and which of them is credited for
/// what both did.
///
/// # Errors
/// As [`publish_policy`], and [`DecisionError::Link`].
pub async fn link_accounts(
    log: &EventLog,
    account: &AccountReference,
    into: &AccountReference,
    author: &Author,
) -> Result<Decision, DecisionError> {
    let (_, decision) = decide(log, author, |known| {
        if known.links.linked_to(account) == Some(into) {
            return Ok(None);
        }
        known.links.clone().link(account.clone(), into.clone())?;
        Ok(Some(Event::AccountsLinked(AccountsLinked {
            account: account.clone(),
            into: into.clone(),
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        })))
    })
    .await?;
    Ok(decision)
}

/// Decides that an account is credited itself again.
///
/// # Errors
/// As [`publish_policy`].
pub async fn unlink_account(
    log: &EventLog,
    account: &AccountReference,
    author: &Author,
) -> Result<Decision, DecisionError> {
    let (_, decision) = decide(log, author, |known| {
        let unlinked = known.links.linked_to(account).map(|_| AccountsUnlinked {
            account: account.clone(),
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        });
        Ok(unlinked.map(Event::AccountsUnlinked))
    })
    .await?;
    Ok(decision)
}

/// Decides whom an account worked for, all its life.
///
/// # Errors
/// As [`publish_policy`], and [`DecisionError::Affiliations`].
pub async fn set_affiliations(
    log: &EventLog,
    account: &AccountReference,
    affiliations: Vec<Affiliation>,
    author: &Author,
) -> Result<Decision, DecisionError> {
    let affiliations = check_affiliations(affiliations).map_err(DecisionError::Affiliations)?;
    let (_, decision) = decide(log, author, |known| {
        let changed = known.affiliations.of(account) != affiliations;
        let set = changed.then(|| AffiliationsSet {
            account: account.clone(),
            affiliations: affiliations.clone(),
            actor: author.actor.clone(),
            reason: author.reason.clone(),
            decided_at: author.at,
        });
        Ok(set.map(Event::AffiliationsSet))
    })
    .await?;
    Ok(decision)
}

/// Reads a reference to an account as a person enters it: a numeric id, or `@`
/// and a login.
///
/// # Errors
/// [`DecisionError::Account`].
pub fn account_entered(text: &str) -> Result<AccountReference, DecisionError> {
    if let Ok(id) = text.parse::<u64>() {
        return Ok(AccountReference::from_id(id));
    }
    let login = text.strip_prefix('@').filter(|login| {
        !login.is_empty()
            && login.len() <= LONGEST_LOGIN
            && login.bytes().all(|byte| byte.is_ascii_graphic())
    });
    login
        .map(AccountReference::from_login)
        .ok_or_else(|| DecisionError::Account(text.to_owned()))
}
