//! Stand-ins for GitHub and BigQuery, each with something to read.

use chrono::{Days, TimeDelta};
use runtime::{Clock, SystemClock};
use serde_json::json;
use tests::bigquery::{self, Warehouse};
use tests::github::{Fault, Github};
use tests::star_of;

pub(super) const GITHUB_TOKEN: &str = "ghp_0123456789abcdefABCDEF0123456789abcd";
pub(super) use tests::bigquery::TOKEN as BIGQUERY_TOKEN;

/// Bytes that reading the day from BigQuery counts for.
const BYTES: u64 = 1 << 30;

/// Both of them.
pub(super) struct Sources {
    github: Github,
    warehouse: Warehouse,
    yesterday: String,
}

impl Sources {
    /// Starts them: at GitHub a star of octo/bird, and a star and a merge of octo/cat of an
    /// hour ago, of which it does not say whose it is, in BigQuery a star of yesterday.
    pub(super) async fn start() -> Self {
        let now = SystemClock.now();
        let ago = now - TimeDelta::hours(1);
        let github = Github::start(now).await.unwrap();
        let merge = json!({
            "id": "2", "type": "PullRequestEvent", "created_at": ago.to_rfc3339(),
            "actor": { "id": 1, "login": "merger" }, "repo": { "id": 7, "name": "octo/cat" },
            "payload": {
                "action": "merged", "number": 12,
                "pull_request": { "id": 900, "number": 12, "url": "", "head": {}, "base": {} },
            },
        });
        let pull_request = json!({
            "id": 900, "number": 12, "merged": true, "additions": 300, "deletions": 20,
            "user": { "id": 2, "login": "author", "type": "User" },
            "merged_by": { "id": 1, "login": "merger", "type": "User" },
            "created_at": ago.to_rfc3339(), "closed_at": ago.to_rfc3339(),
            "merged_at": ago.to_rfc3339(), "merge_commit_sha": "d".repeat(40),
        });
        let star = star_of((7, "octo/cat"), ago, 31);
        github.set_repository(7, "octo/cat", vec![merge, star]);
        github.set_object(7, "pulls/12", pull_request);
        let star = star_of((9, "octo/bird"), ago, 33);
        github.set_repository(9, "octo/bird", vec![star]);

        let warehouse = Warehouse::start().await.unwrap();
        let yesterday = now.date_naive() - Days::new(1);
        let noon = yesterday.and_hms_opt(12, 0, 0).unwrap().and_utc();
        let star = star_of((7, "octo/cat"), noon, 32);
        warehouse.set_day(yesterday, vec![star], (BYTES, BYTES));
        Self {
            github,
            warehouse,
            yesterday: yesterday.to_string(),
        }
    }

    /// The flags that lead to them.
    pub(super) fn flags(&self) -> [&str; 12] {
        [
            "--github-url",
            self.github.address(),
            "--github-token",
            GITHUB_TOKEN,
            "--bigquery-url",
            self.warehouse.address(),
            "--bigquery-token",
            BIGQUERY_TOKEN,
            "--bigquery-project",
            "payer",
            "--floor",
            &self.yesterday,
        ]
    }

    /// From now on GitHub says that it is asked too much.
    pub(super) fn limit_github(&self) {
        let fault = Fault::TooManyFor { retry_after: 900 };
        self.github.fail(0, u64::MAX, fault);
    }

    /// From now on GitHub is out of order.
    pub(super) fn break_github(&self) {
        self.github.fail(0, u64::MAX, Fault::BadGateway);
    }

    /// From now on it is not.
    pub(super) fn mend_github(&self) {
        self.github.recover();
    }

    /// Has BigQuery answer no request once, and not do what it is asked once.
    pub(super) fn break_a_job_of_bigquery(&self) {
        self.warehouse.fail(0, 1, bigquery::Fault::Html);
        self.warehouse.fail_job("backendError");
    }

    /// From now on what was read is paid for again.
    pub(super) fn forget_rows(&self) {
        self.warehouse.forget_rows();
    }
}
