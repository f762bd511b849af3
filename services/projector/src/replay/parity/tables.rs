//! The tables of two generations, as the catalog has them.

use std::collections::BTreeMap;

use postgres::quoted;
use sqlx::PgConnection;

use super::super::ReplayError;
use super::super::pair::Pair;
use crate::projections::{
    DeadLetters, Jobs, PROJECTIONS, Projection, effective_rows_of, home_of, writer_of,
};

/// Tables that say how the rows came about, not what they are.
const APART: [&str; 6] = [
    "_sqlx_migrations",
    "projections",
    "board_changes",
    "contribution_changes",
    "input_chain",
    "job_steps",
];

/// A table that both generations have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Whether something less than the whole row tells its rows apart.
    pub(super) has_key: bool,
}

/// A column, and how its values are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Whether it is part of what tells rows apart.
    pub(super) is_key: bool,
    /// What takes its place.
    pub(super) compared_as: ComparedAs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ComparedAs {
    /// Itself.
    Value,
    /// Its text: a type of its own schema is another type in another schema.
    Text,
    /// Nothing: a number that was handed out in the order in which rows
    /// happened to be made.
    Nothing,
    /// What such a number stands for: the columns of a row of another table.
    Referred { table: String, columns: Vec<String> },
}

/// What the catalog says of a column.
#[derive(sqlx::FromRow)]
struct CatalogColumn {
    relation: String,
    attribute: String,
    is_identity: bool,
    is_local_type: bool,
}

/// Unique indexes by table, the primary key first.
type Keys = BTreeMap<String, Vec<Vec<String>>>;

/// The tables of both generations, which must be the same.
pub(super) async fn common(
    connection: &mut PgConnection,
    active: &str,
    other: &str,
) -> Result<Vec<Table>, ReplayError> {
    let [in_active, in_other] = [
        tables(connection, active).await?,
        tables(connection, other).await?,
    ];
    if in_active == in_other {
        return Ok(in_active);
    }
    let differing = in_active
        .iter()
        .filter(|table| !in_other.contains(table))
        .chain(in_other.iter().filter(|table| !in_active.contains(table)));
    let names: Vec<&str> = differing.map(|table| table.name.as_str()).collect();
    Err(ReplayError::SchemasDiffer(names.join(", ")))
}

async fn tables(connection: &mut PgConnection, schema: &str) -> Result<Vec<Table>, sqlx::Error> {
    let columns = columns(connection, schema).await?;
    let keys = keys(connection, schema).await?;
    let numbers = handed_out(&columns, &keys);
    let mut tables: Vec<Table> = Vec::new();
    for column in columns {
        let key = key_of(&keys, &numbers, &column.relation);
        if tables
            .last()
            .is_none_or(|table| table.name != column.relation)
        {
            tables.push(Table {
                name: column.relation.clone(),
                columns: Vec::new(),
                has_key: key.is_some(),
            });
        }
        let compared_as = match numbers.get(&column.attribute) {
            Some((table, _)) if *table == column.relation => ComparedAs::Nothing,
            Some((table, columns)) => ComparedAs::Referred {
                table: table.clone(),
                columns: columns.clone(),
            },
            None if column.is_local_type => ComparedAs::Text,
            None => ComparedAs::Value,
        };
        let is_key = key.is_none_or(|key| key.contains(&column.attribute));
        if let Some(table) = tables.last_mut() {
            table.columns.push(Column {
                name: column.attribute,
                is_key,
                compared_as,
            });
        }
    }
    Ok(tables)
}

async fn columns(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<Vec<CatalogColumn>, sqlx::Error> {
    sqlx::query_as(
        "SELECT relname::text AS relation, attname::text AS attribute,
                attidentity <> '' AS is_identity,
                typnamespace = relnamespace AS is_local_type
         FROM pg_class
         JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
         JOIN pg_type ON pg_type.oid = atttypid
         WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
           AND relname <> ALL ($2)
         ORDER BY relname, attnum",
    )
    .bind(quoted(schema))
    .bind(APART)
    .fetch_all(connection)
    .await
}

async fn keys(connection: &mut PgConnection, schema: &str) -> Result<Keys, sqlx::Error> {
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT relname::text,
                ARRAY(SELECT attname::text FROM unnest(indkey) AS number
                      JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY 1)
         FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
         WHERE relnamespace = $1::regnamespace AND NOT relispartition
           AND indisunique AND indpred IS NULL AND indexprs IS NULL
         ORDER BY relname, indisprimary DESC, indexrelid::regclass::text",
    )
    .bind(quoted(schema))
    .fetch_all(connection)
    .await?;
    let mut keys = Keys::new();
    for (table, columns) in rows {
        keys.entry(table).or_default().push(columns);
    }
    Ok(keys)
}

/// Columns of numbers that are handed out in order, with the table that does
/// so and what else its rows are known by. A column of the same name elsewhere
/// refers to them.
fn handed_out(columns: &[CatalogColumn], keys: &Keys) -> BTreeMap<String, (String, Vec<String>)> {
    let identities = columns.iter().filter(|column| column.is_identity);
    identities
        .filter_map(|identity| {
            let natural = keys
                .get(&identity.relation)?
                .iter()
                .find(|key| !key.contains(&identity.attribute))?;
            let known_by = (identity.relation.clone(), natural.clone());
            Some((identity.attribute.clone(), known_by))
        })
        .collect()
}

/// What tells the rows of a table apart; `None` when only the whole row does.
fn key_of<'a>(
    keys: &'a Keys,
    numbers: &'a BTreeMap<String, (String, Vec<String>)>,
    table: &str,
) -> Option<&'a Vec<String>> {
    let natural = numbers.values().find(|(home, _)| home == table);
    natural
        .map(|(_, columns)| columns)
        .or_else(|| keys.get(table)?.first())
}

impl Table {
    /// The projection that writes it.
    pub(super) fn writer(&self) -> &'static str {
        writer_of(&self.name)
    }

    /// Whether both generations of a pair have its rows. Letters of what a
    /// projection could not read are its rows, whoever else has some.
    pub(super) fn is_held_by(&self, pair: &Pair) -> bool {
        pair.other.generation().holds(self.writer()) || self.is_of_letters()
    }

    fn is_of_letters(&self) -> bool {
        self.name == "dead_letters"
    }

    /// Which of its rows are compared, when one projection alone is or all
    /// are.
    pub(super) fn filter(&self, only: Option<&str>) -> String {
        match only {
            Some(only) if self.is_of_letters() => letters_of(only),
            _ => effective_rows_of(&self.name).to_owned(),
        }
    }
}

/// Which dead letters a projection accounts for: those it read from the log,
/// jobs that failed, or those it set aside.
pub(in crate::replay) fn letters_of(projection: &str) -> String {
    if projection == DeadLetters::NAME {
        let own = set_aside_by(projection);
        return format!("(service NOT IN ('projector', 'worker') OR {own})");
    }
    if projection == Jobs::NAME {
        let own = set_aside_by(projection);
        return format!("(service = 'worker' OR {own})");
    }
    set_aside_by(projection)
}

fn set_aside_by(projection: &str) -> String {
    // Names of our own code.
    let names = PROJECTIONS.iter().map(|(name, _)| *name);
    let together = names.filter(|name| home_of(name) == projection);
    let origins: Vec<String> = together
        .map(|name| format!("origin LIKE '%, projection {name}'"))
        .collect();
    format!("(service = 'projector' AND ({}))", origins.join(" OR "))
}
