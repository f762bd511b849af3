//! Asking GitHub, within its limits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use runtime::{Admission, CircuitBreaker, Clock};
use serde_json::Value;

use super::answer::{Answer, Page, status_class};
use super::error::GithubError;
use super::tokens::{Limits, Pool, Refusal, Token};
use super::validators::Validators;

/// The version of the API that is asked for.
const API_VERSION: &str = "2022-11-28";

/// Redirects followed: a repository may have been renamed more than once.
const REDIRECTS: usize = 5;

/// How to reach GitHub.
#[derive(Clone, Debug)]
pub struct GithubSettings {
    /// The API's address: `https://api.github.com`, or that of an enterprise
    /// server.
    pub url: String,
    /// Tokens; without any, GitHub is asked anonymously, 60 times an hour.
    pub tokens: Vec<Token>,
    /// The first wait before what failed is tried again.
    pub first_wait: Duration,
    /// How long GitHub may take to answer a request, to its last byte.
    pub patience: Duration,
}

impl Default for GithubSettings {
    fn default() -> Self {
        Self {
            url: "https://api.github.com".to_owned(),
            tokens: Vec::new(),
            first_wait: Duration::from_millis(500),
            patience: Duration::from_secs(60),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Question<'a> {
    path: &'a str,
    /// What the answer that is known is known by.
    validator: Option<&'a str>,
    /// A query of the GraphQL API.
    query: Option<&'a Value>,
}

/// A client of GitHub's REST and GraphQL APIs.
pub struct GithubClient {
    client: Client,
    base: Url,
    pool: Pool,
    /// GraphQL has a budget of its own, in points.
    points: Pool,
    has_tokens: bool,
    circuit: CircuitBreaker,
    clock: Arc<dyn Clock>,
    backoff: ExponentialBuilder,
    /// Of what is asked for again.
    validators: Mutex<Validators>,
}

impl GithubClient {
    /// A client. The process must have installed its provider of cryptography
    /// before.
    ///
    /// # Errors
    /// [`GithubError::Address`] and [`GithubError::Client`].
    pub fn new(settings: GithubSettings, clock: Arc<dyn Clock>) -> Result<Self, GithubError> {
        let url = settings.url.trim_end_matches('/');
        let base: Url = url.parse().map_err(|error| GithubError::Address {
            url: settings.url.clone(),
            detail: format!("{error}"),
        })?;
        let origin = base.origin();
        let redirects = Policy::custom(move |attempt| {
            // A token is for this host alone, and for no wire that anybody reads.
            if attempt.url().origin() != origin {
                attempt.error("it redirects to another host, port or scheme")
            } else if attempt.previous().len() > REDIRECTS {
                attempt.error("it redirects too often")
            } else {
                attempt.follow()
            }
        });
        let client = Client::builder()
            .user_agent(concat!("leaderboard/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(settings.patience)
            .redirect(redirects)
            .build()
            .map_err(GithubError::Client)?;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(settings.first_wait)
            .with_max_times(3)
            .with_jitter();
        Ok(Self {
            client,
            base,
            has_tokens: !settings.tokens.is_empty(),
            points: Pool::new(settings.tokens.clone(), "github_points_left"),
            pool: Pool::new(settings.tokens, "github_requests_left"),
            circuit: CircuitBreaker::of("github"),
            clock,
            backoff,
            validators: Mutex::default(),
        })
    }

    /// The address of a path, as contributions refer to it.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// Whether GitHub is left alone after failures.
    #[must_use]
    pub fn circuit(&self) -> &CircuitBreaker {
        &self.circuit
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Asks for something unless it is still what was remembered of it.
    ///
    /// # Errors
    /// [`GithubError`]; what fails for a passing reason was tried again.
    pub async fn get_if_changed(&self, path: &str) -> Result<Answer, GithubError> {
        let validator = self.validators().get(path);
        self.ask(Question {
            path,
            validator: validator.as_deref(),
            query: None,
        })
        .await
    }

    /// Remembers what was answered by its validator, once it is made use of: a
    /// reader that is broken off before must be answered again.
    pub fn remember(&self, path: &str, validator: Option<&str>) {
        self.validators().remember(path, validator);
    }

    /// Asks for something.
    ///
    /// # Errors
    /// As [`GithubClient::get_if_changed`].
    pub async fn get(&self, path: &str) -> Result<Page, GithubError> {
        self.ask_anew(Question {
            path,
            validator: None,
            query: None,
        })
        .await
    }

    /// Whether GraphQL can be asked: it takes a token.
    #[must_use]
    pub fn can_query(&self) -> bool {
        self.has_tokens
    }

    /// Asks GraphQL; errors may be part of what it answers.
    ///
    /// # Errors
    /// As [`GithubClient::get_if_changed`].
    pub(super) async fn query(&self, query: &Value) -> Result<Page, GithubError> {
        self.ask_anew(Question {
            path: "/graphql",
            validator: None,
            query: Some(query),
        })
        .await
    }

    async fn ask_anew(&self, question: Question<'_>) -> Result<Page, GithubError> {
        match self.ask(question).await? {
            Answer::Fresh(page) => Ok(page),
            Answer::Unchanged => Err(GithubError::Status {
                path: question.path.to_owned(),
                status: StatusCode::NOT_MODIFIED,
                detail: "although nothing was said to be known".to_owned(),
            }),
        }
    }

    fn validators(&self) -> std::sync::MutexGuard<'_, Validators> {
        self.validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, question: Question<'_>) -> Result<Answer, GithubError> {
        let attempt = || self.try_ask(question);
        attempt
            .retry(self.backoff)
            .when(GithubError::is_transient)
            .notify(|error, wait| tracing::warn!(%error, ?wait, "github_retrying"))
            .await
    }

    /// Asks with one token after the other until one is not refused.
    async fn try_ask(&self, question: Question<'_>) -> Result<Answer, GithubError> {
        let path = question.path;
        let pool = if question.query.is_some() {
            &self.points
        } else {
            &self.pool
        };
        loop {
            let now = self.clock.now();
            // Before the circuit is asked: who has no token does not try.
            let (place, token) = pool.choose(now).map_err(GithubError::Exhausted)?;
            let admitted = self.circuit.admit(now);
            let admission = admitted.map_err(GithubError::CircuitOpen)?;
            let sent = self.send(question, token.as_ref()).await;
            let response =
                sent.inspect_err(|_| self.circuit.failed(admission, self.clock.now()))?;
            let status = response.status();
            let limits = Limits::told(response.headers());
            let refusal = Refusal::told(status, limits);
            pool.note(place, limits, refusal, now);
            let class = status_class(status);
            metrics::counter!("github_requests_total", "status" => class).increment(1);
            match refusal {
                Some(refusal) => {
                    self.circuit.succeeded(self.clock.now());
                    if refusal == Refusal::Invalid && token.is_some() {
                        tracing::error!("github_token_refused");
                    } else {
                        tracing::warn!(source = "github", path, ?limits, "rate_limit_hit");
                    }
                }
                None => match self.take_whole(path, response, admission).await {
                    // Without any header that would say so.
                    Err(GithubError::Status { status, detail, .. })
                        if status == StatusCode::FORBIDDEN && detail.contains("rate limit") =>
                    {
                        let refusal = Some(Refusal::Limited);
                        pool.note(place, limits, refusal, now);
                    }
                    // GraphQL says so with status 200.
                    Ok(Answer::Fresh(page)) if question.query.is_some() && page.says_limited() => {
                        tracing::warn!(source = "github", path, ?limits, "rate_limit_hit");
                        pool.note(place, limits, Some(Refusal::Limited), now);
                    }
                    outcome => return outcome,
                },
            }
        }
    }

    async fn send(
        &self,
        question: Question<'_>,
        token: Option<&Token>,
    ) -> Result<Response, GithubError> {
        let path = question.path;
        let asked = match question.query {
            Some(query) => self.client.post(self.graphql_address()).json(query),
            None => self.client.get(self.address(path)),
        };
        let mut request = asked
            .header(ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", API_VERSION);
        if let Some(token) = token {
            request = request.bearer_auth(token.secret());
        }
        if let Some(validator) = question.validator {
            request = request.header(IF_NONE_MATCH, validator);
        }
        request
            .send()
            .await
            .map_err(|source| GithubError::connection(path, source))
    }

    /// An enterprise server has its REST API at `/api/v3`, and GraphQL at
    /// `/api/graphql` ("Forming calls with GraphQL", read in November 2026).
    fn graphql_address(&self) -> String {
        let base = self.base.as_str().trim_end_matches('/');
        format!("{}/graphql", base.strip_suffix("/v3").unwrap_or(base))
    }

    /// Takes an answer to its end. One that breaks off is none.
    async fn take_whole(
        &self,
        path: &str,
        response: Response,
        admission: Admission,
    ) -> Result<Answer, GithubError> {
        let answer = Answer::take(path, response).await;
        match &answer {
            Err(error) if error.is_transient() => {
                self.circuit.failed(admission, self.clock.now());
            }
            _ => self.circuit.succeeded(self.clock.now()),
        }
        answer
    }
}
