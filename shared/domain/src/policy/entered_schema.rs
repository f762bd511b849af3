//! The form of a policy as a person enters it, as JSON Schema: for the
//! documents of those who take one, and for whoever fills in a form.

use serde_json::{Map, Value, json};

use super::Policy;
use super::entered::{GREATEST_LINE, GREATEST_LINES, GREATEST_NUMBER, GREATEST_WEIGHT, MOST_STEPS};
use crate::ContributionKind;

impl Policy {
    /// What [`Policy::entered`] takes. That each step comes later than the one
    /// before, and is worth no more, is beyond it.
    #[must_use]
    pub fn entered_schema() -> Value {
        let points = points(GREATEST_WEIGHT);
        object([
            ("points", of_every_kind(&points)),
            (
                "lines",
                object([
                    ("added", self::points(GREATEST_LINE)),
                    ("deleted", self::points(GREATEST_LINE)),
                    ("at_most", self::points(GREATEST_LINES)),
                ]),
            ),
            ("commits_a_day", number(0)),
            ("daily", of_every_kind(&daily_rule())),
        ])
    }
}

fn object<const FIELDS: usize>(fields: [(&str, Value); FIELDS]) -> Value {
    let fields = fields.map(|(name, schema)| (name.to_owned(), schema));
    closed(fields.into_iter().collect())
}

fn of_every_kind(schema: &Value) -> Value {
    let kinds = ContributionKind::ALL.into_iter();
    closed(
        kinds
            .map(|kind| (kind.as_str().to_owned(), schema.clone()))
            .collect(),
    )
}

/// An object that has no other fields.
fn closed(fields: Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": fields, "additionalProperties": false })
}

/// Points, as a number or as a decimal text.
fn points(most: i64) -> Value {
    let most = most / 1_000;
    let digits = most.to_string().len() - 1;
    let text = format!("^({most}|\\d{{1,{digits}}}(\\.\\d{{1,3}})?)$");
    json!({ "anyOf": [
        { "type": "number", "minimum": 0, "maximum": most, "multipleOf": 0.001 },
        { "type": "string", "pattern": text },
    ] })
}

fn number(least: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": GREATEST_NUMBER })
}

/// What several of a day come to; nothing takes the rule away.
fn daily_rule() -> Value {
    let percent = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    let mut step = object([("after", number(1)), ("percent", percent)]);
    step["required"] = json!(["after", "percent"]);
    let steps = json!({ "type": "array", "maxItems": MOST_STEPS, "items": step });
    json!({ "anyOf": [
        object([("at_most", number(0)), ("steps", steps)]),
        { "type": "null" },
    ] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_schema_names_can_be_entered_up_to_its_limits() {
        let schema = Policy::entered_schema();
        let mut fields = Map::new();
        for name in ["added", "deleted", "at_most"] {
            let most = &schema["properties"]["lines"]["properties"][name]["anyOf"][0]["maximum"];
            fields.insert(name.to_owned(), most.clone());
        }
        let kinds = schema["properties"]["points"]["properties"].as_object();
        let points: Map<String, Value> = kinds
            .unwrap()
            .iter()
            .map(|(kind, schema)| (kind.clone(), schema["anyOf"][0]["maximum"].clone()))
            .collect();
        let greatest = json!({ "points": points, "lines": fields,
            "commits_a_day": schema["properties"]["commits_a_day"]["maximum"] });
        let policy = Policy::default();
        assert_eq!(policy.entered(2, &greatest).err(), None);
        let named = schema["properties"].as_object().unwrap().keys();
        let unknown = json!({ "": 1 });
        let fault = policy.entered(2, &unknown).unwrap_err().to_string();
        for name in named {
            assert!(fault.contains(name.as_str()), "{name}: {fault}");
        }
    }
}
