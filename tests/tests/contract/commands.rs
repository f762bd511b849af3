//! What a schema cannot say of commands that can be given.

use serde_json::{Value, json};

/// Days that every month has.
const DAY: &str = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$";

/// Addresses of what can be disputed.
const DISPUTED: &str = "^https://(www\\.)?github\\.com/[A-Za-z0-9_-]{1,100}/[A-Za-z0-9_-]{1,100}\
     /((pull|issues)/[1-9][0-9]{0,8}|commit/[0-9a-fA-F]{40})$";

/// Takes out of a document what its schemas allow and is wrong nevertheless.
pub(crate) fn tell(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    // What may be logged is a language of its own, which no pattern holds.
    let level = schemas["LevelBody"]["properties"].as_object_mut().unwrap();
    level.remove("level").unwrap();
    // Of two days one is the later, and of two times one.
    let affiliations = &mut schemas["AffiliationsBody"]["properties"]["affiliations"];
    affiliations["maxItems"] = json!(1);
    let affiliation = affiliations["items"]["properties"].as_object_mut().unwrap();
    affiliation.remove("until").unwrap();
    affiliation["from"]["pattern"] = json!(DAY);
    crate::known::narrow(&mut schemas["PolicyBody"]);
    // What git takes for a tag no pattern holds.
    let url = &mut schemas["DisputeBody"]["properties"]["url"]["pattern"];
    *url = json!(DISPUTED);
    // Letters are meant in one of three ways, and steps of a replay take what is theirs.
    let letters = schemas["WantedLetters"].as_object_mut().unwrap();
    letters["properties"] = json!({
        "all": { "type": "boolean", "const": true },
        "reason": { "type": "string", "minLength": 1, "pattern": "^[a-z]+$" },
    });
    letters.insert("required".to_owned(), json!(["all", "reason"]));
    schemas["WhyDiscarded"]["properties"]["reason"]["pattern"] = json!("^[a-z]+$");
    let steps = schemas["Step"]["properties"].as_object_mut().unwrap();
    steps.retain(|name, _| name == "reason");
    // Of two thresholds one is the higher, and a price is of some day.
    let budget = schemas["Budget"]["properties"].as_object_mut().unwrap();
    budget.retain(|name, _| {
        ["daily_micros", "monthly_micros", "warning", "reason"].contains(&name.as_str())
    });
    budget["warning"]["maximum"] = json!(90);
    budget["daily_micros"]["maximum"] = json!(1_000);
    budget["monthly_micros"]["minimum"] = json!(1_000);
    budget["monthly_micros"]["maximum"] = json!(1_000_000_000);
}
