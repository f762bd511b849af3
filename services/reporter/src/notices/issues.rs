//! Issues of a GitHub repository, as far as notices need them ("REST API
//! endpoints for issues", version 2022-11-28, read in November 2026).

use std::time::Duration;

use domain::jobs::{Failure, Severity};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How long GitHub may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The label of issues that are opened here, by which they are found again.
const LABEL: &str = "leaderboard-failure";

/// Pages of issues that are looked through at most.
const PAGES: u32 = 10;

/// Issues or comments of a page.
const PER_PAGE: usize = 100;

/// The issues of a repository.
#[derive(Clone, Debug)]
pub struct Issues {
    client: Client,
    url: String,
    repository: String,
    token: String,
}

/// An issue.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Issue {
    number: u64,
    html_url: String,
    #[serde(default)]
    body: Option<String>,
}

impl Issue {
    pub(crate) fn address(&self) -> String {
        self.html_url.clone()
    }
}

#[derive(Debug, Deserialize)]
struct Comment {
    #[serde(default)]
    body: Option<String>,
}

impl Issues {
    /// The issues of a repository (`owner/name`) at the address of GitHub's
    /// API, written to with a token that may do so.
    ///
    /// # Errors
    /// Why there can be no client, in words.
    pub fn new(url: &str, repository: &str, token: &str) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("leaderboard/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            url: url.trim_end_matches('/').to_owned(),
            repository: repository.to_owned(),
            token: token.to_owned(),
        })
    }

    /// The open issue of a cause.
    pub(crate) async fn find(&self, cause: &str) -> Result<Option<Issue>, Failure> {
        let marker = marker(cause);
        for page in 1..=PAGES {
            let path = format!("issues?state=open&labels={LABEL}&per_page={PER_PAGE}&page={page}");
            let issues: Vec<Issue> = self.ask(self.request(Method::GET, &path)).await?;
            let is_last = issues.len() < PER_PAGE;
            let is_it = |issue: &Issue| {
                issue
                    .body
                    .as_ref()
                    .is_some_and(|body| body.contains(&marker))
            };
            if let Some(found) = issues.into_iter().find(is_it) {
                return Ok(Some(found));
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }

    /// Opens the issue of a cause; returns its address.
    pub(crate) async fn open(
        &self,
        cause: &str,
        title: &str,
        text: &str,
    ) -> Result<String, Failure> {
        let body = json!({
            "title": title,
            "body": format!("{text}\n{}\n", marker(cause)),
            "labels": [LABEL],
        });
        let request = self.request(Method::POST, "issues").json(&body);
        let issue: Issue = self.ask(request).await?;
        Ok(issue.address())
    }

    /// Comments on an issue, unless a comment or the issue itself names the
    /// run already: a run of before that was broken off may have done so.
    pub(crate) async fn comment_once(
        &self,
        issue: &Issue,
        run: &str,
        text: &str,
    ) -> Result<(), Failure> {
        if issue.body.as_ref().is_some_and(|body| body.contains(run)) {
            return Ok(());
        }
        let number = issue.number;
        for page in 1..=PAGES {
            let path = format!("issues/{number}/comments?per_page={PER_PAGE}&page={page}");
            let comments: Vec<Comment> = self.ask(self.request(Method::GET, &path)).await?;
            let names =
                |comment: &Comment| comment.body.as_ref().is_some_and(|body| body.contains(run));
            if comments.iter().any(names) {
                return Ok(());
            }
            if comments.len() < PER_PAGE {
                break;
            }
        }
        let path = format!("issues/{number}/comments");
        let request = self
            .request(Method::POST, &path)
            .json(&json!({ "body": text }));
        let _: Value = self.ask(request).await?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/repos/{}/{path}", self.url, self.repository);
        self.client
            .request(method, url)
            .bearer_auth(&self.token)
            .header("Accept", "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28")
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let low = |error: reqwest::Error| {
            Failure::new(
                Severity::Low,
                format!("GitHub's issues cannot be reached: {error}"),
            )
        };
        let answer = request.send().await.map_err(low)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(low);
        }
        let said = answer.text().await.unwrap_or_default();
        let severity = if status.is_server_error() || is_limit(status, &said) {
            Severity::Low
        } else {
            Severity::High
        };
        let message = format!(
            "GitHub answered {status}; may the token write issues of {}?",
            self.repository
        );
        Err(Failure::new(severity, message))
    }
}

/// Whether an answer is about limits, which pass: 429, or 403 that says so, for a
/// spent budget as for too many requests at once.
fn is_limit(status: StatusCode, said: &str) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => said.contains("rate limit"),
        _ => false,
    }
}

/// What an issue's text holds, unseen, of the cause it is about.
fn marker(cause: &str) -> String {
    format!("<!-- leaderboard-cause: {cause} -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_pass_and_what_a_token_may_not_does_not() {
        let spent = r#"{"message":"API rate limit exceeded for user ID 1."}"#;
        let too_fast = r#"{"message":"You have exceeded a secondary rate limit."}"#;
        let may_not = r#"{"message":"Resource not accessible by personal access token"}"#;
        assert!(is_limit(StatusCode::FORBIDDEN, spent));
        assert!(is_limit(StatusCode::FORBIDDEN, too_fast));
        assert!(is_limit(StatusCode::TOO_MANY_REQUESTS, ""));
        assert!(!is_limit(StatusCode::FORBIDDEN, may_not));
        assert!(!is_limit(StatusCode::NOT_FOUND, spent));
    }
}
