//! Reading files of boards, each form into the same rows.

use std::collections::BTreeMap;

use domain::ContributionKind;
use parquet::data_type::Decimal;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

/// A row of a table, by column. What stands in no cell is null.
pub(super) type Row = BTreeMap<String, Value>;

/// A file, and what was said of it.
pub(super) struct File {
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl File {
    pub(super) async fn get(world: &World, address: &str) -> Self {
        let response = world.request(Method::GET, address).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{address}");
        Self {
            headers: response.headers().clone(),
            bytes: response.bytes().await.unwrap().to_vec(),
        }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// What the board is, as the header says.
    pub(super) fn meta(&self) -> Value {
        serde_json::from_str(self.header("board-meta")).unwrap()
    }

    pub(super) fn documents(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.bytes).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// The rows of a table, as texts.
    pub(super) fn table(&self) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(self.bytes.as_slice());
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    }

    /// The rows of columns, and what the file says of itself.
    pub(super) fn columns(&self) -> (Vec<Row>, Value) {
        let reader = SerializedFileReader::new(bytes::Bytes::from(self.bytes.clone())).unwrap();
        let about = reader.metadata().file_metadata().key_value_metadata();
        let about = about
            .unwrap()
            .iter()
            .find(|one| one.key == "leaderboard.meta");
        let about = about.unwrap().value.as_deref().unwrap();
        let rows = reader.get_row_iter(None).unwrap().map(|row| {
            let row = row.unwrap();
            let columns = row.get_column_iter();
            columns
                .map(|(name, field)| (name.clone(), value(field)))
                .collect()
        });
        (rows.collect(), serde_json::from_str(about).unwrap())
    }
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Long(number) => json!(number),
        Field::Str(text) => json!(text),
        Field::Decimal(decimal) => json!(points(decimal)),
        other => panic!("{other:?}"),
    }
}

fn points(decimal: &Decimal) -> String {
    assert_eq!(decimal.scale(), 3);
    let thousandths = i64::from_be_bytes(decimal.data().try_into().unwrap());
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// An entry of a page as the row that tables have of it.
pub(super) fn row_of(entry: &Value) -> Row {
    let who: &[&str] = match entry["company"].is_string() {
        true => &["company", "contributors"],
        false => &["login", "account", "class"],
    };
    let told = [
        "rank",
        "previous_rank",
        "movement",
        "value",
        "score",
        "score_thousandths",
    ];
    let told = told.iter().chain(who);
    let told = told.map(|name| ((*name).to_owned(), entry[name].clone()));
    let kinds = ContributionKind::ALL.into_iter().map(|kind| {
        let count = entry["counts"][kind.as_str()].as_i64().unwrap_or(0);
        (kind.to_string(), json!(count))
    });
    told.chain(kinds).collect()
}

/// The same as texts, in which no name of others is a formula.
pub(super) fn texts_of(row: &Row) -> BTreeMap<String, String> {
    let text = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let is_of_others = ["login", "account", "company"].contains(&name.as_str());
        let is_formula = text.starts_with(['=', '+', '-', '@']);
        let text = match is_of_others && is_formula {
            true => format!("'{text}"),
            false => text,
        };
        (name.clone(), text)
    };
    row.iter().map(text).collect()
}

/// The entries of all pages of a board, and what it is.
pub(super) async fn pages(world: &World, path: &str, query: &str) -> (Vec<Value>, Value) {
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = world.get(&format!("{path}?limit=57&{query}{cursor}")).await;
        entries.extend(page["leaderboard"].as_array().unwrap().iter().cloned());
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => {
                let mut meta = page["meta"].take();
                if let Some(apart) = page.get("unaffiliated") {
                    meta["unaffiliated"] = apart.clone();
                }
                return (entries, meta);
            }
        }
    }
}
