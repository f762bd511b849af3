//! Comparing a table row by row.

use postgres::quoted;
use serde_json::Value;
use sqlx::PgConnection;

use super::super::pair::statement;
use super::tables::{Column, ComparedAs, Table};
use super::{Difference, TableParity};

/// Compares the rows of a table in two schemas by their keys.
pub(super) async fn compare(
    connection: &mut PgConnection,
    table: &Table,
    schemas: [&str; 2],
    filter: &str,
    sample: u32,
) -> Result<TableParity, sqlx::Error> {
    let joined = Joined::new(table, schemas, filter);
    let counts: (i64, i64, i64, i64, i64) = sqlx::query_as(statement(joined.counts()))
        .fetch_one(&mut *connection)
        .await?;
    let (rows_active, rows_other, only_active, only_other, changed) = counts;
    let mut compared = TableParity {
        table: table.name.clone(),
        projection: table.writer().to_owned(),
        rows_active,
        rows_other,
        only_active,
        only_other,
        changed,
        sample: Vec::new(),
    };
    if compared.differences() > 0 && sample > 0 {
        let rows: Vec<(Value, Option<Value>, Option<Value>)> =
            sqlx::query_as(statement(joined.sample(sample)))
                .fetch_all(connection)
                .await?;
        let rows = rows.into_iter();
        compared.sample = rows
            .map(|(key, active, other)| Difference { key, active, other })
            .collect();
    }
    Ok(compared)
}

/// The rows of both schemas, joined by their keys.
struct Joined {
    from: String,
    keys: Vec<String>,
    /// True for rows that both have with other values.
    is_changed: String,
}

impl Joined {
    fn new(table: &Table, schemas: [&str; 2], filter: &str) -> Self {
        let compared = |column: &&Column| column.compared_as != ComparedAs::Nothing;
        let columns = || table.columns.iter().filter(compared);
        let names = |is_key: bool| -> Vec<String> {
            let wanted = columns().filter(|column| column.is_key == is_key);
            wanted.map(|column| quoted(&column.name)).collect()
        };
        let (keys, values) = (names(true), names(false));
        let [active, other] = schemas.map(|schema| side(table, schema, filter));
        let is_changed = if values.is_empty() {
            "false".to_owned()
        } else {
            let row = |side: &str| {
                let values = values.iter().map(|name| format!("{side}.{name}"));
                format!("ROW({})", values.collect::<Vec<_>>().join(", "))
            };
            format!("{} IS DISTINCT FROM {}", row("active"), row("other"))
        };
        let by = keys.join(", ");
        Self {
            from: format!("({active}) AS active FULL JOIN ({other}) AS other USING ({by}, nth)"),
            keys,
            is_changed,
        }
    }

    fn counts(&self) -> String {
        let (from, is_changed) = (&self.from, &self.is_changed);
        format!(
            "SELECT count(active.is_there), count(other.is_there),
                    count(*) FILTER (WHERE other.is_there IS NULL),
                    count(*) FILTER (WHERE active.is_there IS NULL),
                    count(*) FILTER (WHERE active.is_there AND other.is_there AND {is_changed})
             FROM {from}"
        )
    }

    fn sample(&self, limit: u32) -> String {
        let (from, is_changed) = (&self.from, &self.is_changed);
        let keys = self.keys.iter().map(|name| {
            let label = name.trim_matches('"').replace('\'', "''");
            format!("'{label}', {name}")
        });
        let key = keys.collect::<Vec<_>>().join(", ");
        let order = self.keys.join(", ");
        format!(
            "SELECT jsonb_build_object({key}),
                    CASE WHEN active.is_there THEN to_jsonb(active) - 'is_there' - 'nth' END,
                    CASE WHEN other.is_there THEN to_jsonb(other) - 'is_there' - 'nth' END
             FROM {from}
             WHERE active.is_there IS NULL OR other.is_there IS NULL OR {is_changed}
             ORDER BY {order} LIMIT {limit}"
        )
    }
}

/// The rows of one schema as they are compared. Where only whole rows can be
/// told apart, equal ones are numbered.
fn side(table: &Table, schema: &str, filter: &str) -> String {
    let mut joins = String::new();
    let mut selected = Vec::new();
    for column in &table.columns {
        let name = quoted(&column.name);
        let value = match &column.compared_as {
            ComparedAs::Nothing => continue,
            ComparedAs::Value if !table.has_key => format!("here.{name}::text"),
            ComparedAs::Value => format!("here.{name}"),
            ComparedAs::Text => format!("here.{name}::text"),
            ComparedAs::Referred { table, columns } => {
                let known = format!("known_{}", column.name);
                let known = quoted(&known);
                joins += &format!(
                    " LEFT JOIN {}.{} AS {known} ON {known}.{name} = here.{name}",
                    quoted(schema),
                    quoted(table)
                );
                let parts = columns
                    .iter()
                    .map(|part| format!("{known}.{}::text", quoted(part)));
                let parts = parts.collect::<Vec<_>>().join(", ");
                // A number without a row behind it stays what it is.
                format!("coalesce(nullif(concat_ws('/', {parts}), ''), here.{name}::text)")
            }
        };
        let value = if !table.has_key {
            format!("coalesce({value}, '')")
        } else {
            value
        };
        selected.push(format!("{value} AS {name}"));
    }
    let nth = if !table.has_key {
        "row_number() OVER (PARTITION BY here.*::text)"
    } else {
        "1"
    };
    let filter = filter.replace("{schema}", &quoted(schema));
    format!(
        "SELECT {}, true AS is_there, {nth} AS nth FROM {}.{} AS here{joins} WHERE {filter}",
        selected.join(", "),
        quoted(schema),
        quoted(&table.name),
    )
}
