//! What was decided and done, by whom, and why.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::AccountClass;
use serde_json::Value;

use super::relative::Relative;
use super::{Layout, respond_unkept};
use crate::addresses::{account_segment, path_segment, repository_path, with_query};
use crate::cursor::List;
use crate::handlers::SharedApi;
use crate::handlers::audit::audit_filter;
use crate::parameters::{AuditParameters, Parameters, read_limit};
use crate::problem::Problem;
use crate::queries::accounts::{Account, accounts_of};
use crate::queries::dead_letters::find;
use crate::queries::repositories::find_repository;
use crate::queries::snapshot::Snapshot;
use crate::resources::audit::{Audit, AuditEntry, load_audit};

/// What there is to choose from; anything else can be typed.
const KINDS: [&str; 23] = [
    "policy.published",
    "policy.withdrawn",
    "account.classified",
    "accounts.linked",
    "accounts.unlinked",
    "affiliations.set",
    "class_list.defined",
    "contribution.retracted",
    "contribution.reinstated",
    "contributor.erased",
    "dispute.raised",
    "dispute.answered",
    "repository.tracked",
    "repository.untracked",
    "group.defined",
    "budget.defined",
    "job.asked_for",
    "queue.paused",
    "queue.resumed",
    "dead_letter.redriven",
    "dead_letter.discarded",
    "generation.switched",
    "log_level.changed",
];

/// Something that somebody did, in words.
struct EntryView {
    when: Relative,
    what: String,
    /// The same in code, and the way to all of the kind.
    code: String,
    of_kind: String,
    /// What it was done to as people call it, and as it is filtered by if that is
    /// something else.
    name: String,
    subject: Option<String>,
    page: Option<String>,
    /// Who is credited in its place, and their page.
    into: Option<(String, String)>,
    actor: String,
    of_actor: String,
    reason: String,
    detail: Option<String>,
}

