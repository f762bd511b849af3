//! Webhooks as a file has them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use domain::{ContributionKind, RepositoryName};
use events::Subject;
use reqwest::Url;
use serde::Deserialize;
use thiserror::Error;

use crate::webhook::ContributionsOfInterest;
use crate::{BoardOfInterest, Secret, Webhook};

/// Deliveries of a webhook that are under way at a time, unless it says otherwise.
const PARALLEL: u32 = 4;

/// Attempts before a message that is refused becomes a dead letter, unless the
/// webhook says otherwise: with doubling waits that is after ten minutes.
const ATTEMPTS: u64 = 8;

/// Seconds between two looks at a board, unless the webhook says otherwise.
const EVERY: u64 = 60;

/// The kinds of subjects that stand for what happened to contributions later.
const LATER: [&str; 3] = ["enriched", "retracted", "reinstated"];

/// Filters of subjects that a webhook may need at most: a repository and a kind each.
const MOST_FILTERS: usize = 500;

/// Why webhooks cannot be.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the file of webhooks cannot be read: line {line}: {problem}")]
    Toml {
        /// Where it ends to be readable.
        line: usize,
        /// What is wrong, without anything that the file says: it holds secrets.
        problem: String,
    },
    /// What it says cannot be.
    #[error("these webhooks cannot be: {}", .0.join("; "))]
    Faults(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    webhooks: BTreeMap<String, Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    secret_files: Vec<PathBuf>,
    parallel: Option<u32>,
    attempts: Option<u64>,
    contributions: Option<Contributions>,
    #[serde(default)]
    boards: Vec<String>,
    every: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contributions {
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    from_start: bool,
}

/// What is wrong with a file that cannot be read. Its line is not shown, nor any
/// value in what is said of it: either may be a secret.
fn unreadable(text: &str, error: &toml::de::Error) -> SettingsError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.unwrap_or_default().matches('\n').count() + 1;
    let shown = |(place, part): (usize, &str)| match place % 2 {
        0 => part.to_owned(),
        _ => "\"…\"".to_owned(),
    };
    // A value is between quotation marks, and may hold some itself.
    let said = error.message().replace("\\\"", "");
    let problem = said.split('"').enumerate().map(shown).collect();
    SettingsError::Toml { line, problem }
}

/// The webhooks of a file; `api` says whether it is known where boards are had.
///
/// # Errors
/// [`SettingsError`], with every fault.
pub fn webhooks(text: &str, api: bool) -> Result<Vec<Webhook>, SettingsError> {
    let file: File = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
    let mut faults = Vec::new();
    if file.webhooks.is_empty() {
        faults.push("there is none; give one as [webhooks.NAME]".to_owned());
    }
    let mut found = Vec::new();
    for (name, written) in file.webhooks {
        let mut own = Vec::new();
        found.extend(webhook(&name, written, api, &mut own));
        faults.extend(own.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(SettingsError::Faults(faults))
    }
}

fn webhook(name: &str, written: Written, api: bool, faults: &mut Vec<String>) -> Option<Webhook> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 60 || !name.bytes().all(legal) {
        faults.push("a name is up to 60 lower-case letters, digits and hyphens".to_owned());
    }
    let url = written.url.parse::<Url>().ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        faults.push("url is no http or https address".to_owned());
    }
    let secrets = secrets(&written, faults);
    let parallel = written.parallel.unwrap_or(PARALLEL);
    if !(1..=100).contains(&parallel) {
        faults.push(format!("parallel is {parallel}; use 1 to 100"));
    }
    let attempts = written.attempts.unwrap_or(ATTEMPTS);
    if attempts == 0 {
        faults.push("attempts is 0; use 1 or more".to_owned());
    }
    let every = written.every.unwrap_or(EVERY);
    if every == 0 {
        faults.push("every is 0 seconds; use 1 or more".to_owned());
    }
    if written.contributions.is_none() && written.boards.is_empty() {
        faults.push("it wants nothing; give it contributions = {} or boards".to_owned());
    }
    if !api && !written.boards.is_empty() {
        faults.push("boards are asked of the query API; say where it is with --api".to_owned());
    }
    let contributions = written
        .contributions
        .map(|wanted| contributions(&wanted, faults));
    let boards = written.boards.iter().filter_map(|board| {
        let legal = board.bytes().all(|byte| byte.is_ascii_graphic());
        if !legal || board.is_empty() || board.starts_with('/') || board.contains("..") {
            faults.push(format!(
                "{board:?} is no board; give what stands after /api/v1/leaderboards/"
            ));
            return None;
        }
        Some(BoardOfInterest {
            board: board.clone(),
            every: Duration::from_secs(every),
        })
    });
    let boards = boards.collect();
    Some(Webhook {
        name: name.to_owned(),
        url: url?,
        secrets,
        parallel,
        attempts,
        contributions,
        boards,
    })
}

