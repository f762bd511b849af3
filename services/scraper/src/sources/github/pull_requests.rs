//! Many pull requests of a repository in one query of GitHub's GraphQL API, in
//! the shape that its REST API gives them ("Objects", read in November 2026).

use std::collections::HashMap;
use std::fmt::Write;

use domain::RepositoryName;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::GithubClient;
use super::error::GithubError;

/// The parts of a pull request that are asked for. Ids that do not fit 32 bits
/// are in `fullDatabaseId` alone, which is a text.
const FRAGMENTS: &str = "
fragment pull on PullRequest {
  fullDatabaseId number createdAt closedAt merged mergedAt additions deletions
  mergeCommit { oid } author { ...account } mergedBy { ...account }
}
fragment account on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
}";

/// What became of a question for many pull requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Batch {
    /// What is known of each that was asked for.
    Answered(HashMap<u64, PullRequestAnswer>),
    /// It was more than GitHub gives at once.
    TooMuch,
    /// GitHub does not answer such questions, or not this one.
    Unusable,
}

/// What is known of a pull request.
#[derive(Clone, Debug, PartialEq)]
pub enum PullRequestAnswer {
    /// This, in the shape of the REST API.
    Known(Value),
    /// GitHub does not have it.
    Gone,
    /// Only the REST API can tell.
    Unclear,
}

#[derive(Deserialize)]
struct Answered {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Failed>,
}

#[derive(Deserialize)]
struct Data {
    repository: Option<HashMap<String, Option<PullRequest>>>,
}

/// Why a part of a query has no answer.
#[derive(Deserialize)]
struct Failed {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    path: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    full_database_id: Option<String>,
    number: u64,
    created_at: Option<String>,
    closed_at: Option<String>,
    merged: bool,
    merged_at: Option<String>,
    additions: u64,
    deletions: u64,
    merge_commit: Option<MergeCommit>,
    author: Option<Actor>,
    merged_by: Option<Actor>,
}

#[derive(Deserialize)]
struct MergeCommit {
    oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Actor {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
    database_id: Option<u64>,
}

impl GithubClient {
    /// Asks for pull requests of a repository by their numbers, in one query.
    ///
    /// # Errors
    /// [`GithubError`] when GitHub does not answer at all.
    pub async fn pull_requests(
        &self,
        repository: &RepositoryName,
        numbers: &[u64],
    ) -> Result<Batch, GithubError> {
        let page = match self.query(&question(repository, numbers)).await {
            Ok(page) => page,
            Err(error) if error.is_transient() => return Err(error),
            Err(error @ GithubError::CircuitOpen(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "github_query_failed");
                return Ok(Batch::Unusable);
            }
        };
        let answered = page.read();
        Ok(answered.map_or(Batch::Unusable, |answered| judge(answered, numbers)))
    }
}

fn question(repository: &RepositoryName, numbers: &[u64]) -> Value {
    let mut query = String::from(
        "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {",
    );
    for number in numbers {
        // Writing to a text cannot fail.
        _ = write!(
            query,
            "\n{}: pullRequest(number: {number}) {{ ...pull }}",
            alias(*number)
        );
    }
    query.push_str("\n} }");
    query.push_str(FRAGMENTS);
    let (owner, name) = repository.as_str().split_once('/').unwrap_or_default();
    json!({ "query": query, "variables": { "owner": owner, "name": name } })
}

fn alias(number: u64) -> String {
    format!("p{number}")
}

fn judge(answered: Answered, numbers: &[u64]) -> Batch {
    let mut gone = Vec::new();
    for failed in &answered.errors {
        match (failed.kind.as_str(), failed.path.as_slice()) {
            ("RESOURCE_LIMITS_EXCEEDED", _) => return Batch::TooMuch,
            ("NOT_FOUND", [_, Value::String(alias)]) => gone.push(alias.as_str()),
            (kind, _) => {
                tracing::warn!(kind, "github_query_refused");
                return Batch::Unusable;
            }
        }
    }
    let Some(mut found) = answered.data.and_then(|data| data.repository) else {
        return Batch::Unusable;
    };
    let answers = numbers.iter().map(|number| {
        let alias = alias(*number);
        let answer = match found.remove(&alias).flatten() {
            Some(pull_request) => pull_request.answer(),
            None if gone.contains(&alias.as_str()) => PullRequestAnswer::Gone,
            None => PullRequestAnswer::Unclear,
        };
        (*number, answer)
    });
    Batch::Answered(answers.collect())
}

impl PullRequest {
    /// Accounts that GraphQL leaves out the REST API may still name.
    fn answer(self) -> PullRequestAnswer {
        self.in_shape_of_rest()
            .map_or(PullRequestAnswer::Unclear, PullRequestAnswer::Known)
    }

