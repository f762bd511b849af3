//! The schema of signed snapshots for the OpenAPI document: made from the
//! domain's types, which know JSON Schema but not this API.

use std::borrow::Cow;

use domain::snapshot::{FORMAT, SignedSnapshot};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Stands for [`SignedSnapshot`] in the description of the API.
pub(crate) struct SignedSnapshotSchema;

const NAME: &str = "SignedSnapshot";

/// Examples of texts, by schema and field, or of a schema itself: what others are made
/// of tells itself.
const EXAMPLES: [(&str, &str, &str); 16] = [
    ("AccountReference", "", "583231"),
    (
        "Digest",
        "",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    ("KeyId", "", "9f86d081884c7d65"),
    ("Inputs", "stream", "CONTRIBUTIONS"),
    ("Program", "name", "leaderboard"),
    ("Program", "version", env!("CARGO_PKG_VERSION")),
    ("Snapshot", "format", FORMAT),
    ("SnapshotBoard", "class", "human"),
    ("SnapshotBoard", "metric", "score"),
    ("SnapshotPeriod", "name", "2016-01"),
    ("SnapshotRow", "class", "human"),
    ("SnapshotRow", "login", "octocat"),
    ("SnapshotScope", "kind", "global"),
    ("SnapshotScope", "name", "global"),
    ("SnapshotSignature", "algorithm", "Ed25519"),
    (
        "SnapshotSignature",
        "value",
        "0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a\
         0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a0f6cdb8a",
    ),
];

/// Puts the examples of a schema's fields into it.
fn with_examples(name: &str, mut schema: Value) -> Value {
    for (_, field, example) in EXAMPLES.iter().filter(|(of, ..)| *of == name) {
        let place = match *field {
            "" => Some(&mut schema),
            field => schema.pointer_mut(&format!("/properties/{field}")),
        };
        if let Some(Value::Object(field)) = place {
            field.insert("examples".to_owned(), json!([example]));
        }
    }
    schema
}

/// The schemas of the type and of all that it is made of, by name.
fn schemas() -> impl Iterator<Item = (String, RefOr<Schema>)> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut generator = settings.into_generator();
    generator.subschema_for::<SignedSnapshot>();
    let named = generator.take_definitions(true).into_iter();
    named.map(|(name, schema)| {
        let schema = with_examples(&name, schema);
        (name, read(schema))
    })
}

/// `OpenAPI` 3.1 takes JSON Schema as it is.
fn read(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).unwrap_or_else(|_| Schema::default().into())
}

impl PartialSchema for SignedSnapshotSchema {
    fn schema() -> RefOr<Schema> {
        let found = schemas().find(|(name, _)| name == NAME);
        found.map_or_else(|| Schema::default().into(), |(_, schema)| schema)
    }
}

impl ToSchema for SignedSnapshotSchema {
    fn name() -> Cow<'static, str> {
        NAME.into()
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        all.extend(schemas().filter(|(name, _)| name != NAME));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_that_of_the_type() {
        let schema = serde_json::to_value(SignedSnapshotSchema::schema()).unwrap();
        let reference = &schema["properties"]["snapshot"]["$ref"];
        assert_eq!(reference, "#/components/schemas/Snapshot", "{schema}");
        let all: std::collections::BTreeMap<_, _> = schemas().collect();
        let snapshot = serde_json::to_value(&all["Snapshot"]).unwrap();
        for member in ["board", "rows", "policy", "coverage", "inputs", "made_at"] {
            let described = &snapshot["properties"][member];
            assert!(described["description"].is_string(), "{member}: {snapshot}");
        }
    }
}
