//! The repositories of an organization or of a group, beside its board.

use crate::addresses::{repository_path, with_query};
use crate::page::words::counted;
use crate::problem::Problem;
use crate::queries::repositories::names_of;
use crate::queries::snapshot::Snapshot;
use crate::target::{ScopeName, find_target};

/// Most that are named on a page.
const MOST: usize = 60;

/// A repository, and the page of its board.
pub(crate) struct RepositoryLink {
    pub(crate) name: String,
    pub(crate) page: String,
}

/// The repositories of a scope that has several.
pub(crate) struct Repositories {
    /// How many there are, in words.
    pub(crate) count: String,
    pub(crate) shown: Vec<RepositoryLink>,
    /// Where all are listed, if not here.
    pub(crate) all: Option<String>,
}

/// The repositories of a scope, by name; none of a scope that is one, or everything.
pub(super) async fn repositories_of(
    snapshot: &mut Snapshot,
    scope: &ScopeName,
) -> Result<Option<Repositories>, Problem> {
    let all = match scope {
        ScopeName::Global | ScopeName::Repository(_) => return Ok(None),
        ScopeName::Organization(owner) => with_query("/api/v1/repositories", &[("owner", owner)]),
        ScopeName::Group(_) => "/api/v1/groups".to_owned(),
    };
    let target = find_target(snapshot, scope).await?;
    let references = target.repositories().unwrap_or_default();
    let names = names_of(snapshot.connection(), references).await?;
    Ok(Some(listed(names.into_values().collect(), all)))
}

fn listed(mut names: Vec<String>, all: String) -> Repositories {
    names.sort_by_key(|name| name.to_lowercase());
    let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
    Repositories {
        count: counted(count, "repository", "repositories"),
        all: (names.len() > MOST).then_some(all),
        shown: names
            .into_iter()
            .take(MOST)
            .map(|name| RepositoryLink {
                page: format!("/repositories/{}", repository_path(&name)),
                name,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_a_long_list_leads_to_the_whole() {
        let names = |count: usize| (0..count).map(|place| format!("a/r{place:03}")).rev();
        let all = "/api/v1/groups".to_owned();
        let few = listed(names(2).collect(), all.clone());
        assert_eq!(few.count, "2 repositories");
        assert_eq!(few.shown[0].page, "/repositories/a/r000");
        assert_eq!(few.all, None);
        let many = listed(names(MOST + 1).collect(), all.clone());
        assert_eq!(many.count, "61 repositories");
        assert_eq!((many.shown.len(), many.all), (MOST, Some(all)));
    }
}
