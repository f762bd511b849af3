//! Whom, or what, is compared.

use domain::{ClassFilter, Metric, Period};

use super::{Of, Request};
use crate::addresses::{
    account_segment, asked_again, contributor_path, path_segment, repository_path,
};
use crate::api::Api;
use crate::page::choices::Choice;
use crate::page::words::class_mark;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::resources::comparison::{Numbers, numbers_of_contributor, numbers_of_repository};
use crate::resources::leaderboard::{BoardRequest, load_entries};
use crate::target::{ScopeName, Target};

/// Somebody, or something, and what was done day by day.
pub(super) struct Subject {
    pub(super) name: String,
    /// What images ask for it by.
    pub(super) asked: String,
    pub(super) page: String,
    pub(super) mark: Option<&'static str>,
    /// The class of the colour in the style sheet.
    pub(super) colour: &'static str,
    pub(super) numbers: Numbers,
}

pub(super) async fn load_contributor(
    api: &Api,
    snapshot: &mut Snapshot,
    login: &str,
    request: &Request,
) -> Result<Subject, Problem> {
    let (account, numbers) = numbers_of_contributor(api, snapshot, login, request.period).await?;
    Ok(Subject {
        page: contributor_path(&account.reference, &account.login, login),
        asked: asked_again(&account.reference, &account.login, login),
        name: account.login,
        mark: class_mark(account.class),
        colour: "",
        numbers,
    })
}

pub(super) async fn load_repository(
    api: &Api,
    snapshot: &mut Snapshot,
    name: &str,
    request: &Request,
) -> Result<Subject, Problem> {
    let (period, class) = (request.period, request.class);
    let (repository, numbers) = numbers_of_repository(api, snapshot, name, period, class).await?;
    Ok(Subject {
        page: format!("/repositories/{}", repository_path(&repository.name)),
        asked: repository.name.clone(),
        name: repository.name,
        mark: None,
        colour: "",
        numbers,
    })
}

/// Whom to compare, for whoever has nobody in mind: the first of the board, or
/// where the first of the board works.
pub(super) async fn suggestions(
    api: &Api,
    snapshot: &mut Snapshot,
    of: Of,
) -> Result<Option<Choice>, Problem> {
    let request = BoardRequest {
        as_of: None,
        scope: ScopeName::Global,
        period: Period::All,
        metric: Metric::Score,
        class: ClassFilter::Human,
        company: None,
        limit: 3,
        after: None,
    };
    let (entries, _) = load_entries(api, snapshot, &Target::Global, &request).await?;
    let names: Vec<String> = match (of, entries.first()) {
        (_, None) => return Ok(None),
        (Of::Contributors, _) => entries.into_iter().map(|entry| entry.login).collect(),
        (Of::Repositories, Some(first)) => {
            let asked = account_segment(&first.account);
            let period = Some(Period::All);
            let found = crate::resources::contributor::load_contributor(
                api, snapshot, &asked, period, None,
            );
            let repositories = found.await?.contributor.repositories;
            let names = repositories.into_iter().map(|standing| standing.name);
            names.take(3).collect()
        }
    };
    if names.len() < 2 {
        return Ok(None);
    }
    let pairs: Vec<String> = names
        .iter()
        .map(|name| format!("name={}", path_segment(name)))
        .collect();
    Ok(Some(Choice {
        label: names.join(", "),
        title: String::new(),
        value: String::new(),
        address: format!("{}?{}", of.path(), pairs.join("&")),
        selected: false,
    }))
}