    fn in_shape_of_rest(self) -> Option<Value> {
        let id: u64 = self.full_database_id?.parse().ok()?;
        let (merged_by, commit) = if self.merged {
            let by = self.merged_by?.in_shape_of_rest()?;
            (by, json!(self.merge_commit?.oid))
        } else {
            (Value::Null, Value::Null)
        };
        Some(json!({
            "id": id, "number": self.number, "user": self.author?.in_shape_of_rest()?,
            "created_at": self.created_at, "closed_at": self.closed_at,
            "merged": self.merged, "merged_at": self.merged_at, "merged_by": merged_by,
            "additions": self.additions, "deletions": self.deletions,
            "merge_commit_sha": commit,
        }))
    }
}

impl Actor {
    /// The REST API marks the logins of bots.
    fn in_shape_of_rest(self) -> Option<Value> {
        let login = match self.kind.as_str() {
            "User" => self.login,
            "Bot" => format!("{}[bot]", self.login),
            _ => return None,
        };
        Some(json!({ "id": self.database_id?, "login": login, "type": self.kind }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(answer: Value) -> Batch {
        judge(serde_json::from_value(answer).unwrap(), &[1, 2])
    }

    fn pull_request(merged_by: &Value) -> Value {
        json!({
            "fullDatabaseId": "5000000000", "number": 1, "merged": true,
            "createdAt": "2026-05-30T10:00:00Z", "closedAt": "2026-06-01T15:00:00Z",
            "mergedAt": "2026-06-01T15:00:00Z", "additions": 3, "deletions": 2,
            "mergeCommit": { "oid": "d" }, "mergedBy": merged_by,
            "author": { "__typename": "Bot", "login": "robot", "databaseId": 9 },
        })
    }

    #[test]
    fn what_is_missing_is_gone_and_whom_graphql_does_not_name_rest_is_asked_for() {
        let user = json!({ "__typename": "User", "login": "merger", "databaseId": 8 });
        let missing = json!([{ "type": "NOT_FOUND", "path": ["repository", "p2"] }]);
        let repository = json!({ "p1": pull_request(&user), "p2": null });
        let batch = judged(json!({ "data": { "repository": repository }, "errors": missing }));
        let Batch::Answered(answers) = batch else {
            panic!("{batch:?}");
        };
        assert_eq!(answers[&2], PullRequestAnswer::Gone);
        let PullRequestAnswer::Known(known) = &answers[&1] else {
            panic!("{answers:?}");
        };
        assert_eq!(known["id"], 5_000_000_000_u64);
        assert_eq!(
            known["user"],
            json!({ "id": 9, "login": "robot[bot]", "type": "Bot" })
        );
        let repository = json!({ "p1": pull_request(&Value::Null), "p2": null });
        let batch = judged(json!({ "data": { "repository": repository } }));
        let unclear = [1, 2].map(|number| (number, PullRequestAnswer::Unclear));
        assert_eq!(batch, Batch::Answered(HashMap::from(unclear)));
    }

    #[test]
    fn every_answer_tells_of_what_was_asked_for_and_of_nothing_else() {
        let user = json!({ "__typename": "User", "login": "merger", "databaseId": 8 });
        let found = json!({ "data": { "repository": { "p1": pull_request(&user), "p2": null } },
            "errors": [{ "type": "NOT_FOUND", "path": ["repository", "p2"] }] });
        let limited = json!({ "data": null, "errors": [{ "type": "RESOURCE_LIMITS_EXCEEDED" }] });
        let texts = [found.to_string(), limited.to_string()];
        let seeds = fuzz::Seeds::these(texts.iter().map(String::as_str));
        bolero::check!()
            .with_type::<fuzz::Mutation>()
            .with_iterations(4_000)
            .for_each(|mutation| {
                let text = mutation.apply(&seeds);
                let Ok(answered) = serde_json::from_slice::<Answered>(&text) else {
                    return;
                };
                if let Batch::Answered(answers) = judge(answered, &[1, 2]) {
                    assert_eq!(answers.len(), 2);
                    for answer in answers.values() {
                        if let PullRequestAnswer::Known(known) = answer {
                            assert!(known["id"].is_u64() && known["user"]["id"].is_u64());
                            assert_eq!(known["merged"] == true, known["merged_by"].is_object());
                        }
                    }
                }
            });
    }

    #[test]
    fn limits_make_it_too_much_and_other_errors_unusable() {
        let failed = |kind| judged(json!({ "data": null, "errors": [{ "type": kind }] }));
        assert_eq!(failed("RESOURCE_LIMITS_EXCEEDED"), Batch::TooMuch);
        assert_eq!(failed("FORBIDDEN"), Batch::Unusable);
        assert_eq!(judged(json!({ "data": null })), Batch::Unusable);
    }
}