#[derive(Template)]
#[template(path = "decisions.html")]
struct DecisionsPage {
    layout: Layout,
    given: AuditParameters,
    kinds: [&'static str; 23],
    is_filtered: bool,
    entries: Vec<EntryView>,
    first_page: Option<String>,
    next_page: Option<String>,
}

pub(crate) async fn show_decisions(
    api: SharedApi,
    Parameters(given): Parameters<AuditParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = Audit::read_cursor(&given.cursor)?;
    let filter = audit_filter(given.clone());
    let mut snapshot = api.snapshot().await?;
    let found = load_audit(&mut snapshot, &filter, after.as_ref(), limit).await?;
    let names = names_of_accounts(&mut snapshot, &found.entries).await?;
    let absent = absent_subjects(&mut snapshot, &found.entries, &names).await?;
    let description = "What was decided and done, by whom, and why.";
    let mut layout = Layout::new(&api, "Decisions", description);
    layout.active = "decisions";
    layout.json = Some(address("/api/v1/audit", &given, None));
    let now = api.now();
    let next = found.meta.next_cursor.as_deref();
    let filters = [&given.actor, &given.subject, &given.what];
    let is_filtered = filters.into_iter().any(|text| !text.is_empty());
    let page = DecisionsPage {
        layout,
        kinds: KINDS,
        is_filtered,
        entries: found
            .entries
            .into_iter()
            .map(|entry| EntryView::of(entry, &names, &absent, now))
            .collect(),
        first_page: after.map(|_| address("/decisions", &given, None)),
        next_page: next.map(|cursor| address("/decisions", &given, Some(cursor))),
        given,
    };
    respond_unkept(&page)
}

/// The address of what is asked for, below a path.
fn address(path: &str, given: &AuditParameters, cursor: Option<&str>) -> String {
    let pairs = [
        ("actor", given.actor.as_str()),
        ("subject", given.subject.as_str()),
        ("what", given.what.as_str()),
        ("limit", given.limit.as_str()),
        ("cursor", cursor.unwrap_or_default()),
    ];
    with_query(path, &pairs)
}

impl EntryView {
    fn of(
        entry: AuditEntry,
        names: &HashMap<String, Account>,
        absent: &HashSet<String>,
        now: DateTime<Utc>,
    ) -> Self {
        let login_of = |account: &str| {
            let account = names.get(account);
            let shown = account.filter(|account| account.class != AccountClass::Hidden);
            shown.map(|account| account.login.clone())
        };
        let login = account_of(&entry).and_then(login_of);
        let into = linked_into(&entry).map(|account| {
            let name = login_of(account).unwrap_or_else(|| account.to_owned());
            (name, page_of_account(account))
        });
        let (name, subject) = match (login, entry.subject.as_str()) {
            (Some(login), subject) => (login, Some(subject.to_owned())),
            (None, "") => ("all boards".to_owned(), None),
            (None, subject) => (subject.to_owned(), None),
        };
        Self {
            when: Relative::of(entry.at, now),
            what: words(&entry.what),
            of_kind: format!("/decisions?what={}", path_segment(&entry.what)),
            page: page_of(&entry.what, &entry.subject).filter(|_| !absent.contains(&entry.subject)),
            name,
            subject,
            into,
            of_actor: format!("/decisions?actor={}", path_segment(&entry.actor)),
            detail: detail(&entry.detail),
            code: entry.what,
            actor: entry.actor,
            reason: entry.reason,
        }
    }
}

/// The account that something was done to.
fn account_of(entry: &AuditEntry) -> Option<&str> {
    let (sort, _) = entry.what.split_once('.')?;
    matches!(sort, "account" | "accounts" | "affiliations").then_some(entry.subject.as_str())
}

/// The account that is credited for what another one did.
fn linked_into(entry: &AuditEntry) -> Option<&str> {
    let into = entry.detail.get("into")?.as_str();
    into.filter(|_| entry.what == "accounts.linked")
}

/// What the accounts are called that something was done to, and those that are credited
/// for others.
async fn names_of_accounts(
    snapshot: &mut Snapshot,
    entries: &[AuditEntry],
) -> Result<HashMap<String, Account>, Problem> {
    let accounts = entries.iter().filter_map(account_of);
    let accounts = accounts.chain(entries.iter().filter_map(linked_into));
    let accounts: Vec<String> = accounts.map(str::to_owned).collect();
    Ok(accounts_of(snapshot.connection(), &accounts).await?)
}

/// Subjects that there is no page of: repositories and accounts that nobody has seen yet,
/// and what was there once and was erased.
async fn absent_subjects(
    snapshot: &mut Snapshot,
    entries: &[AuditEntry],
    names: &HashMap<String, Account>,
) -> Result<HashSet<String>, Problem> {
    let mut absent = HashSet::new();
    let mut asked = HashSet::new();
    for entry in entries {
        let (sort, subject) = (entry.what.split_once('.'), entry.subject.as_str());
        let Some((sort, _)) = sort.filter(|(sort, _)| asked.insert((*sort, subject))) else {
            continue;
        };
        let is_there = match sort {
            "repository" => find_repository(snapshot.connection(), subject)
                .await?
                .is_some(),
            "dead_letter" => match subject.parse() {
                Ok(id) => find(snapshot.connection(), id).await?.is_some(),
                Err(_) => false,
            },
            _ => account_of(entry).is_none_or(|account| names.contains_key(account)),
        };
        if !is_there {
            absent.insert(subject.to_owned());
        }
    }
    Ok(absent)
}

/// `policy.published` as people read it.
fn words(what: &str) -> String {
    let words = what.replace(['.', '_'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

fn page_of_account(account: &str) -> String {
    let account = domain::AccountReference::from_stored(account.to_owned());
    format!("/contributors/{}", account_segment(&account))
}

/// The page of what something was done to.
fn page_of(what: &str, subject: &str) -> Option<String> {
    if subject.is_empty() {
        return None;
    }
    let (sort, done) = what.split_once('.').unwrap_or((what, ""));
    match sort {
        "account" | "accounts" | "affiliations" => Some(page_of_account(subject)),
        "repository" if subject.contains('/') => {
            Some(format!("/repositories/{}", repository_path(subject)))
        }
        "policy" | "group" => Some(format!("/groups/{}", path_segment(subject))),
        "budget" => Some(format!("/costs?month={}", path_segment(subject))),
        "job" => Some(format!("/operations?name={}#jobs", path_segment(subject))),
        "queue" => Some(format!("/operations?queue={}#jobs", path_segment(subject))),
        "contribution" => Some(format!("/api/v1/contributions/{}", path_segment(subject))),
        "dispute" if subject.starts_with("https://github.com/") => Some(subject.to_owned()),
        "dead_letter" if !done.is_empty() => {
            Some(format!("/api/v1/dead-letters/{}", path_segment(subject)))
        }
        _ => None,
    }
}

/// What else is known, without what stands beside it already.
fn detail(detail: &Value) -> Option<String> {
    let mut fields = detail.as_object()?.clone();
    for shown in [
        "actor",
        "reason",
        "decided_at",
        "defined_at",
        "raised_at",
        "changed_at",
    ] {
        fields.remove(shown);
    }
    if fields.is_empty() {
        return None;
    }
    serde_json::to_string_pretty(&fields).ok()
}
