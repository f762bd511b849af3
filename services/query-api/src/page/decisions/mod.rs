//! What was decided and done, by whom, and why.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::AccountClass;
use serde_json::Value;

use super::relative::Relative;
use super::{Layout, respond_unkept};
use crate::addresses::{account_segment, path_segment, repository_path, with_query};
use crate::cursor::{Cursor, NamedInstantCursor};
use crate::handlers::SharedApi;
use crate::handlers::audit::audit_filter;
use crate::parameters::{AuditParameters, Parameters, read_limit};
use crate::problem::Problem;
use crate::queries::accounts::{Account, accounts_of};
use crate::queries::snapshot::Snapshot;
use crate::resources::audit::{AuditEntry, load_audit};

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
    let after: Option<NamedInstantCursor> = Cursor::decode(&given.cursor)?;
    let filter = audit_filter(given.clone());
    let mut snapshot = api.snapshot().await?;
    let found = load_audit(&mut snapshot, &filter, after.as_ref(), limit).await?;
    let names = names_of_accounts(&mut snapshot, &found.entries).await?;
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
            .map(|entry| EntryView::of(entry, &names, now))
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
    fn of(entry: AuditEntry, names: &HashMap<String, Account>, now: DateTime<Utc>) -> Self {
        let account = account_of(&entry).and_then(|account| names.get(account));
        let login = account.filter(|account| account.class != AccountClass::Hidden);
        let (name, subject) = match (login, entry.subject.as_str()) {
            (Some(account), subject) => (account.login.clone(), Some(subject.to_owned())),
            (None, "") => ("all boards".to_owned(), None),
            (None, subject) => (subject.to_owned(), None),
        };
        Self {
            when: Relative::of(entry.at, now),
            what: words(&entry.what),
            of_kind: format!("/decisions?what={}", path_segment(&entry.what)),
            page: page_of(&entry.what, &entry.subject),
            name,
            subject,
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

/// What the accounts are called that something was done to.
async fn names_of_accounts(
    snapshot: &mut Snapshot,
    entries: &[AuditEntry],
) -> Result<HashMap<String, Account>, Problem> {
    let accounts = entries.iter().filter_map(account_of);
    let accounts: Vec<String> = accounts.map(str::to_owned).collect();
    Ok(accounts_of(snapshot.connection(), &accounts).await?)
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

/// The page of what something was done to.
fn page_of(what: &str, subject: &str) -> Option<String> {
    if subject.is_empty() {
        return None;
    }
    let (sort, done) = what.split_once('.').unwrap_or((what, ""));
    match sort {
        "account" | "accounts" | "affiliations" => {
            let account = domain::AccountReference::from_stored(subject.to_owned());
            Some(format!("/contributors/{}", account_segment(&account)))
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_done_reads_as_words() {
        assert_eq!(words("class_list.defined"), "Class list defined");
        assert_eq!(words(""), "");
    }

    #[test]
    fn subjects_lead_to_their_pages_and_nowhere_else() {
        let page = |what, subject| page_of(what, subject);
        assert_eq!(
            page("accounts.linked", "583231").as_deref(),
            Some("/contributors/id:583231")
        );
        assert_eq!(
            page("group.defined", "a b").as_deref(),
            Some("/groups/a%20b")
        );
        assert_eq!(page("policy.published", ""), None);
        assert_eq!(page("dispute.raised", "javascript:alert(1)"), None);
    }

    #[test]
    fn accounts_go_by_their_login_unless_they_are_hidden() {
        let shown = |what: &str, class| {
            let reference = domain::AccountReference::from_stored("583231".to_owned());
            let login = "octocat".to_owned();
            let account = Account {
                reference,
                login,
                class,
            };
            let names = HashMap::from([("583231".to_owned(), account)]);
            let entry = AuditEntry {
                id: "decision-17".to_owned(),
                at: DateTime::UNIX_EPOCH,
                what: what.to_owned(),
                subject: "583231".to_owned(),
                actor: "ann".to_owned(),
                reason: String::new(),
                detail: Value::Null,
            };
            let view = EntryView::of(entry, &names, DateTime::UNIX_EPOCH);
            (view.name, view.subject)
        };
        let id = "583231".to_owned();
        let named = ("octocat".to_owned(), Some(id.clone()));
        assert_eq!(shown("accounts.linked", AccountClass::Human), named);
        assert_eq!(
            shown("accounts.linked", AccountClass::Hidden),
            (id.clone(), None)
        );
        assert_eq!(shown("job.asked_for", AccountClass::Human), (id, None));
    }

    #[test]
    fn details_leave_out_what_is_shown() {
        assert_eq!(detail(&json!({"actor": "ann", "reason": "x"})), None);
        let shown = detail(&json!({"actor": "ann", "group": "web"})).unwrap();
        assert_eq!(shown, "{\n  \"group\": \"web\"\n}");
    }
}
