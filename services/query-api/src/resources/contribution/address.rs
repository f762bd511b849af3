//! Contributions by their address on GitHub.

use std::collections::BTreeSet;

use domain::dispute::{Disputed, DisputedThing};
use domain::{ContributionKind, RepositoryReference, SemanticKey, contribution_id};
use uuid::Uuid;

use super::{ContributionStanding, Contributions};
use crate::problem::Problem;
use crate::queries::disputes::standing;
use crate::queries::repositories::find_repository;
use crate::queries::snapshot::Snapshot;

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct AddressRequest {
    pub(crate) named: Disputed,
    /// Only the one of this kind.
    pub(crate) kind: Option<ContributionKind>,
}

/// Loads the contributions that an address names.
pub(crate) async fn load_contributions_at(
    snapshot: &mut Snapshot,
    request: &AddressRequest,
) -> Result<Contributions, Problem> {
    let named = &request.named;
    if let DisputedThing::Release(_) = named.what {
        return Err(Problem::not_found(
            "A release is known by the number that GitHub gives it, which its address does not \
             tell; use the id of its contribution, as the explanation of a score has it",
        ));
    }
    let by_name = RepositoryReference::from_name(&named.repository);
    let found = find_repository(snapshot.connection(), named.repository.as_str()).await?;
    let mut repositories: Vec<RepositoryReference> = Vec::from_iter(found.map(|it| it.reference));
    // What no id is known of may stand beside what is known by one.
    if !repositories.contains(&by_name) {
        repositories.push(by_name);
    }
    // What has a number in all of GitHub has one key, whatever its repository is called.
    let ids: BTreeSet<Uuid> = repositories
        .iter()
        .flat_map(|repository| keys(repository, &named.what))
        .map(|key| contribution_id(&key))
        .collect();
    let ids = Vec::from_iter(ids);
    let rows = standing(snapshot.connection(), &ids).await?;
    let kind = request.kind.map(ContributionKind::as_str);
    let is_meant = |repository: &str, of_kind: &str| {
        let is_here = repositories.iter().any(|it| it.as_str() == repository);
        is_here && kind.is_none_or(|kind| kind == of_kind)
    };
    let contributions: Vec<ContributionStanding> = rows
        .into_iter()
        .filter(|row| is_meant(&row.repository, &row.kind))
        .map(ContributionStanding::from)
        .collect();
    if contributions.is_empty() {
        let of_kind = kind.map_or_else(String::new, |kind| format!(" of the kind {kind}"));
        return Err(Problem::not_found(format!(
            "No contribution{of_kind} is known of {named}; if it is missing, \
             `leaderboard dispute` has GitHub asked for it"
        )));
    }
    Ok(Contributions { contributions })
}

/// The semantic keys of what an address may name. Closings are left out: their
/// keys hold the instant, which an address does not tell.
fn keys(repository: &RepositoryReference, what: &DisputedThing) -> Vec<String> {
    let keys = match what {
        DisputedThing::PullRequest(number) => {
            let number = *number;
            vec![
                SemanticKey::PullRequestOpened { repository, number },
                SemanticKey::PullRequestMerged { repository, number },
            ]
        }
        DisputedThing::Review { review, .. } => {
            vec![SemanticKey::PullRequestReviewed { review: *review }]
        }
        DisputedThing::ReviewComment(comment) => {
            vec![SemanticKey::ReviewComment { comment: *comment }]
        }
        DisputedThing::Issue(issue) => vec![SemanticKey::IssueOpened {
            repository,
            issue: *issue,
        }],
        DisputedThing::Comment { comment, .. } => vec![SemanticKey::Comment { comment: *comment }],
        DisputedThing::Commit(sha) => vec![SemanticKey::Commit { repository, sha }],
        DisputedThing::Release(_) => Vec::new(),
    };
    keys.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_keys() {
        let repository = RepositoryReference::from_id(7);
        let keys = |path: &str| {
            let url = format!("https://github.com/octo/hello/{path}");
            keys(&repository, &Disputed::parse(&url).unwrap().what)
        };
        let both = ["pull_request_opened:7:3", "pull_request_merged:7:3"];
        assert_eq!(keys("pull/3/files"), both);
        assert_eq!(
            keys("pull/3#pullrequestreview-9"),
            ["pull_request_reviewed:9"]
        );
        assert_eq!(keys("pull/3#discussion_r8"), ["review_comment:8"]);
        assert_eq!(keys("pull/3#issuecomment-5"), ["comment:5"]);
        assert_eq!(keys("issues/3"), ["issue_opened:7:3"]);
        let sha = "c0ffee0000000000000000000000000000000000";
        assert_eq!(keys(&format!("commit/{sha}")), [format!("commit:7:{sha}")]);
        assert!(keys("releases/tag/v1").is_empty());
    }
}
