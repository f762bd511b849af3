//! What is worth knowing about a scope besides its board.

use crate::addresses::{path_segment, repository_path};
use crate::page::words::counted;
use crate::problem::Problem;
use crate::queries::contributions::pending_in;
use crate::queries::repositories::{Repository, names_over_time};
use crate::queries::snapshot::Snapshot;
use crate::resources::leaderboard::Leaderboard;

/// A short statement beside a heading.
pub(crate) struct Fact {
    pub(crate) text: String,
    pub(crate) link: Option<String>,
}

/// What is worth knowing about a scope besides its board.
pub(super) async fn about(
    snapshot: &mut Snapshot,
    board: &Leaderboard,
) -> Result<Vec<Fact>, Problem> {
    let scope = &board.meta.scope;
    let mut facts = Vec::new();
    if let Some(repositories) = scope.repositories {
        let repositories = i64::try_from(repositories).unwrap_or(i64::MAX);
        facts.push(Fact {
            text: counted(repositories, "repository", "repositories"),
            link: Some("#repositories".to_owned()),
        });
    }
    if scope.kind == "organization" {
        facts.push(Fact {
            text: "On GitHub".to_owned(),
            link: Some(format!("https://github.com/{}", path_segment(&scope.name))),
        });
    }
    if let Some(reference) = &scope.repository {
        let repository = Repository {
            reference: domain::RepositoryReference::from_stored(reference.clone()),
            name: scope.name.clone(),
        };
        facts.extend(repository_facts(snapshot, &repository).await?);
    }
    Ok(facts)
}

async fn repository_facts(
    snapshot: &mut Snapshot,
    repository: &Repository,
) -> Result<Vec<Fact>, Problem> {
    let owner = repository.name.split('/').next().unwrap_or_default();
    let fact = |text, link| Fact { text, link };
    let mut facts = vec![
        fact(
            format!("All of {owner}"),
            Some(format!("/organizations/{}", path_segment(owner))),
        ),
        fact(
            "On GitHub".to_owned(),
            Some(format!(
                "https://github.com/{}",
                repository_path(&repository.name)
            )),
        ),
        fact(
            "Compare with others".to_owned(),
            Some(format!(
                "/compare/repositories?name={}",
                path_segment(&repository.name)
            )),
        ),
    ];
    let names = names_over_time(snapshot.connection(), &repository.reference).await?;
    let former: Vec<String> = names
        .into_iter()
        .map(|name| name.name)
        .filter(|name| !name.eq_ignore_ascii_case(&repository.name))
        .collect();
    if !former.is_empty() {
        facts.push(fact(format!("Formerly {}", former.join(", ")), None));
    }
    let pending = pending_in(snapshot.connection(), &repository.reference).await?;
    if pending > 0 {
        facts.push(fact(
            format!(
                "{} credited to nobody yet",
                counted(pending, "contribution", "contributions")
            ),
            None,
        ));
    }
    Ok(facts)
}