fn secrets(written: &Written, faults: &mut Vec<String>) -> Vec<Secret> {
    let mut texts = written.secrets.clone();
    for file in &written.secret_files {
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push(text),
            Err(error) => faults.push(format!("secret file {}: {error}", file.display())),
        }
    }
    if written.secrets.is_empty() && written.secret_files.is_empty() {
        faults.push("it has no secret; give secrets or secret_files".to_owned());
    }
    let mut secrets = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(secret) => secrets.push(secret),
            Err(error) => faults.push(format!("{error}")),
        }
    }
    secrets
}

fn contributions(wanted: &Contributions, faults: &mut Vec<String>) -> ContributionsOfInterest {
    let mut kinds = Vec::new();
    for kind in &wanted.kinds {
        let known = kind.parse::<ContributionKind>().is_ok() || LATER.contains(&kind.as_str());
        if known {
            kinds.push(kind.as_str());
        } else {
            let all = ContributionKind::ALL.map(|kind| kind.as_str()).join(", ");
            faults.push(format!(
                "{kind:?} is no kind; there are {all}, and {}",
                LATER.join(", ")
            ));
        }
    }
    let mut repositories = Vec::new();
    for repository in &wanted.repositories {
        let every_of = repository.strip_suffix("/*");
        // The name stands for any: it is told from the rest by its filter alone.
        let name = every_of.map_or(repository.clone(), |owner| format!("{owner}/any"));
        match RepositoryName::entered(&name) {
            Ok(name) => repositories.push((name, every_of.is_some())),
            Err(_) => faults.push(format!(
                "{repository:?} is no repository; give owner/name or owner/*"
            )),
        }
    }
    let subjects = Subject::of_contributions_in(&repositories, &kinds);
    if subjects.len() > MOST_FILTERS {
        faults.push(format!(
            "{} repositories times kinds are too many; {MOST_FILTERS} are the most, so leave kinds out or make more webhooks of it",
            subjects.len()
        ));
    }
    ContributionsOfInterest {
        subjects,
        from_start: wanted.from_start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    #[test]
    fn a_webhook_filters_by_repositories_and_kinds() {
        let text = format!(
            r#"
            [webhooks.merges]
            url = "https://example.org/hook"
            secrets = ["{SECRET}"]
            contributions = {{ repositories = ["Kubernetes/*", "vercel/next.js"], kinds = ["pull_request_merged", "retracted"] }}

            [webhooks.all]
            url = "http://127.0.0.1:9000/"
            secrets = ["{SECRET}"]
            contributions = {{}}
            boards = ["global?period=28d&limit=10"]
            "#
        );
        let found = webhooks(&text, true).unwrap();
        let filters = |place: usize| {
            let webhook: &Webhook = &found[place];
            let consumer = webhook.consumer().unwrap();
            let filters = consumer.subjects.iter().map(ToString::to_string);
            (consumer.name.clone(), filters.collect::<Vec<_>>())
        };
        assert_eq!(filters(0), ("webhook-all".to_owned(), Vec::new()));
        let wanted = [
            "contributions.v1.*.kubernetes.*.pull_request_merged",
            "contributions.v1.*.kubernetes.*.retracted",
            "contributions.v1.*.vercel.next=2Ejs.pull_request_merged",
            "contributions.v1.*.vercel.next=2Ejs.retracted",
        ];
        let wanted = wanted.map(ToOwned::to_owned).to_vec();
        assert_eq!(filters(1), ("webhook-merges".to_owned(), wanted));
    }

    #[test]
    fn every_fault_is_told_with_its_webhook_and_no_secret() {
        let text = r#"
            [webhooks.Bad]
            url = "ftp://example.org"
            secrets = ["hunter2hunter2"]
            parallel = 0
            contributions = { repositories = ["kubernetes"], kinds = ["likes"] }

            [webhooks.empty]
            url = "https://example.org"
            boards = ["../secrets"]
        "#;
        let error = webhooks(text, false).unwrap_err().to_string();
        for told in [
            "Bad: a name is",
            "Bad: url is no",
            "Bad: a secret is whsec_",
            "Bad: parallel is 0",
            "Bad: \"likes\" is no kind",
            "Bad: \"kubernetes\" is no repository",
            "empty: it has no secret",
            "empty: boards are asked of",
            "empty: \"../secrets\" is no board",
        ] {
            assert!(error.contains(told), "{told} is not in {error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
        for unreadable in [
            "\n[webhooks.a]\nsecrets = [\"hunter2\"] parallel = 1",
            "\n[webhooks.a]\nsecrets = \"hunter2\"",
            "\n[webhooks.a]\nsecrets = \"hunter2\\\" more of hunter2\"",
        ] {
            let error = webhooks(unreadable, true).unwrap_err().to_string();
            assert!(error.contains("line 3: "), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let none = webhooks("", true).unwrap_err().to_string();
        assert!(none.contains("[webhooks.NAME]"), "{none}");
    }
}
