//! pgbench as a reference: it runs the very statements a request to the API
//! makes, as Postgres heard them, with the same parameters, prepared.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::boards::Boards;
use crate::load::Connection;
use crate::report::as_seconds;

/// A parameter: its number and its value, if it is not null.
type Parameter = (usize, Option<String>);

/// A recorded transaction.
pub(crate) struct PgBench {
    program: PathBuf,
    script: PathBuf,
    variables: Vec<(String, String)>,
    database: String,
}

impl PgBench {
    /// Records the transaction of a request for a page to the big board's API.
    /// The program is looked for beside the server, then on the path.
    pub(crate) async fn record(boards: &Boards, path: &str, page: &str) -> anyhow::Result<Self> {
        let servers = &boards.binaries.postgres;
        let program = std::iter::once(servers.clone())
            .chain(std::env::split_paths(path))
            .map(|directory| directory.join("pgbench"))
            .find(|program| program.is_file())
            .with_context(|| format!("no pgbench in {} or on PATH", servers.display()))?;
        let pool = &boards.big.pool;
        sqlx::raw_sql("ALTER DATABASE big SET log_statement = 'all'")
            .execute(pool)
            .await?;
        let api = boards.big.serve(true).await?;
        // The first request prepares the statements.
        let mut connection = Connection::open(api.address).await?;
        for _ in 0..2 {
            connection.get(page).await?;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        sqlx::raw_sql("ALTER DATABASE big RESET log_statement")
            .execute(pool)
            .await?;
        let (script, variables) = transcribe(&std::fs::read_to_string(&boards.log)?)?;
        let file = boards.directory.path().join("transaction.sql");
        std::fs::write(&file, script)?;
        Ok(Self {
            program,
            script: file,
            variables,
            database: boards.big.url.clone(),
        })
    }

    /// Transactions per second.
    pub(crate) fn rate(&self, connections: usize, duration: Duration) -> anyhow::Result<f64> {
        let mut command = Command::new(&self.program);
        command
            .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1"])
            .args(["--client", &connections.to_string()])
            .args(["--time", &format!("{:.0}", as_seconds(duration))])
            .arg("--file")
            .arg(&self.script);
        for (name, value) in &self.variables {
            command.arg("--define").arg(format!("{name}={value}"));
        }
        let output = command.arg(&self.database).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench failed: {said}");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next())
            .with_context(|| format!("pgbench told no rate: {said}"))?
            .parse()
            .context("pgbench's rate is not a number")
    }
}

/// The last transaction of a server's log as a script, and its variables.
fn transcribe(log: &str) -> anyhow::Result<(String, Vec<(String, String)>)> {
    let mut statements: Vec<(String, Vec<Parameter>)> = Vec::new();
    for entry in entries(log) {
        if let Some(statement) = entry.strip_prefix("LOG:  statement: ") {
            if statement.starts_with("BEGIN") {
                statements.clear();
            }
            statements.push((statement.to_owned(), Vec::new()));
        } else if let Some(execution) = entry.strip_prefix("LOG:  execute ") {
            let (_, statement) = execution.split_once(": ").context("a nameless statement")?;
            statements.push((statement.to_owned(), Vec::new()));
        } else if let Some(detail) = entry.strip_prefix("DETAIL:  ")
            && let Some((_, values)) = detail.split_once("arameters: ")
            && let Some((_, parameters)) = statements.last_mut()
        {
            *parameters = read_parameters(values);
        }
    }
    // What comes after the end is not the request's.
    let end = statements
        .iter()
        .position(|(statement, _)| ["COMMIT", "ROLLBACK"].contains(&statement.as_str()))
        .context("Postgres heard no transaction of the API")?;
    statements.truncate(end + 1);
    let mut script = String::new();
    let mut variables = Vec::new();
    for (number, (statement, parameters)) in statements.into_iter().enumerate() {
        let mut statement = without_comments(&statement);
        for (parameter, value) in parameters.into_iter().rev() {
            let name = format!("s{number}p{parameter}");
            let place = match value {
                // Variables cannot be empty.
                Some(value) if value.is_empty() => "''".to_owned(),
                Some(value) => {
                    variables.push((name.clone(), value));
                    format!(":{name}")
                }
                None => "NULL".to_owned(),
            };
            statement = statement.replace(&format!("${parameter}"), &place);
        }
        script.push_str(&statement);
        script.push_str(";\n");
    }
    Ok((script, variables))
}

/// Entries of a log without time and process; their further lines begin with
/// a tab.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        if let (Some(rest), Some(entry)) = (line.strip_prefix('\t'), entries.last_mut()) {
            entry.push('\n');
            entry.push_str(rest);
        } else if let Some((_, entry)) = line.split_once("] ") {
            entries.push(entry.to_owned());
        }
    }
    entries
}

fn without_comments(statement: &str) -> String {
    let lines: Vec<&str> = statement
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect();
    lines.join("\n").trim().to_owned()
}

/// Reads `$1 = 'text', $2 = NULL`, in which quotes in texts are doubled.
fn read_parameters(mut values: &str) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    while let Some((number, rest)) = values
        .trim_start_matches([',', ' '])
        .strip_prefix('$')
        .and_then(|parameter| parameter.split_once(" = "))
    {
        let Ok(number) = number.parse() else { break };
        let Some(text) = rest.strip_prefix('\'') else {
            parameters.push((number, None));
            values = rest.trim_start_matches("NULL");
            continue;
        };
        let mut value = String::new();
        let mut left = text.chars();
        while let Some(next) = left.next() {
            if next == '\'' && !left.as_str().starts_with('\'') {
                break;
            }
            if next == '\'' {
                left.next();
            }
            value.push(next);
        }
        parameters.push((number, Some(value)));
        values = left.as_str();
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_transaction_of_a_log_becomes_a_script() {
        let log = "2026-01-01 00:00:00.000 UTC [7] LOG:  statement: BEGIN\n\
                   2026-01-01 00:00:00.000 UTC [7] LOG:  execute old: SELECT 1\n\
                   2026-01-01 00:00:00.000 UTC [7] LOG:  statement: ROLLBACK\n\
                   2026-01-01 00:00:00.000 UTC [7] LOG:  statement: BEGIN\n\
                   2026-01-01 00:00:00.000 UTC [7] LOG:  execute new: -- $1: what\n\
                   \tSELECT $1::text, $2::int,\n\
                   \t       $10\n\
                   2026-01-01 00:00:00.000 UTC [7] DETAIL:  parameters: \
                   $1 = 'it''s, $2', $2 = NULL, $10 = '{a}'\n\
                   2026-01-01 00:00:00.000 UTC [7] LOG:  statement: ROLLBACK\n\
                   2026-01-01 00:00:00.000 UTC [7] LOG:  statement: RESET ALL\n";
        let (script, variables) = transcribe(log).unwrap();
        assert_eq!(
            script,
            "BEGIN;\nSELECT :s1p1::text, NULL::int,\n       :s1p10;\nROLLBACK;\n"
        );
        let texts = [("s1p10", "{a}"), ("s1p1", "it's, $2")];
        assert_eq!(
            variables,
            texts.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
