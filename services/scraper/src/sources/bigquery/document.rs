//! A row as the event it was made of.

use serde_json::{Map, Value, json};
use translation::mend;

use super::fields::{FIELDS, Field, Form};

/// Columns of every event, and what they are read from. The instant is asked
/// for in microseconds: a timestamp would come as a floating number.
pub const EVENT_COLUMNS: [(&str, &str); 7] = [
    ("id", "id"),
    ("type", "type"),
    ("created_at", "UNIX_MICROS(created_at)"),
    ("actor_id", "actor.id"),
    ("actor_login", "actor.login"),
    ("repo_id", "repo.id"),
    ("repo_name", "repo.name"),
];

/// The event of a row, in the shape that archives have it in. Without payload
/// it is of a star, which has nothing else to say.
///
/// # Errors
/// What is wrong with the row, in words.
pub fn document_of(row: &[Option<String>]) -> Result<Value, String> {
    let events = EVENT_COLUMNS.len();
    if row.len() != events && row.len() != events + FIELDS.len() {
        return Err(format!(
            "{} columns, where {events} are asked for",
            row.len()
        ));
    }
    let (event, payload) = row.split_at(events);
    let [
        id,
        event_type,
        created_at,
        actor_id,
        actor_login,
        repo_id,
        repo_name,
    ] = event
    else {
        return Err("an event without its columns".to_owned());
    };
    let payload = if payload.is_empty() {
        json!({"action": "started"})
    } else {
        payload_of(payload)?
    };
    let mut document = json!({
        "type": event_type,
        "created_at": instant(created_at.as_deref())?,
        "actor": account(actor_id.as_deref(), actor_login.as_deref()),
        "repo": {"id": repo_id, "name": repo_name},
        "payload": payload,
    });
    if let (Some(id), Some(document)) = (id, document.as_object_mut()) {
        document.insert("id".to_owned(), json!(id));
    }
    Ok(document)
}

fn account(id: Option<&str>, login: Option<&str>) -> Value {
    json!({"id": id, "login": login})
}

fn instant(micros: Option<&str>) -> Result<String, String> {
    let read = micros.and_then(|text| chrono::DateTime::from_timestamp_micros(text.parse().ok()?));
    read.map(|instant| instant.to_rfc3339())
        .ok_or_else(|| format!("{micros:?} is no instant in microseconds"))
}

fn payload_of(columns: &[Option<String>]) -> Result<Value, String> {
    let mut payload = Map::new();
    for (field, value) in FIELDS.iter().zip(columns) {
        if let Some(value) = value {
            insert(&mut payload, field, read(field, value)?);
        }
    }
    Ok(Value::Object(payload))
}

/// The value of a part, as it was in the payload.
fn read(field: &Field, text: &str) -> Result<Value, String> {
    match field.form {
        Form::Scalar => Ok(json!(text)),
        Form::Flag => Ok(json!(text == "true")),
        Form::Present => Ok(json!({})),
        Form::BareNumber => Ok(text
            .parse::<u64>()
            .map_or(Value::Null, |number| json!(number))),
        Form::List => serde_json::from_str(text)
            .or_else(|error| match mend(text.as_bytes()) {
                Some(mended) => serde_json::from_str(&mended),
                None => Err(error),
            })
            .map_err(|error| format!("{} is no list: {error}", field.column())),
    }
}

fn insert(payload: &mut Map<String, Value>, field: &Field, value: Value) {
    let Some((last, way)) = field.path.split_last() else {
        return;
    };
    let mut place = payload;
    for step in way {
        let inner = place.entry(*step).or_insert_with(|| json!({}));
        if !inner.is_object() {
            *inner = json!({});
        }
        let Some(object) = inner.as_object_mut() else {
            return;
        };
        place = object;
    }
    place.insert((*last).to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(of_payload: &[(&str, &str)]) -> Vec<Option<String>> {
        let event = [
            "17",
            "IssuesEvent",
            "1700000000000000",
            "1",
            "ada",
            "7",
            "octo/cat",
        ];
        let event = event.iter().map(|text| Some((*text).to_owned()));
        let payload = FIELDS.iter().map(|field| {
            let column = field.column();
            let found = of_payload.iter().find(|(name, _)| *name == column);
            found.map(|(_, text)| (*text).to_owned())
        });
        event.chain(payload).collect()
    }

    #[test]
    fn an_event_is_put_together_again() {
        let columns = [
            ("action", "opened"),
            ("issue__number", "12"),
            ("issue__user__login", "eve"),
            ("issue__pull_request", "true"),
            ("commits", r#"[{"sha":"abc"}]"#),
        ];
        let expected = json!({
            "id": "17", "type": "IssuesEvent", "created_at": "2023-11-14T22:13:20+00:00",
            "actor": {"id": "1", "login": "ada"}, "repo": {"id": "7", "name": "octo/cat"},
            "payload": {
                "action": "opened", "commits": [{"sha": "abc"}],
                "issue": {"number": "12", "user": {"login": "eve"}, "pull_request": {}},
            },
        });
        assert_eq!(document_of(&row(&columns)).unwrap(), expected);
    }

    #[test]
    fn what_once_was_a_bare_number_is_one_again() {
        let document = document_of(&row(&[("issue", "98")])).unwrap();
        assert_eq!(document["payload"]["issue"], json!(98));
    }

    #[test]
    fn half_a_character_is_no_reason_to_lose_a_row() {
        let commits = r#"[{"sha":"abc","message":"cut \ud83d"}]"#;
        let document = document_of(&row(&[("commits", commits)])).unwrap();
        let expected = json!([{"sha": "abc", "message": "cut \u{fffd}"}]);
        assert_eq!(document["payload"]["commits"], expected);
    }

    #[test]
    fn a_row_that_is_none_says_why() {
        assert!(document_of(&[]).unwrap_err().contains("0 columns"));
        let broken = row(&[("commits", "no list")]);
        assert!(document_of(&broken).unwrap_err().contains("commits"));
        let mut timeless = row(&[]);
        timeless[2] = None;
        assert!(document_of(&timeless).unwrap_err().contains("instant"));
    }
}
