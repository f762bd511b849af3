//! The queries over day tables, evaluated.

use std::collections::HashSet;

use serde_json::Value;

use super::state::{Table, World};

/// What every query over a day's table ends with.
const CONDITION: &str = "WHERE type IN UNNEST(@types)\n  AND (repo.id IN UNNEST(@ids) OR LOWER(repo.name) IN UNNEST(@names))";

/// A query as it was understood.
pub(super) struct Understood<'a> {
    expressions: Vec<&'a str>,
    table: &'a Table,
    reads_payload: bool,
    types: HashSet<String>,
    ids: HashSet<String>,
    names: HashSet<String>,
}

/// Why a query cannot be run: BigQuery's code, its word, and what it says.
pub(super) type Fault = (u16, &'static str, String);

fn invalid(detail: &str) -> Fault {
    (400, "invalidQuery", detail.to_owned())
}

/// Reads the configuration of a query.
pub(super) fn understand<'a>(
    configuration: &'a Value,
    world: &'a World,
) -> Result<Understood<'a>, Fault> {
    let text = configuration.get("query").and_then(Value::as_str);
    let text = text.ok_or_else(|| invalid("no query"))?;
    if configuration.get("useLegacySql") != Some(&Value::Bool(false)) {
        return Err(invalid("backquotes are no legacy SQL"));
    }
    let parts = text
        .strip_prefix("SELECT\n  ")
        .and_then(|rest| rest.split_once("\nFROM `githubarchive.day."))
        .and_then(|(columns, rest)| Some((columns, rest.split_once("`\n")?)));
    let (columns, (day, condition)) = parts.ok_or_else(|| invalid("no SELECT … FROM a day"))?;
    if condition != CONDITION {
        return Err(invalid(condition));
    }
    let missing = || {
        (
            404,
            "notFound",
            format!("Not found: Table githubarchive:day.{day}"),
        )
    };
    let table = world.tables.get(day).ok_or_else(missing)?;
    let expressions = columns.split(",\n  ").map(|column| {
        let aliased = column.rsplit_once(" AS ");
        aliased.map(|(expression, _)| expression)
    });
    let expressions: Option<Vec<&str>> = expressions.collect();
    Ok(Understood {
        reads_payload: columns.contains("payload"),
        expressions: expressions.ok_or_else(|| invalid("a column without a name"))?,
        table,
        types: parameter(configuration, "types")?,
        ids: parameter(configuration, "ids")?,
        names: parameter(configuration, "names")?,
    })
}

fn parameter(configuration: &Value, name: &str) -> Result<HashSet<String>, Fault> {
    let parameters = configuration
        .get("queryParameters")
        .and_then(Value::as_array);
    let found = parameters.and_then(|all| {
        all.iter()
            .find(|one| one.get("name").and_then(Value::as_str) == Some(name))
    });
    let values = found
        .and_then(|found| found.pointer("/parameterValue/arrayValues"))
        .and_then(Value::as_array)
        .ok_or_else(|| invalid(&format!("Query parameter '{name}' not found")))?;
    let texts = values
        .iter()
        .filter_map(|value| value.get("value")?.as_str());
    Ok(texts.map(str::to_owned).collect())
}

impl Understood<'_> {
    /// Bytes it reads: columns are read whole.
    pub(super) fn bytes(&self) -> u64 {
        if self.reads_payload {
            self.table.whole
        } else {
            self.table.light
        }
    }

    /// Its rows.
    pub(super) fn rows(&self) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let chosen = self.table.events.iter().filter(|event| self.chooses(event));
        chosen
            .map(|event| {
                let columns = self.expressions.iter();
                columns
                    .map(|expression| column(expression, event))
                    .collect()
            })
            .collect()
    }

    fn chooses(&self, event: &Value) -> bool {
        let text = |pointer| scalar(event.pointer(pointer));
        let is_of = text("/repo/id").is_some_and(|id| self.ids.contains(&id))
            || text("/repo/name").is_some_and(|name| self.names.contains(&name.to_lowercase()));
        is_of && text("/type").is_some_and(|of| self.types.contains(&of))
    }
}

fn column(expression: &str, event: &Value) -> Result<Option<String>, Fault> {
    let of_payload = |start: &str, end: &str| {
        let path = expression.strip_prefix(start)?.strip_suffix(end)?;
        let pointer = format!("/payload/{}", path.replace('.', "/"));
        Some(event.pointer(&pointer).filter(|value| !value.is_null()))
    };
    if let Some(value) = of_payload("JSON_VALUE(payload, '$.", "')") {
        return Ok(scalar(value));
    }
    if let Some(value) = of_payload("JSON_QUERY(payload, '$.", "')") {
        return Ok(value.map(ToString::to_string));
    }
    if let Some(value) = of_payload("IF(JSON_QUERY(payload, '$.", "') IS NULL, NULL, 'true')") {
        return Ok(value.map(|_| "true".to_owned()));
    }
    match expression {
        "id" | "type" | "actor.id" | "actor.login" | "repo.id" | "repo.name" => {
            let pointer = format!("/{}", expression.replace('.', "/"));
            Ok(scalar(event.pointer(&pointer)))
        }
        "UNIX_MICROS(created_at)" => {
            let instant = event.pointer("/created_at").and_then(Value::as_str);
            let instant =
                instant.and_then(|text| text.parse::<chrono::DateTime<chrono::Utc>>().ok());
            Ok(instant.map(|instant| instant.timestamp_micros().to_string()))
        }
        other => Err(invalid(&format!("Unrecognized name: {other}"))),
    }
}

/// A text or number as `JSON_VALUE` has it; objects and lists are none.
fn scalar(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}
