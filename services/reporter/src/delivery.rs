//! Sending reports elsewhere.

use std::time::Duration;

use domain::jobs::{Failure, Severity};
use events::ReportPublished;
use reqwest::{Client, StatusCode, Url};
use serde_json::json;
use uuid::Uuid;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A place that reports are posted to.
#[derive(Clone, Debug)]
pub struct Webhook {
    client: Client,
    url: Url,
}

impl Webhook {
    /// A place by its address.
    ///
    /// # Errors
    /// What is wrong with the address, in words.
    pub fn new(url: &str) -> Result<Self, String> {
        let parsed: Url = url
            .parse()
            .map_err(|error| format!("{url:?} is no address: {error}"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!("{url:?} is neither http nor https"));
        }
        let client = Client::builder()
            .user_agent(concat!("leaderboard/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            client,
            url: parsed,
        })
    }

    /// Posts a report: its Markdown as `text`, which chat services show, and
    /// its document. It may arrive more than once, with the same id.
    pub(crate) async fn post(&self, id: Uuid, report: &ReportPublished) -> Result<(), Failure> {
        let body = json!({
            "id": id,
            "report": report.report,
            "of": report.of,
            "text": report.markdown,
            "document": report.document,
        });
        let sent = self.client.post(self.url.clone()).json(&body).send().await;
        let answer = sent.map_err(|error| {
            // The address may hold a secret: it is not told.
            Failure::new(
                Severity::Low,
                format!("the report was not taken: {}", error.without_url()),
            )
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let may_pass = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let severity = if may_pass {
            Severity::Low
        } else {
            Severity::High
        };
        Err(Failure::new(
            severity,
            format!("the report was not taken: {status}"),
        ))
    }
}
