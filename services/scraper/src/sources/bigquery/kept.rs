//! Rows as they are kept when they cannot be read: objects of their columns, so
//! that a version that asks for other columns can read them too.

use serde_json::{Map, Value, json};

use super::document::EVENT_COLUMNS;
use super::fields::{FIELDS, Field, Form};

/// A row as it is kept; one with another number of columns than were asked for
/// is a list of what it has.
#[must_use]
pub fn kept_row(row: &[Option<String>]) -> Value {
    let events = EVENT_COLUMNS.len();
    if row.len() != events && row.len() != events + FIELDS.len() {
        return json!(row);
    }
    let (event, payload) = row.split_at(events);
    let event = EVENT_COLUMNS.iter().zip(event);
    let event = event.map(|((column, _), value)| ((*column).to_owned(), json!(value)));
    let payload = FIELDS.iter().zip(payload);
    let payload = payload.map(|(field, value)| (field.column(), kept(field, value.as_deref())));
    Value::Object(event.chain(payload).collect())
}

/// A list is kept as one, so that who is named in it can be found.
fn kept(field: &Field, value: Option<&str>) -> Value {
    let list = value.filter(|_| field.form == Form::List);
    let list = list.and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    list.map_or_else(|| json!(value), Value::Array)
}

/// The row that was kept, with the columns that are asked for now.
///
/// # Errors
/// Why it is none, in words.
pub fn row_of(kept: &str) -> Result<Vec<Option<String>>, String> {
    let kept: Map<String, Value> = serde_json::from_str(kept)
        .map_err(|error| format!("it is no row as rows are kept: {error}"))?;
    let value = |column: &str| match kept.get(column) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let mut row: Vec<Option<String>> = EVENT_COLUMNS
        .iter()
        .map(|(column, _)| value(column))
        .collect();
    // Of stars the payload is not asked for.
    let columns = || FIELDS.iter().map(Field::column);
    if columns().any(|column| kept.contains_key(&column)) {
        row.extend(columns().map(|column| value(&column)));
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Vec<Option<String>> {
        let event = [
            "17",
            "WatchEvent",
            "1700000000000000",
            "1",
            "ada",
            "7",
            "o/c",
        ];
        event.map(|text| Some(text.to_owned())).to_vec()
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let mut whole = event();
        let payload = FIELDS.iter().map(|field| match field.form {
            Form::List => Some("[{\"sha\":\"a\"}]".to_owned()),
            Form::Flag => None,
            _ => Some("12".to_owned()),
        });
        whole.extend(payload);
        for row in [event(), whole] {
            let kept = kept_row(&row).to_string();
            assert_eq!(row_of(&kept), Ok(row));
        }
    }

    #[test]
    fn what_is_no_list_is_kept_as_it_is_and_what_is_no_row_says_so() {
        let mut broken = event();
        broken.extend(FIELDS.iter().map(|_| Some("no list".to_owned())));
        let kept = kept_row(&broken);
        assert_eq!(kept["commits"], "no list");
        assert_eq!(row_of(&kept.to_string()), Ok(broken));
        let short = kept_row(&[None, Some("x".to_owned())]);
        assert_eq!(short, json!([null, "x"]));
        assert!(row_of(&short.to_string()).is_err());
    }
}
